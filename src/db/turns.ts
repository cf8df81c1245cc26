import { sql, type UpdateObject } from 'kysely';
import type { Queryable } from './database.ts';
import type { Schema } from './schema.ts';

/** Turns that could not be answered at once: put off, or given up. Call with the lesson locked and held. */

/** False when the turn is finished already. */
export async function postponeTurn(
  db: Queryable,
  turnId: string,
  { delayMs, isAttempt, notice, failure }: { delayMs: number; isAttempt: boolean; notice: unknown; failure: string },
): Promise<boolean> {
  const retryAt = sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
  const told = notice ? { told_at: sql<Date>`now()` } : {};
  return endAttempt(db, turnId, { status: 'running', retry_at: retryAt, failure, ...told }, isAttempt);
}

/** False when the turn is finished already. */
export async function giveUpTurn(db: Queryable, turnId: string, failure: string): Promise<boolean> {
  return endAttempt(db, turnId, { status: 'failed', retry_at: null, failure, finished_at: sql<Date>`now()` }, true);
}

async function endAttempt(
  db: Queryable,
  turnId: string,
  outcome: UpdateObject<Schema, 'turns'>,
  isAttempt: boolean,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('turns')
    .set({ ...outcome, in_hand_since: null, attempts: sql`attempts + ${isAttempt ? 1 : 0}` })
    .where('id', '=', turnId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
