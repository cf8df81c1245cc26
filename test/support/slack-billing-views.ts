import fc from 'fast-check';
import type { BillingContent } from '../../src/bots/slack/interactions/billing-view.ts';
import type { Translate } from '../../src/bots/words.ts';
import { entitled, type Held } from '../../src/core/billing/entitled.ts';
import { type Plan, type Plans, UNLIMITED } from '../../src/core/billing/plans.ts';
import type { SubscriptionStatus } from '../../src/core/billing/sources.ts';
import { someText } from './slack-surface.ts';

/** What a workspace may have and pay, whatever it is called. */

const STATUSES: readonly SubscriptionStatus[] = [
  ...(['trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled', 'incomplete'] as const),
  ...(['disputed', 'refunded'] as const),
];

const title = fc.oneof(someText, fc.string({ minLength: 1 })).map((text) => text.slice(0, 60) || '-');
const most = fc.option(fc.nat());
const limits = fc.record({ lessonsPerMonth: most, lessonsAtOnce: most, voiceMinutesPerMonth: most });
const date = fc.option(fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }));

const plans: fc.Arbitrary<Plans> = fc
  .tuple(fc.array(fc.tuple(title, limits), { minLength: 1, maxLength: 30 }), fc.nat(60))
  .map(([all, graceDays]) => {
    const [free, ...paid] = all.map(([name, own], index): Plan => {
      const stripe = { lookupKeys: [`key-${index}`], prices: [], trialDays: 0 };
      const plan = { id: `plan-${index}`, title: name, limits: { ...UNLIMITED, ...own } };
      return index === 0 ? plan : { ...plan, stripe };
    });
    if (!free) throw new Error('no plan');
    return { graceDays, plans: [free, ...paid] };
  });

const held: fc.Arbitrary<Held> = fc.record({
  source: fc.constantFrom('stripe' as const, 'discord' as const),
  id: fc.uuid(),
  plan: fc.nat(30).map((n) => `plan-${n}`),
  status: fc.constantFrom(...STATUSES),
  ...{ owedSince: date, renewsAt: date, endsAt: date, trialEndsAt: date },
});

export function anyBilling(words: Translate, locale: string): fc.Arbitrary<BillingContent> {
  const now = new Date('2030-01-01');
  return fc
    .record({
      ...{ plans, held: fc.array(held, { maxLength: 8 }), hasPortal: fc.boolean() },
      used: fc.record({ lessons: fc.nat(), voiceMinutes: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      elsewhere: fc.array(fc.tuple(title, fc.string({ minLength: 1, maxLength: 20 })), { maxLength: 40 }),
      ...{ lessonsGoingOn: fc.nat(), notices: fc.option(fc.constant('C0NOTICES')) },
    })
    .map(({ plans: all, held: some, elsewhere, notices, ...rest }) => ({
      status: {
        ...{ ...rest, held: some, entitlement: entitled(some, all, now) },
        sold: { byCard: all.plans.slice(1), inDiscord: [] },
        elsewhere: elsewhere.map(([name, workspace]) => ({ workspaceId: workspace, workspace, name })),
      },
      ...{ notices, reading: { plans: all, now, words, locale } },
    }));
}
