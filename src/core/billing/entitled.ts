import type { Limits, Plan, Plans } from './plans.ts';
import { planById, UNLIMITED } from './plans.ts';
import type { SourceName, SubscriptionStatus } from './sources.ts';

/** What a workspace may, by the subscriptions that it has: pure. */

/** A subscription as we keep it. */
export interface Held {
  source: SourceName;
  /** Its source's id of it. */
  id: string;
  plan: string;
  status: SubscriptionStatus;
  owedSince: Date | null;
  renewsAt: Date | null;
  endsAt: Date | null;
  trialEndsAt: Date | null;
}

export interface Entitlement {
  /** Null: nothing is sold here, and everybody has everything. */
  plan: Plan | null;
  /** Null: from nowhere, it is the plan that everybody has. */
  source: SourceName | 'self_host' | null;
  limits: Limits;
  /** What it comes from; null: from nothing that was bought. */
  from: Held | null;
}

export const SELF_HOST: Entitlement = { plan: null, source: 'self_host', limits: UNLIMITED, from: null };

const DAY_MS = 86_400_000;

/** Until when a payment that failed is waited for. */
export function graceEnd({ owedSince }: Pick<Held, 'owedSince'>, { graceDays }: Plans): Date {
  return new Date((owedSince?.getTime() ?? 0) + graceDays * DAY_MS);
}

/** Whether it is worth anything now. */
export function isWorth(held: Pick<Held, 'status' | 'owedSince' | 'endsAt'>, plans: Plans, now: Date): boolean {
  if (held.endsAt && held.endsAt <= now) return false;
  switch (held.status) {
    case 'trialing':
    case 'active':
      return true;
    case 'past_due':
      return graceEnd(held, plans) > now;
    case 'unpaid':
    case 'paused':
    case 'canceled':
    case 'incomplete':
    case 'disputed':
    case 'refunded':
      return false;
    default:
      return held.status satisfies never;
  }
}

/** The best of what is held counts; of the same, what lasts longer. */
export function entitled(held: readonly Held[], plans: Plans, now: Date): Entitlement {
  const rank = ({ plan }: Held) => plans.plans.findIndex(({ id }) => id === plan);
  const end = ({ endsAt }: Held) => endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const [best] = held
    .filter((each) => isWorth(each, plans, now))
    .sort((one, other) => rank(other) - rank(one) || (end(other) > end(one) ? 1 : -1));
  const plan = best && planById(plans, best.plan);
  const [free] = plans.plans;
  // A plan that the file does not have any more is the least that is paid for.
  const paid = plan ?? (best && (plans.plans[1] ?? free));
  if (!best || !paid) return { plan: free, source: null, limits: free.limits, from: null };
  return { plan: paid, source: best.source, limits: paid.limits, from: best };
}
