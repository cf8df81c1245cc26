/** The twin's sockets: requests become calls of routes, and answers are what Discord would send. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { misbehave } from '../faults.ts';
import { type Loopback, startLoopback } from '../loopback.ts';
import type { Call, DiscordFaultPlan } from './faults.ts';
import type { Gateway } from './gateway.ts';
import type { UploadedFile } from './messages.ts';
import type { RateLimiter } from './rate-limits.ts';
import { Refusal } from './refusals.ts';
import { type Found, findRoute } from './routes.ts';
import type { State } from './state.ts';

export interface SeenRequest {
  method: string;
  /** Without /api/v10, and without the query. */
  path: string;
  /** What was answered; null when nothing was. */
  status: number | null;
  /** By the twin's clock. */
  at: number;
}

export interface ServerParts {
  state: State;
  gateway: Gateway;
  faults: DiscordFaultPlan;
  limit: RateLimiter;
  requests: SeenRequest[];
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const API = /^\/api\/v10(?=\/)/;
/** What needs no token of the bot: an interaction's own token is in the path. */
const OPEN_ROUTES = /^\/(?:interactions|webhooks)\/|^\/gateway$/;

/** Listens on the loopback interface; the state gets its URL. */
export async function startServer(parts: ServerParts): Promise<Loopback> {
  const loopback = await startLoopback(
    (request, response) => serve(parts, request, response),
    (what) => parts.state.violations.push(what),
  );
  loopback.server.on('upgrade', parts.gateway.upgrade);
  parts.state.url = loopback.url;
  return loopback;
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await buffer(request);
  const url = new URL(request.url ?? '', 'http://twin');
  if (url.pathname.startsWith('/attachments/')) return serveFile(parts.state, url, response);
  const method = request.method ?? '';
  const path = pathOf(url);
  const seen: SeenRequest = { method, path, status: null, at: parts.state.now() };
  parts.requests.push(seen);
  const finish = (answer: Answer) => {
    seen.status = answer.status;
    write(response, answer);
  };
  const fail = (answer: Answer) =>
    finish({ body: { message: `${answer.status}: as the test wants it`, code: 0 }, ...answer });
  const content = await readContent(request, raw);
  const call: Call = { method, path, body: content.ok ? content.body : null };
  const early = await parts.faults.next(call, 'arrived');
  if (early) return misbehave(early, response, fail);
  const answer = answerTo(parts, request, url, content);
  const late = await parts.faults.next(call, 'done');
  if (late) return misbehave(late, response, fail);
  finish(answer);
}

function answerTo(parts: ServerParts, request: IncomingMessage, url: URL, content: Content): Answer {
  const { state, limit } = parts;
  const method = request.method ?? '';
  const path = pathOf(url);
  const found = API.test(url.pathname) ? findRoute(method, path) : null;
  if (!found) {
    state.violations.push(`unknown route ${method} ${url.pathname}`);
    return refused(new Refusal('unknownRoute'));
  }
  if (!OPEN_ROUTES.test(path) && request.headers.authorization !== `Bot ${state.options.token}`) {
    return refused(new Refusal('unauthorized'));
  }
  const { params } = found;
  const major = params.channel ?? params.guild ?? params.token ?? '';
  const isOfInteraction = /^\/(?:interactions|webhooks)\//.test(path);
  const verdict = limit({ method, route: found.pattern, major, isOfInteraction });
  if (verdict.retryAfterMs !== null) {
    const seconds = verdict.retryAfterMs / 1000;
    const body = { message: 'You are being rate limited.', retry_after: seconds, global: verdict.isGlobal };
    // Rounded up, as Discord does: whoever trusts the header waits long enough.
    return { status: 429, body, headers: { ...verdict.headers, 'Retry-After': String(Math.ceil(seconds)) } };
  }
  return { ...run(state, found, url, content), headers: verdict.headers };
}

function run(state: State, found: Found, url: URL, content: Content): Answer {
  try {
    if (!content.ok) throw new Refusal('invalidJson');
    const { body, files } = content;
    const result = found.handle({ state, params: found.params, query: url.searchParams, body, files });
    return result === undefined ? { status: 204 } : { status: 200, body: result };
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

function refused({ status, body }: Refusal): Answer {
  return { status, body };
}

type Content = { ok: true; body: unknown; files: UploadedFile[] } | { ok: false };

/** JSON, or a form with `payload_json` and `files[n]`. */
async function readContent(request: IncomingMessage, raw: Buffer): Promise<Content> {
  const type = request.headers['content-type'] ?? '';
  try {
    if (!type.startsWith('multipart/form-data')) {
      return { ok: true, body: raw.length === 0 ? undefined : JSON.parse(raw.toString()), files: [] };
    }
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
    const files: UploadedFile[] = [];
    for (const [key, value] of form) {
      const index = /^files\[(\d+)\]$/.exec(key)?.[1];
      if (index === undefined || typeof value === 'string') continue;
      const bytes = new Uint8Array(await value.arrayBuffer());
      files.push({ index: Number(index), name: value.name, type: value.type, bytes });
    }
    return { ok: true, body: JSON.parse(String(form.get('payload_json') ?? '{}')), files };
  } catch {
    return { ok: false };
  }
}

function serveFile(state: State, url: URL, response: ServerResponse): void {
  const file = state.files.get(url.pathname);
  if (!file) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
}

function write(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function pathOf({ pathname }: URL): string {
  return decodeURIComponent(pathname).replace(API, '');
}
