/** Everything that the twin's account holds, and how a change of it becomes an event. */
import type Stripe from 'stripe';
import type { Card } from './cards.ts';
import type { StripeFaultPlan } from './faults.ts';
import { newId } from './ids.ts';

export interface Tables {
  customers: Map<string, Stripe.Customer>;
  products: Map<string, Stripe.Product>;
  prices: Map<string, Stripe.Price>;
  paymentMethods: Map<string, Stripe.PaymentMethod>;
  sessions: Map<string, Stripe.Checkout.Session>;
  subscriptions: Map<string, Stripe.Subscription>;
  invoices: Map<string, Stripe.Invoice>;
  invoicePayments: Map<string, Stripe.InvoicePayment>;
  paymentIntents: Map<string, Stripe.PaymentIntent>;
  charges: Map<string, Stripe.Charge>;
  refunds: Map<string, Stripe.Refund>;
  disputes: Map<string, Stripe.Dispute>;
  portalSessions: Map<string, Stripe.BillingPortal.Session>;
  events: Map<string, Stripe.Event>;
  /** What was deleted can still be retrieved, as a note that it was. */
  deletedCustomers: Map<string, Stripe.DeletedCustomer>;
}

/** What an account's owner decides in Stripe's dashboard. */
export interface AccountSettings {
  /** When a failed payment is tried again, in days after the first attempt. */
  retryDays: readonly number[];
  /** What becomes of the subscription when the last retry has failed. */
  afterRetries: 'cancel' | 'unpaid' | 'past_due';
  /** How long a renewal's invoice is a draft, before it is finalised and charged. */
  draftSeconds: number;
  /** Whether somebody has saved the portal's settings: without, Stripe makes no portal session. */
  hasPortal: boolean;
  portalCancels: 'at_period_end' | 'immediately';
}

/** What Stripe knows of its objects and does not show. */
interface Books {
  cards: Map<string, Card>;
  /** Customers whose bank says no to every charge. */
  refusing: Set<string>;
  /** When the first attempt at an invoice failed. */
  firstFailures: Map<string, number>;
  /** What the next invoice of a subscription makes up for. */
  prorations: Map<string, Stripe.InvoiceLineItem[]>;
  /** Subscriptions whose end of trial was announced. */
  announced: Set<string>;
  /** What a checkout session will begin. */
  orders: Map<string, Order>;
  /** Invoices that a paused subscription waits for. */
  resuming: Set<string>;
  /** When a portal session was last looked at. */
  visits: Map<string, number>;
}

export interface Order {
  price: Stripe.Price;
  quantity: number;
  description: string | null;
  metadata: Stripe.Metadata;
  trialSeconds: number | null;
  trialEnd: number | null;
  trialSettings: Stripe.Subscription.TrialSettings | null;
}

export interface State extends Tables {
  /** Of the server: `http://127.0.0.1:<port>`. */
  url: string;
  livemode: boolean;
  apiVersion: string;
  settings: AccountSettings;
  books: Books;
  /** Keys, and what a restricted one may do; null: everything. */
  keys: Map<string, readonly string[] | null>;
  unknown: string[];
  faults: StripeFaultPlan;
  /** In Unix seconds. While the twin makes up for time that has passed, the moment that it is at. */
  now(): number;
  clock: { read(): number; at: number | null };
  /** The request that is being served, as its events name it. */
  request: Stripe.Event.Request | null;
  /** Who is told of each event. */
  heard(event: Stripe.Event): void;
}

export function createState(
  given: Pick<State, 'livemode' | 'apiVersion' | 'settings' | 'faults'> & { read(): number },
): State {
  const clock: State['clock'] = { read: given.read, at: null };
  const { livemode, apiVersion, settings, faults } = given;
  return {
    ...{ livemode, apiVersion, settings, faults, clock },
    ...emptyTables(),
    url: '',
    books: {
      cards: new Map(),
      refusing: new Set(),
      firstFailures: new Map(),
      prorations: new Map(),
      announced: new Set(),
      orders: new Map(),
      resuming: new Set(),
      visits: new Map(),
    },
    keys: new Map(),
    unknown: [],
    now: () => clock.at ?? clock.read(),
    request: null,
    heard: () => {},
  };
}

function emptyTables(): Tables {
  return {
    customers: new Map(),
    products: new Map(),
    prices: new Map(),
    paymentMethods: new Map(),
    sessions: new Map(),
    subscriptions: new Map(),
    invoices: new Map(),
    invoicePayments: new Map(),
    paymentIntents: new Map(),
    charges: new Map(),
    refunds: new Map(),
    disputes: new Map(),
    portalSessions: new Map(),
    events: new Map(),
    deletedCustomers: new Map(),
  };
}

/** Any object by its id, as an expanded field shows it. */
export function findObject(state: State, id: string): object | undefined {
  const tables: Map<string, object>[] = [
    ...[state.customers, state.products, state.prices, state.paymentMethods, state.sessions, state.subscriptions],
    ...[state.invoices, state.invoicePayments, state.paymentIntents, state.charges, state.refunds, state.disputes],
    state.deletedCustomers,
  ];
  return tables.find((table) => table.has(id))?.get(id);
}

/** Of what the twin has for certain. */
export function known<T>(table: ReadonlyMap<string, T>, id: string): T {
  const found = table.get(id);
  if (found === undefined) throw new Error(`the twin knows no ${id}`);
  return found;
}

export function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

export function emit(state: State, type: Stripe.Event.Type, object: object, previous?: object): Stripe.Event {
  const event = {
    id: newId('evt', '1'),
    object: 'event',
    api_version: state.apiVersion,
    created: state.now(),
    data: { object: structuredClone(object), ...(previous && { previous_attributes: previous }) },
    livemode: state.livemode,
    pending_webhooks: 1,
    request: state.request ?? { id: null, idempotency_key: null },
    type,
  } as Stripe.Event;
  state.events.set(event.id, event);
  state.heard(event);
  return event;
}

/** Changes an object, and says so if that made a difference. */
export function change<T extends object>(
  state: State,
  type: Stripe.Event.Type,
  object: T,
  changing: (object: T) => void,
): void {
  const before = structuredClone(object);
  changing(object);
  const previous = previousOf(before, object);
  if (Object.keys(previous).length > 0) emit(state, type, object, previous);
}

function previousOf(before: object, after: object): Record<string, unknown> {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
    (key) => JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key)),
  );
  return Object.fromEntries(
    changed.map((key) => {
      const isMetadata = key === 'metadata';
      return [key, isMetadata ? previousOf(old.get(key) ?? {}, now.get(key) ?? {}) : (old.get(key) ?? null)];
    }),
  );
}

/** An amount as Stripe writes exact ones. On the wire it is text; the SDK makes an object of it. */
export function decimal(amount: number): Stripe.Decimal {
  return String(amount) as unknown as Stripe.Decimal;
}

export function listOf<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url };
}
