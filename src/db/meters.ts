import { sql } from 'kysely';
import type { Meter } from '../core/billing/meters.ts';
import { THIS_MONTH } from './budgets.ts';
import type { Queryable } from './database.ts';

/** What a workspace has used in a month, and what is set aside for work under way. Months are those of UTC. */

/**
 * Sets an amount aside if the limit leaves room for it, in one statement, so that two at the same moment cannot both
 * take the last of it. What is cut off by a crash stays set aside. Returns the month to settle it in, or null.
 */
export async function reserveMeter(
  db: Queryable,
  { workspaceId, meter, amount }: { workspaceId: string; meter: Meter; amount: number },
  limit: number,
): Promise<string | null> {
  if (amount > limit) return null;
  const row = await db
    .insertInto('meters')
    .values({ workspace_id: workspaceId, month: THIS_MONTH, meter, reserved: amount })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'month', 'meter'])
        .doUpdateSet({ reserved: sql`meters.reserved + ${amount}` })
        .where(sql<boolean>`meters.used + meters.reserved + ${amount} <= ${limit}`),
    )
    .returning(sql<string>`month::text`.as('month'))
    .executeTakeFirst();
  return row?.month ?? null;
}

/** Turns what was set aside into what was really used, in its month, which may be over by now. */
export async function settleMeter(
  db: Queryable,
  { workspaceId, meter, month }: { workspaceId: string; meter: Meter; month: string },
  { reserved, used }: { reserved: number; used: number },
): Promise<void> {
  await db
    .updateTable('meters')
    .set({ reserved: sql`greatest(0, reserved - ${reserved})`, used: sql`used + ${used}` })
    .where('workspace_id', '=', workspaceId)
    .where('meter', '=', meter)
    .where('month', '=', sql<Date>`${month}::date`)
    .execute();
}

/** Counts what was used, without asking for any limit. */
export async function countMeter(db: Queryable, workspaceId: string, meter: Meter, amount: number): Promise<void> {
  await db
    .insertInto('meters')
    .values({ workspace_id: workspaceId, month: THIS_MONTH, meter, used: amount })
    .onConflict((conflict) =>
      conflict.columns(['workspace_id', 'month', 'meter']).doUpdateSet({ used: sql`meters.used + ${amount}` }),
    )
    .execute();
}

/**
 * What was used of it this month, with what is set aside; locked until the transaction ends, so that whoever asks for
 * the last of it waits for whoever asked before.
 */
export async function lockMeter(tx: Queryable, workspaceId: string, meter: Meter): Promise<number> {
  const row = await tx
    .insertInto('meters')
    .values({ workspace_id: workspaceId, month: THIS_MONTH, meter })
    .onConflict((conflict) =>
      conflict.columns(['workspace_id', 'month', 'meter']).doUpdateSet({ used: sql`meters.used` }),
    )
    .returning(sql<number>`used + reserved`.as('total'))
    .executeTakeFirstOrThrow();
  return row.total;
}

/** What was used this month, by meter. */
export async function readMeters(db: Queryable, workspaceId: string): Promise<Partial<Record<Meter, number>>> {
  const rows = await db
    .selectFrom('meters')
    .select(['meter', 'used'])
    .where('workspace_id', '=', workspaceId)
    .where('month', '=', THIS_MONTH)
    .execute();
  return Object.fromEntries(rows.map(({ meter, used }) => [meter, used]));
}
