import { sql } from 'kysely';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/db/database.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { type DiscordSchool, openDiscordSchool, type SchoolOptions } from '../../support/discord.ts';
import { beginLesson, botListens } from '../../support/discord-deliveries.ts';

/** What happens while the connection, or the database behind it, is away: nothing is lost, and nothing is done twice. */

const database = useDatabase();

async function open(options: SchoolOptions = {}) {
  const school = await openDiscordSchool(database.url, options);
  const { twin, runtime } = school;
  onTestFinished(() => expect(twin.violations).toEqual([]));
  const lesson = await beginLesson({ twin, db: runtime.db });
  const { length } = lesson.replies();
  return {
    ...{ ...school, ...lesson },
    /** What the tutor has said since the first question, when it is so much, and nothing more is to come. */
    async answers(count: number): Promise<string[]> {
      await until(() => lesson.replies().length >= length + count);
      await lesson.settle();
      const texts = lesson.replies().map(({ content }) => content);
      expect(texts).toHaveLength(length + count);
      return texts.slice(length);
    },
    /** What the learner has written, as it was taken in. */
    async takenIn(): Promise<string[]> {
      const rows = await runtime.db
        .selectFrom('messages')
        .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
        .select('text')
        .where('thread_id', '=', lesson.thread.id)
        .where('author', '=', 'learner')
        .where('payload', 'is', null)
        .where('text', '!=', '')
        .orderBy('seq')
        .execute();
      return rows.map(({ text }) => text);
    },
  };
}

function connected({ twin }: DiscordSchool): boolean {
  return twin.gateway.sessions().some((session) => session.connected);
}

test('what is written and pressed while the connection is down is told when it is resumed', async () => {
  const world = await open();
  const { twin, ada, thread, replies, answers, takenIn } = world;
  const [session] = twin.gateway.sessions();
  const question = replies().at(-1);
  twin.gateway.drop();
  const press = ada.presses(question ?? thread, 'Hint');
  await press.acknowledged;
  await answers(1);
  twin.gateway.drop();
  ada.says(thread, 'help');
  await answers(2);
  expect(await takenIn()).toEqual(['help']);
  expect(twin.gateway.sessions().map(({ id }) => id)).toEqual([session?.id]);
});

test('Discord asks for a new connection', async () => {
  const { twin, ada, thread, answers, ...world } = await open();
  twin.gateway.reconnect();
  ada.says(thread, 'help');
  await answers(1);
  await until(() => connected({ twin, ...world }));
});

test('what no session has told of is asked for when there is a new one', async () => {
  const { twin, ada, thread, answers, takenIn } = await open();
  twin.gateway.invalidate(false);
  expect(twin.gateway.sessions()).toEqual([]);
  ada.says(thread, 'help');
  ada.says(thread, 'hint');
  await until(async () => (await takenIn()).length === 2);
  expect(await takenIn()).toEqual(['help', 'hint']);
  await answers((await answersDue(thread.id)) - 2);
});

/** Turns that are answered; messages that wait together are answered together. */
async function answersDue(threadId: string): Promise<number> {
  const { count } = await database.db
    .selectFrom('turns')
    .innerJoin('lessons', 'lessons.id', 'turns.lesson_id')
    .select((of) => of.fn.countAll<string>().as('count'))
    .where('thread_id', '=', threadId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

test('a connection that is silent is left for another one', async () => {
  const { twin, ada, thread, answers, ...world } = await open({ twin: { heartbeatMs: 300, silentIntervals: 100 } });
  twin.gateway.muteHeartbeats(true);
  await until(() => !connected({ twin, ...world }));
  twin.gateway.muteHeartbeats(false);
  ada.says(thread, 'help');
  await answers(1);
});

test('a bot that starts while Discord is away is there when it is back', async () => {
  const school = await openDiscordSchool(database.url, {
    prepare: (twin) => {
      twin.faults.failNext((_, path) => path === '/users/@me', 3, { status: 503 });
      twin.faults.failNext((_, path) => path === '/gateway/bot', 3, { status: 503 });
    },
  });
  await botListens(school.twin);
  await expect(school.bot.check()).resolves.toBeUndefined();
});

test('what is written while the database is away is taken in when it is back, in order', async () => {
  const { ada, thread, takenIn, settle } = await open();
  const name = new URL(database.url).pathname.slice(1);
  const server = openDatabase(inject('postgresUrl'), () => {}, { maxConnections: 1 });
  onTestFinished(() => server.close());
  await sql`alter database ${sql.id(name)} allow_connections false`.execute(server.db);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(server.db);
  for (const text of ['help', 'hint', 'progress']) ada.says(thread, text);
  await expect(takenIn()).rejects.toThrow();
  await sql`alter database ${sql.id(name)} allow_connections true`.execute(server.db);
  await until(async () => (await takenIn().catch(() => [])).length === 3);
  expect(await takenIn()).toEqual(['help', 'hint', 'progress']);
  await settle();
});
