import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { claimLesson, releaseUnchanged } from '../../src/db/leases.ts';
import { takeWork } from '../../src/db/work.ts';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { gate } from '../support/models.ts';

const database = useDatabase();
const ROOM = { workspace: 10, learner: 10 };

function write(messageId: string) {
  return accept(database.db, {
    platform: 'terminal',
    workspace: { id: 'school', name: 'School' },
    learner: { id: 'ada', name: 'Ada' },
    threadId: 'thread-between',
    messageId,
    text: 'three quarters',
    queue: 'nobody',
  });
}

/** How many statements wait for somebody's lock. */
async function waitingForLocks(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
  return rows[0]?.waiting ?? 0;
}

test('a message that is accepted while its lesson is looked at keeps the lesson from being given back', async () => {
  const { db } = database;
  const { lessonId, turnId } = await write('first');
  const lesson = await claimLesson(db, lessonId, 'worker', 60_000);
  if (!lesson) throw new Error('somebody holds the lesson');
  await db.updateTable('turns').set({ status: 'done' }).where('id', '=', turnId).execute();
  const isHeld = gate();
  const mayAccept = gate();
  // Whoever comes to the lesson next stands behind it.
  const holder = db.transaction().execute(async (tx) => {
    await sql`select from lessons where id = ${lessonId} for update`.execute(tx);
    isHeld.open();
    await mayAccept.opened;
  });
  await isHeld.opened;
  const accepting = write('second');
  await until(async () => (await waitingForLocks()) === 1);
  const looking = takeWork(db, lesson, ROOM, true);
  await until(async () => (await waitingForLocks()) === 2);
  mayAccept.open();
  await Promise.all([holder, accepting]);
  const work = await looking;
  if (!work) throw new Error('the lease is lost');
  expect(work.turn === null && (await releaseUnchanged(db, lesson, work.messageCount))).toBe(false);
});
