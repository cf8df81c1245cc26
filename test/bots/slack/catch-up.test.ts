import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { openHeard, readMissed } from '../../../src/bots/slack/connection/catch-up.ts';
import { onMention } from '../../../src/bots/slack/lessons/messages.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { readHeard, recordHeard } from '../../../src/db/heard.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { recordedLog } from '../../support/log.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { openBotAlone } from '../../support/slack-bot.ts';
import { answered, lessonWith, startLesson } from '../../support/slack-lesson.ts';
import type { SlackTwinOptions } from '../../twins/slack/twin.ts';

/** What is written while nobody is there to whom Slack could tell it. */

const database = useDatabase();

const AN_HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);

/** Slack tells of nothing again that it could not tell at once. */
const FORGETFUL: SlackTwinOptions = { delivery: { retryDelaysMs: [] } };

/** What was taken in of what people typed, in order. */
async function taken(threadId: string): Promise<string[]> {
  const query = database.db.selectFrom('messages').innerJoin('lessons', 'lessons.id', 'lesson_id').select('text');
  const own = query.where('thread_id', '=', threadId).where('author', '=', 'learner').where('payload', 'is', null);
  return (await own.where('text', '<>', '').orderBy('seq').execute()).map(({ text }) => text);
}

/** Nobody hears for an hour, in which something happens. */
async function away(school: SlackSchool, happens: () => Promise<unknown> | unknown): Promise<void> {
  await school.disconnect();
  school.twin.advance(AN_HOUR_MS);
  await happens();
  school.twin.advance(60_000);
}

const reads = ({ twin }: Pick<SlackSchool, 'twin'>) =>
  twin.requests.filter(({ method }) => method === 'conversations.replies' || method === 'conversations.history').length;

// Each test has a clock of its own.
beforeEach(async () => void (await database.db.deleteFrom('heard').execute()));

test('is taken in once somebody is, in order', async () => {
  const school = await openSlackSchool(database.url, { twin: FORGETFUL });
  const { ada, channel, team } = school;
  const lesson = await startLesson(school, channel, ada);
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const written = ['first', 'second', 'third'];
  await away(school, () => {
    for (const text of written) ada.says(channel, text, { threadTs: lesson.root });
    ben.says(channel, 'not mine', { threadTs: lesson.root });
  });
  await school.connect();
  await until(async () => (await taken(lesson.threadId)).length === written.length);
  expect(await taken(lesson.threadId)).toEqual(written);
});

test('is read to its end, also where it is more than Slack tells at a time', async () => {
  const alone = await openBotAlone(database.db);
  const { ada, bot, channel, twin } = alone;
  const inChannel = await lessonAlone(alone);
  twin.advance(AN_HOUR_MS);
  const since = twin.now();
  const written = Array.from({ length: 205 }, (_, index) => `number ${index}`);
  for (const text of written) ada.says(channel, text, { threadTs: inChannel.root });
  await readMissed(bot, since - 1);
  expect(await taken(`${channel.id}:${inChannel.root}`)).toEqual(written);
});

test('in direct messages too: in their lessons, and what begins one', async () => {
  const school = await openSlackSchool(database.url, { twin: FORGETFUL });
  const { ada } = school;
  const lesson = await lessonWith(school, ada.writes('fractions').ts, ada);
  const said: string[] = [];
  await away(school, () => {
    said.push(ada.says(ada.dm(), 'just start', { threadTs: lesson.root }).ts);
    said.push(ada.writes('probability').ts, ada.writes('photosynthesis').ts);
  });
  await school.connect();
  for (const ts of said) await answered(school, ts);
  expect(await taken(lesson.threadId)).toEqual(['just start']);
  const lessons = database.db.selectFrom('lessons').select('thread_id').where('thread_id', 'like', `${ada.dm()}:%`);
  expect((await lessons.orderBy('created_at').execute()).map(({ thread_id }) => thread_id)).toEqual(
    [lesson.root, ...said.slice(1)].map((ts) => `${ada.dm()}:${ts}`),
  );
});

test('after a short while nothing is asked for: Slack tells again by itself', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  await startLesson(school, channel, ada);
  const before = reads(school);
  await school.disconnect();
  twin.advance(3 * 60_000);
  await school.connect();
  await until(async () => {
    const until = (await readHeard(database.db, 'slack')).get('socket')?.getTime() ?? 0;
    return until > twin.now() - 60_000;
  });
  expect(reads(school)).toBe(before);
});

test('what was refused before stays so, and what was taken in is not taken in again', async () => {
  const school = await openSlackSchool(database.url, { twin: FORGETFUL });
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, channel, ada);
  const says = (text: string) => ada.says(channel, text, { threadTs: lesson.root });
  const sinceMs = twin.now() - 1;
  says('x'.repeat(9_000));
  await until(() => ada.ephemerals(channel).some(({ text }) => text.startsWith('That message has')));
  await lesson.says('taken');
  const told = ada.ephemerals(channel).length;
  await away(school, () => void says('missed'));
  await database.db
    .updateTable('heard')
    .set({ until: new Date(sinceMs) })
    .where('platform', '=', 'slack')
    .execute();
  // By the database's clock too, all of that was an hour ago.
  await sql`update messages set created_at = created_at - interval '1 hour'`.execute(database.db);
  await school.connect();
  await until(async () => (await taken(lesson.threadId)).includes('missed'));
  expect(await taken(lesson.threadId)).toEqual(['taken', 'missed']);
  expect(ada.ephemerals(channel)).toHaveLength(told);
});

test('while Slack asks us to wait, or fails, it is asked again', async () => {
  const school = await openSlackSchool(database.url, { twin: FORGETFUL });
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, channel, ada);
  await away(school, () => void ada.says(channel, 'missed', { threadTs: lesson.root }));
  const isAsked = (method: string) => method === 'conversations.replies';
  const busy = { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } };
  twin.faults.failNext(isAsked, 1, busy);
  twin.faults.failNext(isAsked, 2, { status: 503 });
  await school.connect();
  await until(async () => (await taken(lesson.threadId)).includes('missed'));
});

test('where it may not be read, that is said once for all channels of the kind, and nothing else is held up', async () => {
  const { log, lines } = recordedLog();
  const alone = await openBotAlone(database.db, { bot: { log } });
  const { ada, bot, channel, twin } = alone;
  const threads = [await lessonAlone(alone), await lessonAlone(alone)];
  const direct = await lessonAlone(alone, ada.dm());
  for (const { root, place } of [...threads, direct]) ada.says(place, 'missed', { threadTs: root });
  const isRefused = (method: string, body: Record<string, unknown>) =>
    method === 'conversations.replies' && body.channel === channel.id;
  twin.faults.failNext(isRefused, 10, { status: 200, body: { ok: false, error: 'missing_scope' } });
  await readMissed(bot, twin.now() - AN_HOUR_MS);
  expect(await taken(`${ada.dm()}:${direct.root}`)).toEqual(['missed']);
  expect(await taken(`${channel.id}:${threads[0]?.root}`)).toEqual([]);
  const warned = lines().filter(({ msg }) => msg === 'what was written meanwhile may not be read');
  expect(warned.filter((line) => line.channel === channel.id)).toMatchObject([{ reason: 'Slack says missing_scope' }]);
});

type Alone = Awaited<ReturnType<typeof openBotAlone>>;

/** A lesson that nobody answers. */
async function lessonAlone({ ada, bot, channel, installation }: Alone, place = channel.id) {
  const { ts } = ada.says(place, 'fractions');
  const call = { channel: place, ts, user: ada.id, text: 'fractions' };
  await onMention(bot, installation, call);
  return { root: ts, place };
}

test('until when was heard is kept, and never goes back', async () => {
  const alone = await openBotAlone(database.db, { twin: { now: () => NOW } });
  const { bot, twin } = alone;
  const fresh = await openHeard(bot, 'http');
  expect(fresh.missedSince()).toBeNull();
  const at = twin.now();
  await fresh.alive(at);
  await fresh.alive(at - 60_000);
  expect((await readHeard(database.db, 'slack')).get('http')).toEqual(new Date(at - 15_000));
  const next = await openHeard(bot, 'http');
  expect(next.missedSince()).toBeNull();
  twin.advance(4 * 60_000);
  expect(next.missedSince()).toBe(at - 15_000);
  expect((await openHeard(bot, 'socket')).missedSince()).toBeNull();
  twin.advance(8 * 24 * AN_HOUR_MS);
  expect(next.missedSince()).toBe(twin.now() - 7 * 24 * AN_HOUR_MS);
  await recordHeard(database.db, 'slack', 'http', new Date(0));
  expect((await readHeard(database.db, 'slack')).get('http')).toEqual(new Date(at - 15_000));
});

test('what Slack brings by itself meanwhile does not stand for what it did not', async () => {
  const school = await openSlackSchool(database.url, { twin: FORGETFUL });
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, channel, ada);
  const says = (text: string) => ada.says(channel, text, { threadTs: lesson.root });
  await away(school, () => void says('missed'));
  // The first read is held up until something newer was taken in.
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  twin.faults.onRequest(async ({ method, moment }) => {
    if (method !== 'conversations.replies' || moment !== 'arrived' || isHeld) return null;
    isHeld = true;
    await gate.promise;
    return null;
  });
  await school.connect();
  await until(() => isHeld);
  await lesson.says('brought at once');
  gate.resolve();
  await until(async () => (await taken(lesson.threadId)).length === 2);
  expect(await taken(lesson.threadId)).toEqual(['brought at once', 'missed']);
});

test('while the database is away nothing counts as heard', async () => {
  const { bot, twin } = await openBotAlone(database.db);
  const { db, close } = openDatabase(database.url, () => {}, { maxConnections: 1 });
  const heard = await openHeard({ ...bot, db }, 'http');
  await heard.alive(bot.now());
  expect(heard.missedSince()).toBeNull();
  await close();
  twin.advance(AN_HOUR_MS);
  await heard.alive(bot.now());
  expect(heard.missedSince()).not.toBeNull();
});
