import Stripe from 'stripe';
import { expect, onTestFinished } from 'vitest';
import type { Asked, CheckoutWanted, Payments } from '../../src/core/billing/sources.ts';
import { stripePayments } from '../../src/external/stripe/payments.ts';
import type { CardName } from '../twins/stripe/cards.ts';
import { type StripeTwin, type StripeTwinOptions, startStripeTwin } from '../twins/stripe/twin.ts';

/** An account with two prices, our way to it, and Stripe's own. */
export interface StripeAccount {
  twin: StripeTwin;
  payments: Payments;
  /** As the account's owner has it. */
  sdk: Stripe;
  premium: Stripe.Price;
  voice: Stripe.Price;
}

export const SCHOOL = { platform: 'discord', id: '41771983423143937' } as const;

export async function openStripe(options: StripeTwinOptions & { timeoutMs?: number } = {}): Promise<StripeAccount> {
  const twin = await startStripeTwin(options);
  onTestFinished(async () => {
    await twin.close();
    expect(twin.unknown).toEqual([]);
  });
  const config = { secretKey: twin.apiKey, webhookSecrets: [twin.webhookSecret], apiUrl: twin.url };
  const { timeoutMs = 5_000 } = options;
  return {
    twin,
    payments: stripePayments(config, { now: Date.now, timeoutMs }),
    sdk: new Stripe(twin.apiKey, { ...twin.sdk, telemetry: false }),
    premium: twin.addPrice({ product: 'Premium', lookupKey: 'threadtutor_premium', amount: 500 }),
    voice: twin.addPrice({ product: 'Voice', lookupKey: 'threadtutor_voice', amount: 1_500 }),
  };
}

/** What was answered; fails the test where nothing was. */
export function valueIn<Value>(asked: Asked<Value>): Value {
  if (!asked.ok) throw new Error(`${asked.reason}: ${asked.detail}`);
  return asked.value;
}

export function wantedBy(customer: string, more: Partial<CheckoutWanted> = {}): CheckoutWanted {
  return {
    customer,
    workspace: SCHOOL,
    reference: 'wish-1',
    lookupKey: 'threadtutor_premium',
    trialDays: 0,
    doneUrl: 'https://tutor.example/billing/done?session={CHECKOUT_SESSION_ID}',
    cancelUrl: 'https://tutor.example/billing/canceled',
    locale: null,
    ...more,
  };
}

/** Somebody pays for the school, on Stripe's page. */
export async function subscribe(
  { twin, payments }: Pick<StripeAccount, 'twin' | 'payments'>,
  { card = 'good', ...wanted }: Partial<CheckoutWanted> & { card?: CardName | null } = {},
): Promise<{ id: string; customer: string; session: string }> {
  const workspace = wanted.workspace ?? SCHOOL;
  const key = `${workspace.platform}:${workspace.id}`;
  const customer = valueIn(await payments.createCustomer({ key, ...workspace, name: 'School' }));
  const { id: session } = valueIn(await payments.openCheckout(wantedBy(customer, wanted)));
  const completion = twin.complete(session, { card });
  if (!completion.ok) throw new Error(`the card was not taken: ${completion.declineCode}`);
  return { id: completion.subscription, customer, session };
}
