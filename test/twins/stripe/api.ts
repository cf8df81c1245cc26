/** The API: a request becomes a call of its route, and what comes of it an answer. */
import type { IncomingHttpHeaders } from 'node:http';
import { checkPermission, checkVersion, keyOf } from './access.ts';
import { catchUp } from './clock.ts';
import { expanded } from './expanding.ts';
import type { Form, FormValue } from './forms.ts';
import type { Idempotency } from './idempotency.ts';
import { many, text } from './params.ts';
import { Refusal, unknownRoute } from './refusals.ts';
import { CATALOGUE_ROUTES } from './routes-catalogue.ts';
import { CHECKOUT_ROUTES } from './routes-checkout.ts';
import { PAYMENT_ROUTES } from './routes-payments.ts';
import { SUBSCRIPTION_ROUTES } from './routes-subscriptions.ts';
import type { Route } from './routing.ts';
import type { State } from './state.ts';

const ROUTES: readonly Route[] = [...CATALOGUE_ROUTES, ...CHECKOUT_ROUTES, ...SUBSCRIPTION_ROUTES, ...PAYMENT_ROUTES];

export interface ApiRequest {
  method: string;
  path: string;
  params: Form;
  headers: IncomingHttpHeaders;
  requestId: string;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export function answerApi(state: State, idempotency: Idempotency, request: ApiRequest): Answer {
  try {
    const key = keyOf(state, request.headers);
    checkVersion(state, request.headers);
    const idempotencyKey = idempotencyKeyOf(request);
    if (idempotencyKey === null) return run(state, request, key);
    const fingerprint = `${request.path}\n${JSON.stringify(sorted(request.params))}`;
    const before = idempotency.recall(idempotencyKey, fingerprint, state.now());
    if (before) return { ...before, headers: { 'idempotent-replayed': 'true' } };
    const answer = runKept(state, request, key);
    idempotency.keep(idempotencyKey, fingerprint, state.now(), { status: answer.status, body: answer.body });
    return answer;
  } catch (error) {
    return refusal(state, request, error);
  }
}

/** Only of requests that change something. */
export function idempotencyKeyOf({ method, headers }: Pick<ApiRequest, 'method' | 'headers'>): string | null {
  const key = headers['idempotency-key'];
  return method === 'POST' && typeof key === 'string' && key !== '' ? key : null;
}

/** What a route says no to after it began is kept like any other answer. */
function runKept(state: State, request: ApiRequest, key: string): Answer {
  try {
    return run(state, request, key);
  } catch (error) {
    if (!(error instanceof Refusal) || error.isEarly) throw error;
    return refusal(state, request, error);
  }
}

function run(state: State, { method, path, params, headers, requestId }: ApiRequest, key: string): Answer {
  const [route, id] = routeFor(method, path);
  checkPermission(state, key, route);
  catchUp(state);
  const { expand = [], ...form } = params;
  state.request = { id: requestId, idempotency_key: idempotencyKeyOf({ method, headers }) };
  try {
    const answer = route.answer(state, id, form);
    return { status: 200, body: expanded(state, answer, many(text)(expand, 'expand')) };
  } finally {
    state.request = null;
  }
}

function routeFor(method: string, path: string): [Route, string] {
  const given = path.split('/').map(decodeURIComponent);
  for (const route of ROUTES) {
    const parts = route.path.split('/');
    const isThis = parts.length === given.length && parts.every((part, n) => part === ':id' || part === given[n]);
    if (route.method === method && isThis) return [route, given[parts.indexOf(':id')] ?? ''];
  }
  throw unknownRoute(method, path);
}

export function refusal(state: State, { method, path }: Pick<ApiRequest, 'method' | 'path'>, error: unknown): Answer {
  if (!(error instanceof Refusal)) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    state.unknown.push(`${method} ${path}: the twin failed: ${said}`);
    return { status: 500, body: { error: { type: 'api_error', message: 'The twin failed.' } } };
  }
  if (error.isUnknown) state.unknown.push(`${method} ${path}: ${error.message}`);
  return { status: error.status, body: { error: error.error } };
}

function sorted(value: FormValue): unknown {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, each]) => [key, sorted(each)]);
}
