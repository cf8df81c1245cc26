import { join } from 'node:path';
import { loadPlans, type Plans, soldBy } from '../core/billing/plans.ts';
import { receiveEvent, welcomeBack } from '../core/billing/settling.ts';
import type { SubscriptionSource } from '../core/billing/sources.ts';
import type { Routes } from '../http/server.ts';
import type { BillingOptions, Runtime } from '../runtime.ts';
import type { Base, StartRow } from './parts.ts';

/** What is sold here, as a role serves it. */

/** What comes with the program. */
export const PLANS = join(import.meta.dirname, '../../plans.yaml');

/** Null: nothing is sold, and everybody has everything. Throws SetupError. */
export async function openBilling(
  { config, log }: Pick<Base, 'config' | 'log'>,
  sources: readonly ((plans: Plans) => SubscriptionSource)[],
): Promise<BillingOptions | null> {
  const { plansFile, stripe } = config.billing;
  const plans = await loadPlans(plansFile ?? PLANS);
  const here = soldBy(plans, 'discord').length > 0 ? sources.map((open) => open(plans)) : [];
  if (!stripe && here.length === 0) {
    log.info('nothing is sold here: every server and workspace has everything (self_host)');
    return null;
  }
  const now = () => new Date();
  const common = { plans, sources: here, publicUrl: config.web.publicUrl ?? '', now };
  if (!stripe) return { ...common, payments: null };
  // Loaded only where it is used.
  const { stripePayments } = await import('../external/stripe/payments.ts');
  return { ...common, payments: stripePayments(stripe, { now: Date.now, log }) };
}

/** What Stripe posts, and where people come back to from it. */
export async function billingRoutes({ billing, log }: Runtime): Promise<Routes[]> {
  const payments = billing?.payments;
  if (!billing || !payments) return [];
  const [{ STRIPE_WEBHOOK_PATH, stripeWebhookApp }, { BILLING_PAGES_PATH, billingPages }] = await Promise.all([
    import('../http/stripe-webhook.ts'),
    import('../http/billing-pages.ts'),
  ]);
  const onDone = (session: string) => welcomeBack(billing, payments, session);
  return [
    [STRIPE_WEBHOOK_PATH, stripeWebhookApp({ payments, receiveEvent: (event) => receiveEvent(billing, event), log })],
    [BILLING_PAGES_PATH, billingPages({ onDone, log })],
  ];
}

export function billingRow(billing: BillingOptions | null): StartRow {
  const part = 'billing';
  if (!billing) {
    return { part, now: 'off: every server has everything', set: 'STRIPE_SECRET_KEY to sell plans (docs/billing.md)' };
  }
  const { payments, sources, plans } = billing;
  const how = [
    ...(payments ? [`Stripe${payments.isLive ? '' : ' in test mode'}`] : []),
    ...sources.map(() => 'Discord Premium Apps'),
  ];
  return { part, now: `${plans.plans.map(({ title }) => title).join(', ')}: ${how.join(', ')}` };
}
