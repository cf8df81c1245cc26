import type { BillingStatus, moveHere, Page } from '../core/billing/desk.ts';
import { type Entitlement, graceEnd, type Held, isWorth } from '../core/billing/entitled.ts';
import type { NoticeKind } from '../core/billing/notices.ts';
import { type Plans, planById } from '../core/billing/plans.ts';
import type { Asked, SourceFailure } from '../core/billing/sources.ts';
import type { AdminNotice } from '../core/ports.ts';
import { UserError } from '../errors.ts';
import type { Translate, WordKey } from './words.ts';
import { spokenLocale } from './words.ts';

/** What those who run a workspace read of what it pays: plain sentences, for every platform. Pure. */

/** How and when somebody reads it. */
export interface Reading {
  plans: Plans;
  now: Date;
  words: Translate;
  /** As their platform names it; null: not known. */
  locale: string | null;
}

/** Each line is a sentence or two of its own. What the operator called a plan stands in it as it is. */
export interface StatusCard {
  title: string;
  /** What it is, what comes next, and what somebody has to see to. */
  lines: string[];
  /** This month, as bars. */
  usage: string[];
}

export function statusCard(status: BillingStatus, reading: Reading): StatusCard {
  const { plans, words } = reading;
  const { entitlement, held } = status;
  const { plan, from } = entitlement;
  if (!plan) return { title: words('billing.title'), lines: [words('billing.everythingOn')], usage: [] };
  const others = held.filter((each) => each.id !== from?.id || each.source !== from.source);
  return {
    title: words('billing.plan', { plan: plan.title }),
    lines: [
      ...(from ? [`${words(SOLD[from.source])} ${comesNext(from, reading)}`] : [words('billing.nothingPaid')]),
      ...others.flatMap((each) => unsettled(each, reading)),
      ...paidTwice(held, reading),
    ],
    usage: usageOf(status, entitlement, reading),
  };

  function paidTwice(all: readonly Held[], { now }: Reading): string[] {
    const charged = all.filter((each) => isWorth(each, plans, now) && !each.endsAt);
    if (charged.length < 2) return [];
    const named = charged.map((each) => words(SOLD_AS[each.source], { plan: titleOf(each.plan, plans) }));
    const sources = new Set(charged.map(({ source }) => source));
    return [
      [words('billing.twice', { plans: named.join(', ') }), ...[...sources].map((each) => words(CANCEL[each]))].join(
        ' ',
      ),
    ];
  }
}

const SOLD = { stripe: 'billing.byCard', discord: 'billing.inDiscord' } as const;
const SOLD_AS = { stripe: 'billing.planByCard', discord: 'billing.planInDiscord' } as const;
const CANCEL = { stripe: 'billing.cancelCard', discord: 'billing.cancelDiscord' } as const;

function comesNext(held: Held, { plans, words, locale }: Reading): string {
  const { status, endsAt, trialEndsAt, renewsAt } = held;
  const on = (date: Date) => dayIn(locale, date);
  if (status === 'past_due') return words('billing.owed', { date: on(graceEnd(held, plans)) });
  if (endsAt) return words('billing.endsOn', { date: on(endsAt), free: plans.plans[0].title });
  if (status === 'trialing' && trialEndsAt) return words('billing.trial', { date: on(trialEndsAt) });
  return renewsAt ? words('billing.renews', { date: on(renewsAt) }) : words('billing.goesOn');
}

/** What is not what counts, and wants something of somebody. */
function unsettled(held: Held, reading: Reading): string[] {
  const { plans, now, words } = reading;
  const plan = titleOf(held.plan, plans);
  switch (held.status) {
    case 'past_due':
      if (isWorth(held, plans, now)) return [`${words(SOLD_AS[held.source], { plan })}: ${comesNext(held, reading)}`];
      return [words('billing.failed', { plan })];
    case 'unpaid':
      return [words('billing.failed', { plan })];
    case 'paused':
      return [words('billing.noticePaused', { plan })];
    case 'incomplete':
      return [words('billing.unfinished', { plan })];
    case 'disputed':
      return [words('billing.noticeDisputed', { plan })];
    case 'refunded':
      // The next period is charged, and then it counts again.
      return [`${words('billing.noticeRefunded', { plan })} ${comesNext(held, reading)}`];
    default:
      return [];
  }
}

function usageOf({ used, lessonsGoingOn }: BillingStatus, { limits }: Entitlement, reading: Reading): string[] {
  const { words, locale, now } = reading;
  const line = (label: WordKey, amount: number, most: number | null) =>
    `${words(label)}: ${usage(amount, most, reading)}`;
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  return [
    line('billing.lessonsThisMonth', used.lessons, limits.lessonsPerMonth),
    line('billing.voiceThisMonth', Math.ceil(used.voiceMinutes), limits.voiceMinutesPerMonth),
    line('billing.lessonsNow', lessonsGoingOn, limits.lessonsAtOnce),
    words('billing.countedFrom', { date: dayIn(locale, next) }),
  ];
}

function usage(used: number, most: number | null, { words, locale }: Reading): string {
  const shown = (number: number) => number.toLocaleString(spokenLocale(locale));
  if (most === null) return words('billing.noLimit', { used: shown(used) });
  if (most === 0) return words('billing.notIncluded');
  return `${bar(used / most)} ${words('billing.usedOf', { used: shown(used), most: shown(most) })}`;
}

const BAR_CELLS = 10;

/** Empty only when nothing is used, and full only when nothing is left. */
function bar(share: number): string {
  const rounded = share >= 1 ? BAR_CELLS : Math.min(Math.ceil(share * BAR_CELLS), BAR_CELLS - 1);
  return '▰'.repeat(rounded) + '▱'.repeat(BAR_CELLS - rounded);
}

function titleOf(plan: string, plans: Plans): string {
  return planById(plans, plan)?.title ?? plan;
}

/** In UTC, as months are counted. */
function dayIn(locale: string | null, date: Date): string {
  return new Intl.DateTimeFormat(spokenLocale(locale), { dateStyle: 'long', timeZone: 'UTC' }).format(date);
}

/** What somebody who runs a workspace may do about it now; labels are for buttons. */
export interface Offers {
  subscribe: { plan: string; label: string }[];
  /** Null: there is no page at Stripe. */
  portal: string | null;
  moves: { workspace: string; label: string }[];
  /** Of the menu for the channel in which they are told. */
  notices: string;
}

export function offersOf(status: BillingStatus, words: Translate): Offers {
  const { sold, hasPortal, elsewhere, held, entitlement } = status;
  // What was bought by card is changed on its page: another one would be paid for beside it.
  const isBought = held.some(({ source }) => source === 'stripe');
  return {
    subscribe: isBought
      ? []
      : betterThan(entitlement, sold.byCard).map(({ id, title }) => ({
          plan: id,
          label: words('billing.subscribeTo', { plan: title }),
        })),
    portal: hasPortal ? words('billing.manage') : null,
    moves: isBought
      ? []
      : elsewhere.map(({ workspace, name }) => ({ workspace, label: words('billing.useHere', { place: name }) })),
    notices: words('billing.noticesChannel'),
  };
}

/** Of what is sold, what is worth more than what there is: from the least to the best. */
export function betterThan<Sold extends { id: string }>({ plan }: Entitlement, sold: readonly Sold[]): readonly Sold[] {
  return sold.slice(sold.findIndex(({ id }) => id === plan?.id) + 1);
}

/** What stands with a link that is for one person alone, and on its button. */
export function pageWords({ kind }: Page, words: Translate): { text: string; label: string } {
  return kind === 'checkout'
    ? { text: words('billing.checkoutHere'), label: words('billing.openCheckout') }
    : { text: words('billing.portalHere'), label: words('billing.openPortal') };
}

/** What was asked for, or UserError with what somebody can do about it; what came in the way is for our log. */
export function orRefuse<Result>(asked: Asked<Result>, words: Translate, complain: (failure: SourceFailure) => void) {
  if (asked.ok) return asked.value;
  complain(asked);
  throw asked.reason === 'away'
    ? new UserError('payments_away', words('billing.away'))
    : new UserError('payments_refused', words('billing.refused'));
}

type Moved = Extract<Awaited<ReturnType<typeof moveHere>>, { ok: true }>['value'];

/** What became of moving here what somebody pays for elsewhere. */
export function movedWords(moved: Moved, words: Translate): string {
  switch (moved) {
    case 'moved':
      return words('billing.movedHere');
    case 'not_theirs':
      return words('billing.notTheirs');
    case 'taken':
      return words('billing.taken');
    default:
      return moved satisfies never;
  }
}

const NOTICES: Record<NoticeKind, WordKey> = {
  begun: 'billing.noticeBegun',
  trial_ending: 'billing.noticeTrialEnding',
  past_due: 'billing.noticePastDue',
  grace_over: 'billing.failed',
  recovered: 'billing.noticeRecovered',
  ending: 'billing.noticeEnding',
  ended: 'billing.noticeEnded',
  paused: 'billing.noticePaused',
  disputed: 'billing.noticeDisputed',
  refunded: 'billing.noticeRefunded',
  kicked: 'billing.noticeKicked',
  moved: 'billing.noticeMoved',
};

/**
 * A notice in words. `command`: what shows more, where it is told; null: it is of no use there. `named`: it says of
 * which place, for who may run several.
 */
export function noticeText(
  { kind, plan, until, place }: Pick<AdminNotice, 'kind' | 'plan' | 'until' | 'place'>,
  { words, locale }: Pick<Reading, 'words' | 'locale'>,
  { command, named }: { command: string | null; named: boolean },
): string {
  const date = until ? dayIn(locale, until) : '';
  const sentences = [
    words(NOTICES[kind], { plan, date }),
    ...(kind === 'begun' && until ? [words('billing.renews', { date })] : []),
    ...(command ? [words('billing.seeMore', { command })] : []),
  ].join(' ');
  return named ? words('billing.inPlace', { place, text: sentences }) : sentences;
}
