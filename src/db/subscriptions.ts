import { sql } from 'kysely';
import type { Held } from '../core/billing/entitled.ts';
import type { SourceName, Subscription } from '../core/billing/sources.ts';
import type { Queryable } from './database.ts';

/** Subscriptions as their sources told of them last. */

/**
 * To be taken before a subscription is asked for. Of several answers, the one with the highest ticket is kept: it was
 * asked for after every change that the others can know of, whatever the order in which they arrive.
 */
export async function takeTicket(db: Queryable): Promise<number> {
  const { rows } = await sql<{ ticket: number }>`select nextval('billing_tickets')::int8 as ticket`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a sequence gave no number');
  return row.ticket;
}

/** What of it is kept. */
export type Kept = Pick<Subscription, 'id' | 'status' | 'owedSince' | 'renewsAt' | 'endsAt' | 'trialEndsAt'> & {
  source: SourceName;
  workspaceId: string;
  plan: string;
};

/** Null when a later answer is kept already; else how it was before, which is null when it is new. */
export async function keepSubscription(
  tx: Queryable,
  kept: Kept,
  ticket: number,
): Promise<{ before: (Held & { workspaceId: string }) | null } | null> {
  const before = await tx
    .selectFrom('subscriptions')
    .select([...HELD, 'workspace_id as workspaceId', 'ticket'])
    .where('source', '=', kept.source)
    .where('id', '=', kept.id)
    .forUpdate()
    .executeTakeFirst();
  if (before && before.ticket >= ticket) return null;
  const values = {
    ...{ workspace_id: kept.workspaceId, plan: kept.plan, status: kept.status, ticket },
    ...{ owed_since: kept.owedSince, renews_at: kept.renewsAt, ends_at: kept.endsAt, trial_ends_at: kept.trialEndsAt },
  };
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('subscriptions')
    .values({ source: kept.source, id: kept.id, ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['source', 'id'])
        .doUpdateSet({ ...values, updated_at: sql`now()` })
        .where('subscriptions.ticket', '<', ticket),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n ? { before: before ?? null } : null;
}

/** It is not there any more. */
export async function endSubscription(db: Queryable, source: SourceName, id: string, ticket: number): Promise<void> {
  await db
    .updateTable('subscriptions')
    .set({ status: 'canceled', renews_at: null, ends_at: sql`coalesce(least(ends_at, now()), now())`, ticket })
    .where('source', '=', source)
    .where('id', '=', id)
    .where('ticket', '<', ticket)
    .where('status', '!=', 'canceled')
    .execute();
}

const HELD = [
  'source',
  'id',
  'plan',
  'status',
  'owed_since as owedSince',
  'renews_at as renewsAt',
  'ends_at as endsAt',
  'trial_ends_at as trialEndsAt',
] as const;

/** All that a workspace has, or had. */
export function subscriptionsOf(db: Queryable, workspaceId: string): Promise<Held[]> {
  return db
    .selectFrom('subscriptions')
    .select(HELD)
    .where('workspace_id', '=', workspaceId)
    .orderBy('created_at')
    .execute();
}

/** Whether it ever had one by card, also one that was moved away: its news stay. */
export async function hasSubscribed(db: Queryable, workspaceId: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from subscriptions where workspace_id = ${workspaceId} and source = 'stripe')
      or exists (select from billing_notices where workspace_id = ${workspaceId} and name like 'stripe|%') as has`.execute(
    db,
  );
  return rows[0]?.has ?? false;
}

/** Those that may still change, with whom they are for. */
export function livingSubscriptions(db: Queryable, source?: SourceName): Promise<(Held & { workspaceId: string })[]> {
  return db
    .selectFrom('subscriptions')
    .select([...HELD, 'workspace_id as workspaceId'])
    .where('status', 'not in', ['canceled', 'refunded'])
    .$if(source !== undefined, (query) => query.where('source', '=', source as SourceName))
    .execute();
}

/** What a workspace has, or had; null where nothing is sold: on platforms whose workspaces are their owner's own. */
export async function heldBy(db: Queryable, workspaceId: string): Promise<Held[] | null> {
  const rows = await db
    .selectFrom('workspaces')
    .leftJoin('subscriptions', 'subscriptions.workspace_id', 'workspaces.id')
    .select(['platform', 'source', 'subscriptions.id', 'plan', 'status', 'owed_since as owedSince'])
    .select(['renews_at as renewsAt', 'ends_at as endsAt', 'trial_ends_at as trialEndsAt'])
    .where('workspaces.id', '=', workspaceId)
    .execute();
  if (rows.some(({ platform }) => platform !== 'discord' && platform !== 'slack')) return null;
  return rows.flatMap(({ platform: _platform, ...held }) => (held.id === null ? [] : [held as Held]));
}
