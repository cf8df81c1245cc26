/** The twin's socket: the API and the pages on one port of the loopback interface. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { misbehave } from '../faults.ts';
import { type Loopback, startLoopback } from '../loopback.ts';
import { type Answer, type ApiRequest, answerApi, idempotencyKeyOf, refusal } from './api.ts';
import { type Form, readForm } from './forms.ts';
import type { Idempotency } from './idempotency.ts';
import { newId } from './ids.ts';
import { answerPage } from './pages.ts';
import { Refusal, unknownRoute } from './refusals.ts';
import type { State } from './state.ts';

export interface SeenRequest {
  method: string;
  /** As `/v1/customers/cus_1`. */
  path: string;
  /** Of the address and of the body. */
  params: Form;
  authorization: string;
  /** As `Stripe-Version` says. */
  version: string | null;
  idempotencyKey: string | null;
  /** Whether the answer was one that the key had before. */
  replayed: boolean;
  /** What was answered; null when nothing was. */
  status: number | null;
  /** Stripe's words, when it said no. */
  error: string | null;
  /** By the twin's clock. */
  at: number;
}

export interface ServerParts {
  state: State;
  idempotency: Idempotency;
  requests: SeenRequest[];
}

/** Listens on the loopback interface; the state gets its URL. */
export async function startServer(parts: ServerParts): Promise<Loopback> {
  const loopback = await startLoopback(
    (request, response) => serve(parts, request, response),
    (what) => parts.state.unknown.push(what),
  );
  parts.state.url = loopback.url;
  return loopback;
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, search } = new URL(request.url ?? '', 'http://twin');
  const method = request.method ?? 'GET';
  const body = (await buffer(request)).toString();
  if (path.startsWith('/v1/')) return serveApi(parts, request, response, { method, path, search, body });
  const answer = answerPage(parts.state, method, path, new URLSearchParams(body));
  write(response, answer ?? refusal(parts.state, { method, path }, unknownRoute(method, path)));
}

interface Arrived {
  method: string;
  path: string;
  search: string;
  body: string;
}

async function serveApi(
  { state, idempotency, requests }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  arrived: Arrived,
): Promise<void> {
  const { method, path } = arrived;
  const { params, problem } = paramsOf(arrived);
  const call: ApiRequest = { method, path, params, headers: request.headers, requestId: newId('req') };
  const seen = seenOf(state, call);
  requests.push(seen);
  let release = () => {};
  const finish = ({ status, body, headers = {} }: Answer) => {
    release();
    const { error } = (body ?? {}) as { error?: { message?: string } };
    Object.assign(seen, { status, error: error?.message ?? null, replayed: 'idempotent-replayed' in headers });
    write(response, { status, body, headers: { ...headersOf(state, call), ...headers } });
  };
  try {
    if (seen.idempotencyKey !== null) release = idempotency.enter(seen.idempotencyKey);
  } catch (error) {
    return finish(refusal(state, call, error));
  }
  response.once('close', release);
  const early = await state.faults.next({ method, path, params }, 'arrived');
  if (early) return misbehave(early, response, finish);
  const answer = problem ? refusal(state, call, problem) : answerApi(state, idempotency, call);
  const late = await state.faults.next({ method, path, params }, 'done');
  if (late) return misbehave(late, response, finish);
  finish(answer);
}

function paramsOf({ search, body }: Arrived): { params: Form; problem: Refusal | null } {
  try {
    return { params: { ...readForm(search.slice(1)), ...readForm(body) }, problem: null };
  } catch (error) {
    if (error instanceof Refusal) return { params: {}, problem: error };
    throw error;
  }
}

function seenOf(state: State, call: ApiRequest): SeenRequest {
  const { method, path, params, headers } = call;
  const version = headers['stripe-version'];
  return {
    ...{ method, path, params },
    authorization: headers.authorization ?? '',
    version: typeof version === 'string' ? version : null,
    idempotencyKey: idempotencyKeyOf(call),
    ...{ replayed: false, status: null, error: null, at: state.now() },
  };
}

function headersOf(state: State, call: ApiRequest): Record<string, string> {
  const key = idempotencyKeyOf(call);
  return {
    'request-id': call.requestId,
    'stripe-version': state.apiVersion,
    ...(key !== null && { 'idempotency-key': key }),
  };
}

function write(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  else
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body, null, 2));
}
