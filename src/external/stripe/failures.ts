import Stripe from 'stripe';
import type { Asked, SourceFailure } from '../../core/billing/sources.ts';
import { errorMessage } from '../../errors.ts';
import type { Logger } from '../../log.ts';

/** Stripe shortens a key that it quotes, but not what it takes for something else. */
const KEYS = /\b(?:[srp]k_(?:test|live)|whsec)_[\w*]+/g;
/** Too many at once, another request with the same key or object in hand: soon over. */
const PASSING = new Set([408, 409, 425, 429]);

/** What Stripe says no to, or does not say at all, as a value. What is thrown otherwise is our bug, and logged. */
export async function asked<Result>(
  ask: () => Promise<Result>,
  log: Pick<Logger, 'error'> | undefined,
): Promise<Asked<Result>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) {
      log?.error({ err: error }, 'an answer of Stripe could not be understood');
      return { ok: false, reason: 'refused', detail: `its answer was not understood: ${errorMessage(error)}` };
    }
    return failureOf(error);
  }
}

function failureOf(error: Stripe.errors.StripeError): SourceFailure {
  const { statusCode: status, code, type, requestId } = error;
  const isRefusal = status !== undefined && status >= 400 && status < 500 && !PASSING.has(status);
  // Whatever has no status did not get an answer, but for what says so by its kind.
  const isAway = !isRefusal || error instanceof Stripe.errors.StripeRateLimitError;
  const kind = [status, code ?? type, requestId].filter(Boolean).join(', ');
  return {
    ok: false,
    reason: isAway ? 'away' : 'refused',
    detail: `${error.message} (${kind})`.replace(KEYS, '[key]'),
  };
}

/** Null in the place of what is not there, or not any more. */
export async function orNull<Result>(ask: Promise<Result>): Promise<Result | null> {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError && error.code === 'resource_missing') return null;
    throw error;
  }
}
