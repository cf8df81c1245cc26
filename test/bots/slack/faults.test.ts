import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/db/database.ts';
import { isSettled } from '../../../src/db/lessons.ts';
import { lessonOfThread } from '../../../src/db/threads.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { beginLesson, takenIn } from '../../support/slack-mortals.ts';
import { twinModel } from '../../support/twin-model.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import type { Fault } from '../../twins/faults.ts';
import { startOpenAiTwin } from '../../twins/openai.ts';
import { plainClient } from '../../twins/slack/client.ts';

/** Lessons whose replies meet a Slack that fails, is busy, or does what it is asked without saying so. */

const database = useDatabase();

const SENTENCES = 220;
const STORY = Array.from({ length: SENTENCES }, (_, index) => `This is the sentence ${index} of a story.`).join(' ');

interface OpenOptions {
  streams?: boolean;
  /** What something happens at in a test: more is written only when that was asked for, however late. */
  comes?: readonly string[];
}

async function open({ streams = true, comes = [] }: OpenOptions = {}) {
  const model = await startOpenAiTwin();
  onTestFinished(() => model.close());
  model.respond(twinTutor);
  const school = await openSlackSchool(database.url, { twin: { streams }, runtime: { model: twinModel(model) } });
  const lesson = await beginLesson(school, school.runtime.db);
  const { twin } = school;
  const { db } = school.runtime;
  const isAsked = (method: string, from: number) => twin.requests.slice(from).some((each) => each.method === method);
  const [draft, more] = streams ? ['chat.startStream', 'chat.appendStream'] : ['chat.postMessage', 'chat.update'];
  const { length: begun } = twin.requests;
  model.respond((request) => {
    const answer = twinTutor(request);
    if (request.agent !== 'executor' && request.agent !== 'teacher') return answer;
    const { length: from } = twin.requests;
    const waits = [draft, more];
    // As a model writes: so that some of it is shown before the rest is there.
    const gate = async ({ length: written }: string) => {
      if (written < 1_000) return;
      const method = waits.shift();
      if (method && comes.includes(method)) await until(() => isAsked(method, begun));
      else if (method) await soon(() => isAsked(method, from));
    };
    return { json: { ...answer.json, message: STORY }, chunkSize: 256, gate };
  });
  return { ...school, ...lesson, db, model };
}

type World = Awaited<ReturnType<typeof open>>;

const STREAMED = ['chat.startStream', 'chat.appendStream'];

/** For as long as it may still come. */
async function soon(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 50 && !condition(); turns += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Nothing that is to be tried again waits for its time, until all is answered. */
async function answeredHowever(db: Database, threadId: string): Promise<void> {
  const lesson = await lessonOfThread(db, 'slack', threadId);
  const due = { retry_at: sql<Date>`now()` };
  await until(async () => {
    await db
      .updateTable('deliveries')
      .set(due)
      .where('status', '=', 'pending')
      .where('retry_at', '>', sql<Date>`now()`)
      .execute();
    return lesson !== null && (await isSettled(db, lesson.lessonId));
  });
}

/** Asks, and expects the story as one answer, with nothing left of what went wrong. */
async function isToldOnce(world: World, harm: () => void, about: string): Promise<void> {
  const { db, says, replies, threadId } = world;
  const { length } = replies();
  const { length: before } = await takenIn(db, threadId);
  harm();
  says('why?');
  await until(async () => (await takenIn(db, threadId)).length === before + 1);
  await answeredHowever(db, threadId);
  await isStory(world, length, about);
}

/** What was said since is the story, whole and once. */
async function isStory({ replies }: World, from: number, about: string): Promise<void> {
  const said = () => replies().slice(from);
  // What else was begun of it goes away beside the answer.
  await until(() => said().length === 3 && !said().some(({ isStreaming }) => isStreaming)).catch(() => {});
  const shown = said();
  expect(shown, about).toHaveLength(3);
  expect(
    shown.filter(({ isStreaming }) => isStreaming),
    about,
  ).toEqual([]);
  const words = shown.map(({ blocks }) => JSON.stringify(blocks)).join(' ');
  const found = [...words.matchAll(/sentence (\d+) /g)].map(([, index]) => Number(index));
  expect(found, about).toEqual(Array.from({ length: SENTENCES }, (_, index) => index));
}

function deliveriesOf(db: Database, threadId: string) {
  return db
    .selectFrom('deliveries')
    .innerJoin('turns', 'turns.id', 'deliveries.turn_id')
    .innerJoin('lessons', 'lessons.id', 'deliveries.lesson_id')
    .select(['deliveries.status', 'deliveries.attempts', 'platform_message_ids'])
    .where('thread_id', '=', threadId)
    .orderBy('turns.seq')
    .orderBy('deliveries.seq')
    .execute();
}

async function attemptsOf(db: Database, threadId: string): Promise<number[]> {
  return (await deliveriesOf(db, threadId)).map(({ attempts }) => attempts);
}

const BUSY: Fault = { status: 429, headers: { 'retry-after': '1' }, body: { ok: false, error: 'ratelimited' } };
const AWAY: Fault = { status: 503, body: '<html>' };
const FAILING: Fault = { status: 200, body: { ok: false, error: 'internal_error' } };

const FAULTS: [string, (world: World, method: string) => void][] = [
  ['is busy', ({ twin }, method) => twin.faults.failNext((each) => each === method, 1, BUSY)],
  ['is away', ({ twin }, method) => twin.faults.failNext((each) => each === method, 2, AWAY)],
  ['fails', ({ twin }, method) => twin.faults.failNext((each) => each === method, 1, FAILING)],
  ['breaks the connection', ({ twin }, method) => twin.faults.failNext((each) => each === method, 1, 'reset')],
  ['does it, and breaks the connection', ({ twin }, method) => twin.faults.loseNext((each) => each === method, 1)],
  [
    'does it, and says that it failed',
    ({ twin }, method) => twin.faults.loseNext((each) => each === method, 1, FAILING),
  ],
];

describe.each([
  [
    true,
    [
      'assistant.threads.setStatus',
      'chat.startStream',
      'chat.appendStream',
      'chat.stopStream',
      'chat.postMessage',
      'chat.update',
      'users.info',
    ],
  ],
  [false, ['chat.postMessage', 'chat.update', 'users.info']],
])('where Slack streams: %s, a long reply is there once', (streams, methods) => {
  test.each(FAULTS)('though Slack %s', async (name, fault) => {
    const world = await open({ streams });
    for (const method of methods) await isToldOnce(world, () => fault(world, method), `${method} ${name}`);
  });

  test('though reading the thread fails as well', async () => {
    const world = await open({ streams });
    const begin = streams ? 'chat.startStream' : 'chat.postMessage';
    for (const [name, fault] of FAULTS.slice(0, 4)) {
      const harm = () => {
        world.twin.faults.loseNext((each) => each === begin, 1);
        fault(world, 'conversations.replies');
      };
      await isToldOnce(world, harm, `conversations.replies ${name}`);
    }
  });
});

describe('a lesson goes on', () => {
  type Trouble = (world: World) => { harm(): void; mend(): void };
  const TROUBLES: [string, Trouble][] = [
    ['its channel is archived', ({ channel }) => ({ harm: channel.archive, mend: channel.unarchive })],
    ['the tutor is removed from its channel', ({ channel }) => ({ harm: channel.kickBot, mend: channel.inviteBot })],
    [
      'Slack is away altogether',
      ({ twin }) => ({ harm: () => twin.faults.onRequest(() => AWAY), mend: () => twin.faults.onRequest(null) }),
    ],
  ];

  test.each(TROUBLES)('when %s while it is answered, and that is over', async (_, troubleOf) => {
    const world = await open({ comes: STREAMED });
    const { db, twin, threadId, says, replies, settle } = world;
    const { harm, mend } = troubleOf(world);
    const { length } = replies();
    let isHarmed = false;
    twin.faults.onRequest(({ method, moment }) => {
      if (isHarmed || moment !== 'arrived' || method !== 'chat.appendStream') return null;
      isHarmed = true;
      harm();
      return AWAY;
    });
    says('why?');
    await until(async () => (await attemptsOf(db, threadId)).some((attempts) => attempts > 0));
    mend();
    await answeredHowever(db, threadId);
    await isStory(world, length, 'after that');
    says('help');
    await until(() => replies().length === length + 4);
    await settle();
  });

  test.each([true, false])('when its answer is deleted while it is written (streams: %s)', async (streams) => {
    const world = await open({ streams, comes: streams ? STREAMED : ['chat.postMessage'] });
    const { twin, channel, root } = world;
    let isDeleted = false;
    const harm = () =>
      twin.faults.onRequest(async ({ method, moment }) => {
        const isBegun = streams ? method === 'chat.appendStream' : method === 'chat.postMessage' && moment === 'done';
        if (isDeleted || !isBegun) return null;
        isDeleted = true;
        const { ts } = channel.thread(root).at(-1) ?? { ts: '' };
        await plainClient(twin, twin.botToken()).chat.delete({ channel: channel.id, ts });
        return null;
      });
    await isToldOnce(world, harm, 'deleted');
    expect(isDeleted).toBe(true);
  });
});

test('a lesson whose card is deleted ends, and what is still to be said in it is no burden', async () => {
  const { db, twin, channel, root, says, threadId, runtime } = await open({ comes: STREAMED });
  let isDeleted = false;
  twin.faults.onRequest(async ({ method, moment }) => {
    if (isDeleted || method !== 'chat.appendStream' || moment !== 'arrived') return null;
    isDeleted = true;
    await plainClient(twin, twin.botToken()).chat.delete({ channel: channel.id, ts: root });
    return null;
  });
  says('why?');
  await until(async () => (await stateOf(runtime, threadId)).phase === 'ended');
  await answeredHowever(db, threadId);
  expect(channel.thread(root).filter(({ isStreaming }) => isStreaming)).toEqual([]);
});

test('while Slack is away altogether, every message waits for its answer, in order', async () => {
  const { db, twin, says, replies, threadId } = await open();
  const { length } = replies();
  twin.faults.onRequest(() => AWAY);
  const written = ['help', 'progress', 'help'];
  for (const [index, text] of written.entries()) {
    says(text);
    await until(async () => (await takenIn(db, threadId)).length === index + 1);
  }
  await until(async () => (await attemptsOf(db, threadId)).some((attempts) => attempts > 1));
  expect(replies()).toHaveLength(length);
  twin.faults.onRequest(null);
  await answeredHowever(db, threadId);
  expect(await takenIn(db, threadId)).toEqual(written);
  const sent = await deliveriesOf(db, threadId);
  expect(sent.filter(({ status }) => status !== 'sent')).toEqual([]);
  const ids = sent.flatMap(({ platform_message_ids: sentAs }) => sentAs ?? []);
  expect(replies().map(({ ts }) => ts)).toEqual(ids);
  expect(ids).toEqual(ids.toSorted());
});
