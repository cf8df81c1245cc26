import { z } from 'zod';

/** Billing's part of the environment. */

export interface BillingConfig {
  /** What is sold, and what everybody has; null: the plans.yaml that comes with the program. */
  plansFile: string | null;
  /** Null: nothing is sold by card. */
  stripe: StripeConfig | null;
}

export interface StripeConfig {
  /** Secret or restricted; its prefix says whether the money is real. */
  secretKey: string;
  /** Any of them may have signed a webhook: while one takes another's place, both do. */
  webhookSecrets: readonly string[];
  /** Scheme, host and port. Null: Stripe's own. */
  apiUrl: string | null;
}

const KEY = /^[sr]k_(?:test|live)_\w{8,}$/;
const KEY_FORM =
  'must be a secret or restricted key of Stripe, which begins with sk_test_, sk_live_, rk_test_ or rk_live_';
const PUBLISHABLE = 'must be the secret key, not the publishable one, which everybody may see';
const SWAPPED = 'must be the secret key of your account, not the signing secret of a webhook';
const WEBHOOK_SECRET = /^whsec_[\w+/=-]{8,}$/;
const WEBHOOK_FORM =
  'must be the signing secret of your webhook endpoint, which begins with whsec_, or several with commas between them';
const API_FORM = 'must be an http(s) URL with nothing after its host and port';

const secretKey = z.string().transform((text, context) => {
  if (KEY.test(text)) return text;
  const message = text.startsWith('pk_') ? PUBLISHABLE : text.startsWith('whsec_') ? SWAPPED : KEY_FORM;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const webhookSecrets = z.string().transform((text, context) => {
  const each = text
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean);
  if (each.length > 0 && each.every((secret) => WEBHOOK_SECRET.test(secret))) return Object.freeze(each);
  context.addIssue({ code: 'custom', message: WEBHOOK_FORM });
  return z.NEVER;
});

/** Stripe's client knows a host, and no path before its own. */
const apiUrl = z.url({ protocol: /^https?$/, error: API_FORM }).transform((text, context) => {
  const { origin, pathname, search, hash, username, password } = new URL(text);
  if (pathname === '/' && !search && !hash && !username && !password) return origin;
  context.addIssue({ code: 'custom', message: API_FORM });
  return z.NEVER;
});

/** A part of the environment's schema. */
export const billingVariables = {
  STRIPE_SECRET_KEY: secretKey.optional(),
  STRIPE_WEBHOOK_SECRET: webhookSecrets.optional(),
  STRIPE_API_URL: apiUrl.optional(),
  PLANS_FILE: z.string().optional(),
};

type Given = Readonly<Record<string, string | undefined>>;

/** What is missing, or too much: one sentence each. Where nothing is set but an address, nothing is missing. */
export function billingComplaints(given: Given): string[] {
  const { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: secret, PUBLIC_URL: publicUrl } = given;
  if (!key && !secret) return [];
  if (!key) return ['STRIPE_WEBHOOK_SECRET is of no use alone: set STRIPE_SECRET_KEY too, or unset it.'];
  const complaints: string[] = [];
  if (!secret) {
    complaints.push(
      'STRIPE_WEBHOOK_SECRET is needed to know of payments: set it to the signing secret of your webhook endpoint in Stripe.',
    );
  }
  if (!publicUrl) {
    complaints.push('PUBLIC_URL is needed to sell by card: set it to where browsers and Stripe reach this server.');
  } else if (key.includes('_live_') && publicUrl.startsWith('http:')) {
    complaints.push('PUBLIC_URL must begin with https:// where the money is real: Stripe sends nobody to another.');
  }
  return complaints;
}

const variables = z.object(billingVariables);

/** Only for what `billingComplaints` has nothing to say about. */
export function billingConfig(env: z.infer<typeof variables>): BillingConfig {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecrets } = env;
  return Object.freeze({
    plansFile: env.PLANS_FILE ?? null,
    stripe:
      secretKey && webhookSecrets
        ? Object.freeze({ secretKey, webhookSecrets, apiUrl: env.STRIPE_API_URL ?? null })
        : null,
  });
}
