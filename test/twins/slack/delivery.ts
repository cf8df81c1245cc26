/** How the app hears of what happens: by socket or request, again when it does not acknowledge, or never. */
import { ALL_EVENTS, bodiesOf, type EventBody } from './events.ts';
import { isVerified, type Kind, type Outcome, type Parcel, post } from './http-delivery.ts';
import { respond } from './responses.ts';
import { createSockets, type Sockets, type SocketsHandle } from './sockets.ts';
import type { Json, State } from './state.ts';

export interface DeliveryOptions {
  /** What the app is subscribed to, as its manifest says it: `message.channels`, `app_mention`, … */
  events?: readonly string[];
  /** Keeps everything for sockets, also while none is open and a request URL is set. */
  socketMode?: boolean;
  /** How long the app has for an acknowledgement. */
  ackMs?: number;
  /** What is waited before the first, second and third retry of an event. */
  retryDelaysMs?: readonly number[];
  pingMs?: number;
}

/** One attempt. */
interface Delivered {
  kind: Kind;
  /** Of the event or the interaction; a slash command's name. */
  type: string;
  /** The same for every retry; null for interactions. */
  eventId: string | null;
  retry: number;
  via: 'socket' | 'http';
  body: Json;
  /** False for as long as it is under way too. */
  acked: boolean;
  ackedAfterMs: number | null;
  response: unknown;
  /** Why it was not acknowledged. */
  reason: string | null;
}

export interface Delivery {
  /** Every attempt, oldest first. */
  deliveries: readonly Delivered[];
  /** Those that tell of the message with this ts; none of what is said to it in its thread. */
  about(ts: string): Delivered[];
  /** Events that were not acknowledged at their last retry: lost. */
  undelivered: readonly EventBody[];
  sockets: SocketsHandle;
  /** From now on the app has so long for an acknowledgement. */
  patience(ackMs: number): void;
  /** Asks the URL for the challenge; it is taken when it answers rightly. */
  setRequestUrl(url: string | null): Promise<boolean>;
  /** Runs every retry that waits for its time; done when they are answered. */
  retryNow(): Promise<void>;
  /** Sends an event once more, as after an acknowledgement that got lost. */
  redeliver(eventId: string): Promise<Delivered>;
  /** Interactions are sent once. */
  interact(kind: 'interactive' | 'command', body: Json): Promise<Outcome>;
  close(): void;
}

interface Post {
  state: State;
  sockets: Sockets;
  options: Required<DeliveryOptions>;
  requestUrl: string | null;
  deliveries: Delivered[];
  undelivered: EventBody[];
  retries: Set<{ timer: NodeJS.Timeout; run(): Promise<void> }>;
  isClosed: boolean;
}

const RETRY_DELAYS_MS = [0, 60_000, 5 * 60_000];
const PING_MS = 10_000;
const ACK_MS = 3_000;
/** For an app that answers, however long its machine stands still: where a test is not about being in time. */
export const PATIENT_MS = 20_000;

const made = new WeakMap<State, Delivery>();

/** Fills in the state's hooks. */
export function createDelivery(state: State, options: DeliveryOptions = {}): Delivery {
  const { events = ALL_EVENTS, socketMode = false, ackMs = ACK_MS, pingMs = PING_MS } = options;
  const { retryDelaysMs = RETRY_DELAYS_MS } = options;
  const unknown = events.filter((name) => !ALL_EVENTS.includes(name));
  if (unknown.length > 0) throw new Error(`the twin knows no event ${unknown.join(', ')}`);
  const subscriptions = new Set(events);
  const chosen = { events, socketMode, ackMs, pingMs, retryDelaysMs };
  const sockets = createSockets(state, chosen);
  const office: Post = {
    ...{ state, sockets, options: chosen },
    ...{ requestUrl: null, deliveries: [], undelivered: [], retries: new Set(), isClosed: false },
  };
  state.upgrade = sockets.upgrade;
  state.socketUrl = sockets.socketUrl;
  state.respond = (url, body) => respond(state, url, body);
  state.emit = (happening) => {
    for (const body of bodiesOf(state, subscriptions, happening)) void deliver(office, body, 0, '');
  };
  const delivery = deliveryWith(office);
  made.set(state, delivery);
  return delivery;
}

/** The one that serves this state. */
export function deliveryOf(state: State): Delivery {
  const delivery = made.get(state);
  if (!delivery) throw new Error('the twin delivers nothing yet');
  return delivery;
}

function deliveryWith(office: Post): Delivery {
  const { state, sockets, deliveries, undelivered } = office;
  return {
    ...{ deliveries, undelivered, sockets },
    about: (ts) => deliveries.filter(({ kind, body }) => kind === 'event' && (body.event as Json).ts === ts),
    patience(ackMs) {
      office.options.ackMs = ackMs;
    },
    async setRequestUrl(url) {
      const isTaken = url === null || (await isVerified(state, url, office.options.ackMs));
      office.requestUrl = isTaken ? url : null;
      return isTaken;
    },
    async retryNow() {
      const waiting = [...office.retries];
      for (const { timer } of waiting) clearTimeout(timer);
      await Promise.all(waiting.map(({ run }) => run()));
    },
    async redeliver(eventId) {
      const before = deliveries.findLast((each) => each.eventId === eventId);
      if (!before) throw new Error(`the twin sent no event ${eventId}`);
      const parcel = { kind: before.kind, body: before.body, retry: before.retry + 1, retryReason: 'http_timeout' };
      return (await attempt(office, parcel)).delivered;
    },
    interact: async (kind, body) => (await attempt(office, { kind, body, retry: 0, retryReason: '' })).outcome,
    close() {
      office.isClosed = true;
      for (const { timer } of office.retries) clearTimeout(timer);
      sockets.close();
    },
  };
}

/** Sends an event, and sees to its retries. */
async function deliver(office: Post, body: EventBody, retry: number, retryReason: string): Promise<void> {
  // An app that is connected in no way is not there for Slack either.
  if (routeOf(office) === null) return;
  const { outcome } = await attempt(office, { kind: 'event', body, retry, retryReason });
  if (outcome.acked || office.isClosed) return;
  const delay = office.options.retryDelaysMs[retry];
  if (delay === undefined || !outcome.mayRetry) {
    office.undelivered.push(body);
    return;
  }
  const run = () => {
    office.retries.delete(entry);
    return deliver(office, body, retry + 1, outcome.reason);
  };
  const entry = { run, timer: setTimeout(() => void run(), delay).unref() };
  office.retries.add(entry);
}

function routeOf({ sockets, options, requestUrl }: Post): 'socket' | 'http' | null {
  if (options.socketMode || sockets.connections().length > 0) return 'socket';
  if (requestUrl !== null) return 'http';
  return sockets.isUsed() ? 'socket' : null;
}

async function attempt(office: Post, parcel: Parcel): Promise<{ outcome: Outcome; delivered: Delivered }> {
  const { state, sockets, options, requestUrl } = office;
  const via = routeOf(office) ?? 'http';
  const { kind, body, retry } = parcel;
  const type = String((body.event as Json | undefined)?.type ?? body.type ?? body.command);
  const eventId = kind === 'event' ? String(body.event_id) : null;
  const delivered: Delivered = {
    ...{ kind, type, eventId, retry, via, body },
    ...{ acked: false, ackedAfterMs: null, response: null, reason: null },
  };
  office.deliveries.push(delivered);
  const startedAt = performance.now();
  const outcome = await (via === 'socket'
    ? sockets.send(parcel)
    : post({ url: requestUrl ?? '', signingSecret: state.signingSecret, ackMs: options.ackMs }, parcel));
  if (outcome.acked) {
    Object.assign(delivered, { acked: true, ackedAfterMs: performance.now() - startedAt, response: outcome.response });
  } else delivered.reason = outcome.reason;
  return { outcome, delivered };
}
