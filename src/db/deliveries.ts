import { sql } from 'kysely';
import type { Reply } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';
import type { LessonRow } from './leases.ts';

/** What was said to be sent, and what came of it. */

/** A reply that is to be sent. */
export interface Owed {
  id: string;
  reply: Reply;
  attempts: number;
  /** The platform's ids of its parts that were shown before. */
  posted: string[];
  /** See OutboundDelivery in core/ports.ts. */
  mayBeShown: boolean;
  /** What it takes over: see Draft in core/ports.ts. */
  draft: { key: string; id: string | null } | null;
}

export interface DeliveryRow extends Owed {
  /** Until it may be tried again, in ms by the database's clock; 0 when it is due. */
  wait_ms: number;
}

/**
 * Owes the excuse of a turn that is put off or given up, which takes over what the attempt has begun to show. Of the
 * same name in the same turn it is the same: safe to run twice.
 */
export async function insertExcuse(
  db: Queryable,
  excuse: { lessonId: string; turnId: string; name: string; reply: Reply },
): Promise<void> {
  await sql`
    with owed as (
      insert into deliveries (lesson_id, turn_id, name, reply, draft_id)
      select ${excuse.lessonId}, id, ${excuse.name}, ${JSON.stringify(excuse.reply)}::jsonb, draft_id
      from turns where id = ${excuse.turnId}
      on conflict (turn_id, name) do nothing
      returning turn_id
    )
    update turns set draft_id = null from owed where turns.id = owed.turn_id`.execute(db);
}

/** Under the lesson's lock and fence, and only while nobody is at the turn. A turn has one such notice. */
export async function insertWaitingNotice(
  db: Queryable,
  lesson: LessonRow,
  turnId: string,
  notice: Reply,
): Promise<void> {
  await sql`
    with held as (
      select id from lessons where id = ${lesson.id} and version = ${lesson.version} for no key update
    ), told as (
      update turns set told_at = now() from held
      where turns.id = ${turnId} and told_at is null and (in_hand_since is null or retry_at > now())
        and status in ('queued', 'running')
      returning turns.id
    )
    insert into deliveries (lesson_id, turn_id, name, reply)
    select ${lesson.id}, id, 'waiting', ${JSON.stringify(notice)}::jsonb from told
    on conflict (turn_id, name) do nothing`.execute(db);
}

/** The parts of it that are shown so far. */
export async function markPosted(db: Database, id: string, platformMessageIds: readonly string[]): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ platform_message_ids: [...platformMessageIds] })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();
}

export async function markSent(db: Database, id: string, platformMessageIds: string[]): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ status: 'sent', platform_message_ids: platformMessageIds, sent_at: sql`now()`, failure: null })
    .where('id', '=', id)
    .execute();
}

/** As `markSent`, and gives the lesson back: see `releaseLesson` for what it returns. */
export async function markSentAndRelease(
  db: Database,
  lesson: LessonRow,
  id: string,
  platformMessageIds: string[],
): Promise<number | null> {
  const { rows } = await sql<{ message_count: number }>`
    with sent as (
      update deliveries set status = 'sent', platform_message_ids = ${platformMessageIds}, sent_at = now(), failure = null
      where id = ${id}
    )
    update lessons set lease_owner = null, lease_until = null
    where id = ${lesson.id} and version = ${lesson.version}
    returning message_count`.execute(db);
  return rows[0]?.message_count ?? null;
}

export async function markUndeliverable(
  db: Database,
  id: string,
  status: 'gone' | 'failed',
  failure: string,
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ status, attempts: sql`attempts + 1`, failure })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();
}

/** Nothing overtakes it, so a turn that waits behind it gives up its place. Call holding the lesson. */
export async function postponeDelivery(
  db: Database,
  lessonId: string,
  id: string,
  delayMs: number,
  failure: string,
): Promise<void> {
  await sql`
    with freed as (
      update turns set in_hand_since = null
      where lesson_id = ${lessonId} and status = 'running' and in_hand_since is not null
    )
    update deliveries
    set attempts = attempts + 1, retry_at = now() + ${delayMs} * interval '1 millisecond', failure = ${failure}
    where id = ${id} and status = 'pending'`.execute(db);
}

/** What was last said in a lesson; null when nothing was. */
export async function lastReply(db: Queryable, lessonId: string): Promise<Reply | null> {
  const row = await db
    .selectFrom('deliveries')
    .innerJoin('turns', 'turns.id', 'deliveries.turn_id')
    .select('reply')
    .where('turns.lesson_id', '=', lessonId)
    .orderBy('turns.seq', 'desc')
    .orderBy('deliveries.seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.reply ?? null;
}
