import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StripeConfig } from '../../src/config/billing.ts';
import { EVENT_TYPES } from '../../src/external/stripe/examined.ts';
import { examineBilling } from '../../src/roles/stripe-doctor.ts';
import { makeDataDir } from '../support/program.ts';
import { openStripe, type StripeAccount } from '../support/stripe.ts';
import type { Fault } from '../twins/faults.ts';

const PUBLIC = 'https://tutor.example';
const URL = `${PUBLIC}/stripe/webhook`;

/** As Stripe lists them. */
function endpoints(...given: { url?: string; status?: string; enabled_events?: readonly string[] }[]): Fault {
  const data = given.map((each, index) => {
    const endpoint = { id: `we_${index}`, object: 'webhook_endpoint', url: URL, status: 'enabled' };
    return { ...endpoint, enabled_events: EVENT_TYPES, ...each };
  });
  return { status: 200, body: { object: 'list', data, has_more: false, url: '/v1/webhook_endpoints' } };
}

/** The doctor's findings, as they are printed; `answer` is Stripe's about its endpoints. */
async function consult(
  { twin }: StripeAccount,
  { answer = endpoints({}), ...more }: { answer?: Fault; plansFile?: string } & Partial<StripeConfig> = {},
) {
  twin.faults.onRequest(({ path }) => (path === '/v1/webhook_endpoints' ? answer : null));
  const config = { secretKey: twin.apiKey, webhookSecrets: [twin.webhookSecret], apiUrl: twin.url, ...more };
  const found = await examineBilling({ plansFile: more.plansFile ?? null }, config, PUBLIC);
  return found.map(({ ok, what, fix }) => `${ok ? '✓' : '✗'} ${what}${fix ? ` ${fix}` : ''}`);
}

const MODE = '✓ Stripe takes the key, in test mode: nobody pays with real money.';
const PRICES = '✓ Every plan that is sold by card has its price.';

describe('the doctor', () => {
  test('finds an account that is set up well, and tells its mode', async () => {
    expect(await consult(await openStripe())).toEqual([MODE, PRICES, `✓ Stripe tells of payments at ${URL}.`]);
    const [mode] = await consult(await openStripe({ livemode: true }));
    expect(mode).toBe('✓ Stripe takes the key, in live mode: the money is real.');
  });

  test('names the lookup keys that have no price', async () => {
    const account = await openStripe();
    await account.sdk.prices.update(account.voice.id, { active: false });
    expect((await consult(account))[1]).toBe(
      '✗ No active price has the lookup key threadtutor_voice. Give a recurring price this lookup key in Stripe, in the mode of your key, or correct the plans.',
    );
  });

  test.each<[string, Fault, string]>([
    [
      'none',
      endpoints({ url: 'https://other.example/stripe/webhook' }),
      `✗ Stripe has no webhook endpoint for ${URL}. Add one there, in the mode of your key.`,
    ],
    [
      'one that is disabled',
      endpoints({ status: 'disabled' }),
      `✗ The webhook endpoint for ${URL} is disabled. Enable it in Stripe.`,
    ],
    [
      'one that is told too little',
      endpoints({ enabled_events: EVENT_TYPES.filter((type) => !/refunded|paid/.test(type)) }),
      `✗ The webhook endpoint for ${URL} is not told of: charge.refunded, invoice.paid. Add these events to it in Stripe.`,
    ],
    ['one that is told everything', endpoints({ enabled_events: ['*'] }), `✓ Stripe tells of payments at ${URL}.`],
    ['an old one beside it', endpoints({ status: 'disabled' }, {}), `✓ Stripe tells of payments at ${URL}.`],
    [
      'what the key may not see',
      { status: 403, body: { error: { type: 'invalid_request_error', message: 'no' } } },
      `✓ The key may not list webhook endpoints: whether Stripe tells of payments is not known. Look in Stripe whether there is one for ${URL}.`,
    ],
  ])('looks for the webhook endpoint, and finds %s', async (_, answer, sentence) => {
    expect(await consult(await openStripe(), { answer })).toEqual([MODE, PRICES, sentence]);
  });

  test('tells of a key that is refused, and of a Stripe that is away, without the key', async () => {
    const account = await openStripe();
    const secretKey = 'sk_test_51AbCdEfGhIjKlMn';
    const refused = await consult(account, { secretKey });
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/^✗ Stripe refuses the key: .*\(401.*\)\. Copy STRIPE_SECRET_KEY again/);
    expect(refused[0]).not.toContain(secretKey);
    const away = await consult(account, { apiUrl: 'http://127.0.0.1:1' });
    expect(away).toHaveLength(1);
    expect(away[0]).toMatch(/^✗ Stripe does not answer: .*\. Start what STRIPE_API_URL leads to, or correct or unset/);
  });

  test('tells of plans that cannot be read, and of such that sell nothing', async () => {
    const account = await openStripe();
    const dataDir = await makeDataDir();
    const plansFile = join(dataDir, 'plans.yaml');
    expect((await consult(account, { plansFile }))[0]).toMatch(/^✗ The plans cannot be read .*unset PLANS_FILE\.$/);
    const limits = ['lessonsPerMonth', 'turnsPerLesson', 'lessonsAtOnce', 'voiceMinutesPerMonth', 'codeRunsPerMonth'];
    const free = { id: 'free', title: 'Free', limits: { model: 'small', materials: null } };
    Object.assign(free.limits, Object.fromEntries(limits.map((name) => [name, null])));
    await writeFile(plansFile, JSON.stringify({ graceDays: 7, plans: [free] }));
    expect((await consult(account, { plansFile }))[1]).toMatch(/^✗ No plan has a price\. Give a plan of PLANS_FILE/);
  });
});
