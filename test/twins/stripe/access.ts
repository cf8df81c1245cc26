/** Who asks, and in which version of the API. */
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './refusals.ts';
import type { Route } from './routing.ts';
import type { State } from './state.ts';

/** The secret key of a request; refused without one that this account has. */
export function keyOf(state: State, headers: IncomingHttpHeaders): string {
  const key = givenKey(headers.authorization ?? '');
  if (key === '') {
    throw denied(
      401,
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (!state.keys.has(key)) throw denied(401, `Invalid API Key provided: ${hidden(key)}`);
  return key;
}

function givenKey(authorization: string): string {
  const [scheme = '', value = ''] = authorization.split(' ');
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(value, 'base64').toString().split(':')[0] ?? '';
}

/** A restricted key may do what it was made for; who may write may also read. */
export function checkPermission(state: State, key: string, { method, resource }: Route): void {
  const permissions = state.keys.get(key);
  if (permissions === null || permissions === undefined) return;
  const needed = method === 'GET' ? 'read' : 'write';
  const isAllowed = permissions.includes(`${resource}_write`) || permissions.includes(`${resource}_${needed}`);
  if (isAllowed) return;
  throw denied(
    403,
    `The provided key '${hidden(key)}' does not have the required permissions for this endpoint. Having the 'rak_${resource}_${needed}' permission would allow this request to continue.`,
  );
}

/** The twin speaks one version: in another one its objects would look otherwise. */
export function checkVersion(state: State, headers: IncomingHttpHeaders): void {
  const given = headers['stripe-version'];
  if (given === state.apiVersion) return;
  const message = `Invalid Stripe API version: ${given ?? 'none'}`;
  throw new Refusal(400, { type: 'invalid_request_error', message }, { isUnknown: true, isEarly: true });
}

function denied(status: number, message: string): Refusal {
  return new Refusal(status, { type: 'invalid_request_error', message }, { isEarly: true });
}

function hidden(key: string): string {
  return `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;
}
