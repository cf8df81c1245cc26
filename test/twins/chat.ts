/**
 * A twin of another program's chat, written from docs/webhook.md and not from our code: a server that takes what the
 * tutor posts and checks it, and a sender that posts messages until they are taken. A test says what goes wrong.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Reply } from '../../src/core/messages.ts';
import { type ChatSender, chatSender, type SenderOptions } from './chat-sender.ts';
import { type ChatPost, readPost, signed, verify } from './chat-wire.ts';
import { startLoopback } from './loopback.ts';

export type { ChatMessage } from './chat-sender.ts';

/** What happens to a request. `drop`: the connection breaks before it is processed; `lose`: after. */
export type Fault =
  | { kind: 'status'; status: number; retryAfter?: string }
  | { kind: 'hang' }
  | { kind: 'delay'; ms: number }
  | { kind: 'drop' }
  | { kind: 'lose' };

/** Everything that came over the wire, in order. */
interface Arrival {
  at: number;
  post: ChatPost;
  /** Counts the arrivals of a delivery from 1; 1 for what is no reply. */
  attempt: number;
  fault: Fault['kind'] | null;
}

/** What a person sees. */
interface Shown {
  at: number;
  delivery: string;
  reply: Reply;
}

export interface ChatTwinOptions extends SenderOptions {
  secret: string;
  now?(): number;
}

export interface ChatTwin extends ChatSender {
  /** Where the tutor posts. */
  url: string;
  arrivals(threadId: string): readonly Arrival[];
  /** Each delivery once, in the order of their first processing. */
  shown(threadId: string): readonly Shown[];
  /** Resolves when so many replies are shown in a thread; throws when they are not in time. */
  waitForShown(threadId: string, count: number, timeoutMs?: number): Promise<readonly Shown[]>;
  /** Everything that breaks the contract: a test expects none. */
  complaints: string[];
  /** Asked about every request; until then, and for null, all goes well. */
  misbehave(choose: (arrival: Omit<Arrival, 'fault'>) => Fault | null): void;
  close(): Promise<void>;
}

interface Thread {
  arrivals: Arrival[];
  shown: Shown[];
  byDelivery: Map<string, { attempts: number; shown: Shown | null }>;
  waiting: Set<() => void>;
}

interface Twin {
  secret: string;
  now(): number;
  threads: Map<string, Thread>;
  complaints: string[];
  choose: (arrival: Omit<Arrival, 'fault'>) => Fault | null;
}

const PATH = '/replies';

export async function startChatTwin(options: ChatTwinOptions): Promise<ChatTwin> {
  const { secret, now = Date.now } = options;
  const twin: Twin = { secret, now, threads: new Map(), complaints: [], choose: () => null };
  const loopback = await startLoopback(
    (request, response) => serve(twin, request, response),
    (what) => twin.complaints.push(what),
  );
  const sender = chatSender((body) => signed(secret, body, now()), now, options);
  return {
    ...sender,
    url: `${loopback.url}${PATH}`,
    complaints: twin.complaints,
    arrivals: (id) => threadOf(twin, id).arrivals,
    shown: (id) => threadOf(twin, id).shown,
    waitForShown: (id, count, timeoutMs = 20_000) => waitForShown(threadOf(twin, id), id, count, timeoutMs),
    misbehave(choose) {
      twin.choose = choose;
    },
    async close() {
      sender.stop();
      await loopback.close();
    },
  };
}

function threadOf(twin: Twin, id: string): Thread {
  let thread = twin.threads.get(id);
  if (!thread) {
    thread = { arrivals: [], shown: [], byDelivery: new Map(), waiting: new Set() };
    twin.threads.set(id, thread);
  }
  return thread;
}

async function serve(twin: Twin, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const complain = (status: number, complaint: string) => {
    twin.complaints.push(complaint);
    answer(response, status, { error: complaint });
  };
  const route = `${request.method} ${request.url}`;
  if (route !== `POST ${PATH}`) return complain(404, `unknown route ${route}`);
  const refused = verify(twin.secret, body, request.headers, twin.now());
  if (refused) return complain(401, refused);
  const read = readPost(body.toString(), request.headers);
  if (!read.ok) return complain(400, read.complaint);
  await take(twin, read.post, response);
}

async function take(twin: Twin, post: ChatPost, response: ServerResponse): Promise<void> {
  const thread = threadOf(twin, post.thread.id);
  const attempt = post.type === 'reply' ? countAttempt(thread, post.delivery) : 1;
  const arrival = { at: twin.now(), post, attempt };
  const fault = twin.choose(arrival);
  thread.arrivals.push({ ...arrival, fault: fault?.kind ?? null });
  switch (fault?.kind) {
    case 'status':
      return answer(response, fault.status, {}, fault.retryAfter ? { 'retry-after': fault.retryAfter } : {});
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      break;
    case 'lose':
    case undefined:
      break;
    default:
      fault satisfies never;
  }
  const messageIds = post.type === 'reply' ? [show(twin, thread, post)] : [];
  if (fault?.kind === 'lose') response.destroy();
  else answer(response, 200, { messageIds });
}

function countAttempt(thread: Thread, delivery: string): number {
  const known = thread.byDelivery.get(delivery) ?? { attempts: 0, shown: null };
  known.attempts += 1;
  thread.byDelivery.set(delivery, known);
  return known.attempts;
}

/** Shows a delivery once; its id is that of the message. */
function show(twin: Twin, thread: Thread, post: ChatPost & { type: 'reply' }): string {
  const { delivery, reply } = post;
  const known = thread.byDelivery.get(delivery) ?? { attempts: 1, shown: null };
  if (known.shown && JSON.stringify(known.shown.reply) !== JSON.stringify(reply)) {
    twin.complaints.push(`delivery ${delivery} came again with other content`);
  }
  if (!known.shown) {
    known.shown = { at: twin.now(), delivery, reply };
    thread.shown.push(known.shown);
    for (const look of thread.waiting) look();
  }
  return `chat-${delivery}`;
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function waitForShown(thread: Thread, id: string, count: number, timeoutMs: number): Promise<readonly Shown[]> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      thread.waiting.delete(look);
      settle();
    };
    const look = () => {
      if (thread.shown.length >= count) finish(() => resolve(thread.shown));
    };
    const timer = setTimeout(() => {
      const sentence = `thread ${id}: ${thread.shown.length} of ${count} replies were shown in ${timeoutMs} ms`;
      finish(() => reject(new Error(sentence)));
    }, timeoutMs);
    thread.waiting.add(look);
    look();
  });
}
