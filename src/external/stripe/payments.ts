import type Stripe from 'stripe';
import type { StripeConfig } from '../../config/billing.ts';
import type { Asked, Payments, Subscription } from '../../core/billing/sources.ts';
import type { Logger } from '../../log.ts';
import {
  closeCheckouts,
  createCustomer,
  hasCustomer,
  metadataOf,
  missingPrices,
  openCheckout,
  paidCheckout,
} from './checkout.ts';
import { isLiveKey, isPresent, openClient } from './client.ts';
import { asked, orNull } from './failures.ts';
import { ownerOf } from './owners.ts';
import { EXPANDED, subscriptionFrom } from './subscriptions.ts';
import { readWebhook } from './webhooks.ts';

export interface StripeOptions {
  /** In milliseconds. */
  now(): number;
  log?: Pick<Logger, 'error'>;
  /** Of one request, of which there may be three. */
  timeoutMs?: number;
}

/** What is asked for at the same time when all are asked for: Stripe's test mode takes 25 requests a second. */
const AT_ONCE = 4;

/** Stripe as Payments. */
export function stripePayments(config: StripeConfig, { now, log, timeoutMs }: StripeOptions): Payments {
  const client = openClient(config, { timeoutMs });
  const ask = <Result>(what: () => Promise<Result>) => asked(what, log);
  return {
    name: 'stripe',
    isLive: isLiveKey(config.secretKey),
    read: (body, signature) => readWebhook(client, { body, signature }, { secrets: config.webhookSecrets, now: now() }),
    fetch: (id) => ask(() => fetchOne(client, id)),
    all: () => pages(client, ask),
    subscriptionOf: (object) => ask(() => ownerOf(client, object)),
    createCustomer: (workspace) => ask(() => createCustomer(client, workspace)),
    hasCustomer: (customer) => ask(() => hasCustomer(client, customer)),
    checkoutOf: (id) => ask(() => paidCheckout(client, id)),
    async openCheckout(wanted) {
      const opened = await ask(() => openCheckout(client, wanted));
      if (!opened.ok) return opened;
      if (opened.value) return { ok: true, value: opened.value };
      return { ok: false, reason: 'refused', detail: `no active price has the lookup key ${wanted.lookupKey}` };
    },
    closeCheckouts: (customer) => ask(() => closeCheckouts(client, customer)),
    openPortal: (customer, returnUrl) =>
      ask(async () => (await client.billingPortal.sessions.create({ customer, return_url: returnUrl })).url),
    retarget: (subscription, workspace) =>
      ask(async () => {
        await client.subscriptions.update(subscription, { metadata: metadataOf(workspace) });
        return null;
      }),
    missingPrices: (lookupKeys) => ask(() => missingPrices(client, lookupKeys)),
  };
}

async function fetchOne(client: Stripe, id: string): Promise<Subscription | null> {
  const found = await orNull(client.subscriptions.retrieve(id, { expand: EXPANDED }));
  return found && subscriptionFrom(client, found);
}

type Ask = <Result>(what: () => Promise<Result>) => Promise<Asked<Result>>;

async function* pages(client: Stripe, ask: Ask): AsyncGenerator<Asked<readonly Subscription[]>> {
  let after: string | null = null;
  do {
    const page: Asked<Stripe.ApiList<Stripe.Subscription>> = await ask(() => pageOf(client, after));
    if (!page.ok) return yield page;
    const { data, has_more: hasMore } = page.value;
    const ours = await ask(() => subscriptionsFrom(client, data));
    yield ours;
    if (!ours.ok) return;
    after = hasMore ? (data.at(-1)?.id ?? null) : null;
  } while (after !== null);
}

function pageOf(client: Stripe, after: string | null): Promise<Stripe.ApiList<Stripe.Subscription>> {
  const expand = EXPANDED.map((name) => `data.${name}`);
  return client.subscriptions.list({ status: 'all', limit: 100, expand, ...(after && { starting_after: after }) });
}

async function subscriptionsFrom(client: Stripe, given: readonly Stripe.Subscription[]): Promise<Subscription[]> {
  const found: Subscription[] = [];
  for (let at = 0; at < given.length; at += AT_ONCE) {
    const some = given.slice(at, at + AT_ONCE).map((each) => subscriptionFrom(client, each));
    found.push(...(await Promise.all(some)).filter(isPresent));
  }
  return found;
}
