import type { Platform } from '../messages.ts';

/** Where subscriptions are sold and kept: what billing needs of them. */

export type SourceName = 'stripe' | 'discord';

/**
 * trialing · active · past_due: a payment failed and is tried again · unpaid: that came to nothing · paused: a trial
 * ended and nobody pays · canceled: it is over · incomplete: the first payment is missing · disputed, refunded: the
 * payment was, or is being, taken back.
 */
export type SubscriptionStatus =
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'canceled'
  | 'incomplete'
  | 'disputed'
  | 'refunded';

/** A subscription as it stands where it is kept. */
export interface Subscription {
  /** Its source's id of it. */
  id: string;
  /** Whom it is for; ids are the platform's. */
  workspace: { platform: Platform; id: string };
  /** What its source calls what is sold: price, lookup key, SKU. */
  soldAs: readonly string[];
  status: SubscriptionStatus;
  /** While it is past_due or unpaid: since when, which is when the oldest bill was made that is not paid. */
  owedSince: Date | null;
  /** When it goes on by itself; null: it does not. */
  renewsAt: Date | null;
  /** When it ends, or has ended; null: it has no end. */
  endsAt: Date | null;
  /** While it is trialing: when that ends. */
  trialEndsAt: Date | null;
  /** False: test money. */
  isLive: boolean;
}

/** `away`: ask again; `refused`: nobody but the operator can change that. `detail` is for our log, never for a chat. */
export interface SourceFailure {
  ok: false;
  reason: 'away' | 'refused';
  detail: string;
}

export type Asked<Result> = { ok: true; value: Result } | SourceFailure;

/** Methods must not throw: failure is a value. */
export interface SubscriptionSource {
  readonly name: SourceName;
  /** As it stands now; null: there is none, or it is for none of our workspaces. */
  fetch(id: string): Promise<Asked<Subscription | null>>;
  /** Every one of ours, page by page; a failure is the last that comes. */
  all(): AsyncIterable<Asked<readonly Subscription[]>>;
}

/** What Stripe told of. */
export interface StripeEvent {
  id: string;
  type: string;
  /** Of what it tells: the kind of object, and its id. */
  object: { kind: string; id: string };
  isLive: boolean;
  createdAt: Date;
}

/** Stripe, as billing needs it. */
export interface Payments extends SubscriptionSource {
  readonly name: 'stripe';
  /** The key's mode. */
  readonly isLive: boolean;
  /** What a webhook brought: read only if it is signed with our secret, and not long ago. `why` is for our log. */
  read(body: Buffer, signature: string | null): { ok: true; event: StripeEvent } | { ok: false; why: string };
  /** Which of ours an event is about; null: none. */
  subscriptionOf(object: StripeEvent['object']): Promise<Asked<string | null>>;
  /** The customer for a workspace; the same one however often it is asked for. */
  createCustomer(workspace: { key: string; platform: Platform; id: string; name: string }): Promise<Asked<string>>;
  /** Whether it is there, in the key's mode. */
  hasCustomer(customer: string): Promise<Asked<boolean>>;
  /** What became of a page on which somebody may pay; null: there is none, or nobody has paid there. */
  checkoutOf(id: string): Promise<Asked<PaidCheckout | null>>;
  openCheckout(wanted: CheckoutWanted): Promise<Asked<{ id: string; url: string }>>;
  /** Who paid twice would have two: the customer's other pages close. */
  closeCheckouts(customer: string): Promise<Asked<null>>;
  openPortal(customer: string, returnUrl: string): Promise<Asked<string>>;
  /** It is for another workspace from now on. */
  retarget(subscription: string, workspace: Subscription['workspace']): Promise<Asked<null>>;
  /** Whether each of these lookup keys has a price: those that have none. For the doctor. */
  missingPrices(lookupKeys: readonly string[]): Promise<Asked<string[]>>;
}

export interface PaidCheckout {
  /** Ours. */
  reference: string;
  customer: string;
  subscription: string;
}

export interface CheckoutWanted {
  customer: string;
  workspace: Subscription['workspace'];
  /** Of ours. */
  reference: string;
  lookupKey: string;
  /** 0: none. */
  trialDays: number;
  /** {CHECKOUT_SESSION_ID} in it is replaced by Stripe. */
  doneUrl: string;
  cancelUrl: string;
  /** As in "pt-BR"; null: by the browser. */
  locale: string | null;
}
