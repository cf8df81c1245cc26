/** The twin's sockets: requests become calls of methods, and answers are what Slack would send. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import { buffer } from 'node:stream/consumers';
import { type FaultPlan, misbehave } from '../faults.ts';
import { type Loopback, startLoopback } from '../loopback.ts';
import { isObject } from './drafts.ts';
import { download, upload } from './files.ts';
import { callMethod, tokenOf } from './methods.ts';
import type { RateLimiter } from './rate-limits.ts';
import { Refusal } from './refusals.ts';
import type { Answer, Json, State } from './state.ts';

export interface SeenRequest {
  /** As `chat.postMessage`; `respond` for a response URL, `upload` and `file` for the bytes of files. */
  method: string;
  body: Json;
  token: string;
  /** What was answered; null when nothing was. */
  status: number | null;
  /** Slack's word, when it said no. */
  error: string | null;
  /** By the twin's clock. */
  at: number;
}

/** A call, as faults are asked about it. */
export type Call = Pick<SeenRequest, 'method' | 'body'>;
export type Matched = [method: string, body: Json];

export interface ServerParts {
  state: State;
  faults: FaultPlan<Call, Matched>;
  limit: RateLimiter;
  requests: SeenRequest[];
}

interface Arrived {
  method: string;
  path: string;
  token: string;
  body: Json;
  /** A body that could not be read. */
  refusal: Refusal | null;
  bytes: Uint8Array;
}

type FullAnswer = Answer & { bytes?: Uint8Array };

/** Listens on the loopback interface; the state gets its URL. */
export async function startServer(parts: ServerParts): Promise<Loopback> {
  const loopback = await startLoopback(
    (request, response) => serve(parts, request, response),
    (what) => parts.state.violations.push(what),
  );
  loopback.server.on('upgrade', (request, socket, head) => parts.state.upgrade(request, socket, head));
  parts.state.url = loopback.url;
  return loopback;
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const arrived = await read(request, await buffer(request));
  const { method, body, token } = arrived;
  const seen: SeenRequest = { method, body, token, status: null, error: null, at: parts.state.now() };
  parts.requests.push(seen);
  const finish = (answer: FullAnswer) => {
    seen.status = answer.status;
    if (isObject(answer.body) && answer.body.ok === false) seen.error = String(answer.body.error);
    write(response, answer);
  };
  const fail = (answer: Answer) => finish({ body: { ok: false, error: 'internal_error' }, ...answer });
  const early = await parts.faults.next({ method, body }, 'arrived');
  if (early) return misbehave(early, response, fail);
  const answer = answerTo(parts, arrived);
  const late = await parts.faults.next({ method, body }, 'done');
  if (late) return misbehave(late, response, fail);
  finish(answer);
}

function answerTo({ state, limit }: ServerParts, { method, path, token, body, refusal, bytes }: Arrived): FullAnswer {
  if (path.startsWith('/api/')) {
    return refusal ? { status: 200, body: refusal.body } : callMethod(state, limit, method, body, token);
  }
  if (method === 'upload') return upload(state, path.split('/').at(-1) ?? '', bytes);
  if (method === 'file') return download(state, path, tokenOf(state, token));
  if (method === 'respond') return respond(state, path.split('/').at(-1) ?? '', body);
  if (path === '/signin')
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<title>Sign in</title>' };
  state.violations.push(`unknown path ${path}`);
  return { status: 404 };
}

/** A response URL that was never given out is one that is used up. */
function respond(state: State, id: string, body: Json): Answer {
  const url = state.responseUrls.get(id);
  return url ? state.respond(url, body) : { status: 404, body: { ok: false, error: 'used_url' } };
}

async function read(request: IncomingMessage, raw: Buffer): Promise<Arrived> {
  const url = new URL(request.url ?? '', 'http://twin');
  const path = decodeURIComponent(url.pathname);
  const [credentials = '', basic] = authorizationOf(request);
  const content = await readContent(request, raw);
  const body: Json = { ...Object.fromEntries(url.searchParams), ...basic, ...content.body };
  const { token: inBody, ...rest } = body;
  const token = credentials || (typeof inBody === 'string' ? inBody : '');
  return { method: methodOf(path), path, token, body: rest, refusal: content.refusal, bytes: content.bytes };
}

function methodOf(path: string): string {
  if (path.startsWith('/api/')) return path.slice('/api/'.length);
  const [, first = ''] = path.split('/');
  return { upload: 'upload', files: 'file', respond: 'respond' }[first] ?? path;
}

/** A bearer's token, or the client's id and secret. */
function authorizationOf({ headers }: IncomingMessage): [token: string, client?: Json] {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer') return [value];
  if (scheme.toLowerCase() !== 'basic') return [''];
  const [id = '', secret = ''] = Buffer.from(value, 'base64').toString().split(':');
  return ['', { client_id: id, client_secret: secret }];
}

interface Content {
  body: Json;
  bytes: Uint8Array;
  refusal: Refusal | null;
}

/** A form, JSON, or a form with one file in it. */
async function readContent(request: IncomingMessage, raw: Buffer): Promise<Content> {
  const type = request.headers['content-type'] ?? '';
  const empty: Content = { body: {}, bytes: raw, refusal: null };
  if (raw.length === 0) return empty;
  if (type.startsWith('application/x-www-form-urlencoded')) return { ...empty, body: { ...parse(raw.toString()) } };
  try {
    if (type.startsWith('application/json')) {
      const body: unknown = JSON.parse(raw.toString());
      return isObject(body) ? { ...empty, body } : { ...empty, refusal: new Refusal('invalid_json') };
    }
    return type.startsWith('multipart/form-data') ? await readParts(type, raw) : empty;
  } catch {
    return { ...empty, refusal: new Refusal(type.startsWith('multipart') ? 'invalid_form_data' : 'invalid_json') };
  }
}

async function readParts(type: string, raw: Buffer): Promise<Content> {
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
  const body: Json = {};
  let bytes = new Uint8Array();
  for (const [key, value] of form) {
    if (typeof value === 'string') body[key] = value;
    else bytes = new Uint8Array(await value.arrayBuffer());
  }
  return { body, bytes, refusal: null };
}

function write(response: ServerResponse, { status, body, headers = {}, bytes }: FullAnswer): void {
  if (bytes) response.writeHead(status, headers).end(bytes);
  else if (body === undefined) response.writeHead(status, headers).end();
  else if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
