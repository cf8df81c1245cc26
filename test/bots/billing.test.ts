import { expect, test } from 'vitest';
import {
  movedWords,
  noticeText,
  offersOf,
  orRefuse,
  pageWords,
  type Reading,
  statusCard,
} from '../../src/bots/billing.ts';
import { openWords } from '../../src/bots/words.ts';
import type { BillingStatus } from '../../src/core/billing/desk.ts';
import { entitled, type Held, SELF_HOST } from '../../src/core/billing/entitled.ts';
import type { NoticeKind } from '../../src/core/billing/notices.ts';
import { type Plan, type Plans, UNLIMITED } from '../../src/core/billing/plans.ts';
import type { SourceFailure } from '../../src/core/billing/sources.ts';

/** What those who run a workspace read of what it pays: pure. */

const words = openWords();
const NOW = new Date('2026-03-10T12:00:00Z');
const plan = (id: string, title: string, limits: Partial<Plan['limits']>): Plan => ({
  ...{ id, title, limits: { ...UNLIMITED, ...limits } },
});
const PLANS: Plans = {
  graceDays: 7,
  plans: [
    plan('free', 'Free', { lessonsPerMonth: 20, lessonsAtOnce: 3, voiceMinutesPerMonth: 0 }),
    plan('premium', 'Premium', { lessonsPerMonth: 1000, lessonsAtOnce: null, voiceMinutesPerMonth: 90 }),
    plan('voice', 'Premium with voice', {}),
  ],
};
const READING: Reading = { plans: PLANS, now: NOW, words: words.for('en'), locale: 'en-US' };

const day = (date: string) => new Date(`${date}T00:00:00Z`);

function held(more: Partial<Held> = {}): Held {
  return {
    ...{ source: 'stripe', id: 'sub_1', plan: 'premium', status: 'active' },
    ...{ owedSince: null, renewsAt: null, endsAt: null, trialEndsAt: null },
    ...more,
  };
}

function status(all: readonly Held[], more: Partial<BillingStatus> = {}): BillingStatus {
  return {
    entitlement: entitled(all, PLANS, NOW),
    held: [...all],
    used: { lessons: 4, voiceMinutes: 0 },
    lessonsGoingOn: 1,
    sold: { byCard: PLANS.plans.slice(1), inDiscord: [] },
    hasPortal: false,
    elsewhere: [],
    ...more,
  };
}

const linesOf = (...all: Held[]) => statusCard(status(all), READING).lines;

test('who pays nothing reads that, how much is used, and when it is counted afresh', () => {
  expect(statusCard(status([]), READING)).toEqual({
    title: 'Plan: Free',
    lines: ['Nothing is paid for here.'],
    usage: [
      'Lessons this month: ▰▰▱▱▱▱▱▱▱▱ 4 of 20',
      'Minutes of voice this month: not part of this plan',
      'Lessons under way: ▰▰▰▰▱▱▱▱▱▱ 1 of 3',
      'From April 1, 2026 the month is counted afresh.',
    ],
  });
});

test('where nothing is sold, everything is on', () => {
  const { lines, usage } = statusCard(status([], { entitlement: SELF_HOST }), READING);
  expect([lines, usage]).toEqual([[words.for('en')('billing.everythingOn')], []]);
});

test.each<[string, Partial<Held>, string]>([
  ['it renews', { renewsAt: day('2026-04-02') }, 'Paid for by card. It renews by itself on April 2, 2026.'],
  ['nobody says when', { source: 'discord' }, 'Bought in Discord. It goes on until it is canceled.'],
  [
    'it is tried out',
    { status: 'trialing', trialEndsAt: day('2026-03-20'), renewsAt: day('2026-03-20') },
    'Paid for by card. The trial lasts until March 20, 2026; from then on it is paid for, unless it is canceled before.',
  ],
  [
    'the trial was canceled',
    { status: 'trialing', trialEndsAt: day('2026-03-20'), endsAt: day('2026-03-20') },
    'Paid for by card. It was canceled, and goes on until March 20, 2026. Then the limits of Free hold; nothing that was learned is lost.',
  ],
  [
    'a card failed',
    { status: 'past_due', owedSince: day('2026-03-08'), renewsAt: day('2026-04-08') },
    'Paid for by card. A payment failed, and is tried again. Everything goes on until March 15, 2026; with a card that works, it stays so.',
  ],
])('what is next when %s', (_, more, line) => {
  expect(linesOf(held(more))).toEqual([line]);
});

test.each<[Partial<Held>, RegExp]>([
  [{ status: 'unpaid' }, /^The payment for Premium failed too often/],
  [{ status: 'past_due', owedSince: day('2026-03-01') }, /^The payment for Premium failed too often/],
  [{ status: 'paused' }, /^The trial of Premium is over and there is no card/],
  [{ status: 'incomplete' }, /^The first payment for Premium did not go through/],
  [{ status: 'disputed', renewsAt: day('2026-04-02') }, /^The payment for Premium is disputed at the bank/],
  [
    { status: 'refunded', renewsAt: day('2026-04-02') },
    /^The payment for Premium was given back, .* It renews by itself on April 2, 2026\.$/,
  ],
])('%j wants something of somebody', (more, line) => {
  const [first, ...rest] = linesOf(held(more));
  expect(first).toBe('Nothing is paid for here.');
  expect(rest).toEqual([expect.stringMatching(line)]);
});

test('what is paid for twice is named, with where each is canceled', () => {
  const lines = linesOf(held(), held({ source: 'discord', id: '9', plan: 'voice' }));
  expect(lines).toEqual([
    'Bought in Discord. It goes on until it is canceled.',
    'This place is paid for twice: Premium, by card, Premium with voice, in Discord. One is enough. ' +
      'The one by card is canceled on the page with the cards and bills. ' +
      'The one in Discord is canceled in the settings of whoever bought it, under Subscriptions.',
  ]);
});

test('what was canceled already is not paid for twice', () => {
  expect(
    linesOf(held({ endsAt: day('2026-03-20') }), held({ source: 'discord', id: '9', plan: 'voice' })),
  ).toHaveLength(1);
});

test('one that is owed beside one that counts says until when it is waited for', () => {
  const owed = held({ status: 'past_due', owedSince: day('2026-03-08'), plan: 'premium' });
  const lines = linesOf(owed, held({ source: 'discord', id: '9', plan: 'voice' }));
  expect(lines[1]).toMatch(/^Premium, by card: A payment failed.* March 15, 2026/);
});

test.each<[used: number, shown: string]>([
  [0, '▱▱▱▱▱▱▱▱▱▱ 0 of 1,000'],
  [1, '▰▱▱▱▱▱▱▱▱▱ 1 of 1,000'],
  [500, '▰▰▰▰▰▱▱▱▱▱ 500 of 1,000'],
  [999, '▰▰▰▰▰▰▰▰▰▱ 999 of 1,000'],
  [1000, '▰▰▰▰▰▰▰▰▰▰ 1,000 of 1,000'],
  [1200, '▰▰▰▰▰▰▰▰▰▰ 1,200 of 1,000'],
])('a bar of %i lessons', (lessons, shown) => {
  const { usage } = statusCard(status([held()], { used: { lessons, voiceMinutes: 1.2 } }), READING);
  expect(usage.slice(0, 3)).toEqual([
    `Lessons this month: ${shown}`,
    'Minutes of voice this month: ▰▱▱▱▱▱▱▱▱▱ 2 of 90',
    'Lessons under way: 1, without a limit',
  ]);
});

test.each([
  ['de', 'Es verlängert sich von selbst am 2. April 2026.'],
  ['es-419', 'Se renueva por sí sola el 2 de abril de 2026.'],
  ['fr', 'Elle se renouvelle d’elle-même le 2 avril 2026.'],
  ['ja', '2026年4月2日に自動で更新されます。'],
  ['pt-BR', 'Renova-se sozinho em 2 de abril de 2026.'],
  ['en-GB', 'It renews by itself on 2 April 2026.'],
  ['tlh', 'It renews by itself on April 2, 2026.'],
  ['no such locale!', 'It renews by itself on April 2, 2026.'],
  [null, 'It renews by itself on April 2, 2026.'],
])('dates in %s are as its sentences are', (locale, sentence) => {
  const reading = { ...READING, words: words.for(locale), locale };
  const { lines } = statusCard(status([held({ renewsAt: day('2026-04-02') })]), reading);
  expect(lines[0]).toContain(sentence);
});

const place = { plan: 'Premium', place: 'Oak School', until: day('2026-04-02') };

test.each<[NoticeKind, RegExp]>([
  ['begun', /^Premium is on from now\. Thank you! It renews by itself on April 2, 2026\.$/],
  ['trial_ending', /^The trial of Premium ends on April 2, 2026\./],
  ['past_due', /goes on until April 2, 2026/],
  ['grace_over', /^The payment for Premium failed too often/],
  ['recovered', /went through after all/],
  ['ending', /^Premium was canceled, and goes on until April 2, 2026\.$/],
  ['ended', /^Premium has ended\./],
  ['paused', /no card to charge/],
  ['disputed', /disputed/],
  ['refunded', /given back/],
  ['kicked', /^I was removed, and Premium is still paid for\./],
  ['moved', /^Premium is used in another place/],
])('the notice %s', (kind, text) => {
  const alone = noticeText({ ...place, kind }, READING, { command: null, named: false });
  expect(alone).toMatch(text);
  expect(alone).not.toMatch(/\{\{|undefined/);
  expect(noticeText({ ...place, kind }, READING, { command: '/x billing', named: true })).toBe(
    `Oak School: ${alone} /x billing shows how things stand, and what can be done.`,
  );
});

test('a subscription that begins without a date says none', () => {
  const begun = { ...place, kind: 'begun' as const, until: null };
  expect(noticeText(begun, READING, { command: null, named: false })).toBe('Premium is on from now. Thank you!');
});

test('what may be done: subscribe, or move what is paid for elsewhere', () => {
  const elsewhere = [{ workspaceId: 'w', workspace: '77', name: 'Elm School' }];
  expect(offersOf(status([], { elsewhere, hasPortal: true }), words.for('en'))).toEqual({
    subscribe: [
      { plan: 'premium', label: 'Subscribe: Premium' },
      { plan: 'voice', label: 'Subscribe: Premium with voice' },
    ],
    portal: 'Cards, bills, canceling…',
    moves: [{ workspace: '77', label: 'Use it here: Elm School' }],
    notices: 'Channel for news of the subscription',
  });
});

test('what was bought by card is changed on its page; beside what was bought in Discord, only better can be', () => {
  const elsewhere = [{ workspaceId: 'w', workspace: '77', name: 'Elm School' }];
  const byCard = offersOf(status([held({ status: 'unpaid' })], { elsewhere, hasPortal: true }), words.for('en'));
  expect(byCard).toMatchObject({ subscribe: [], moves: [], portal: expect.any(String) });
  const inDiscord = offersOf(status([held({ source: 'discord' })]), words.for('en'));
  expect(inDiscord.subscribe.map(({ plan }) => plan)).toEqual(['voice']);
});

test('a link says what it is for', () => {
  const say = words.for('en');
  expect(pageWords({ kind: 'checkout', url: 'https://x' }, say).label).toBe('Subscribe at Stripe');
  expect(pageWords({ kind: 'portal', url: 'https://x' }, say).text).toMatch(/for you alone/);
});

test.each([
  ['away', 'payments_away', /could not reach Stripe just now/],
  ['refused', 'payments_refused', /asking again will not help/],
] as const)('a failure that is %s', (reason, code, message) => {
  const heard: SourceFailure[] = [];
  const failure = { ok: false, reason, detail: 'secret' } as const;
  expect(() => orRefuse(failure, words.for('en'), (each) => heard.push(each))).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
  expect(heard).toEqual([failure]);
});

test('what was asked for and came is handed on', () => {
  const heard: SourceFailure[] = [];
  expect(orRefuse({ ok: true, value: 7 }, words.for('en'), (each) => heard.push(each))).toBe(7);
  expect(heard).toEqual([]);
});

test.each(['moved', 'not_theirs', 'taken'] as const)('moving it here: %s', (moved) => {
  expect(movedWords(moved, words.for('en'))).toMatch(/\.$/);
});
