import { sql } from 'kysely';
import type { Reply } from '../core/messages.ts';
import { type Database, type Queryable, waitMs } from './database.ts';

/** What was said to be sent, and what came of it. */

export interface DeliveryRow {
  id: string;
  reply: Reply;
  attempts: number;
  /** Until it may be tried again, in ms by the database's clock; 0 when it is due. */
  wait_ms: number;
}

/** A delivery of the same name in the same turn is the same delivery: safe to run twice. */
export async function insertDelivery(
  db: Queryable,
  delivery: { lessonId: string; turnId: string; name: string; reply: Reply },
): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({
      lesson_id: delivery.lessonId,
      turn_id: delivery.turnId,
      name: delivery.name,
      reply: JSON.stringify(delivery.reply),
    })
    .onConflict((conflict) => conflict.columns(['turn_id', 'name']).doNothing())
    .execute();
}

/** The oldest pending delivery; null when all is sent. */
export async function nextDelivery(db: Queryable, lessonId: string): Promise<DeliveryRow | null> {
  const row = await db
    .selectFrom('deliveries')
    .select(['id', 'reply', 'attempts', waitMs])
    .where('lesson_id', '=', lessonId)
    .where('status', '=', 'pending')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

export async function markSent(db: Database, id: string, platformMessageIds: string[]): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ status: 'sent', platform_message_ids: platformMessageIds, sent_at: sql`now()`, failure: null })
    .where('id', '=', id)
    .execute();
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

export async function postponeDelivery(db: Database, id: string, delayMs: number, failure: string): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({ attempts: sql`attempts + 1`, retry_at: sql`now() + ${delayMs} * interval '1 millisecond'`, failure })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();
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
