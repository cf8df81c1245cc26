import { moveAccount } from '../../db/billing-accounts.ts';
import type { Database } from '../../db/database.ts';
import { upsertWorkspace, workspaceName } from '../../db/lessons.ts';
import { keepNotices } from '../../db/notices.ts';
import {
  endSubscription,
  keepSubscription,
  livingSubscriptions,
  subscriptionsOf,
  takeTicket,
} from '../../db/subscriptions.ts';
import type { Logger } from '../../log.ts';
import type { Platform } from '../messages.ts';
import { isWorth } from './entitled.ts';
import { noticesOf } from './notices.ts';
import { type Plans, planSoldAs } from './plans.ts';
import type { Asked, Subscription, SubscriptionSource } from './sources.ts';

/**
 * What is sold elsewhere, as we know it. Nothing that tells of a change is believed: it is asked for as it stands now,
 * so that what comes twice, late or in another order leads to the same.
 */

export interface BillingDeps {
  db: Database;
  plans: Plans;
  log: Logger;
  now(): Date;
}

/** Asks how a subscription stands, and keeps that. Safe to run at any time and beside others. */
export async function refreshSubscription(
  deps: BillingDeps,
  source: SubscriptionSource,
  id: string,
): Promise<Asked<'kept' | 'outdated' | 'not ours'>> {
  const ticket = await takeTicket(deps.db);
  const asked = await source.fetch(id);
  if (!asked.ok) return asked;
  if (asked.value === null) {
    await endSubscription(deps.db, source.name, id, ticket);
    return { ok: true, value: 'not ours' };
  }
  const isKept = await keep(deps, source, asked.value, ticket);
  return { ok: true, value: isKept ? 'kept' : 'outdated' };
}

/**
 * The same for all that there are, and for those that we know of and that are not there any more: repairs what was
 * never told. Returns how many, or what came in the way; what came before that is kept.
 */
export async function refreshAll(deps: BillingDeps, source: SubscriptionSource): Promise<Asked<number>> {
  const seen = new Set<string>();
  let ticket = await takeTicket(deps.db);
  for await (const page of source.all()) {
    if (!page.ok) return page;
    for (const subscription of page.value) {
      await keep(deps, source, subscription, ticket);
      seen.add(subscription.id);
    }
    ticket = await takeTicket(deps.db);
  }
  for (const { id } of await livingSubscriptions(deps.db, source.name)) {
    const asked = seen.has(id) ? null : await refreshSubscription(deps, source, id);
    if (asked?.ok === false) return asked;
  }
  return { ok: true, value: seen.size };
}

/** False: what was asked for later is kept already. */
async function keep(
  deps: BillingDeps,
  source: SubscriptionSource,
  subscription: Subscription,
  ticket: number,
): Promise<boolean> {
  const { db } = deps;
  const { platform, id: workspace } = subscription.workspace;
  const name = await workspaceName(db, platform, workspace);
  const workspaceId = await upsertWorkspace(db, platform, { id: workspace, name: name ?? workspace });
  const held = { ...subscription, source: source.name, plan: planOf(deps, subscription) };
  return db.transaction().execute(async (tx) => {
    const kept = await keepSubscription(tx, { ...held, workspaceId }, ticket);
    if (!kept) return false;
    const { before } = kept;
    await keepNotices(tx, workspaceId, noticesOf(held, before, deps.plans, deps.now()));
    if (before && before.workspaceId !== workspaceId) {
      // Cards and bills go where the plan goes, also where whoever moved it was cut off.
      if (source.name === 'stripe') await moveAccount(tx, before.workspaceId, workspaceId);
      const moved = { name: `${source.name}|${held.id}|moved|${ticket}`, kind: 'moved' as const };
      await keepNotices(tx, before.workspaceId, [{ ...moved, data: { plan: held.plan } }]);
    }
    return true;
  });
}

/** Who pays for something that the file does not name pays all the same: they get the least that is paid for. */
function planOf({ plans, log }: BillingDeps, { id, soldAs }: Subscription): string {
  const plan = planSoldAs(plans, soldAs);
  if (plan) return plan.id;
  const [free, least = free] = plans.plans;
  log.error({ subscription: id, soldAs, plan: least.id }, 'a subscription is for nothing that the plans name');
  return least.id;
}

/** What is to be told because of the time alone: a trial that ends, a payment that was waited for long enough. */
export async function tellOfTime({ db, plans, now }: BillingDeps): Promise<void> {
  for (const held of await livingSubscriptions(db)) {
    await keepNotices(db, held.workspaceId, noticesOf(held, held, plans, now()));
  }
}

/**
 * The tutor was removed from a workspace, where everything stays as it is: whoever pays for it is to know that they
 * still do. At most once a day. Returns whether there is anything to tell.
 */
export async function noteRemoval(deps: BillingDeps, platform: Platform, workspace: string): Promise<boolean> {
  const { db, plans, now } = deps;
  const name = await workspaceName(db, platform, workspace);
  if (name === null) return false;
  const workspaceId = await upsertWorkspace(db, platform, { id: workspace, name });
  const held = await subscriptionsOf(db, workspaceId);
  const paid = held.find((each) => isWorth(each, plans, now()) && !each.endsAt);
  if (!paid) return false;
  const day = now().toISOString().slice(0, 10);
  const notice = { name: `${paid.source}|${paid.id}|kicked|${day}`, kind: 'kicked' as const };
  await keepNotices(db, workspaceId, [{ ...notice, data: { plan: paid.plan } }]);
  return true;
}
