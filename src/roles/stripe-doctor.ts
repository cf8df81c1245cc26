import type { Finding } from '../bots/finding.ts';
import type { BillingConfig, StripeConfig } from '../config/billing.ts';
import { loadPlans, type Plans, soldBy } from '../core/billing/plans.ts';
import type { SourceFailure } from '../core/billing/sources.ts';
import { SetupError } from '../errors.ts';
import { isLiveKey } from '../external/stripe/client.ts';
import { examineStripe, type StripeExamined } from '../external/stripe/examined.ts';
import { STRIPE_WEBHOOK_PATH } from '../http/stripe-webhook.ts';
import { PLANS } from './billing.ts';

/** Tells what stands between people and their subscriptions, and what to do about it. No finding has a secret in it. */

/** Somebody waits for the report. */
const STRIPE_MS = 10_000;

export async function examineBilling(
  { plansFile }: Pick<BillingConfig, 'plansFile'>,
  stripe: StripeConfig,
  publicUrl: string | null,
): Promise<Finding[]> {
  const read = await readPlans(plansFile ?? PLANS);
  if (!read.ok) return read.findings;
  const lookupKeys = soldBy(read.plans, 'stripe').flatMap(({ stripe }) => stripe?.lookupKeys ?? []);
  const examined = examineStripe(stripe, STRIPE_MS);
  const missing = await examined.missingPrices(lookupKeys.length > 0 ? lookupKeys : ['-']);
  if (!missing.ok) return [failure(missing, stripe)];
  return [
    mode(stripe),
    lookupKeys.length > 0 ? prices(missing.value) : NOTHING_SOLD,
    ...(publicUrl === null ? [] : [await endpoint(examined, stripe, `${publicUrl}${STRIPE_WEBHOOK_PATH}`)]),
  ];
}

async function readPlans(file: string): Promise<{ ok: true; plans: Plans } | { ok: false; findings: Finding[] }> {
  try {
    return { ok: true, plans: await loadPlans(file) };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { ok: false, findings: error.sentences.map((what) => ({ ok: false, what })) };
  }
}

const NOTHING_SOLD: Finding = {
  ok: false,
  what: 'No plan has a price.',
  fix: 'Give a plan of PLANS_FILE a lookup key, or unset STRIPE_SECRET_KEY.',
};

function mode({ secretKey }: StripeConfig): Finding {
  if (isLiveKey(secretKey)) return { ok: true, what: 'Stripe takes the key, in live mode: the money is real.' };
  return { ok: true, what: 'Stripe takes the key, in test mode: nobody pays with real money.' };
}

function prices(missing: readonly string[]): Finding {
  if (missing.length === 0) return { ok: true, what: 'Every plan that is sold by card has its price.' };
  return {
    ok: false,
    what: `No active price has the lookup key ${missing.join(', ')}.`,
    fix: 'Give a recurring price this lookup key in Stripe, in the mode of your key, or correct the plans.',
  };
}

async function endpoint(examined: StripeExamined, stripe: StripeConfig, url: string): Promise<Finding> {
  const found = await examined.endpointAt(url);
  if (!found.ok && found.reason === 'refused') {
    const what = 'The key may not list webhook endpoints: whether Stripe tells of payments is not known.';
    return { ok: true, what, fix: `Look in Stripe whether there is one for ${url}.` };
  }
  if (!found.ok) return failure(found, stripe);
  const { value } = found;
  if (value === null) {
    return {
      ok: false,
      what: `Stripe has no webhook endpoint for ${url}.`,
      fix: 'Add one there, in the mode of your key.',
    };
  }
  if (!value.isEnabled) {
    return { ok: false, what: `The webhook endpoint for ${url} is disabled.`, fix: 'Enable it in Stripe.' };
  }
  if (value.unheard.length === 0) return { ok: true, what: `Stripe tells of payments at ${url}.` };
  const what = `The webhook endpoint for ${url} is not told of: ${value.unheard.join(', ')}.`;
  return { ok: false, what, fix: 'Add these events to it in Stripe.' };
}

function failure({ reason, detail }: SourceFailure, { apiUrl }: StripeConfig): Finding {
  if (reason === 'refused') {
    const fix =
      'Copy STRIPE_SECRET_KEY again from the API keys page; a restricted key has to be allowed to read prices.';
    return { ok: false, what: `Stripe refuses the key: ${detail}.`, fix };
  }
  const fix = apiUrl
    ? 'Start what STRIPE_API_URL leads to, or correct or unset it.'
    : 'Check the network; https://status.stripe.com tells of outages.';
  return { ok: false, what: `Stripe does not answer: ${detail}.`, fix };
}
