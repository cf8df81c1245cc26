import type Stripe from 'stripe';
import type { Subscription, SubscriptionStatus } from '../../core/billing/sources.ts';
import type { Platform } from '../../core/messages.ts';
import { idOf } from './client.ts';
import { takenBack } from './payments-taken-back.ts';

/** A subscription of Stripe's in our words. Whatever fails is thrown. */

/** What the rest needs in the same answer. */
export const EXPANDED = ['latest_invoice'];

const PLATFORMS: readonly Platform[] = ['discord', 'slack'];
const STATUSES: Partial<Record<string, SubscriptionStatus>> = {
  trialing: 'trialing',
  active: 'active',
  past_due: 'past_due',
  unpaid: 'unpaid',
  paused: 'paused',
  canceled: 'canceled',
  incomplete: 'incomplete',
  incomplete_expired: 'canceled',
};
/** In these, it bills and charges by itself when a period is over. */
const GOES_ON = new Set<SubscriptionStatus>(['trialing', 'active', 'past_due', 'disputed', 'refunded']);

/** Null: it is for none of our workspaces. */
export async function subscriptionFrom(client: Stripe, given: Stripe.Subscription): Promise<Subscription | null> {
  const workspace = workspaceOf(given);
  if (!workspace) return null;
  const told = STATUSES[given.status];
  if (!told) throw new Error(`a subscription is ${given.status}, which is unknown to us`);
  const isPaidFor = told === 'active' || told === 'past_due';
  const status = (isPaidFor && (await takenBack(client, given))) || told;
  const endsAt = endOf(given);
  return {
    id: given.id,
    workspace,
    soldAs: given.items.data.flatMap(({ price }) => namesOf(price)),
    status,
    owedSince: status === 'past_due' || status === 'unpaid' ? await owedSince(client, given) : null,
    renewsAt: endsAt === null && GOES_ON.has(status) ? dateOf(periodEnd(given)) : null,
    endsAt: dateOf(endsAt),
    trialEndsAt: status === 'trialing' ? dateOf(given.trial_end) : null,
    isLive: given.livemode,
  };
}

export function workspaceOf({ metadata }: Pick<Stripe.Subscription, 'metadata'>): Subscription['workspace'] | null {
  const platform = PLATFORMS.find((each) => each === metadata.platform);
  return platform && metadata.workspace ? { platform, id: metadata.workspace } : null;
}

/** Whether nothing comes of it any more. */
export function isOver({ status }: Pick<Stripe.Subscription, 'status'>): boolean {
  return STATUSES[status] === 'canceled';
}

function namesOf({ id, lookup_key: lookupKey, product }: Stripe.Price): string[] {
  return [id, lookupKey, idOf(product)].filter((name) => name !== null);
}

function periodEnd({ items }: Stripe.Subscription): number | null {
  return items.data.length > 0 ? Math.max(...items.data.map((item) => item.current_period_end)) : null;
}

/** In Unix seconds. */
function endOf(subscription: Stripe.Subscription): number | null {
  const { ended_at: endedAt, canceled_at: canceledAt, cancel_at: cancelAt } = subscription;
  if (endedAt !== null) return endedAt;
  if (isOver(subscription)) return canceledAt ?? subscription.created;
  return cancelAt ?? (subscription.cancel_at_period_end ? periodEnd(subscription) : null);
}

/** When the oldest bill was made that is not paid. Stripe lists the newest first. */
async function owedSince(client: Stripe, { id, latest_invoice: latest, created }: Stripe.Subscription): Promise<Date> {
  const open = await client.invoices.list({ subscription: id, status: 'open', limit: 100 });
  const written = open.data.map((invoice) => invoice.created);
  // None is open where the last retry has given it up.
  const since = written.length > 0 ? Math.min(...written) : typeof latest === 'object' ? latest?.created : null;
  return new Date((since ?? created) * 1000);
}

function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000);
}
