import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { answered, openDiscordServer, startLesson } from '../../support/discord-lesson.ts';
import { gate, watchedModel } from '../../support/models.ts';

/** What becomes of an answer when what it answers is changed or taken back. */

const database = useDatabase();

/** A lesson whose first question waits, and whose model can be held up. */
async function openLesson() {
  let door: Promise<void> | null = null;
  const model = watchedModel(async () => {
    await door;
    return undefined;
  });
  const server = await openDiscordServer(database.url, { runtime: { model } });
  const lesson = await startLesson(server, server.channel, server.ada);
  await lesson.presses('Start');
  const { db } = server.runtime;
  return {
    ...{ ...server, lesson, model },
    /** From now on the model answers only once this is called. */
    holdModel() {
      const { opened, open } = gate();
      door = opened;
      return open;
    },
    /** The text of a message as it is stored; undefined when it is not. */
    async stored(id: string): Promise<string | undefined> {
      const query = db.selectFrom('messages').select('text').where('platform_message_id', '=', id);
      return (await query.executeTakeFirst())?.text;
    },
    /** Until the new text of a message is answered. */
    async rerun(id: string): Promise<void> {
      const query = db
        .selectFrom('messages')
        .select('platform_message_id')
        .where('platform_message_id', 'like', `${id}#%`);
      let version: string | null = null;
      await until(async () => {
        version = (await query.orderBy('seq', 'desc').executeTakeFirst())?.platform_message_id ?? null;
        return version !== null;
      });
      await answered(server.runtime, version ?? '');
    },
  };
}

test('the last message is answered anew in the same place: a question by a better one', async () => {
  const { ada, lesson, rerun } = await openLesson();
  const written = await lesson.says('what is a numeratr?');
  const before = lesson.messages();
  ada.edits(written, 'can the top number be bigger than the bottom one?');
  await rerun(written.id);
  const after = lesson.messages();
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(after.at(-1)?.content).toContain('the top number may be bigger');
  expect(after.at(-1)?.components).toHaveLength(2);
});

test('a wrong answer is right once it is corrected', async () => {
  const { ada, lesson, rerun, runtime } = await openLesson();
  const written = await lesson.says('6/1');
  expect((await stateOf(runtime, lesson.id)).steps[0]).toMatchObject({ right: 0, wrong: 1 });
  ada.edits(written, '1/6');
  await rerun(written.id);
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
  expect((await stateOf(runtime, lesson.id)).steps[0]).toMatchObject({ right: 1 });
});

test('what was right stays right, and what is older stays as it was answered', async () => {
  const { ada, lesson, runtime, stored, rerun } = await openLesson();
  const right = await lesson.says('1/6');
  const seen = lesson.messages().map(({ id, content }) => ({ id, content }));
  ada.edits(right, '6/1');
  // The next message comes after the edit, which has been looked at by then.
  const next = await lesson.says('what is a numerator?');
  expect((await stateOf(runtime, lesson.id)).steps[0]).toMatchObject({ right: 1, wrong: 0 });
  const bot = ({ id }: { id: string }) => seen.find((message) => message.id === id);
  const botMessages = lesson.messages().filter(({ author, id }) => author.isBot && bot({ id }));
  for (const { id, content } of botMessages) expect(content).toBe(bot({ id })?.content);
  expect(await stored(right.id)).toBe('1/6');
  ada.edits(next, 'can the top number be bigger than the bottom one?');
  await rerun(next.id);
  expect(lesson.last().content).toContain('may be bigger');
});

test('what nobody has read yet is read as it is now, or not at all', async () => {
  const { ada, lesson, runtime, model, holdModel, stored } = await openLesson();
  const release = holdModel();
  const calls = model.calls.length;
  const slow = ada.says(lesson, 'why is that?');
  await until(() => model.calls.length > calls);
  const [changed, deleted] = [ada.says(lesson, 'what is a nmrator?'), ada.says(lesson, 'my secret is Rumpelstilt')];
  await until(async () => (await stored(changed.id)) !== undefined && (await stored(deleted.id)) !== undefined);
  ada.edits(changed, 'what is a numerator?');
  ada.deletes(deleted);
  await until(
    async () => (await stored(changed.id)) === 'what is a numerator?' && (await stored(deleted.id)) === undefined,
  );
  release();
  await Promise.all([answered(runtime, slow.id), answered(runtime, changed.id)]);
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
  await until(async () => (await stored(written.id)) === '(deleted)');
  expect(lesson.last()).toMatchObject({ id: answer.id, content: answer.content });
});

test('a message that was refused is taken once it is corrected', async () => {
  const { ada, lesson, stored, runtime } = await openLesson();
  const empty = ada.says(lesson, '\u200b\u2060');
  await until(() => lesson.last().answers === empty.id);
  expect(lesson.last().content).toMatch(/^I could not find any text in that\./);
  ada.edits(empty, '1/6');
  await until(async () => (await stored(empty.id)) === '1/6');
  await answered(runtime, empty.id);
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
});
