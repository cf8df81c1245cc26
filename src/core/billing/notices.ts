import { graceEnd, type Held, isWorth } from './entitled.ts';
import type { Plans } from './plans.ts';

/** What the admins of a workspace are told of their subscription: pure. */

/**
 * begun: it is theirs · trial_ending · past_due: a payment failed, and is tried again · grace_over: too often ·
 * recovered: it is paid after all · ending: it was canceled, and goes on until then · ended · paused: a trial ended and
 * nobody pays · disputed, refunded: the payment is taken back · kicked: it is paid for, and the tutor was sent away ·
 * moved: it is for another place from now on.
 */
export type NoticeKind =
  | 'begun'
  | 'trial_ending'
  | 'past_due'
  | 'grace_over'
  | 'recovered'
  | 'ending'
  | 'ended'
  | 'paused'
  | 'disputed'
  | 'refunded'
  | 'kicked'
  | 'moved';

export interface Notice {
  /** Of what happened: it is told once, however often it is heard of. */
  name: string;
  kind: NoticeKind;
  /** What the sentence is made with: `plan` is an id, `until` a date in ISO 8601. */
  data: { plan: string; until?: string };
}

const DAY_MS = 86_400_000;
/** As Stripe does. */
const TRIAL_TOLD_MS = 3 * DAY_MS;
/** What is older is not news: it is heard of for the first time in a new database, or after long. */
const NEWS_MS = 7 * DAY_MS;

/** What is to be told now of a subscription, and was perhaps told before. `before`: as it was kept; null: it is new. */
export function noticesOf(held: Held, before: Held | null, plans: Plans, now: Date): Notice[] {
  const { plan } = held;
  const about = (kind: NoticeKind, at: Date | null, until: Date | null = null): Notice => ({
    name: [held.source, held.id, kind, at?.toISOString() ?? ''].join('|'),
    kind,
    data: { plan, ...(until && { until: until.toISOString() }) },
  });
  const isNews = (at: Date | null) => at !== null && now.getTime() - at.getTime() < NEWS_MS;
  switch (held.status) {
    case 'trialing':
    case 'active':
      return goingOn(held, before, about, now);
    case 'past_due': {
      const until = graceEnd(held, plans);
      return [
        isWorth(held, plans, now) ? about('past_due', held.owedSince, until) : about('grace_over', held.owedSince),
      ];
    }
    case 'unpaid':
      return before?.status === 'unpaid' ? [] : [about('grace_over', before?.owedSince ?? held.owedSince)];
    case 'canceled':
      return isNews(held.endsAt) ? [about('ended', null)] : [];
    case 'paused':
    case 'disputed':
    case 'refunded':
      // Of each period, when it comes to that: what lasts into the next one is no news.
      return before?.status === held.status ? [] : [about(held.status, held.endsAt ?? held.renewsAt)];
    case 'incomplete':
      return [];
    default:
      return held.status satisfies never;
  }
}

function goingOn(
  held: Held,
  before: Held | null,
  about: (kind: NoticeKind, at: Date | null, until?: Date | null) => Notice,
  now: Date,
): Notice[] {
  const { endsAt, trialEndsAt, renewsAt } = held;
  // It ends once: when it was to end and when it did may be seconds apart.
  if (endsAt && endsAt <= now) return [about('ended', null)];
  const isOwed = before?.status === 'past_due' || before?.status === 'unpaid';
  const trialEnds = held.status === 'trialing' && trialEndsAt && trialEndsAt.getTime() - now.getTime() < TRIAL_TOLD_MS;
  return [
    about('begun', null, endsAt ? null : renewsAt),
    ...(isOwed ? [about('recovered', before.owedSince, renewsAt)] : []),
    ...(endsAt
      ? [about('ending', endsAt, endsAt)]
      : trialEnds
        ? [about('trial_ending', trialEndsAt, trialEndsAt)]
        : []),
  ];
}
