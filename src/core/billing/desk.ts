import {
  customerKey,
  customerOf,
  forgetCustomer,
  insertCheckout,
  type PaidElsewhere,
  paidElsewhere,
  setCustomer,
  setSession,
} from '../../db/billing-accounts.ts';
import { upsertWorkspace } from '../../db/lessons.ts';
import { readMeters } from '../../db/meters.ts';
import { lessonsGoingOn } from '../../db/openings.ts';
import { hasSubscribed, subscriptionsOf } from '../../db/subscriptions.ts';
import type { Platform } from '../messages.ts';
import { type Entitlement, entitled, type Held, isWorth } from './entitled.ts';
import { type Plan, type Plans, planById, soldBy } from './plans.ts';
import type { Asked, Payments } from './sources.ts';
import { type BillingDeps, refreshSubscription } from './subscriptions.ts';

/** What those who run a workspace do about what it pays. Whoever asks has to know that they may. */

export interface DeskDeps extends BillingDeps {
  /** Null: nothing is sold by card. */
  payments: Payments | null;
  /** Where people come back to from Stripe, without a slash at the end. */
  publicUrl: string;
}

/** Ids are the platform's. */
export interface Client {
  platform: Platform;
  workspace: { id: string; name: string };
  /** Who asks. */
  person: string;
  locale: string | null;
}

export interface BillingStatus {
  entitlement: Entitlement;
  /** What is worth something now, or wants something of somebody. */
  held: Held[];
  /** This month. */
  used: { lessons: number; voiceMinutes: number };
  lessonsGoingOn: number;
  /** What can be bought. */
  sold: { byCard: Plan[]; inDiscord: Plan[] };
  /** Whether there is a page at Stripe where it can be changed. */
  hasPortal: boolean;
  /** What this person pays for elsewhere, and could use here instead. */
  elsewhere: PaidElsewhere[];
}

export async function billingStatus(deps: DeskDeps, client: Client): Promise<BillingStatus> {
  const { db, plans, payments } = deps;
  const workspaceId = await upsertWorkspace(db, client.platform, client.workspace);
  const [held, meters, going, customer, elsewhere] = await Promise.all([
    subscriptionsOf(db, workspaceId),
    readMeters(db, workspaceId),
    lessonsGoingOn(db, workspaceId),
    customerOf(db, workspaceId),
    paidElsewhere(db, client.platform, client.person, client.workspace.id),
  ]);
  const now = deps.now();
  return {
    entitlement: entitled(held, plans, now),
    held: held.filter((each) => isWorth(each, plans, now) || isUnsettled(each)),
    used: { lessons: meters.lessons ?? 0, voiceMinutes: (meters.voice_seconds ?? 0) / 60 },
    lessonsGoingOn: going,
    sold: { byCard: payments ? soldBy(plans, 'stripe') : [], inDiscord: soldBy(plans, 'discord') },
    hasPortal: payments !== null && customer !== null,
    elsewhere: payments ? elsewhere : [],
  };
}

/** Somebody has to see to it where it was bought: another one would be paid for beside it. */
function isUnsettled({ status, renewsAt }: Held): boolean {
  if (status === 'disputed' || status === 'refunded') return renewsAt !== null;
  return status === 'past_due' || status === 'unpaid' || status === 'paused' || status === 'incomplete';
}

/** A page at Stripe: to pay on, or, where something was bought already, to change that on. */
export type Page = { kind: 'checkout' | 'portal'; url: string };

/** Throws Error for a plan that is not sold by card. */
export async function subscribe(deps: DeskDeps, client: Client, planId: string): Promise<Asked<Page>> {
  const { db, plans, payments } = deps;
  const plan = planById(plans, planId);
  const [lookupKey] = plan?.stripe?.lookupKeys ?? [];
  if (!payments || !plan?.stripe || !lookupKey) throw new Error(`${planId} is not sold by card`);
  const { platform, workspace, person, locale } = client;
  const workspaceId = await upsertWorkspace(db, platform, workspace);
  if (await isBought(deps, workspaceId)) return openPortal(deps, client);
  const customer = await customerFor(deps, payments, workspaceId, client);
  if (!customer.ok) return customer;
  // Somebody may have paid of which nobody has told us yet.
  const latest = await payments.subscriptionOf({ kind: 'customer', id: customer.value });
  if (!latest.ok) return latest;
  const known = latest.value === null ? null : await refreshSubscription(deps, payments, latest.value);
  if (known?.ok === false) return known;
  if (await isBought(deps, workspaceId)) return openPortal(deps, client);
  const reference = await insertCheckout(db, workspaceId, person);
  const page = await payments.openCheckout({
    ...{ customer: customer.value, workspace: { platform, id: workspace.id }, reference, lookupKey, locale },
    // A trial is for those who have had none.
    trialDays: (await hasSubscribed(db, workspaceId)) ? 0 : plan.stripe.trialDays,
    doneUrl: `${deps.publicUrl}/billing/done?session={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${deps.publicUrl}/billing/canceled`,
  });
  if (!page.ok) return page;
  await setSession(db, reference, page.value.id);
  return { ok: true, value: { kind: 'checkout', url: page.value.url } };
}

/** Whether something by card matters there: it counts, or somebody has to see to it. */
async function isBought({ db, plans, now }: DeskDeps, workspaceId: string): Promise<boolean> {
  return (await subscriptionsOf(db, workspaceId)).some((each) => matters(each, plans, now()));
}

function matters(held: Held, plans: Plans, now: Date): boolean {
  return held.source === 'stripe' && (isWorth(held, plans, now) || isUnsettled(held));
}

async function customerFor(
  { db }: DeskDeps,
  payments: Payments,
  workspaceId: string,
  { platform, workspace }: Client,
): Promise<Asked<string>> {
  const known = await customerOf(db, workspaceId);
  if (known) {
    const there = await payments.hasCustomer(known);
    if (!there.ok) return there;
    if (there.value) return { ok: true, value: known };
    await forgetCustomer(db, known);
  }
  const made = await payments.createCustomer({ key: await customerKey(db, workspaceId), platform, ...workspace });
  return made.ok ? { ok: true, value: await setCustomer(db, workspaceId, made.value) } : made;
}

/** The page where cards, plans and bills are, and where it is canceled. `refused` where nothing was bought by card. */
export async function openPortal(deps: DeskDeps, { platform, workspace }: Client): Promise<Asked<Page>> {
  const { db, payments, publicUrl } = deps;
  const customer = await customerOf(db, await upsertWorkspace(db, platform, workspace));
  if (!payments || !customer) return { ok: false, reason: 'refused', detail: 'nothing was bought by card' };
  const url = await payments.openPortal(customer, `${publicUrl}/billing/back`);
  return url.ok ? { ok: true, value: { kind: 'portal', url: url.value } } : url;
}

/**
 * What somebody pays for elsewhere is for here from now on. `not_theirs`: they do not pay for it; `taken`: here
 * something was bought by card already. Safe to run again.
 */
export async function moveHere(
  deps: DeskDeps,
  client: Client,
  from: string,
): Promise<Asked<'moved' | 'not_theirs' | 'taken'>> {
  const { db, plans, payments, now } = deps;
  const { platform, workspace, person } = client;
  const paid = await paidElsewhere(db, platform, person, workspace.id);
  const there = paid.find((each) => each.workspace === from);
  if (!payments || !there) return { ok: true, value: 'not_theirs' };
  const here = await upsertWorkspace(db, platform, workspace);
  if (await isBought(deps, here)) return { ok: true, value: 'taken' };
  const moving = (await subscriptionsOf(db, there.workspaceId)).filter((each) => matters(each, plans, now()));
  if (moving.length === 0) return { ok: true, value: 'not_theirs' };
  // What is paid on a page that is still open would be for the place that it was opened for.
  for (const customer of [await customerOf(db, here), await customerOf(db, there.workspaceId)]) {
    const closed = customer === null ? null : await payments.closeCheckouts(customer);
    if (closed?.ok === false && closed.reason === 'away') return closed;
  }
  for (const { id } of moving) {
    const moved = await payments.retarget(id, { platform, id: workspace.id });
    if (!moved.ok) return moved;
    const kept = await refreshSubscription(deps, payments, id);
    if (!kept.ok) return kept;
  }
  return { ok: true, value: 'moved' };
}
