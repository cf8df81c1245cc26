import Stripe from 'stripe';
import type { CheckoutWanted, PaidCheckout, Payments, Subscription } from '../../core/billing/sources.ts';
import { idOf } from './client.ts';
import { orNull } from './failures.ts';

/** The pages of Stripe's that people are sent to. Whatever fails is thrown. */

/** What Stripe's pages speak. */
const LOCALES = [
  ...['bg', 'cs', 'da', 'de', 'el', 'en', 'en-GB', 'es', 'es-419', 'et', 'fi', 'fil', 'fr', 'fr-CA', 'hi-IN', 'hr'],
  ...['hu', 'id', 'it', 'ja', 'ko', 'lt', 'lv', 'ms', 'mt', 'nb', 'nl', 'pl', 'pt', 'pt-BR', 'ro', 'ru', 'sk', 'sl'],
  ...['sv', 'th', 'tr', 'vi', 'zh', 'zh-HK', 'zh-TW'],
];
/** Stripe takes no more lookup keys in one question. */
const LOOKUP_KEYS = 10;

/**
 * Stripe gives the same customer for the same key only if the rest is the same too, and the name may change between two
 * wishes: it is set afterwards.
 */
export async function createCustomer(
  client: Stripe,
  { key, platform, id, name }: Parameters<Payments['createCustomer']>[0],
): Promise<string> {
  const metadata = metadataOf({ platform, id });
  const customer = await client.customers.create({ metadata }, { idempotencyKey: `customer-${key}` });
  if (customer.name !== name) await client.customers.update(customer.id, { name });
  return customer.id;
}

/** One that was deleted is shown, too. */
export async function hasCustomer(client: Stripe, id: string): Promise<boolean> {
  const customer = await orNull(client.customers.retrieve(id));
  return customer !== null && !customer.deleted;
}

export async function openCheckout(
  client: Stripe,
  wanted: CheckoutWanted,
): Promise<{ id: string; url: string } | null> {
  const { data } = await client.prices.list({ lookup_keys: [wanted.lookupKey], active: true, limit: 1 });
  const [price] = data;
  if (!price) return null;
  const { id, url } = await client.checkout.sessions.create(sessionFor(wanted, price.id));
  if (!url) throw new Error('a checkout session has no address');
  return { id, url };
}

function sessionFor(wanted: CheckoutWanted, price: string): Stripe.Checkout.SessionCreateParams {
  const { customer, workspace, reference, trialDays, doneUrl, cancelUrl, locale } = wanted;
  const metadata = metadataOf(workspace);
  const trial = {
    trial_period_days: trialDays,
    // Nobody is charged who gave no card.
    trial_settings: { end_behavior: { missing_payment_method: 'cancel' as const } },
  };
  return {
    mode: 'subscription',
    customer,
    client_reference_id: reference,
    line_items: [{ price, quantity: 1 }],
    metadata,
    subscription_data: { metadata, ...(trialDays > 0 && trial) },
    payment_method_collection: 'if_required',
    allow_promotion_codes: true,
    success_url: doneUrl,
    cancel_url: cancelUrl,
    locale: localeOf(locale),
  };
}

export function localeOf(wish: string | null): Stripe.Checkout.SessionCreateParams.Locale {
  const [language] = wish?.split('-') ?? [];
  return (
    LOCALES.find((each) => each === wish) ??
    LOCALES.find((each) => each === language) ??
    LOCALES.find((each) => each.startsWith(`${language}-`)) ??
    'auto'
  );
}

export function metadataOf({ platform, id }: Subscription['workspace']): Record<string, string> {
  return { platform, workspace: id };
}

/** Null: there is no such page, or nobody has paid on it. */
export async function paidCheckout(client: Stripe, id: string): Promise<PaidCheckout | null> {
  const session = await orNull(client.checkout.sessions.retrieve(id));
  const [customer, subscription] = [idOf(session?.customer), idOf(session?.subscription)];
  if (!session?.client_reference_id || session.status !== 'complete' || !customer || !subscription) return null;
  return { reference: session.client_reference_id, customer, subscription };
}

export async function closeCheckouts(client: Stripe, customer: string): Promise<null> {
  const { data } = await client.checkout.sessions.list({ customer, status: 'open', limit: 100 });
  await Promise.all(data.map(({ id }) => close(client, id)));
  return null;
}

/** Stripe refuses to close what is not open any more; then it is as it should be. */
async function close(client: Stripe, id: string): Promise<void> {
  try {
    await client.checkout.sessions.expire(id);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    const { status } = await client.checkout.sessions.retrieve(id);
    if (status === 'open') throw error;
  }
}

/** Those of them that no price has that could be sold. */
export async function missingPrices(client: Stripe, lookupKeys: readonly string[]): Promise<string[]> {
  const found = new Set<string | null>();
  for (let at = 0; at < lookupKeys.length; at += LOOKUP_KEYS) {
    const some = lookupKeys.slice(at, at + LOOKUP_KEYS);
    const { data } = await client.prices.list({ lookup_keys: [...some], active: true, limit: 100 });
    for (const { lookup_key: lookupKey } of data) found.add(lookupKey);
  }
  return lookupKeys.filter((key) => !found.has(key));
}
