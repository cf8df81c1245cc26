import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../src/core/accept.ts';
import type { InboundMessage } from '../src/core/messages.ts';
import { newLesson } from '../src/core/lesson.ts';
import { claimLesson, extendLease, releaseLesson, updateMemory } from '../src/db/lessons.ts';
import { storeStep, unattendedLessons } from '../src/db/turns.ts';
import { deliverPending } from '../src/core/deliver.ts';
import { reserve, settle } from '../src/db/budgets.ts';
import { openClassroom, until } from './support/classroom.ts';
import { startSweeping } from '../src/jobs/sweep.ts';
import { useDatabase } from './support/database.ts';
import { failure, gate, watchedModel } from './support/models.ts';

const database = useDatabase();
function message(threadId: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return { platform: 'terminal', workspace: { id: 'school', name: 'School' }, learner: { id: 'ada', name: 'Ada' }, threadId, messageId: randomUUID(), text: 'three quarters', queue: 'nobody', ...more };
}
const within = (ms: number, p: Promise<unknown>) => Promise.race([p.then(() => 'done', (e) => String(e)), new Promise((r) => setTimeout(() => r('late'), ms))]);

test('M: accept of one lesson does not hold up another', async () => {
  const a = await accept(database.db, message('m-a'));
  await accept(database.db, message('m-b', { learner: { id: 'bob', name: 'Bob' } }));
  const door = gate(); const locked = gate();
  const holding = database.db.transaction().execute(async (tx) => {
    await tx.selectFrom('lessons').select('id').where('id', '=', a.lessonId).forUpdate().execute();
    locked.open();
    await door.opened;
  });
  await locked.opened;
  const waits = accept(database.db, message('m-a'));
  await new Promise((r) => setTimeout(r, 100));
  const r = await within(1000, accept(database.db, message('m-b', { learner: { id: 'bob', name: 'Bob' } })));
  door.open(); await holding; await waits;
  expect(r).toBe('done');
});

test('M2: deadlock accept vs commit', async () => {
  const a = await accept(database.db, message('m2', { learner: { id: 'cy', name: 'Cy' } }));
  const { learner_id } = await database.db.selectFrom('lessons').select('learner_id').where('id', '=', a.lessonId).executeTakeFirstOrThrow();
  const door = gate(); const locked = gate();
  const commit = database.db.transaction().execute(async (tx) => {
    await tx.updateTable('lessons').set({ updated_at: sql`now()` }).where('id', '=', a.lessonId).execute();
    locked.open(); await door.opened;
    await updateMemory(tx, learner_id, (m) => m);
  });
  await locked.opened;
  const accepting = accept(database.db, message('m2', { learner: { id: 'cy', name: 'Cyrus' } }));
  await new Promise((r) => setTimeout(r, 150));
  door.open();
  const all = await Promise.allSettled([commit, accepting]);
  expect(all.map((x) => x.status === 'rejected' ? String(x.reason) : 'ok')).toEqual(['ok', 'ok']);
});

test('G: late heartbeat after release', async () => {
  const a = await accept(database.db, message('g'));
  const lesson = await claimLesson(database.db, a.lessonId, 'one', 15000);
  await releaseLesson(database.db, lesson!);
  await extendLease(database.db, lesson!, 15000);
  expect(await claimLesson(database.db, a.lessonId, 'two', 15000)).not.toBeNull();
});

test('B: claim waits for storing step', async () => {
  const a = await accept(database.db, message('b'));
  const lesson = (await claimLesson(database.db, a.lessonId, 'one', 1))!;
  await new Promise((r) => setTimeout(r, 20));
  const door = gate(); const stored = gate();
  const storing = database.db.transaction().execute(async (tx) => {
    await storeStep(tx, lesson, a.turnId, 'teach', {}); stored.open(); await door.opened;
  });
  await stored.opened;
  const r = await within(200, claimLesson(database.db, a.lessonId, 'two', 1000));
  door.open(); await storing;
  expect(r).toBe('late');
});

test('D: failed turns behind one another are all taken up', async () => {
  let isDown = true;
  const model = watchedModel((_, { agent, input }) => isDown && agent === 'teacher' && 'reply' in input && input.reply !== '' ? failure('unavailable') : undefined);
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('one?');
  const before = learner.replies().length;
  await learner.say('two?');
  const notices = learner.replies().slice(before).length;
  isDown = false;
  await learner.say('three?');
  const asked = model.requests.flatMap(({ input }) => ('reply' in input && input.reply ? [input.reply] : []));
  expect(asked.slice(-3)).toEqual(['one?', 'two?', 'three?']);
  expect(notices).toBe(4);
});

test('NUL in output', async () => {
  const a = await accept(database.db, message('nul'));
  const lesson = (await claimLesson(database.db, a.lessonId, 'one', 1000))!;
  await storeStep(database.db, lesson, a.turnId, 'x', { message: 'a\u0000b \ud800' });
});

test('NUL in start', async () => {
  const { newLearner } = await openClassroom(database.url);
  const l = await newLearner();
  await l.say('', { start: { topic: 'fra\u0000ctions' } });
});

test('I: throwing surface counts', async () => {
  const { newLearner, surface } = await openClassroom(database.url, { sweepMs: 20 });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  surface.intercept = () => { throw new Error('always'); };
  await learner.send('hint');
  await new Promise((r) => setTimeout(r, 500));
  const d = await database.db.selectFrom('deliveries').select(['attempts']).where('status', '=', 'pending').execute();
  expect(d[0]?.attempts).toBeGreaterThan(0);
});

test('settle in the month of the reserve', async () => {
  const { id } = await database.db.insertInto('workspaces').values({ platform: 'terminal', external_id: 'w', name: 'w' }).returning('id').executeTakeFirstOrThrow();
  const held: any = await reserve(database.db, id, 1, 10);
  await sql`update workspace_months set month = month - interval '1 month' where workspace_id = ${id}`.execute(database.db);
  await settle(database.db, id, 1, 0.5);
  expect(await database.db.selectFrom('workspace_months').select(['spent']).where('workspace_id', '=', id).execute()).toEqual([{ spent: 0.5 }]);
});

test('sweep plan', async () => {
  const a = await accept(database.db, message('sweep', { queue: 'hot' }));
  await sql`insert into lessons (workspace_id, learner_id, platform, thread_id, queue, phase, state) select workspace_id, learner_id, platform, 'x' || n, 'hot', phase, state from lessons, generate_series(1, 200000) n where id = ${a.lessonId}`.execute(database.db);
  await sql`insert into turns (lesson_id, seq, status, joinable) select id, 1, 'done', true from lessons where thread_id like 'x%'`.execute(database.db);
  await sql`analyze`.execute(database.db);
  const t = performance.now();
  const r = await unattendedLessons(database.db, ['hot'], 200);
  console.log('sweep ms', performance.now() - t, r.length);
}, 120000);

test('KK sweeps stack up', async () => {
  await accept(database.db, message('kk', { queue: 'kk' }));
  let running = 0; let most = 0; const door = gate();
  const s = startSweeping({ db: database.db, queues: ['kk'], intervalMs: 5, log: console as any, nudger: { async nudge() { running++; most = Math.max(most, running); await door.opened; running--; } } });
  await new Promise((r) => setTimeout(r, 200));
  door.open(); await s.stop();
  expect(most).toBe(1);
});
