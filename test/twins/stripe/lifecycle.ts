/** What becomes of a subscription: when it begins, is paid or not, renews, and ends. */
import type Stripe from 'stripe';
import { newInvoice, newLine } from './invoice-objects.ts';
import {
  attempt,
  cardFor,
  finalize,
  markUncollectible,
  stopCollecting,
  subscriptionOf,
  voidInvoice,
} from './invoicing.ts';
import { DAY, periodEndAfter } from './periods.ts';
import { change, emit, idOf, known, type State } from './state.ts';
import { itemOf, type NewSubscription, newSubscription, recurringOf } from './subscription-objects.ts';

const UPDATED = 'customer.subscription.updated';

/** A subscription, charged at once unless it begins with a trial or is to wait for its first payment. */
export function begin(state: State, given: NewSubscription, { waits = false } = {}): Stripe.Subscription {
  const subscription = newSubscription(state, given);
  const isTrial = subscription.trial_end !== null;
  const invoice = draft(state, subscription, 'subscription_create', [lineOf(state, subscription, isTrial ? 0 : null)]);
  subscription.latest_invoice = invoice.id;
  finalize(state, invoice);
  const isPaid = invoice.status === 'paid' || (!waits && attempt(state, invoice));
  if (isPaid && !isTrial) subscription.status = 'active';
  emit(state, 'customer.subscription.created', subscription);
  if (isTrial) announceEndOfTrial(state, subscription);
  return subscription;
}

/** Three days ahead, or at once when it is sooner than that. */
export function announceEndOfTrial(state: State, subscription: Stripe.Subscription): void {
  if (subscription.trial_end === null || subscription.trial_end - 3 * DAY > state.now()) return;
  if (state.books.announced.has(subscription.id)) return;
  state.books.announced.add(subscription.id);
  emit(state, 'customer.subscription.trial_will_end', subscription);
}

export function endTrial(state: State, subscription: Stripe.Subscription): void {
  const choice = subscription.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice';
  if (cardFor(state, subscription) !== null || choice === 'create_invoice') renew(state, subscription);
  else if (choice === 'cancel') cancel(state, subscription, null);
  else pause(state, subscription);
}

function pause(state: State, subscription: Stripe.Subscription): void {
  change(state, UPDATED, subscription, (changing) => {
    changing.status = 'paused';
    changing.status_details = {
      paused: {
        subscription: { type: 'trial_end_without_payment_method' },
        transitioned_at: state.now(),
        type: 'subscription',
      },
    };
  });
  emit(state, 'customer.subscription.paused', subscription);
}

/** The next period begins. Its invoice is a draft for a while: until then nobody knows that it cannot be paid. */
export function renew(state: State, subscription: Stripe.Subscription): void {
  change(state, UPDATED, subscription, (changing) => {
    const item = itemOf(changing);
    const anchor = changing.billing_cycle_anchor;
    item.current_period_start = item.current_period_end;
    item.current_period_end = periodEndAfter(anchor, item.current_period_start, recurringOf(item.price));
    if (changing.status === 'trialing') changing.status = 'active';
    const isKept = changing.status === 'unpaid' || changing.pause_collection?.behavior === 'keep_as_draft';
    const at = isKept ? null : state.now() + state.settings.draftSeconds;
    const lines = [...takeProrations(state, changing), lineOf(state, changing)];
    changing.latest_invoice = draft(state, changing, 'subscription_cycle', lines, at).id;
  });
}

export function draft(
  state: State,
  subscription: Stripe.Subscription,
  reason: Stripe.Invoice.BillingReason,
  lines: Stripe.InvoiceLineItem[],
  finalizesAt: number | null = null,
): Stripe.Invoice {
  const invoice = newInvoice(state, { subscription, reason, lines, finalizesAt });
  emit(state, 'invoice.created', invoice);
  return invoice;
}

export function takeProrations(state: State, subscription: Stripe.Subscription): Stripe.InvoiceLineItem[] {
  const lines = state.books.prorations.get(subscription.id) ?? [];
  state.books.prorations.delete(subscription.id);
  return lines;
}

/** The current period, at its price unless another amount is given. */
export function lineOf(state: State, subscription: Stripe.Subscription, amount: number | null = null) {
  const item = itemOf(subscription);
  const { current_period_start: start, current_period_end: end, quantity = 1, price } = item;
  const name = known(state.products, idOf(price.product)).name;
  const description = amount === 0 ? `Trial period for ${name}` : `${quantity} × ${name}`;
  return newLine(state, { item, amount: amount ?? quantity * (price.unit_amount ?? 0), start, end, description });
}

/** Finalises an invoice if that is still to do, and charges it. */
export function collect(state: State, invoice: Stripe.Invoice): void {
  const subscription = subscriptionOf(state, invoice);
  if (invoice.status === 'draft') finalize(state, invoice);
  const pause = subscription.pause_collection?.behavior;
  if (invoice.status === 'open' && pause === 'void') voidInvoice(state, invoice);
  else if (invoice.status === 'open' && pause === 'mark_uncollectible') markUncollectible(state, invoice);
  else if (invoice.status === 'paid' || attempt(state, invoice)) afterPayment(state, subscription, invoice);
  else afterFailure(state, subscription, invoice);
}

function afterPayment(state: State, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  if (state.books.resuming.delete(invoice.id)) unpause(state, subscription);
  const isOwed = ['incomplete', 'past_due', 'unpaid'].includes(subscription.status);
  if (!isOwed || !isLatest(state, subscription, invoice)) return;
  change(state, UPDATED, subscription, (changing) => {
    changing.status = 'active';
  });
}

/** The last invoice that is more than a draft decides whether a subscription is paid for. */
function isLatest(state: State, subscription: Stripe.Subscription, invoice: Stripe.Invoice): boolean {
  const final = [...state.invoices.values()].filter(
    (each) => each.status !== 'draft' && subscriptionOf(state, each) === subscription,
  );
  return final.at(-1) === invoice;
}

function afterFailure(state: State, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  if (subscription.status === 'active' || subscription.status === 'trialing') {
    change(state, UPDATED, subscription, (changing) => {
      changing.status = 'past_due';
    });
  }
  if (invoice.next_payment_attempt !== null || subscription.status !== 'past_due') return;
  const { afterRetries } = state.settings;
  if (afterRetries === 'cancel') cancel(state, subscription, 'payment_failed');
  if (afterRetries !== 'unpaid') return;
  change(state, UPDATED, subscription, (changing) => {
    changing.status = 'unpaid';
  });
}

export function cancel(
  state: State,
  subscription: Stripe.Subscription,
  reason: Stripe.Subscription.CancellationDetails.Reason | null,
): void {
  const isUnpaid = subscription.status === 'incomplete';
  subscription.status = 'canceled';
  subscription.canceled_at ??= state.now();
  subscription.ended_at = state.now();
  subscription.pause_collection = null;
  if (subscription.cancellation_details) subscription.cancellation_details.reason ??= reason;
  state.books.prorations.delete(subscription.id);
  for (const invoice of state.invoices.values()) {
    if (subscriptionOf(state, invoice) !== subscription) continue;
    stopCollecting(invoice);
    if (isUnpaid && invoice.status === 'open') voidInvoice(state, invoice);
  }
  emit(state, 'customer.subscription.deleted', subscription);
}

/** Ends it at that moment; null: goes on after all. */
export function scheduleEnd(state: State, subscription: Stripe.Subscription, at: number | null): void {
  subscription.cancel_at = at;
  subscription.canceled_at = at === null ? null : state.now();
  subscription.cancel_at_period_end = false;
  const details = subscription.cancellation_details;
  if (details) details.reason = at === null ? null : 'cancellation_requested';
}

/** Nobody paid the first invoice in 23 hours. */
export function giveUp(state: State, subscription: Stripe.Subscription): void {
  for (const invoice of state.invoices.values()) {
    const isOpen = invoice.status === 'open' && subscriptionOf(state, invoice) === subscription;
    if (isOpen) voidInvoice(state, invoice);
  }
  change(state, UPDATED, subscription, (changing) => {
    changing.status = 'incomplete_expired';
    changing.ended_at = state.now();
  });
}

/** A paused subscription goes on from now, once the invoice for it is paid. */
export function resume(state: State, subscription: Stripe.Subscription): void {
  const item = itemOf(subscription);
  change(state, UPDATED, subscription, (changing) => {
    changing.billing_cycle_anchor = state.now();
    item.current_period_start = state.now();
    item.current_period_end = periodEndAfter(state.now(), state.now(), recurringOf(item.price));
    const invoice = draft(state, changing, 'subscription_cycle', [lineOf(state, changing)]);
    state.books.resuming.add(invoice.id);
    changing.latest_invoice = invoice.id;
  });
  collect(state, known(state.invoices, idOf(subscription.latest_invoice ?? '')));
}

function unpause(state: State, subscription: Stripe.Subscription): void {
  change(state, UPDATED, subscription, (changing) => {
    changing.status = 'active';
    delete changing.status_details;
  });
  emit(state, 'customer.subscription.resumed', subscription);
}
