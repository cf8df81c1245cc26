/** How Stripe says no: a status, and an error with a type, often a code and the parameter that is meant. */

export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
}

/** Thrown by whatever handles a request; the server turns it into Stripe's answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly error: ErrorBody;
  /** Whether it is about something that the twin does not have: a test expects none. */
  readonly isUnknown: boolean;
  /** Whether Stripe said no before it began: such an answer is not kept for its idempotency key. */
  readonly isEarly: boolean;

  constructor(status: number, error: ErrorBody, { isUnknown = false, isEarly = false } = {}) {
    super(error.message);
    this.status = status;
    this.error = error;
    this.isUnknown = isUnknown;
    this.isEarly = isEarly;
  }
}

export function invalid(message: string, param?: string, code?: string): Refusal {
  const more = { ...(code !== undefined && { code }), ...(param !== undefined && { param }) };
  return new Refusal(400, { type: 'invalid_request_error', message, ...more });
}

/** A parameter that does not have the right form. */
export function malformed(message: string, param: string, code?: string): Refusal {
  return new Refusal(400, invalid(message, param, code).error, { isEarly: true });
}

export function unknownParameter(param: string): Refusal {
  const { error } = invalid(`Received unknown parameter: ${param}`, param, 'parameter_unknown');
  return new Refusal(400, error, { isUnknown: true, isEarly: true });
}

export function unknownRoute(method: string, path: string): Refusal {
  const message = `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  return new Refusal(404, { type: 'invalid_request_error', message }, { isUnknown: true, isEarly: true });
}

/** Something that is not there: 404 for the address itself, 400 for a parameter. */
export function missing(kind: string, id: string, param?: string): Refusal {
  const message = `No such ${kind}: '${id}'`;
  const status = param === undefined ? 404 : 400;
  return new Refusal(status, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message,
    param: param ?? 'id',
  });
}

export function cardDeclined(declineCode: string): Refusal {
  const message =
    declineCode === 'insufficient_funds' ? 'Your card has insufficient funds.' : 'Your card was declined.';
  return new Refusal(402, { type: 'card_error', code: 'card_declined', decline_code: declineCode, message });
}
