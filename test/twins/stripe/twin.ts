/**
 * A twin of Stripe for the real SDK: the API, its pages and its webhooks, of one account. It holds the truth about
 * subscriptions and what was paid, moves with a clock of its own, and lets a test script payers, banks and the network.
 */
import Stripe from 'stripe';
import { createFaults } from '../faults.ts';
import { type CardName, cardNamed } from './cards.ts';
import { addPrice, addProduct, replaceCard } from './catalogue.ts';
import { type Completion, complete } from './checkout.ts';
import { catchUp } from './clock.ts';
import type { Call, StripeFaults } from './faults.ts';
import { createIdempotency } from './idempotency.ts';
import { newId } from './ids.ts';
import { createOutbox, type Outbox, parcelOf, sign } from './outbox.ts';
import { closeDispute, dispute, refund } from './payments.ts';
import { enterPortal, type Portal } from './portal.ts';
import { type SeenRequest, startServer } from './server.ts';
import { type AccountSettings, createState, idOf, known, type State, type Tables } from './state.ts';

export interface StripeTwinOptions {
  livemode?: boolean;
  settings?: Partial<AccountSettings>;
  /** Milliseconds, as of Date.now; the twin goes on from there. */
  now?(): number;
  /** Milliseconds: the time that signatures bear. */
  signingNow?(): number;
  /** From 0 to 1, for what deliverAll leaves to chance. */
  random?(): number;
}

interface PriceOptions {
  /** The product's name. */
  product?: string;
  lookupKey?: string;
  /** In cents. */
  amount?: number;
  currency?: string;
  interval?: 'day' | 'week' | 'month' | 'year';
}

type Objects = {
  readonly [K in keyof Tables]: Tables[K] extends Map<string, infer T> ? ReadonlyMap<string, T> : never;
};

export interface StripeTwin extends Pick<Outbox, 'deliver' | 'deliverAll' | 'listenTo'> {
  /** For STRIPE_API_URL: `http://127.0.0.1:<port>`. */
  url: string;
  /** The same for the SDK's options. */
  sdk: { host: string; port: number; protocol: 'http' };
  apiKey: string;
  webhookSecret: string;
  livemode: boolean;
  settings: AccountSettings;
  /** Requests, parameters and pages that the twin does not have, and its own failures: a test expects none. */
  unknown: string[];
  requests: readonly SeenRequest[];
  faults: StripeFaults;
  /** Everything that the account holds, as it is now. To look at, not to change. */
  objects: Objects;
  /** Events in the order in which they happened, and how each was taken. */
  outbox: Outbox['parcels'];
  /** In Unix seconds. */
  now(): number;
  /** Moves the clock ahead: all that is due happens, each thing at its moment. Waits for what is delivered by itself. */
  advance(seconds: number): Promise<void>;
  /** Waits for whatever is delivered by itself. */
  settle(): Promise<void>;
  /** What Stripe would send: for apps that are called without a network. */
  signed(
    event: { id: string },
    options?: { secrets?: readonly string[]; at?: number },
  ): { body: string; signature: string };
  addPrice(options?: PriceOptions): Stripe.Price;
  /** A key that may do only this, as `customer_write` or `subscription_read`. */
  addRestrictedKey(permissions: readonly string[]): string;
  /** Someone pays on Checkout's page; null: without a card. */
  complete(sessionId: string, payer?: { card?: CardName | null; email?: string; name?: string }): Completion;
  /** Someone follows a link into the portal. */
  enterPortal(url: string): Portal;
  /** Puts another card in the place of the customer's. */
  giveCard(customerId: string, card: CardName): void;
  /** From now on the customer's bank refuses every charge, or takes them again. */
  bankRefuses(customerId: string, refuses?: boolean): void;
  /** Of a subscription, the last that was paid. */
  lastCharge(subscriptionId: string): Stripe.Charge;
  refund(chargeId: string, amount?: number): Stripe.Refund;
  dispute(chargeId: string, reason?: string): Stripe.Dispute;
  closeDispute(disputeId: string, status: 'won' | 'lost'): void;
  close(): Promise<void>;
}

const SETTINGS: AccountSettings = {
  retryDays: [1, 3, 5, 7],
  afterRetries: 'cancel',
  draftSeconds: 3_600,
  hasPortal: true,
  portalCancels: 'at_period_end',
};

export async function startStripeTwin(options: StripeTwinOptions = {}): Promise<StripeTwin> {
  const { livemode = false, now = Date.now, signingNow = Date.now, random = Math.random } = options;
  let ahead = 0;
  const seconds = (clock: () => number) => Math.floor(clock() / 1000);
  const faults = createFaults((call: Call): [Call] => [call]);
  const state = createState({
    ...{ livemode, faults, apiVersion: Stripe.API_VERSION },
    settings: { ...SETTINGS, ...options.settings },
    read: () => seconds(now) + ahead,
  });
  const apiKey = newId('sk', livemode ? 'live_' : 'test_');
  state.keys.set(apiKey, null);
  const webhookSecret = newId('whsec');
  const outbox = createOutbox({ state, secret: webhookSecret, signingNow: () => seconds(signingNow), random });
  state.heard = outbox.heard;
  const requests: SeenRequest[] = [];
  const loopback = await startServer({ state, idempotency: createIdempotency(), requests });
  return {
    ...scripted(state),
    ...{ apiKey, webhookSecret, livemode, requests, faults },
    url: state.url,
    sdk: { host: '127.0.0.1', port: Number(new URL(state.url).port), protocol: 'http' },
    settings: state.settings,
    unknown: state.unknown,
    objects: state,
    outbox: outbox.parcels,
    deliver: outbox.deliver,
    deliverAll: outbox.deliverAll,
    listenTo: outbox.listenTo,
    settle: outbox.settle,
    now: state.now,
    async advance(by) {
      ahead += by;
      catchUp(state);
      await outbox.settle();
    },
    signed(event, { secrets = outbox.endpoint.secrets, at = seconds(signingNow) } = {}) {
      const { body } = parcelOf(outbox.parcels, event);
      return { body, signature: sign(body, { secrets, at, livemode }) };
    },
    async close() {
      await outbox.settle();
      await loopback.close();
    },
  };
}

type Scripted =
  | 'addPrice'
  | 'addRestrictedKey'
  | 'complete'
  | 'enterPortal'
  | 'giveCard'
  | 'bankRefuses'
  | 'lastCharge'
  | 'refund'
  | 'dispute'
  | 'closeDispute';

/** What a test has people, banks and the account's owner do. */
function scripted(state: State): Pick<StripeTwin, Scripted> {
  return {
    addPrice({ product: name = 'Premium', lookupKey, amount = 500, currency = 'usd', interval = 'month' } = {}) {
      const product = [...state.products.values()].find((each) => each.name === name) ?? addProduct(state, { name });
      return addPrice(state, { product: product.id, lookupKey, amount, currency, interval });
    },
    addRestrictedKey(permissions) {
      const key = newId('rk', state.livemode ? 'live_' : 'test_');
      state.keys.set(key, permissions);
      return key;
    },
    complete(sessionId, { card = 'good', ...payer } = {}) {
      catchUp(state);
      return complete(state, known(state.sessions, sessionId), { ...payer, card: card && cardNamed(card) });
    },
    enterPortal(url) {
      catchUp(state);
      return enterPortal(state, known(state.portalSessions, url.split('/').at(-1) ?? ''));
    },
    giveCard(customerId, card) {
      replaceCard(state, known(state.customers, customerId), cardNamed(card));
    },
    bankRefuses(customerId, refuses = true) {
      if (refuses) state.books.refusing.add(known(state.customers, customerId).id);
      else state.books.refusing.delete(customerId);
    },
    lastCharge(subscriptionId) {
      const { customer } = known(state.subscriptions, subscriptionId);
      const paid = [...state.charges.values()].filter(
        (each) => each.paid && subscriptionFor(state, each) === subscriptionId,
      );
      const last = paid.at(-1);
      if (!last) throw new Error(`${idOf(customer)} never paid for ${subscriptionId}`);
      return last;
    },
    refund: (chargeId, amount) => refund(state, known(state.charges, chargeId), { amount }),
    dispute: (chargeId, reason) => dispute(state, known(state.charges, chargeId), reason),
    closeDispute: (disputeId, status) => closeDispute(state, known(state.disputes, disputeId), status),
  };
}

/** From a charge to its subscription there is one way: its payment, the invoice that was paid, and that one's parent. */
function subscriptionFor(state: State, charge: Stripe.Charge): string | null {
  const payment = [...state.invoicePayments.values()].find(
    (each) => each.payment.payment_intent === charge.payment_intent,
  );
  const invoice = payment && known(state.invoices, idOf(payment.invoice));
  const reference = invoice?.parent?.subscription_details?.subscription;
  return reference === undefined ? null : idOf(reference);
}
