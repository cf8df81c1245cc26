import { sql } from 'kysely';
import type { Queryable } from './database.ts';

/** What was spent, and what calls under way may still cost: in US dollars. */

/** By UTC. */
export const THIS_MONTH = sql<Date>`date_trunc('month', now() at time zone 'utc')::date`;

/**
 * Sets an amount of the workspace's month aside, if the limit leaves room for it: in one statement, so that calls at
 * the same moment cannot both take the last of it. A call that is cut off by a crash keeps its amount set aside.
 * Returns the month to settle it in, or null when there is no room.
 */
export async function reserve(
  db: Queryable,
  workspaceId: string,
  amount: number,
  limit: number,
): Promise<string | null> {
  if (amount > limit) return null;
  const row = await db
    .insertInto('workspace_months')
    .values({ workspace_id: workspaceId, month: THIS_MONTH, reserved: amount })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'month'])
        .doUpdateSet({ reserved: sql`workspace_months.reserved + ${amount}` })
        .where(sql<boolean>`workspace_months.spent + workspace_months.reserved + ${amount} <= ${limit}`),
    )
    .returning(sql<string>`month::text`.as('month'))
    .executeTakeFirst();
  return row?.month ?? null;
}

/** Turns what was set aside into what was really spent, in its month, which may be over by now. */
export async function settle(
  db: Queryable,
  workspaceId: string,
  month: string,
  reserved: number,
  spent: number,
): Promise<void> {
  await db
    .updateTable('workspace_months')
    .set({ reserved: sql`greatest(0, reserved - ${reserved})`, spent: sql`spent + ${spent}` })
    .where('workspace_id', '=', workspaceId)
    .where('month', '=', sql<Date>`${month}::date`)
    .execute();
}
