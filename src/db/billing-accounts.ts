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
    .where('reference', '=', reference)
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
    .orderBy('name')
    .execute();
}

/** Who pays for one pays for the other from now on. */
export async function moveAccount(tx: Queryable, from: string, to: string): Promise<void> {
  await tx.deleteFrom('billing_accounts').where('workspace_id', '=', to).execute();
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
