/**
 * A twin of OpenAI's API for the real SDK: a server on the loopback interface that checks requests as the real one
 * does and streams its answers in the real wire format. A test says what the model answers, and how badly.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startLoopback } from './loopback.ts';
import { type Ears, type HeardAnswer, type HeardRequest, hear, heardBody, soundKey } from './openai-audio.ts';
import { complaintAbout, isJson, type RecordedRequest, recorded, tokensIn } from './openai-requests.ts';
import { chatWire, type Ending, responsesWire, type SentEvent, type Wire } from './openai-streams.ts';

export type { HeardAnswer } from './openai-audio.ts';
export type { RecordedRequest } from './openai-requests.ts';

export interface TwinAnswer {
  /** The model's output, as an object or as raw text. */
  json?: object;
  text?: string;
  /** The model declines in these words. */
  refusal?: string;
  /** Anything but 200 is answered with `errorBody`, or with one made for the status. */
  status?: number;
  headers?: Record<string, string>;
  errorBody?: object;
  /** Characters per event. */
  chunkSize?: number;
  /** Awaited after every chunk, so that a test can pace the stream. */
  gate?: (sentSoFar: string) => Promise<void>;
  /** Destroys the connection after so many characters. */
  cutAfter?: number;
  /** Says all of its text and then nothing, until the client goes away. */
  stall?: boolean;
  /** The text ran into the length limit. */
  truncated?: boolean;
  /** The content filter ended it. */
  filtered?: boolean;
  /** Says all of its text and then reports an error in the stream. */
  failure?: { code: string; message: string };
  cachedTokens?: number;
}

type Moderation = (text: string) => readonly string[];

type Handler = (request: RecordedRequest) => TwinAnswer | Promise<TwinAnswer>;

export interface OpenAiTwin {
  /** The base URL, with /v1. */
  url: string;
  /** Well-formed requests with an accepted key, in order. */
  requests: RecordedRequest[];
  /** Every request that the twin had to refuse, and every error of the handler: a test expects none. */
  complaints: string[];
  respond(handler: Handler): void;
  /** Which of the provider's categories a text falls into; none when left out. */
  moderate(judge: Moderation): void;
  /** What is said in a recording, or what goes wrong with it. */
  says(recording: Uint8Array, answer: string | HeardAnswer | (() => HeardAnswer)): void;
  /** Recordings that were listened to, in order. */
  heard: HeardRequest[];
  close(): Promise<void>;
}

interface Twin {
  ears: Ears;
  keys: readonly string[] | null;
  requests: RecordedRequest[];
  complaints: string[];
  handler: Handler;
  moderation: Moderation;
}

const ROUTES: Record<string, RecordedRequest['api']> = {
  'POST /v1/responses': 'responses',
  'POST /v1/chat/completions': 'chat',
};

const LISTENING = 'POST /v1/audio/transcriptions';

/** `keys`: those that are accepted; any when left out. */
export async function startOpenAiTwin(options: { keys?: readonly string[] } = {}): Promise<OpenAiTwin> {
  const twin: Twin = {
    keys: options.keys ?? null,
    requests: [],
    complaints: [],
    handler: () => {
      throw new Error('the test gave no answer');
    },
    moderation: () => [],
    ears: { requests: [], answers: new Map() },
  };
  const { url, close } = await startLoopback(
    (request, response) => serve(twin, request, response),
    (what) => twin.complaints.push(what),
  );
  return {
    url: `${url}/v1`,
    requests: twin.requests,
    complaints: twin.complaints,
    respond: (handler) => {
      twin.handler = handler;
    },
    heard: twin.ears.requests,
    says: (recording, answer) => {
      const given = typeof answer === 'string' ? { text: answer } : answer;
      twin.ears.answers.set(soundKey(recording), typeof given === 'function' ? given : () => given);
    },
    moderate: (judge) => {
      twin.moderation = judge;
    },
    close,
  };
}

async function serve(twin: Twin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(twin, request, response);
  } catch (error) {
    twin.complaints.push(String(error));
    if (response.headersSent) response.destroy();
    else refuse(response, 500, errorBody({ message: String(error), type: 'server_error' }));
  }
}

async function answer(twin: Twin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url}`;
  const api = ROUTES[route];
  const raw = await buffer(request);
  const body = jsonIn(raw);
  if (route === 'POST /v1/moderations') return sayModeration(twin, body, response);
  if (!api && route !== LISTENING) {
    twin.complaints.push(`unknown route ${route}`);
    return refuse(response, 404, errorBody({ message: `Invalid URL (${route})` }));
  }
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!key || (twin.keys && !twin.keys.includes(key))) {
    // The real server quotes a part of the key, and some compatible ones quote it whole.
    return refuse(
      response,
      401,
      errorBody({ message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' }),
    );
  }
  if (!api) return listen(twin, request, raw, key, response);
  const complaint = body ? complaintAbout(api, body) : { message: 'the body is not JSON', param: null };
  if (!body || complaint) {
    twin.complaints.push(complaint?.message ?? '');
    return refuse(response, 400, errorBody({ ...complaint }));
  }
  const asked = recorded(api, body, key);
  twin.requests.push(asked);
  await say(asked, await twin.handler(asked), response);
}

function sayModeration(twin: Twin, body: Record<string, unknown> | null, response: ServerResponse): void {
  const flagged = twin.moderation(String(body?.input ?? ''));
  const categories = Object.fromEntries(MODERATED.map((name) => [name, flagged.includes(name)]));
  refuse(response, 200, {
    id: 'modr-1',
    model: body?.model,
    results: [{ flagged: flagged.length > 0, categories, category_scores: {}, category_applied_input_types: {} }],
  });
}

const MODERATED = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];

async function listen(
  twin: Twin,
  request: IncomingMessage,
  raw: Buffer,
  key: string,
  response: ServerResponse,
): Promise<void> {
  const verdict = await hear(twin.ears, raw, request.headers['content-type'] ?? '', key);
  if (!('answer' in verdict)) {
    if (verdict.isComplaint) twin.complaints.push(verdict.message);
    return refuse(response, verdict.status, errorBody({ message: verdict.message }));
  }
  const { answer } = verdict;
  await answer.gate?.();
  if ((answer.status ?? 200) !== 200) return sayError(answer, response);
  const { text = '', isUncounted = false } = answer;
  const said = isUncounted ? { text } : heardBody(verdict.request, text, verdict.seconds);
  if (!answer.stall) return refuse(response, 200, said);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(JSON.stringify(said).slice(0, 5));
  await once(response, 'close');
}

function jsonIn(raw: Buffer): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(raw.toString('utf8'));
    return isJson(body) ? body : null;
  } catch {
    return null;
  }
}

function refuse(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function errorBody(error: object): object {
  return { error: { type: 'invalid_request_error', param: null, code: null, ...error } };
}

/** Streams the answer, or fails in the way that the test asked for. */
async function say(asked: RecordedRequest, answer: TwinAnswer, response: ServerResponse): Promise<void> {
  if ((answer.status ?? 200) !== 200) return sayError(answer, response);
  const whole = answer.refusal ?? answer.text ?? (answer.json ? JSON.stringify(answer.json) : '');
  const wire = wireOf(asked, answer, whole);
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...answer.headers });
  send(response, wire.begin());
  let sent = '';
  for (const piece of piecesOf(whole, answer)) {
    send(response, wire.piece(piece));
    sent += piece;
    if (answer.cutAfter !== undefined && sent.length >= answer.cutAfter) break;
    if (answer.gate) await Promise.race([answer.gate(sent), gone]);
    if (response.destroyed) return;
  }
  if (answer.cutAfter !== undefined) return cut(response);
  if (answer.stall) return gone;
  send(response, answer.failure ? wire.fail(answer.failure) : wire.end(whole));
  response.end();
}

function sayError(answer: Pick<TwinAnswer, 'status' | 'headers' | 'errorBody'>, response: ServerResponse): void {
  const status = answer.status ?? 500;
  refuse(response, status, answer.errorBody ?? errorBody({ message: `the twin says ${status}` }), answer.headers);
}

/** Lets what was written reach the client first: the cut is to come in the middle, not before the beginning. */
function cut(response: ServerResponse): void {
  response.write(': cut\n\n', () => response.socket?.destroy());
}

function wireOf(asked: RecordedRequest, answer: TwinAnswer, whole: string): Wire {
  const ending: Ending = {
    kind: answer.refusal === undefined ? 'text' : 'refusal',
    stop: answer.filtered ? 'filtered' : answer.truncated ? 'length' : 'done',
    usage: { input: asked.inputTokens, cached: answer.cachedTokens ?? 0, output: tokensIn(whole) },
  };
  if (asked.api === 'responses') return responsesWire(asked.model, ending);
  const options = asked.body.stream_options;
  return chatWire(asked.model, ending, isJson(options) && options.include_usage === true);
}

/** Never cuts a character in half; the real server does not either. */
function piecesOf(whole: string, { chunkSize = 16 }: TwinAnswer): string[] {
  const characters = [...whole];
  const count = Math.ceil(characters.length / chunkSize);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * chunkSize, (index + 1) * chunkSize).join(''),
  );
}

function send(response: ServerResponse, events: readonly SentEvent[]): void {
  for (const { event, data } of events) {
    const name = event ? `event: ${event}\n` : '';
    response.write(`${name}data: ${data === '[DONE]' ? data : JSON.stringify(data)}\n\n`);
  }
}
