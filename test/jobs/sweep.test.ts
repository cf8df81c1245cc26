import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { unattendedLessons } from '../../src/db/backlog.ts';
import { startSweeping } from '../../src/jobs/sweep.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { gate } from '../support/models.ts';

const database = useDatabase();

function write(queue: string, text = 'hello') {
  return accept(database.db, {
    platform: 'terminal',
    workspace: { id: 'school', name: 'School' },
    learner: { id: 'ada', name: 'Ada' },
    threadId: `thread-${queue}`,
    messageId: randomUUID(),
    text,
    queue,
  });
}

test('only what comes first in a lesson makes it due', async () => {
  const first = await write('put-off');
  expect(await unattendedLessons(database.db, ['put-off'], 0, 10)).toHaveLength(1);
  await sql`update turns set status = 'running', retry_at = now() + interval '1 hour' where id = ${first.turnId}`.execute(
    database.db,
  );
  await write('put-off', 'are you there?');
  expect(await unattendedLessons(database.db, ['put-off'], 0, 10)).toEqual([]);
  await sql`update turns set retry_at = now() where id = ${first.turnId}`.execute(database.db);
  expect(await unattendedLessons(database.db, ['put-off'], 0, 10)).toHaveLength(1);
  await sql`insert into deliveries (lesson_id, turn_id, name, reply, retry_at)
    values (${first.lessonId}, ${first.turnId}, 'late', '{}', now() + interval '1 hour')`.execute(database.db);
  expect(await unattendedLessons(database.db, ['put-off'], 0, 10)).toEqual([]);
});

test('a sweep reads the work that is left, not all lessons', async () => {
  const { lessonId } = await write('busy');
  await sql`insert into lessons (workspace_id, learner_id, platform, thread_id, queue, phase, state)
    select workspace_id, learner_id, platform, 'done-' || number, queue, phase, state
    from lessons, generate_series(1, 20000) number where id = ${lessonId}`.execute(database.db);
  await sql`insert into turns (lesson_id, workspace_id, learner_id, seq, status, joinable)
    select id, workspace_id, learner_id, 1, 'done', true from lessons where thread_id like 'done-%'`.execute(
    database.db,
  );
  await sql`analyze lessons, turns, deliveries`.execute(database.db);
  const scans = async () => {
    // Statistics are told with a delay, unless one asks for them to be told now.
    await sql`select pg_stat_force_next_flush()`.execute(database.db);
    const { rows } = await sql<{ read: number }>`
      select sum(seq_tup_read) as read from pg_stat_user_tables where relname in ('lessons', 'turns')`.execute(
      database.db,
    );
    return Number(rows[0]?.read);
  };
  const before = await scans();
  expect(await unattendedLessons(database.db, ['busy'], 0, 10)).toHaveLength(1);
  expect((await scans()) - before).toBeLessThan(1000);
});

test('a slow sweep is waited for, not joined by the next ones', async () => {
  await write('slow');
  const door = gate();
  let nudges = 0;
  const nudger = {
    async nudge() {
      nudges += 1;
      await door.opened;
    },
  };
  const sweeper = startSweeping({
    db: database.db,
    queues: ['slow'],
    nudger,
    telemetry: SILENT,
    log: silentLog,
    intervalMs: 5,
    patienceMs: 4_000,
    room: { workspace: 1, learner: 1 },
    speaks: false,
    tell: async () => {},
  });
  await until(() => nudges > 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = nudges;
  door.open();
  await sweeper.stop();
  expect(before).toBe(1);
});
