/** What goes wrong between the app and Stripe, as a test asks for it. */
import type { Form } from './forms.ts';

interface Call {
  method: string;
  /** As `/v1/customers/cus_1`. */
  path: string;
  params: Form;
}

type Moment = 'arrived' | 'done';

/** Another answer than the right one; `reset` breaks the connection, `hang` never answers. */
export type Fault = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset' | 'hang';

type Match = (call: Call) => boolean;
type Hook = (call: Call & { moment: Moment }) => Fault | null | undefined | Promise<Fault | null | undefined>;

export const RATE_LIMITED: Fault = {
  status: 429,
  body: {
    error: {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    },
  },
  headers: { 'stripe-rate-limited-reason': 'global-rate', 'stripe-should-retry': 'false' },
};

export const SERVER_ERROR: Fault = {
  status: 500,
  body: { error: { type: 'api_error', message: 'An unknown error occurred' } },
};

export interface Faults {
  /** The next calls that match have no effect and get this answer. */
  failNext(match: Match, times: number, fault: Fault): void;
  /** The next calls that match take effect, and get this answer. */
  loseNext(match: Match, times: number, fault?: Fault): void;
  /** Asked about every call at both moments, and awaited: to look, to hold it up, or to say what goes wrong. */
  onRequest(hook: Hook | null): void;
}

export interface FaultPlan extends Faults {
  /** What is to happen to this call at this moment. */
  next(call: Call, moment: Moment): Promise<Fault | null>;
}

export function createFaults(): FaultPlan {
  let planned: { match: Match; left: number; fault: Fault; moment: Moment }[] = [];
  let hook: Hook | null = null;
  return {
    failNext(match, times, fault) {
      planned.push({ match, left: times, fault, moment: 'arrived' });
    },
    loseNext(match, times, fault = 'reset') {
      planned.push({ match, left: times, fault, moment: 'done' });
    },
    onRequest(chosen) {
      hook = chosen;
    },
    async next(call, moment) {
      const chosen = await hook?.({ ...call, moment });
      if (chosen) return chosen;
      const plan = planned.find((each) => each.moment === moment && each.match(call));
      if (!plan) return null;
      plan.left -= 1;
      planned = planned.filter(({ left }) => left > 0);
      return plan.fault;
    },
  };
}
