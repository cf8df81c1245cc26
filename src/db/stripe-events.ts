import { sql } from 'kysely';
import type { StripeEvent } from '../core/billing/sources.ts';
import type { Queryable } from './database.ts';
import { DUE, TAKEN, triedAgain } from './retries.ts';

/** What Stripe told, each once. */

/** False: it was told before. */
export async function insertEvent(db: Queryable, { id, type, object, createdAt }: StripeEvent): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('stripe_events')
    .values({ id, type, object_kind: object.kind, object_id: object.id, event_at: createdAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export interface PendingEvent {
  id: string;
  type: string;
  object: StripeEvent['object'];
  attempts: number;
}

/** The next one that is to be applied; taken by who asks. Null: there is none now. */
export async function takeEvent(db: Queryable): Promise<PendingEvent | null> {
  const { rows } = await sql<PendingEvent>`
    update stripe_events set retry_at = ${TAKEN}
    where id = (
      select id from stripe_events where status = 'pending' and ${DUE}
      order by created_at limit 1 for update skip locked
    )
    returning id, type, jsonb_build_object('kind', object_kind, 'id', object_id) as object, attempts`.execute(db);
  return rows[0] ?? null;
}

export async function eventDone(db: Queryable, id: string, status: 'applied' | 'ignored'): Promise<void> {
  await db.updateTable('stripe_events').set({ status, retry_at: null, failure: null }).where('id', '=', id).execute();
}

/** Null delay: it is not tried again; the nightly round repairs what it would have told. */
export async function eventFailed(db: Queryable, id: string, failure: string, delayMs: number | null): Promise<void> {
  await db.updateTable('stripe_events').set(triedAgain(failure, delayMs)).where('id', '=', id).execute();
}

/** Whether somebody has to see to an event or a notice now. */
export async function isBillingOwed(db: Queryable): Promise<boolean> {
  const { rows } = await sql<{ owed: boolean }>`
    select exists (select from stripe_events where status = 'pending' and ${DUE})
      or exists (select from billing_notices where status = 'pending' and ${DUE})
      as owed`.execute(db);
  return rows[0]?.owed ?? false;
}

/** Events are of no use any more once Stripe does not tell of them again. */
export async function forgetOldEvents(db: Queryable, days: number): Promise<void> {
  await db
    .deleteFrom('stripe_events')
    .where('status', '!=', 'pending')
    .where('created_at', '<', sql<Date>`now() - ${days} * interval '1 day'`)
    .execute();
  await db.deleteFrom('checkouts').where('created_at', '<', sql<Date>`now() - ${days} * interval '1 day'`).execute();
}
