import { expect, test } from 'vitest';
import { onEdit, onMessage } from '../../../src/bots/slack/lessons/messages.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { gate, watchedModel } from '../../support/models.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { openBotAlone } from '../../support/slack-bot.ts';
import { answered, lessonWith, settled, startLesson, toldTo } from '../../support/slack-lesson.ts';
import { plainClient } from '../../twins/slack/client.ts';

/** What becomes of an answer when what it answers is changed or taken back. */

const database = useDatabase();

/** A lesson whose first question waits, and whose model can be held up. */
async function openLesson({ direct = false } = {}) {
  let door: Promise<void> | null = null;
  const model = watchedModel(async () => {
    await door;
    return undefined;
  });
  const school = await openSlackSchool(database.url, { runtime: { model } });
  const { ada, channel, runtime } = school;
  const lesson = direct
    ? await lessonWith(school, ada.writes('fractions').ts, ada)
    : await startLesson(school, channel, ada);
  if (direct) await lesson.says('just start');
  await lesson.presses('Start');
  const { db } = runtime;
  return {
    ...{ ...school, school, lesson, model },
    /** From now on the model answers only once this is called. */
    holdModel() {
      const { opened, open } = gate();
      door = opened;
      return open;
    },
    /** The text of a message as it is stored; undefined when it is not. */
    async stored(ts: string): Promise<string | undefined> {
      const query = db.selectFrom('messages').select('text').where('platform_message_id', '=', ts);
      return (await query.executeTakeFirst())?.text;
    },
    /** Until the new text of a message is answered. */
    async rerun(ts: string): Promise<void> {
      const query = db.selectFrom('messages').select('platform_message_id as id').orderBy('seq', 'desc');
      let version: string | null = null;
      await until(async () => {
        version = (await query.where('platform_message_id', 'like', `${ts}#%`).executeTakeFirst())?.id ?? null;
        return version !== null;
      });
      await answered(school, version ?? '');
    },
  };
}

test.each([false, true])('the last message is answered anew in the same place (direct: %s)', async (direct) => {
  const { ada, lesson, rerun } = await openLesson({ direct });
  const written = await lesson.says('what is a numeratr?');
  const before = lesson.messages();
  ada.edits(written, 'can the top number be bigger than the bottom one?');
  await rerun(written.ts);
  const after = lesson.messages();
  expect(after.map(({ ts }) => ts)).toEqual(before.map(({ ts }) => ts));
  expect(after.at(-1)?.text).toContain('the top number may be bigger');
});

test('what was right stays right, and what is older stays as it was answered', async () => {
  const { ada, lesson, stored, rerun } = await openLesson();
  const right = await lesson.says('1/6');
  ada.edits(right, '6/1');
  // The next message comes after the edit, which has been looked at by then.
  const next = await lesson.says('what is a numerator?');
  expect((await lesson.state()).steps[0]).toMatchObject({ right: 1, wrong: 0 });
  expect(await stored(right.ts)).toBe('1/6');
  ada.edits(next, 'can the top number be bigger than the bottom one?');
  await rerun(next.ts);
  expect(lesson.last().text).toContain('may be bigger');
});

test('what nobody has read yet is read as it is now, or not at all', async () => {
  const { ada, lesson, school, model, holdModel, stored } = await openLesson();
  const release = holdModel();
  const calls = model.calls.length;
  const says = (text: string) => ada.says(lesson.channelId, text, { threadTs: lesson.root });
  const slow = says('why is that?');
  await until(() => model.calls.length > calls);
  const [changed, deleted] = [says('what is a nmrator?'), says('my secret is Rumpelstilt')];
  await until(async () => (await stored(changed.ts)) !== undefined && (await stored(deleted.ts)) !== undefined);
  ada.edits(changed, 'what is a numerator?');
  ada.deletes(deleted);
  await until(
    async () => (await stored(changed.ts)) === 'what is a numerator?' && (await stored(deleted.ts)) === undefined,
  );
  release();
  await Promise.all([answered(school, slow.ts), answered(school, changed.ts)]);
  const read = JSON.stringify(model.requests);
  expect(read).toContain('what is a numerator?');
  expect(read).not.toContain('nmrator');
  expect(read).not.toContain('Rumpelstilt');
});

test('what is deleted after it was answered is forgotten, and its answer stays', async () => {
  const { ada, lesson, stored } = await openLesson();
  const written = await lesson.says('my dog Rumpelstilt ate a third of it');
  const answer = lesson.last();
  ada.deletes(written);
  await until(async () => (await stored(written.ts)) === '(deleted)');
  expect(lesson.last()).toMatchObject({ ts: answer.ts, text: answer.text });
});

test('a message that was refused is taken once it is corrected, and told about once for each version', async () => {
  const { ada, lesson, stored, school, channel } = await openLesson();
  const long = ada.says(channel, `1/6 ${'and so on '.repeat(900)}`, { threadTs: lesson.root });
  const told = async () => (await toldTo(ada, channel)).filter((text) => text.startsWith('That message has'));
  await until(async () => (await told()).length === 1);
  ada.edits(long, `1/6 ${'and so on and on '.repeat(600)}`);
  await until(async () => (await told()).length === 2);
  ada.edits(long, '1/6');
  await until(async () => (await stored(long.ts)) === '1/6');
  await answered(school, long.ts);
  expect(lesson.last().text).toContain('The whole pizza has 6 equal slices');
  expect(await told()).toHaveLength(2);
});

test('a call that was refused, or that is added to a message, opens a lesson', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const said = ada.says(channel, 'fractions');
  ada.edits(said, '<@BOT> fractions');
  const lesson = await lessonWith(school, said.ts, ada);
  expect(lesson.threadId).toBe(`${channel.id}:${said.ts}`);
});

test('whose thread has lost its beginning, or its card, has no lesson any more', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team, twin } = school;
  const call = ada.says(channel, '<@BOT> fractions');
  const own = await lessonWith(school, call.ts, ada);
  ada.deletes(call);
  await until(async () => (await own.state()).phase === 'ended');
  await settled(school, own.threadId);

  const begun = await startLesson(school, channel, ada);
  const client = plainClient(twin, team.botToken());
  await client.chat.delete({ channel: channel.id, ts: begun.root });
  await until(async () => (await begun.state()).phase === 'ended');
});

test('in a channel that is gone every lesson is over; in an archived one they wait', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team } = school;
  const other = team.addChannel({ name: 'other' });
  other.invite(ada);
  const lessons = [await startLesson(school, channel, ada), await startLesson(school, channel, ada, 'probability')];
  const elsewhere = await startLesson(school, other, ada);
  other.archive();
  channel.remove();
  for (const { state } of lessons) await until(async () => (await state()).phase === 'ended');
  expect((await elsewhere.state()).phase).toBe('approving');
});

test('previews of links, files, and what bots change are no edits; an old message is not said anew', async () => {
  const { ada, bot, channel, installation, twin } = await openBotAlone(database.db);
  const message = { ts: ada.writes('hello').ts, user: ada.id, text: 'hello' };
  const change = (more: object, before: object = {}) =>
    onEdit(bot, installation, {
      ...{ channel: ada.dm(), message: { ...message, text: 'fractions', ...more } },
      previous_message: { ...message, ...before },
    });
  const edited = { ts: '1.000001' };
  await change({});
  await change({ edited }, { edited });
  await change({ edited, files: [{ id: 'F1', name: 'a.txt' }] });
  await change({ edited, bot_id: 'B1' });
  expect(twin.channel(ada.dm()).thread(message.ts)).toHaveLength(1);
  twin.advance(3_601_000);
  await change({ edited });
  expect(twin.channel(ada.dm()).thread(message.ts)).toHaveLength(1);
  await onMessage(bot, installation, { ...message, channel: ada.dm() });
  expect(twin.channel(ada.dm()).thread(message.ts)).toHaveLength(2);
  expect(channel.messages()).toEqual([]);
});
