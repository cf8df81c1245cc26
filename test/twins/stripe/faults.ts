/** What goes wrong between the app and Stripe, as a test asks for it. */
import type { Fault, FaultPlan, Faults } from '../faults.ts';
import type { Form } from './forms.ts';

export interface Call {
  method: string;
  /** As `/v1/customers/cus_1`. */
  path: string;
  params: Form;
}

export type StripeFaults = Faults<Call, [call: Call]>;
export type StripeFaultPlan = FaultPlan<Call, [call: Call]>;

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
