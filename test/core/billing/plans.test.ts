import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { entitled, graceEnd, type Held } from '../../../src/core/billing/entitled.ts';
import { noticesOf } from '../../../src/core/billing/notices.ts';
import { loadPlans, planSoldAs, soldBy, UNLIMITED } from '../../../src/core/billing/plans.ts';
import type { SubscriptionStatus } from '../../../src/core/billing/sources.ts';
import { plans } from '../../support/billing.ts';

const NOW = new Date('2027-03-15T12:00:00Z');
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000);

function held(status: SubscriptionStatus, more: Partial<Held> = {}): Held {
  return {
    ...{ source: 'stripe', id: 'sub_1', plan: 'premium', status, owedSince: null, renewsAt: days(10) },
    ...{ endsAt: null, trialEndsAt: null },
    ...more,
  };
}

const planOf = (...all: Held[]) => entitled(all, plans, NOW).plan?.id;

describe('the file of plans', () => {
  const read = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'plans-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'plans.yaml');
    await writeFile(file, text);
    return loadPlans(file);
  };
  const limits = Object.entries(UNLIMITED)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
  const plan = (id: string, more = '') => `  - { id: ${id}, title: ${id}, limits: { ${limits} }${more} }\n`;

  test('that comes with the program sells two plans by card, and begins with one for nothing', () => {
    expect(plans.plans[0].stripe).toBeUndefined();
    expect(soldBy(plans, 'stripe').map(({ id }) => id)).toEqual(['premium', 'voice']);
    expect(soldBy(plans, 'discord')).toEqual([]);
    expect(planSoldAs(plans, ['price_1', 'threadtutor_voice'])?.id).toBe('voice');
    expect(planSoldAs(plans, ['something else'])).toBeNull();
  });

  test.each([
    ['no plan', 'graceDays: 7\nplans: []', 'plans'],
    ['a limit too few', 'graceDays: 7\nplans:\n  - { id: free, title: Free, limits: {} }', 'lessonsPerMonth'],
    ['nobody pays nothing', `graceDays: 7\nplans:\n${plan('gold', ', stripe: { lookupKeys: [a] }')}`, 'no price'],
    [
      'one price for two',
      `graceDays: 7\nplans:\n${plan('free')}${plan('a', ', stripe: { lookupKeys: [k] }')}${plan('b', ', stripe: { lookupKeys: [k] }')}`,
      '"k" belongs to two plans',
    ],
    ['no YAML', 'plans: [', 'cannot be read'],
  ])('is refused with a sentence that names the file: %s', async (_, text, sentence) => {
    const error = await read(text).then(
      () => null,
      (thrown) => thrown,
    );
    expect(error?.name).toBe('SetupError');
    expect(error.message).toContain(sentence);
    expect(error.message).toContain('plans.yaml');
  });
});

describe('what is held', () => {
  test.each<[SubscriptionStatus, Partial<Held>, string]>([
    ['trialing', {}, 'premium'],
    ['active', {}, 'premium'],
    ['active', { endsAt: days(3) }, 'premium'],
    ['active', { endsAt: days(-1) }, 'free'],
    ['past_due', { owedSince: days(-6) }, 'premium'],
    ['past_due', { owedSince: days(-8) }, 'free'],
    ['unpaid', {}, 'free'],
    ['paused', {}, 'free'],
    ['canceled', { endsAt: days(-1) }, 'free'],
    ['incomplete', {}, 'free'],
    ['disputed', {}, 'free'],
    ['refunded', {}, 'free'],
  ])('%s %o is worth %s', (status, more, plan) => {
    expect(planOf(held(status, more))).toBe(plan);
  });

  test('of two the better one counts, and of the same the one that lasts longer', () => {
    const bought = held('active', { endsAt: days(5) });
    expect(planOf(bought, held('active', { plan: 'voice', source: 'discord', id: '9' }))).toBe('voice');
    expect(planOf(bought, held('canceled', { plan: 'voice', id: 'sub_2', endsAt: days(-1) }))).toBe('premium');
    const lasting = held('active', { source: 'discord', id: '9' });
    expect(entitled([bought, lasting], plans, NOW).from?.id).toBe('9');
    expect(entitled([lasting, bought], plans, NOW).from?.id).toBe('9');
  });

  test('a plan that is not sold any more is worth the least that is paid for', () => {
    expect(planOf(held('active', { plan: 'gold' }))).toBe('premium');
  });
});

describe('what admins are told', () => {
  const kinds = (now: Held, before: Held | null = null, at = NOW) =>
    noticesOf(now, before, plans, at).map(({ kind }) => kind);
  const owing = held('past_due', { owedSince: days(-2) });

  test.each<[string, Held, Held | null, string[]]>([
    ['it begins', held('active'), null, ['begun']],
    ['a trial is young', held('trialing', { trialEndsAt: days(10) }), null, ['begun']],
    ['a trial ends soon', held('trialing', { trialEndsAt: days(2) }), null, ['begun', 'trial_ending']],
    [
      'a trial was canceled',
      held('trialing', { trialEndsAt: days(2), endsAt: days(2), renewsAt: null }),
      null,
      ['begun', 'ending'],
    ],
    ['a payment fails', owing, held('active'), ['past_due']],
    ['grace is over', held('past_due', { owedSince: days(-8) }), owing, ['grace_over']],
    ['it is given up', held('unpaid'), owing, ['grace_over']],
    ['it stays given up', held('unpaid'), held('unpaid'), []],
    ['it is paid after all', held('active'), owing, ['begun', 'recovered']],
    ['it is canceled', held('active', { endsAt: days(9), renewsAt: null }), held('active'), ['begun', 'ending']],
    ['it is over', held('canceled', { endsAt: days(-1) }), held('active'), ['ended']],
    ['it was over long ago', held('canceled', { endsAt: days(-100) }), null, []],
    ['nobody pays after the trial', held('paused'), held('trialing'), ['paused']],
    ['the money is taken back', held('disputed'), held('active'), ['disputed']],
    ['the money is given back', held('refunded'), held('active'), ['refunded']],
    ['that lasts into the next period', held('refunded', { renewsAt: days(40) }), held('refunded'), []],
    ['the first payment is missing', held('incomplete'), null, []],
  ])('when %s', (_, now, before, expected) => {
    expect(kinds(now, before)).toEqual(expected);
  });

  test('has one name for each thing that happened, so that it is told once', () => {
    const names = (each: Held, before: Held | null) => noticesOf(each, before, plans, NOW).map(({ name }) => name);
    expect(names(owing, held('active'))).toEqual(names(owing, owing));
    const again = held('past_due', { owedSince: days(-1) });
    expect(names(again, null)).not.toEqual(names(owing, null));
    const [refunded, later] = [held('refunded'), held('refunded', { renewsAt: days(70) })];
    expect(names(refunded, held('active'))).not.toEqual(names(later, held('active')));
    // It was to end at midnight, and ended some seconds later.
    const [over, ended] = [held('active', { endsAt: days(-1) }), held('canceled', { endsAt: days(-0.999) })];
    expect(names(over, held('active'))).toEqual(names(ended, over));
    expect(noticesOf(owing, null, plans, NOW)[0]?.data.until).toBe(graceEnd(owing, plans).toISOString());
  });
});
