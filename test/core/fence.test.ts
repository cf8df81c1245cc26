import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { loadCurriculum } from '../../src/core/curriculum.ts';
import { deliverAll } from '../../src/core/deliver.ts';
import { keepLeases, type Leases } from '../../src/core/leases.ts';
import { drainLesson, type MailboxDeps } from '../../src/core/mailbox.ts';
import { type Reply, reply } from '../../src/core/messages.ts';
import type { Model, OutboundDelivery, SendResult, Surface } from '../../src/core/ports.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { LeaseLost } from '../../src/core/steps.ts';
import { takeNextInLine } from '../../src/db/backlog.ts';
import { reserve, settle } from '../../src/db/budgets.ts';
import type { Database } from '../../src/db/database.ts';
import { postponeDelivery } from '../../src/db/deliveries.ts';
import { lockThread, reviveTurns } from '../../src/db/inbox.ts';
import { extendLeases, type LessonRow, releaseLesson } from '../../src/db/leases.ts';
import { readTurn, storeStep } from '../../src/db/turns.ts';
import { claimWork, takeWork } from '../../src/db/work.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, gate, watchedModel } from '../support/models.ts';

/** What a lease is worth at the edges: given back, lost, or cut off from the database. */

const database = useDatabase();
const ROOM = { learner: 2, workspace: 50 };
const ROOT = join(import.meta.dirname, '../..');

function write(threadId: string, start?: { topic: string; autostart: boolean }, text = '') {
  return accept(database.db, {
    platform: 'terminal',
    workspace: { id: 'school', name: 'School' },
    learner: { id: threadId, name: 'Ada' },
    threadId,
    messageId: randomUUID(),
    text,
    queue: 'nobody',
    ...(start && { start }),
  });
}

async function claim(lessonId: string, owner: string, leaseMs = 60_000): Promise<LessonRow> {
  const claimed = await claimWork(database.db, lessonId, { owner, ms: leaseMs }, { room: ROOM, mayStart: false });
  if (!claimed) throw new Error('somebody holds the lesson');
  return claimed.lesson;
}

/** Another worker has the lesson from now on. */
async function steal(lessonId: string): Promise<void> {
  await sql`update lessons set lease_until = now() - interval '1 second' where id = ${lessonId}`.execute(database.db);
  await claim(lessonId, 'thief');
}

function surfaceOf(send: (delivery: OutboundDelivery) => Promise<SendResult>): MailboxDeps['surfaces'] {
  const surface: Surface = { platform: 'terminal', typing() {}, preview() {}, send };
  return new Map([['terminal', surface]]);
}

const kept: Leases[] = [];
afterEach(async () => {
  await Promise.all(kept.splice(0).map((each) => each.stop()));
});

function leases(leaseMs = 60_000): Leases {
  const opened = keepLeases(database.db, leaseMs, silentLog);
  kept.push(opened);
  return opened;
}

async function mailbox(sent: Reply[], more: Partial<MailboxDeps> = {}): Promise<MailboxDeps> {
  return {
    db: database.db,
    model: offlineModel(),
    prompts: await loadPrompts(join(ROOT, 'prompts')),
    curriculum: await loadCurriculum(join(ROOT, 'curriculum')),
    surfaces: surfaceOf(async (delivery) => {
      sent.push(delivery.reply);
      return { ok: true, platformMessageIds: [] };
    }),
    log: silentLog,
    nudger: { async nudge() {} },
    owner: 'worker',
    leases: leases(),
    room: ROOM,
    telemetry: SILENT,
    stopping: new AbortController().signal,
    retryDelaysMs: [60_000],
    ...more,
  };
}

test('a heartbeat that comes late does not take back what was given back', async () => {
  const { lessonId } = await write('late');
  const lesson = await claim(lessonId, 'one');
  await releaseLesson(database.db, lesson);
  expect(await extendLeases(database.db, [lesson], 60_000)).toEqual(new Set());
  await claim(lessonId, 'two');
});

test('a worker that was overtaken sends nothing more', async () => {
  const { lessonId } = await write('overtaken');
  const lesson = await claim(lessonId, 'one');
  const deliveries = ['first', 'second'].map((name) => ({
    id: randomUUID(),
    reply: reply('message', name),
    attempts: 0,
    mayBeShown: false,
    posted: [],
    draft: null,
  }));
  const sent: string[] = [];
  const surfaces = surfaceOf(async (delivery) => {
    sent.push(delivery.reply.text);
    await steal(lessonId);
    return { ok: true, platformMessageIds: [] };
  });
  await expect(deliverAll(await mailbox([], { surfaces }), lesson, deliveries)).rejects.toBeInstanceOf(LeaseLost);
  expect(sent).toEqual(['first']);
});

test('whoever takes a lesson over sees the steps of the one before, even one that is being stored', async () => {
  const { lessonId, turnId } = await write('storing');
  const lesson = await claim(lessonId, 'one', 0);
  const [stored, door] = [gate(), gate()];
  const storing = database.db.transaction().execute(async (tx) => {
    const step = { name: 'teach', agent: 'teacher', output: {}, usage: null };
    expect(await storeStep(tx, lesson, turnId, step)).toBe(true);
    stored.open();
    await door.opened;
  });
  await stored.opened;
  const seen = claim(lessonId, 'two').then(() => readTurn(database.db, lessonId, turnId, 10));
  await Promise.race([seen, new Promise((resolve) => setTimeout(resolve, 500))]);
  door.open();
  await storing;
  expect(Object.keys((await seen).steps)).toEqual(['teach']);
});

test('a message that is being accepted is neither missed nor overtaken by a worker that waits for the lock', async () => {
  const { lessonId, turnId } = await write('accepting');
  const giveUp = () => sql`update turns set status = 'failed' where id = ${turnId}`.execute(database.db);
  await giveUp();
  await write('accepting', undefined, 'hint');
  await giveUp();
  const lesson = await claim(lessonId, 'one');
  const [locked, door] = [gate(), gate()];
  const accepting = database.db.transaction().execute(async (tx) => {
    await lockThread(tx, 'terminal', 'accepting');
    locked.open();
    await door.opened;
    await reviveTurns(tx, lessonId);
    await sql`update lessons set message_count = message_count + 1 where id = ${lessonId}`.execute(tx);
  });
  await locked.opened;
  const looking = takeWork(database.db, lesson, { room: ROOM, mayStart: true });
  await until(async () => {
    const { rows } =
      await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
        database.db,
      );
    return rows.length > 0;
  });
  door.open();
  await accepting;
  const first = await looking;
  expect(first).toMatchObject({ turn: null });
  expect(await takeWork(database.db, lesson, { room: ROOM, mayStart: true })).toMatchObject({ turn: { id: turnId } });
  expect(await releaseLesson(database.db, lesson)).not.toBe(first?.messageCount);
});

test('a commit whose confirmation is lost is not made again, and no state is taken back', async () => {
  const { lessonId } = await write('unconfirmed', { topic: 'fractions', autostart: true });
  const sent: Reply[] = [];
  const deps = await mailbox(sent);
  await expect(drainLesson({ ...deps, db: unconfirmedOnce(database.db) }, lessonId)).rejects.toThrow(
    'finished already',
  );
  const state = () =>
    database.db.selectFrom('lessons').select(['state', 'message_count']).where('id', '=', lessonId).execute();
  const committed = await state();
  expect(committed[0]?.state.phase).toBe('teaching');

  await drainLesson(deps, lessonId);
  expect(await state()).toEqual(committed);
  expect(sent.map(({ kind }) => kind)).toEqual(Array(sent.length).fill('message'));
  expect(sent.length).toBeGreaterThan(0);
});

/** A database whose connection breaks once, after the commit of a turn and before its confirmation. */
function unconfirmedOnce(db: Database): Database {
  let isBroken = false;
  const execute: ReturnType<Database['transaction']>['execute'] = async (work) => {
    const result = await db.transaction().execute(work);
    const done = await db.selectFrom('turns').select('id').where('status', '=', 'done').execute();
    if (done.length === 0 || isBroken) return result;
    isBroken = true;
    throw new Error('Connection terminated unexpectedly');
  };
  return new Proxy(db, {
    get(target, key) {
      if (key === 'transaction') return () => ({ execute });
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('what a call cost is recorded and settled, also when the lease was lost meanwhile', async () => {
  const { lessonId } = await write('spent', { topic: 'fractions', autostart: true });
  await drainLesson(await mailbox([]), lessonId);
  const usage = { model: 'm', inputTokens: 1, cachedTokens: 0, outputTokens: 1, cost: 0.25, latencyMs: 1 };
  const rules = offlineModel();
  const model: Model = {
    teachesAnyTopic: false,
    estimate: () => 1,
    async generate(request) {
      await steal(lessonId);
      return { ...(await rules.generate(request)), usage };
    },
  };
  await write('spent', undefined, 'why?');
  const budgets = { turn: null, lesson: null, workspaceMonth: 10 };
  await drainLesson(await mailbox([], { model, budgets }), lessonId);
  const paid = database.db
    .selectFrom('usage')
    .select('cost')
    .where('lesson_id', '=', lessonId)
    .where('model', '=', 'm');
  expect(await paid.execute()).toEqual([{ cost: 0.25 }]);
  const months = await database.db.selectFrom('workspace_months').select(['spent', 'reserved']).execute();
  expect(months).toEqual([{ spent: 0.25, reserved: 0 }]);
});

test('a call is settled in the month that it was reserved in', async () => {
  const { id } = await database.db
    .insertInto('workspaces')
    .values({ platform: 'terminal', external_id: 'midnight', name: 'Midnight' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const month = await reserve(database.db, id, 1, 10);
  expect(month).toBe(`${new Date().toISOString().slice(0, 7)}-01`);
  await sql`update workspace_months set month = '2020-01-01' where workspace_id = ${id}`.execute(database.db);
  await settle(database.db, id, '2020-01-01', 1, 0.5);
  const months = database.db
    .selectFrom('workspace_months')
    .select(['spent', 'reserved'])
    .where('workspace_id', '=', id);
  expect(await months.execute()).toEqual([{ spent: 0.5, reserved: 0 }]);
});

test('a provider cannot put a lesson off for days, and its words cannot keep a failure from being recorded', async () => {
  const { lessonId } = await write('patient', { topic: 'fractions', autostart: true });
  await drainLesson(await mailbox([]), lessonId);
  const model = watchedModel(() => ({ ...failure('rate_limited'), retryAfterMs: 1e10, detail: 'wait\0, please' }));
  await write('patient', undefined, 'why?');
  await drainLesson(await mailbox([], { model }), lessonId);
  const [turn] = await database.db
    .selectFrom('turns')
    .select(['failure', sql<boolean>`retry_at < now() + interval '10 minutes'`.as('soon')])
    .where('lesson_id', '=', lessonId)
    .where('status', '=', 'running')
    .execute();
  expect(turn).toEqual({ failure: 'rate_limited: wait, please', soon: true });
});

test('a reply over which the surface breaks is tried a few times, and then holds nothing up', async () => {
  const { lessonId } = await write('poison', { topic: 'fractions', autostart: true });
  const sent: Reply[] = [];
  const deps = await mailbox(sent);
  let tries = 0;
  const broken = surfaceOf(async () => {
    tries += 1;
    throw new Error('cannot be drawn');
  });
  await until(async () => {
    await sql`update deliveries set retry_at = now() where lesson_id = ${lessonId}`.execute(database.db);
    await drainLesson({ ...deps, surfaces: broken }, lessonId);
    const pending = database.db.selectFrom('deliveries').select('id').where('status', '=', 'pending');
    return (await pending.where('lesson_id', '=', lessonId).execute()).length === 0;
  });
  expect(tries % 12).toBe(0);
  await write('poison', undefined, 'hint');
  await drainLesson(deps, lessonId);
  expect(sent).toHaveLength(1);
});

test('a turn behind a reply that the chat does not take gives its place up, and one that was put off gets one', async () => {
  const { lessonId, turnId } = await write('behind', { topic: 'fractions', autostart: true });
  const place = database.db
    .selectFrom('turns')
    .select(['status', 'in_hand_since', 'waits_for'])
    .where('id', '=', turnId);
  await sql`update turns set status = 'running', in_hand_since = now() where id = ${turnId}`.execute(database.db);
  await postponeDelivery(database.db, lessonId, randomUUID(), 1_000, 'busy');
  expect(await place.execute()).toEqual([{ status: 'running', in_hand_since: null, waits_for: null }]);

  await sql`update turns set waits_for = 'workspace' where id = ${turnId}`.execute(database.db);
  const { workspace_id, learner_id } = await claim(lessonId, 'one');
  expect(await takeNextInLine(database.db, workspace_id, learner_id)).toMatchObject({ lessonId });
  expect(await place.execute()).toMatchObject([{ waits_for: null }]);
});
