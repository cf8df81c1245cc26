import { expect, test } from 'vitest';
import { onMention, onMessage } from '../../../src/bots/slack/lessons/messages.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { watchedModel } from '../../support/models.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { openBotAlone } from '../../support/slack-bot.ts';
import { answered, asSeen, doorOf, heardAll, lessonWith, startLesson, toldTo } from '../../support/slack-lesson.ts';

/** Lessons in channels: whom the tutor hears there, and whom it answers. */

const database = useDatabase();

/** What was taken in of what people typed, in order. */
async function taken(
  { runtime }: { runtime: Pick<SlackSchool['runtime'], 'db'> },
  threadId: string,
): Promise<string[]> {
  const query = runtime.db.selectFrom('messages').innerJoin('lessons', 'lessons.id', 'lesson_id').select('text');
  const own = query.where('thread_id', '=', threadId).where('author', '=', 'learner').where('text', '<>', '');
  return (await own.orderBy('seq').execute()).map(({ text }) => text);
}

test('who calls the tutor has a lesson about what they said, in the thread on that', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, runtime } = school;
  const call = ada.says(channel, '<@BOT> fractions');
  const lesson = await lessonWith(school, call.ts, ada);
  expect(lesson.threadId).toBe(`${channel.id}:${call.ts}`);
  expect(channel.messages()).toHaveLength(1);
  await lesson.says('just start');
  await lesson.presses('Start');
  await lesson.says('1/6');
  expect(await lesson.state()).toMatchObject({ phase: 'teaching', steps: [{ right: 1 }, {}, {}, {}] });
  expect(await taken(school, lesson.threadId)).toEqual(['fractions', 'just start', 'Start', '1/6']);
  expect(await runtime.db.selectFrom('openings').select('id').execute()).toEqual([]);
});

test('a call without words begins at the beginning', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const lesson = await lessonWith(school, ada.says(channel, '<@BOT>').ts, ada);
  expect(lesson.last().text).toContain('What would you like to learn?');
});

test.each(['socket', 'http'] as const)('what comes by %s is taken in before it is acknowledged, once', async (via) => {
  const school = await openSlackSchool(database.url, { via });
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, channel, ada);
  await lesson.presses('Start');
  const said = await lesson.says('what is a numerator, <@BOT>?');
  const told = () => twin.delivery.deliveries.filter(({ body }) => JSON.stringify(body).includes(said.ts));
  // A call in a lesson's thread comes as a message, and as a call.
  expect(told().map(({ type }) => type)).toEqual(expect.arrayContaining(['message', 'app_mention']));
  await heardAll(twin);
  for (const { eventId } of told()) await twin.delivery.redeliver(eventId ?? '');
  await answered(school, said.ts);
  expect(await taken(school, lesson.threadId)).toEqual(['Start', 'what is a numerator?']);
});

test('what others write in a lesson is not read; who calls the tutor there reads whose it is', async () => {
  const school = await openSlackSchool(database.url);
  const { channel, team, ada } = school;
  const ben = team.addMember({ name: 'Ben', locale: 'de-DE' });
  channel.invite(ben);
  const lesson = await startLesson(school, channel, ada);
  await lesson.presses('Start');
  const before = await lesson.state();
  ben.says(channel, '1/6', { threadTs: lesson.root });
  ben.says(channel, '<@BOT> 1/6', { threadTs: lesson.root });
  expect(await toldTo(ben, channel)).toEqual(['Diese Lektion gehört ada. Beginne deine eigene mit /tutor start.']);
  expect(await lesson.state()).toEqual(before);
  await lesson.says('1/6');
  expect(asSeen(lesson.messages().slice(-4))).toMatch(/Ben: 1\/6\n\nBen: .*1\/6\n\nAda: 1\/6\n\nThreadtutor: /);
});

test('other talk is left alone, also in other threads and when people join', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team, twin, runtime } = school;
  const root = ada.says(channel, 'what is a fraction?');
  ada.says(channel, 'a part of a whole', { threadTs: root.ts });
  ada.says(channel, 'look', { threadTs: root.ts, broadcast: true });
  team.addMember({ name: 'Ben' }).joins(channel.id);
  await heardAll(twin);
  expect(
    await runtime.db.selectFrom('lessons').select('id').where('thread_id', 'like', `${channel.id}:%`).execute(),
  ).toEqual([]);
  expect(
    channel
      .messages()
      .concat(channel.thread(root.ts))
      .filter(({ author }) => author.isBot),
  ).toEqual([]);
});

test('in a thread of others, whoever calls the tutor has a lesson there, and the others go on talking', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team } = school;
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const root = ben.says(channel, 'does anybody get this?');
  const call = ada.says(channel, '<@BOT> explain fractions', { threadTs: root.ts });
  const lesson = await lessonWith(school, call.ts, ada);
  expect(lesson.threadId).toBe(`${channel.id}:${root.ts}`);
  ben.says(channel, 'thanks', { threadTs: root.ts });
  await lesson.says('just start', { broadcast: true });
  expect(await taken(school, lesson.threadId)).toEqual(['explain fractions', 'just start']);
});

test('where no lesson may be, who calls reads why, once', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  const readOnly = { id: channel.id, is_member: true, is_read_only: true };
  twin.faults.failNext((method) => method === 'conversations.info', 2, {
    status: 200,
    body: { ok: true, channel: readOnly },
  });
  const call = ada.says(channel, '<@BOT> fractions');
  const [sentence] = await toldTo(ada, channel);
  expect(sentence).toBe(
    'Not everybody may write in this channel, so no lesson can be held in it. Try another one, or write to me directly.',
  );
  const told = twin.delivery.deliveries.find(({ type }) => type === 'app_mention');
  await twin.delivery.redeliver(told?.eventId ?? '');
  expect(ada.ephemerals(channel)).toHaveLength(1);
  expect(channel.thread(call.ts)).toHaveLength(1);
});

test('what Slack does not let us post is told as well, and nothing is left half open', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin, runtime } = school;
  twin.faults.failNext((method) => method === 'chat.postMessage', 1, {
    status: 200,
    body: { ok: false, error: 'restricted_action_thread_locked' },
  });
  ada.says(channel, '<@BOT> fractions');
  expect(await toldTo(ada, channel)).toEqual([
    'This channel has no threads that I could teach in. Try another one, or write to me directly.',
  ]);
  expect(await runtime.db.selectFrom('openings').select('id').execute()).toEqual([]);
});

test('in a channel that workspaces share, their people learn like everybody', async () => {
  const school = await openSlackSchool(database.url);
  const { team, twin, runtime } = school;
  const other = twin.addTeam({ name: 'Other', installed: false });
  const shared = team.addChannel({ name: 'shared', sharedWith: [other] });
  const gil = other.addMember({ name: 'Gil' });
  shared.invite(gil);
  const lesson = await lessonWith(school, gil.says(shared, '<@BOT> fractions').ts, gil);
  await lesson.says('just start', {
    files: [{ name: 'wish.txt', mimetype: 'text/plain', bytes: new TextEncoder().encode('with pizza') }],
  });
  expect(await taken(school, lesson.threadId)).toEqual(['fractions', 'just start\n\nwish.txt:\n```\nwith pizza\n```']);
  const workspaces = runtime.db.selectFrom('workspaces').innerJoin('learners', 'workspace_id', 'workspaces.id');
  expect(
    await workspaces.select('workspaces.external_id as id').where('learners.external_id', '=', gil.id).execute(),
  ).toEqual([{ id: team.id }]);
});

test('signs and links reach the tutor as they were meant, and pictures as they are', async () => {
  const model = Object.assign(watchedModel(), { seesPictures: true });
  const school = await openSlackSchool(database.url, { runtime: { model } });
  const { ada, channel } = school;
  const lesson = await startLesson(school, channel, ada);
  await lesson.presses('Start');
  const picture = { name: 'cake.png', mimetype: 'image/png', bytes: new Uint8Array([137, 80, 78, 71]) };
  await lesson.says('is 1/3 < 1/2 & https://example.com/a?b=1&c=2 right?', { files: [picture] });
  expect((await taken(school, lesson.threadId)).at(-1)).toBe('is 1/3 < 1/2 & https://example.com/a?b=1&c=2 right?');
  const seen = model.requests.flatMap((request) => request.prompt().flatMap(({ pictures = [] }) => pictures));
  expect(seen).toMatchObject([{ name: 'cake.png', type: 'image/png', url: 'data:image/png;base64,iVBORw==' }]);
});

test('a message that is refused is answered once, whether or not the tutor is called in it', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, channel, ada);
  ada.says(channel, `<@BOT> ${'and so on '.repeat(900)}`, { threadTs: lesson.root });
  await heardAll(twin);
  const told = ada.ephemerals(channel).filter(({ text }) => text.startsWith('That message has 8,'));
  expect(told).toMatchObject([{ threadTs: lesson.root }]);
});

test('people who are spoken of have their names', async () => {
  const { ada, bot, channel, installation, team } = await openBotAlone(database.db);
  const ben = team.addMember({ name: 'Ben' });
  const text = `<@${installation.botUserId}> what would <@${ben.id}> or <@U0NOBODY> say?`;
  const { ts } = ada.says(channel, 'what would they say?');
  await onMention(bot, installation, { channel: channel.id, ts, user: ada.id, text });
  expect(await taken({ runtime: { db: database.db } }, `${channel.id}:${ts}`)).toEqual([
    'what would @ben or @someone say?',
  ]);
});

test('bots are not heard, the tutor itself least of all', async () => {
  const { ada, bot, channel, installation } = await openBotAlone(database.db);
  const { ts } = ada.says(channel, 'hello');
  const place = { channel: channel.id, ts, text: `<@${installation.botUserId}> fractions` };
  await onMention(bot, installation, { ...place, user: ada.id, bot_id: 'B1' });
  await onMention(bot, installation, { ...place, user: installation.botUserId });
  await onMention(bot, installation, { ...place, user: ada.id, subtype: 'channel_topic' });
  await onMention(bot, installation, place);
  await onMessage(bot, installation, { ...place, channel: ada.dm(), user: ada.id, subtype: 'me_message' });
  expect(channel.messages()).toHaveLength(1);
});

test('of what cannot be done now Slack is to tell again', async () => {
  const { ada, bot, channel, installation, twin } = await openBotAlone(database.db);
  const { ts } = ada.says(channel, 'hello');
  const call = { channel: channel.id, ts, user: ada.id, text: `<@${installation.botUserId}> fractions` };
  twin.faults.failNext((method) => method === 'chat.postMessage', 1, { status: 503 });
  await expect(onMention(bot, installation, call)).rejects.toThrow();
  await onMention(bot, installation, call);
  expect(await taken({ runtime: { db: database.db } }, `${channel.id}:${ts}`)).toEqual(['fractions']);
  expect(channel.thread(ts)).toHaveLength(2);
});

test('a call in a lesson, of which Slack tells twice, counts once at the door', async () => {
  const school = await openSlackSchool(database.url, { runtime: { doorLimits: doorOf(3) } });
  const { ada, channel, twin } = school;
  const lesson = await lessonWith(school, ada.says(channel, '<@BOT> fractions').ts, ada);
  await lesson.says('<@BOT> just start');
  await heardAll(twin);
  await lesson.says('approve');
  expect((await lesson.state()).phase).toBe('teaching');
  ada.says(channel, 'too much', { threadTs: lesson.root });
  expect(await toldTo(ada, channel)).toEqual([expect.stringContaining('Send it again in 5 seconds')]);
});

test('a call is acknowledged as soon as it is kept, and what follows in its thread waits for its lesson', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  const gate = Promise.withResolvers<void>();
  twin.faults.onRequest(async ({ method, moment }) => {
    if (method === 'chat.postMessage' && moment === 'arrived') await gate.promise;
    return null;
  });
  const { ts: root } = ada.says(channel, '<@BOT> fractions');
  const calls = () => twin.delivery.about(root).filter(({ type }) => type === 'app_mention');
  await until(() => calls().some(({ acked }) => acked));
  const said = ada.says(channel, 'just start', { threadTs: root });
  gate.resolve();
  await answered(school, said.ts);
  const { messages } = await lessonWith(school, root, ada);
  expect(messages().some(({ text }) => text.includes('Your plan'))).toBe(true);
});

test('what is said in a thread whose lesson another process is opening comes again', async () => {
  const { ada, bot, channel, installation, twin } = await openBotAlone(database.db);
  const root = ada.says(channel, '<@BOT> fractions');
  const mention = { channel: channel.id, ts: root.ts, user: ada.id, text: root.text };
  const { ts } = ada.says(channel, 'just start', { threadTs: root.ts });
  const reply = { channel: channel.id, ts, thread_ts: root.ts, user: ada.id, text: 'just start' };
  await onMessage(bot, installation, reply);
  const gate = Promise.withResolvers<void>();
  twin.faults.onRequest(async ({ method, moment }) => {
    if (method === 'chat.postMessage' && moment === 'arrived') await gate.promise;
    return null;
  });
  const kept = Promise.withResolvers<void>();
  const opening = onMention(bot, installation, mention, { kept: kept.resolve });
  await kept.promise;
  await expect(onMessage(bot, installation, reply)).rejects.toThrow('the lesson is being opened');
  gate.resolve();
  await opening;
  await onMessage(bot, installation, reply);
  const taken = database.db.selectFrom('messages').select('text').where('platform_message_id', '=', ts);
  expect(await taken.execute()).toEqual([{ text: 'just start' }]);
});
