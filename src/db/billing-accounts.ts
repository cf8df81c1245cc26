import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';

/** Who pays for a workspace, and what Stripe knows it by. */

export async function customerOf(db: Queryable, workspaceId: string): Promise<string | null> {
  const row = await db
    .selectFrom('billing_accounts')
    .select('customer')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  return row?.customer ?? null;
}

/** Whether Stripe knows one of our workspaces by it. */
export async function isCustomer(db: Queryable, customer: string): Promise<boolean> {
  const row = await db
    .selectFrom('billing_accounts')
    .select('workspace_id')
    .where('customer', '=', customer)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * By what a customer is asked for at Stripe: the same until there is one, and another one for a workspace whose account
 * was moved away or whose customer is gone, since Stripe would give it the same customer again.
 */
export async function customerKey(db: Queryable, workspaceId: string): Promise<string> {
  const { since } = await db
    .insertInto('billing_accounts')
    .values({ workspace_id: workspaceId })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet({ workspace_id: workspaceId }))
    .returning(sql<string>`(extract(epoch from created_at) * 1000000)::int8::text`.as('since'))
    .executeTakeFirstOrThrow();
  return `${workspaceId}-${since}`;
}

/** Stripe does not have it any more, or not in this mode. */
export async function forgetCustomer(db: Queryable, customer: string): Promise<void> {
  await db
    .updateTable('billing_accounts')
    .set({ customer: null, created_at: sql`now()` })
    .where('customer', '=', customer)
    .execute();
}

/** The first that is set counts. Returns the one that does. */
export async function setCustomer(db: Database, workspaceId: string, customer: string): Promise<string> {
  const row = await db
    .insertInto('billing_accounts')
    .values({ workspace_id: workspaceId, customer })
    .onConflict((conflict) =>
      conflict
        .column('workspace_id')
        .doUpdateSet((update) => ({ customer: update.fn.coalesce('billing_accounts.customer', update.val(customer)) })),
    )
    .returning('customer')
    .executeTakeFirstOrThrow();
  return row.customer ?? customer;
}

export async function setPayer(db: Queryable, workspaceId: string, payer: string): Promise<void> {
  await db
    .insertInto('billing_accounts')
    .values({ workspace_id: workspaceId, payer })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet({ payer }))
    .execute();
}

/** Our name for a page on which somebody may pay. */
export async function insertCheckout(db: Queryable, workspaceId: string, openedBy: string): Promise<string> {
  const { reference } = await db
    .insertInto('checkouts')
    .values({ workspace_id: workspaceId, opened_by: openedBy })
    .returning('reference')
    .executeTakeFirstOrThrow();
  return reference;
}

/** It is there, and called so by Stripe. */
export async function setSession(db: Queryable, reference: string, session: string): Promise<void> {
  await db.updateTable('checkouts').set({ session }).where('reference', '=', reference).execute();
}

/** Whether Stripe's page is one of ours that nobody has paid on, as far as we know. */
export async function isOpenCheckout(db: Queryable, session: string): Promise<boolean> {
  const row = await db.selectFrom('checkouts').select('reference').where('session', '=', session).executeTakeFirst();
  return row !== undefined;
}

export async function takeCheckout(
  db: Queryable,
  reference: string,
): Promise<{ workspaceId: string; openedBy: string | null } | null> {
  const row = await db
    .deleteFrom('checkouts')
    // Others who sell in the same account may call theirs as they like.
    .where(sql`reference::text`, '=', reference)
    .returning(['workspace_id as workspaceId', 'opened_by as openedBy'])
    .executeTakeFirst();
  return row ?? null;
}

export interface PaidElsewhere {
  workspaceId: string;
  /** The platform's. */
  workspace: string;
  name: string;
}

/** The other workspaces of a platform that somebody pays for by card. */
export function paidElsewhere(db: Database, platform: Platform, payer: string, but: string): Promise<PaidElsewhere[]> {
  return db
    .selectFrom('billing_accounts')
    .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
    .select(['workspaces.id as workspaceId', 'external_id as workspace', 'name'])
    .where('platform', '=', platform)
    .where('payer', '=', payer)
    .where('external_id', '!=', but)
    .where('customer', 'is not', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('subscriptions')
          .select('subscriptions.id')
          .whereRef('subscriptions.workspace_id', '=', 'workspaces.id')
          .where('source', '=', 'stripe')
          .where('status', '!=', 'canceled'),
      ),
    )
    .orderBy('name')
    .execute();
}

/** Who pays for one pays for the other from now on. Safe to run again: where there is no account any more, nothing moves. */
export async function moveAccount(tx: Queryable, from: string, to: string): Promise<void> {
  const moving = tx.selectFrom('billing_accounts').select('workspace_id').where('workspace_id', '=', from);
  await tx
    .deleteFrom('billing_accounts')
    .where('workspace_id', '=', to)
    .where(({ exists }) => exists(moving))
    .execute();
  await tx.updateTable('billing_accounts').set({ workspace_id: to }).where('workspace_id', '=', from).execute();
}

/** Somebody is to be forgotten: what was paid stays, and who paid it does not. */
export async function forgetPayer(db: Queryable, platform: Platform, workspace: string, person: string): Promise<void> {
  const here = db
    .selectFrom('workspaces')
    .select('id')
    .where('platform', '=', platform)
    .where('external_id', '=', workspace);
  await db
    .updateTable('billing_accounts')
    .set({ payer: null })
    .where('payer', '=', person)
    .where('workspace_id', 'in', here)
    .execute();
  await db.deleteFrom('checkouts').where('opened_by', '=', person).where('workspace_id', 'in', here).execute();
}
