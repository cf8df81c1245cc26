import type Stripe from 'stripe';
import type { StripeConfig } from '../../config/billing.ts';
import type { Asked } from '../../core/billing/sources.ts';
import { missingPrices } from './checkout.ts';
import { openClient } from './client.ts';
import { asked } from './failures.ts';

/** What the doctor asks of Stripe. Nothing is changed. */

/** What billing wants to hear of: each tells that a subscription may have changed. */
export const EVENT_TYPES = [
  'charge.dispute.closed',
  'charge.dispute.created',
  'charge.refunded',
  'checkout.session.completed',
  'customer.subscription.created',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.trial_will_end',
  'customer.subscription.updated',
  'invoice.paid',
  'invoice.payment_failed',
] as const;

interface Endpoint {
  isEnabled: boolean;
  /** Of EVENT_TYPES, those that it is not told of. */
  unheard: string[];
}

export interface StripeExamined {
  missingPrices(lookupKeys: readonly string[]): Promise<Asked<string[]>>;
  /** Null: Stripe posts nothing to that address. */
  endpointAt(url: string): Promise<Asked<Endpoint | null>>;
}

/** Somebody waits: one try each. */
export function examineStripe(config: StripeConfig, timeoutMs: number): StripeExamined {
  const client = openClient(config, { timeoutMs, retries: 0 });
  return {
    missingPrices: (lookupKeys) => asked(() => missingPrices(client, lookupKeys), undefined),
    endpointAt: (url) => asked(() => endpointAt(client, url), undefined),
  };
}

async function endpointAt(client: Stripe, url: string): Promise<Endpoint | null> {
  const { data } = await client.webhookEndpoints.list({ limit: 100 });
  const there = data.filter((endpoint) => endpoint.url === url).map(endpointFrom);
  return there.find(({ isEnabled }) => isEnabled) ?? there[0] ?? null;
}

function endpointFrom({ status, enabled_events: heard }: Stripe.WebhookEndpoint): Endpoint {
  const unheard = heard.includes('*') ? [] : EVENT_TYPES.filter((type) => !heard.includes(type));
  return { isEnabled: status === 'enabled', unheard };
}
