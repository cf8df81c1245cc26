import { sql } from 'kysely';
import type { Database } from './database.ts';

/** What was given up, and waits for a person or for the learner's next message. */

export interface DeadLetter {
  kind: 'turn' | 'delivery';
  id: string;
  lessonId: string;
  queue: string;
  attempts: number;
  failure: string;
  failedAt: Date;
}

const LISTED = 500;

/** The oldest first, 500 at most. */
export async function listDeadLetters(db: Database): Promise<DeadLetter[]> {
  const { rows } = await sql<DeadLetter>`
    select kind, dead.id, lesson_id as "lessonId", queue, attempts, coalesce(failure, '') as failure,
      failed_at as "failedAt"
    from (
      select 'turn' as kind, id, lesson_id, attempts, failure, finished_at as failed_at
      from turns where status = 'failed'
      union all
      select 'delivery', id, lesson_id, attempts, failure, coalesce(retry_at, created_at)
      from deliveries where status = 'failed'
    ) dead join lessons on lessons.id = dead.lesson_id
    order by failed_at limit ${LISTED}`.execute(db);
  return rows;
}

export interface Retried {
  kind: 'turn' | 'delivery';
  id: string;
  lessonId: string;
  queue: string;
}

/**
 * Takes up again what was given up: the ones with these ids, or all. Safe to run twice. A turn goes ahead of anything
 * newer of its lesson; a reply is sent late, after what has been sent since.
 */
export function retryDeadLetters(db: Database, ids: readonly string[] | null): Promise<Retried[]> {
  return db.transaction().execute(async (tx) => {
    const chosen = ids === null ? sql`true` : sql`dead.id::text = any(${ids})`;
    // As accepting does it: the lesson is locked before its turns are.
    await sql`
      select lessons.id from lessons where id in (
        select lesson_id from turns dead where status = 'failed' and ${chosen}
        union select lesson_id from deliveries dead where status = 'failed' and ${chosen}
      ) order by id for no key update`.execute(tx);
    const turns = await sql<Retried>`
      update turns dead set status = 'running', attempts = 0, retry_at = null, failure = null, told_at = null, finished_at = null
      from lessons
      where lessons.id = dead.lesson_id and dead.status = 'failed' and ${chosen}
      returning 'turn' as kind, dead.id, lessons.id as "lessonId", queue`.execute(tx);
    const deliveries = await sql<Retried>`
      update deliveries dead set status = 'pending', attempts = 0, retry_at = null, failure = null
      from lessons
      where lessons.id = dead.lesson_id and dead.status = 'failed' and ${chosen}
      returning 'delivery' as kind, dead.id, lessons.id as "lessonId", queue`.execute(tx);
    return [...turns.rows, ...deliveries.rows];
  });
}
