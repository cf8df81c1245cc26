import { sql } from 'kysely';
import { newLesson } from '../../src/core/lesson.ts';
import type { Database, Queryable } from '../../src/db/database.ts';

/** A database as years of teaching leave it: many lessons at rest, few with work to do. */

/** The share of the lessons that have their conversation with them; the others have their turn only. */
const TALKED = 0.2;

const SENTENCE =
  'Two of the four parts are shaded, so one half is shaded: the same amount has two names, and either of them is right.';

/**
 * Fills an empty, migrated database and brings its statistics up to date: `lessons` lessons, two for each learner, a
 * hundred for each workspace, with an answered turn each. The tables are filled without their indexes, which are made
 * again as they were: what one transaction does to tables that it has just emptied needs no log either.
 */
export async function storeLessons(db: Database, queue: string, lessons: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`set local maintenance_work_mem = '256MB'`.execute(tx);
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`truncate workspaces cascade`.execute(tx);
    const restore = await dropIndexes(tx);
    for (const statement of fillings(queue, lessons)) await statement.execute(tx);
    await restore();
  });
  await sql`vacuum analyze`.execute(db);
}

/** Drops every index, and the constraints that need one. Returns what makes them again; foreign keys unchecked. */
async function dropIndexes(tx: Queryable): Promise<() => Promise<void>> {
  const { rows } = await sql<{ drop: string; create: string }>`
    select format('drop index %s', indexrelid::regclass) as drop, pg_get_indexdef(indexrelid) as create, '' as kind
    from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname not like 'kysely%'
      and not exists (select from pg_constraint where conindid = indexrelid)
    union all
    select format('alter table %s drop constraint %I', conrelid::regclass, conname),
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        || case contype when 'f' then ' not valid' else '' end,
      contype
    from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'kysely%'
      and contype in ('f', 'p', 'u')
    order by kind`.execute(tx);
  for (const { drop } of rows) await sql.raw(drop).execute(tx);
  return async () => {
    // Foreign keys went before the keys that they lead to, so they come after them.
    for (const { create } of rows.toReversed()) await sql.raw(create).execute(tx);
  };
}

function fillings(queue: string, lessons: number) {
  const state = JSON.stringify({ ...newLesson(), phase: 'teaching' });
  const reply = JSON.stringify({ kind: 'message', text: SENTENCE });
  return [
    sql`insert into workspaces (platform, external_id, name)
      select 'terminal', 'stored-' || n, 'School ' || n from generate_series(0, ${lessons}::int / 100) n`,
    sql`insert into learners (workspace_id, external_id, name)
      select id, external_id || '-' || n, 'Ada' from workspaces, generate_series(1, 50) n`,
    sql`insert into lessons (workspace_id, learner_id, platform, thread_id, queue, phase, state,
        message_count, turn_count, created_at, updated_at)
      select workspace_id, id, 'terminal', 'stored-' || row_number() over (), ${queue}, 'teaching', ${state}::jsonb,
        2, 1, at, at
      from learners, generate_series(1, 2), lateral (select now() - random() * interval '365 days' as at) times
      limit ${lessons}::int`,
    sql`insert into turns (lesson_id, workspace_id, learner_id, seq, status, joinable, created_at, finished_at)
      select id, workspace_id, learner_id, 1,
        case when thread_id like '%0001' then 'queued' when thread_id like '%0002' then 'failed' else 'done' end,
        false, created_at, updated_at
      from lessons`,
    sql`create temporary table talked on commit drop as
      select turns.*, row_number() over () as n from turns where status = 'done' and random() < ${TALKED}`,
    sql`insert into messages (lesson_id, seq, turn_id, author, platform_message_id, text, created_at)
      select lesson_id, place, id, (array['learner', 'tutor'])[place], case place when 1 then '1' end, ${SENTENCE}, created_at
      from talked, generate_series(1, 2) place`,
    sql`insert into turn_steps (turn_id, name, output) select id, 'teach', ${reply}::jsonb from talked`,
    sql`insert into deliveries (lesson_id, turn_id, name, reply, status, created_at)
      select lesson_id, id, 'reply-0', ${reply}::jsonb, case when n % 5000 = 0 then 'pending' else 'sent' end, created_at
      from talked`,
    sql`insert into events (lesson_id, turn_id, type, data) select lesson_id, id, 'asked', '{}' from talked`,
    sql`insert into usage (workspace_id, lesson_id, turn_id, step, agent, model,
        input_tokens, cached_tokens, output_tokens, cost, latency_ms, created_at)
      select workspace_id, lesson_id, id, 'teach', 'teacher', 'scripted', 1500, 900, 220, 0.001, 900, created_at
      from talked`,
  ];
}
