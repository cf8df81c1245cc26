/** Webhooks: every event waits here until a test has it delivered, or goes out by itself. */
import { createHmac } from 'node:crypto';
import type Stripe from 'stripe';
import { HOUR } from './periods.ts';
import type { State } from './state.ts';

/** How the app took an event. */
interface Sent {
  /** Null: nothing was answered. */
  status: number | null;
  body: string;
  signature: string | null;
}

interface Parcel {
  event: Stripe.Event;
  /** Byte for byte what is sent and signed. */
  body: string;
  state: 'pending' | 'delivered' | 'lost';
  sent: Sent[];
  /** When it goes out again by itself. */
  nextAt: number | null;
}

interface Endpoint {
  url: string;
  /** As after a roll: each of them signs. */
  secrets: readonly string[];
  /** Null: every event there is. */
  types: readonly string[] | null;
  /** Whether events go out as they happen, and again while the app does not take them. */
  automatic: boolean;
  /** Instead of the network: an app's own fetch. */
  via: ((request: Request) => Response | Promise<Response>) | null;
}

interface DeliverOptions {
  url?: string;
  times?: number;
  /** Whether all of the times come at once, rather than one after the other. */
  atOnce?: boolean;
  secret?: string | readonly string[];
  /** The signature's moment in Unix seconds; now, unless a stale one is wanted. */
  at?: number;
  /** Another body, signed as if it were Stripe's. */
  alter?(body: string): string;
  /** Another body, after it was signed. */
  tamper?(body: string): string;
  /** Another header; null: none. */
  signature?: string | null;
}

interface DeliverAllOptions {
  /** Also what was delivered or lost before. */
  again?: boolean;
  order?: 'made' | 'reversed' | 'random';
  /** Which are lost for good: some, by chance, or those that it says. */
  drop?: number | ((event: Stripe.Event) => boolean);
  /** Which come twice. */
  twice?: number | ((event: Stripe.Event) => boolean);
  /** From 0 to 1; the twin's own unless given. */
  random?(): number;
}

export interface Outbox {
  readonly parcels: readonly Parcel[];
  readonly endpoint: Endpoint;
  listenTo(url: string, more?: Partial<Omit<Endpoint, 'url'>>): void;
  deliver(event: string | { id: string }, options?: DeliverOptions): Promise<Sent[]>;
  /** Everything that is pending. Gives back what was sent, in that order, a twice sent event twice. */
  deliverAll(options?: DeliverAllOptions): Promise<Stripe.Event[]>;
  heard(event: Stripe.Event): void;
  /** Sends what is due again, until nothing is; waits for whatever is under way. */
  settle(): Promise<void>;
}

interface Parts {
  state: State;
  secret: string;
  /** Signatures bear the real time, in Unix seconds: the app compares it with its own clock. */
  signingNow(): number;
  random(): number;
}

/** After how many hours Stripe tries again: for days with real money, for some hours without. */
const RETRIES = { live: [0.1, 0.5, 2, 5, 10, 22, 34, 46, 58, 70], test: [0.1, 1, 3] };

export function createOutbox(parts: Parts): Outbox {
  const { state, secret, random } = parts;
  const parcels: Parcel[] = [];
  const underWay = new Set<Promise<unknown>>();
  const endpoint: Endpoint = { url: '', secrets: [secret], types: null, automatic: false, via: null };
  const send = (parcel: Parcel, options: DeliverOptions = {}) => sendParcel(parts, endpoint, parcel, options);
  const sendByItself = (parcel: Parcel) => {
    const hours = RETRIES[state.livemode ? 'live' : 'test'][parcel.sent.length];
    parcel.nextAt = hours === undefined ? null : parcel.event.created + hours * HOUR;
    const sending = send(parcel).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };
  return {
    ...{ parcels, endpoint },
    listenTo(url, more = {}) {
      Object.assign(endpoint, { url, ...more });
    },
    async deliver(event, { times = 1, atOnce = false, ...options } = {}) {
      const parcel = parcelOf(parcels, event);
      const sent: Promise<Sent>[] = [];
      for (let n = 0; n < times; n += 1) {
        sent.push(send(parcel, options));
        if (!atOnce) await sent.at(-1);
      }
      return Promise.all(sent);
    },
    async deliverAll({ again = false, ...options } = {}) {
      const meant = parcels.filter((each) => again || each.state === 'pending');
      const chosen = choose(meant, { random, ...options });
      for (const parcel of chosen) await send(parcel);
      return chosen.map(({ event }) => event);
    },
    heard(event) {
      if (endpoint.types && !endpoint.types.includes(event.type)) return;
      const parcel: Parcel = { event, body: JSON.stringify(event, null, 2), state: 'pending', sent: [], nextAt: null };
      parcels.push(parcel);
      if (endpoint.automatic) sendByItself(parcel);
    },
    async settle() {
      const isDue = ({ nextAt }: Parcel) => nextAt !== null && nextAt <= state.now();
      do {
        await Promise.all(underWay);
        for (const parcel of parcels.filter(isDue)) sendByItself(parcel);
      } while (underWay.size > 0);
    },
  };
}

export function parcelOf(parcels: readonly Parcel[], event: string | { id: string }): Parcel {
  const id = typeof event === 'string' ? event : event.id;
  const parcel = parcels.find((each) => each.event.id === id);
  if (!parcel) throw new Error(`the outbox has no ${id}`);
  return parcel;
}

async function sendParcel({ state, signingNow }: Parts, endpoint: Endpoint, parcel: Parcel, options: DeliverOptions) {
  const sent = await post(state, endpoint, parcel.body, { at: signingNow(), ...options });
  parcel.sent.push(sent);
  if (sent.status !== null && sent.status < 300) {
    Object.assign(parcel, { state: 'delivered', nextAt: null } satisfies Partial<Parcel>);
    parcel.event.pending_webhooks = 0;
  }
  return sent;
}

function choose(pending: Parcel[], options: DeliverAllOptions & { random(): number }): Parcel[] {
  const { order = 'made', drop = 0, twice = 0, random } = options;
  const says = (choice: number | ((event: Stripe.Event) => boolean), { event }: Parcel) =>
    typeof choice === 'number' ? random() < choice : choice(event);
  const kept = pending.filter((parcel) => {
    const isLost = says(drop, parcel);
    if (isLost) parcel.state = 'lost';
    return !isLost;
  });
  const all = kept.flatMap((parcel) => (says(twice, parcel) ? [parcel, parcel] : [parcel]));
  if (order === 'reversed') return all.reverse();
  return order === 'random' ? shuffled(all, random) : all;
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

async function post(
  { livemode }: State,
  endpoint: Endpoint,
  body: string,
  { url = endpoint.url, secret = endpoint.secrets, at = 0, alter, tamper, ...options }: DeliverOptions,
): Promise<Sent> {
  if (url === '') throw new Error('nobody listens: call listenTo');
  const signed = alter ? alter(body) : body;
  const made = sign(signed, { secrets: [secret].flat(), at, livemode });
  const signature = options.signature === undefined ? made : options.signature;
  const request = new Request(url, {
    method: 'POST',
    body: tamper ? tamper(signed) : signed,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      ...(signature !== null && { 'stripe-signature': signature }),
    },
    // Stripe takes a redirect for a failure.
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  try {
    const response = await (endpoint.via ?? fetch)(request);
    return { status: response.status, body: await response.text(), signature };
  } catch (error) {
    return { status: null, body: String(error), signature };
  }
}

interface Signing {
  secrets: readonly string[];
  at: number;
  livemode: boolean;
}

/** `t=…,v1=…`, one v1 for each secret; without real money also a v0, which nobody may believe. */
export function sign(body: string, { secrets, at, livemode }: Signing): string {
  const hmac = (secret: string) => createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  const signatures = secrets.map((secret) => `v1=${hmac(secret)}`);
  return [`t=${at}`, ...signatures, ...(livemode ? [] : [`v0=${hmac('v0')}`])].join(',');
}
