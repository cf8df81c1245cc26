import { sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { CardPlace, Platform } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';

/**
 * A lesson is held by one worker at a time. Claiming (see work.ts) raises the lesson's version, which is the fence: every write of a
 * turn asks for the version that its worker claimed, so whoever was overtaken can write nothing more.
 */

/** A lesson as its holder knows it. */
export interface LessonRow {
  id: string;
  workspace_id: string;
  learner_id: string;
  thread_id: string;
  platform: Platform;
  queue: string;
  state: LessonState;
  /** Of the learner's client; null where it is not known. */
  locale: string | null;
  card: CardPlace | null;
  version: number;
  /** US dollars, before the turn in hand. */
  spent: number;
  /** The id of its narration in a voice channel; null: nobody narrates it. */
  narration: string | null;
}

/**
 * Renews leases, all in one statement. Returns the ids of the lessons that are still held: a late heartbeat takes
 * nothing back that was given back, nor what another worker has claimed.
 */
export async function extendLeases(
  db: Database,
  lessons: readonly Pick<LessonRow, 'id' | 'version'>[],
  leaseMs: number,
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    update lessons set lease_until = now() + ${leaseMs} * interval '1 millisecond'
    from unnest(${lessons.map(({ id }) => id)}::uuid[], ${lessons.map(({ version }) => version)}::bigint[])
      as held (id, version)
    where lessons.id = held.id and lessons.version = held.version and lessons.lease_until is not null
    returning lessons.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Gives the lesson back. Returns how many messages it has: accepting counts them in the lesson's own row, so a message
 * is either counted here or finds the lesson free; it cannot fall between. Null when the lease is lost.
 */
export async function releaseLesson(db: Queryable, lesson: LessonRow): Promise<number | null> {
  const row = await db
    .updateTable('lessons')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .returning('message_count')
    .executeTakeFirst();
  return row?.message_count ?? null;
}

/**
 * Locks the lesson and raises its fence, for its holder: what an earlier statement of theirs, whose connection broke
 * before it was answered, may still want to write is refused. Returns the new version; null when the lease is lost.
 */
export async function raiseFence(tx: Queryable, lesson: LessonRow): Promise<number | null> {
  const row = await tx
    .updateTable('lessons')
    .set({ version: sql`version + 1` })
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .returning('version')
    .executeTakeFirst();
  return row?.version ?? null;
}

/**
 * For a process that knows that it is the only one on this database: the leases of dead processes end now, and so do
 * the waits for what may work again after a new start.
 */
export async function startAfresh(db: Database): Promise<void> {
  await db
    .updateTable('turns')
    .set({ retry_at: null, in_hand_since: null, waits_for: null })
    .where('status', 'in', ['queued', 'running'])
    .execute();
  await db.updateTable('deliveries').set({ retry_at: null }).where('status', '=', 'pending').execute();
  await db.updateTable('openings').set({ taken_until: null }).execute();
  await db
    .updateTable('utterances')
    .set({ retry_at: null, taken_until: null })
    .where('status', '=', 'pending')
    .execute();
  await db.updateTable('narrations').set({ taken_until: null }).where('taken_until', 'is not', null).execute();
  await db.updateTable('audio').set({ making_until: sql`now()` }).where('making_until', 'is not', null).execute();
  await db
    .updateTable('lessons')
    .set({ lease_owner: null, lease_until: null })
    .where('lease_until', 'is not', null)
    .execute();
}
