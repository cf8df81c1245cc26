import { join } from 'node:path';
import type { Entitlements } from '../../src/core/billing/entitlements.ts';
import { type Limits, loadPlans, type Plans, UNLIMITED } from '../../src/core/billing/plans.ts';
import { receiveEvent, type SettlingDeps } from '../../src/core/billing/settling.ts';
import type { Surface } from '../../src/core/ports.ts';
import type { Database } from '../../src/db/database.ts';
import { stripeWebhookApp } from '../../src/http/stripe-webhook.ts';
import { createLogger } from '../../src/log.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { openStripe, type StripeAccount } from './stripe.ts';

/** Billing between a database and the twin of Stripe, which posts to the webhook's real app. */

const PLANS_FILE = join(import.meta.dirname, '../../plans.yaml');

export const plans: Plans = await loadPlans(PLANS_FILE);

/** Every workspace has the first plan, with these limits and no other. */
export const limitedTo = (limits: Partial<Limits>): Entitlements => ({
  plans,
  of: async () => ({ plan: plans.plans[0], source: null, limits: { ...UNLIMITED, ...limits }, from: null }),
});

export interface BillingDesk extends StripeAccount {
  deps: SettlingDeps & { publicUrl: string; payments: NonNullable<SettlingDeps['payments']> };
}

/** Time is the twin's. */
export async function openBillingDesk(
  db: Database,
  { surfaces = [], ...more }: { surfaces?: readonly Surface[] } & Parameters<typeof openStripe>[0] = {},
): Promise<BillingDesk> {
  const account = await openStripe(more);
  const { twin, payments } = account;
  const log = createLogger('silent');
  const deps = {
    ...{ db, plans, payments, log, queue: 'billing', publicUrl: 'https://tutor.example' },
    now: () => new Date(twin.now() * 1000),
    surfaces: new Map(surfaces.map((surface) => [surface.platform, surface])),
    nudger: { nudge: async () => {} },
    telemetry: SILENT,
  };
  const app = stripeWebhookApp({ payments, receiveEvent: (event) => receiveEvent(deps, event), log });
  twin.listenTo('http://tutor.example/', { via: (request) => app.fetch(request) });
  return { ...account, deps };
}
