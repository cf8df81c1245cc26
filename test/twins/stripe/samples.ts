/** What the twin's own tests share: the real SDK against it, and servers that have subscribed. */
import Stripe from 'stripe';
import type { CardName } from './cards.ts';
import type { StripeTwin } from './twin.ts';

export function sdkOf(twin: StripeTwin, key = twin.apiKey): Stripe {
  return new Stripe(key, { ...twin.sdk, maxNetworkRetries: 0, telemetry: false });
}

export interface SubscribedOptions {
  price?: Stripe.Price;
  card?: CardName | null;
  trialDays?: number;
  /** When a trial ends without a card. */
  missing?: 'cancel' | 'create_invoice' | 'pause';
  metadata?: Record<string, string>;
}

/** A new customer who has gone through Checkout. */
export async function subscribed(twin: StripeTwin, options: SubscribedOptions = {}) {
  const { price = twin.addPrice(), card = 'good', trialDays, missing, metadata = {} } = options;
  const stripe = sdkOf(twin);
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'https://tutor.example/done?session={CHECKOUT_SESSION_ID}',
    payment_method_collection: card === null ? 'if_required' : 'always',
    subscription_data: {
      metadata,
      ...(trialDays !== undefined && { trial_period_days: trialDays }),
      ...(missing && { trial_settings: { end_behavior: { missing_payment_method: missing } } }),
    },
  });
  const completion = twin.complete(session.id, { card });
  if (!completion.ok) throw new Error(`declined: ${completion.declineCode}`);
  const { customer, subscription } = completion;
  const read = (expand: string[] = []) => stripe.subscriptions.retrieve(subscription, { expand });
  return { stripe, price, session, customer, subscription, read };
}

/** The types of the events since a moment, in the order in which they happened. */
export function typesSince(twin: StripeTwin, first: number): string[] {
  return twin.outbox.slice(first).map(({ event }) => event.type);
}
