/** An invoice's way: draft, open, and paid, void or uncollectible. */
import type Stripe from 'stripe';
import { declineOf } from './catalogue.ts';
import { randomText } from './ids.ts';
import { newCharge, newInvoicePayment, newPaymentIntent } from './payment-objects.ts';
import { emit, idOf, known, type State } from './state.ts';

export function subscriptionOf(state: State, invoice: Stripe.Invoice): Stripe.Subscription {
  const reference = invoice.parent?.subscription_details?.subscription;
  if (!reference) throw new Error(`${invoice.id} is of no subscription`);
  return known(state.subscriptions, idOf(reference));
}

function paymentsOf(state: State, invoice: Stripe.Invoice): Stripe.InvoicePayment[] {
  return [...state.invoicePayments.values()].filter((payment) => payment.invoice === invoice.id);
}

/** From now on it stays as it is, and can be paid. One that asks for nothing is paid at once. */
export function finalize(state: State, invoice: Stripe.Invoice): void {
  const customer = customerOf(state, invoice);
  const sequence = customer.next_invoice_sequence ?? 1;
  customer.next_invoice_sequence = sequence + 1;
  settleBalance(customer, invoice);
  Object.assign(invoice, {
    automatically_finalizes_at: null,
    effective_at: state.now(),
    hosted_invoice_url: `${state.url}/i/${randomText(24)}`,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    status: 'open',
  } satisfies Partial<Stripe.Invoice>);
  invoice.status_transitions.finalized_at = state.now();
  if (invoice.amount_due > 0) newInvoicePayment(state, invoice, newPaymentIntent(state, invoice));
  emit(state, 'invoice.finalized', invoice);
  if (invoice.amount_due === 0) markPaid(state, invoice);
}

/** What the customer has to their credit is used first; what an invoice gives back is added to it. */
function settleBalance(customer: Stripe.Customer, invoice: Stripe.Invoice): void {
  const credit = Math.max(0, -customer.balance);
  const used = Math.min(credit, Math.max(0, invoice.total));
  customer.balance += used + Math.min(0, invoice.total);
  invoice.ending_balance = customer.balance;
  invoice.amount_due = Math.max(0, invoice.total) - used;
  invoice.amount_remaining = invoice.amount_due;
}

/** Charges the card of the subscription, or of the customer. Whether it was paid. */
export function attempt(state: State, invoice: Stripe.Invoice): boolean {
  const [payment] = paymentsOf(state, invoice);
  if (payment?.payment.payment_intent === undefined) throw new Error(`${invoice.id} is not to be paid`);
  const intent = known(state.paymentIntents, idOf(payment.payment.payment_intent));
  const customer = customerOf(state, invoice);
  const method = cardFor(state, subscriptionOf(state, invoice));
  const declined = declineOf(state, customer.id, method);
  invoice.attempted = true;
  invoice.attempt_count += 1;
  invoice.auto_advance = true;
  if (method !== null) charge(state, intent, method, declined);
  if (declined !== null) return fail(state, invoice);
  payment.amount_paid = invoice.amount_due;
  payment.status = 'paid';
  payment.status_transitions.paid_at = state.now();
  emit(state, 'invoice_payment.paid', payment);
  markPaid(state, invoice);
  return true;
}

/** The card that a subscription is charged to; null when there is none. */
export function cardFor(state: State, subscription: Stripe.Subscription): string | null {
  const customer = known(state.customers, idOf(subscription.customer));
  const method = subscription.default_payment_method ?? customer.invoice_settings.default_payment_method;
  return method === null ? null : idOf(method);
}

function charge(state: State, intent: Stripe.PaymentIntent, method: string, declined: string | null): void {
  const made = newCharge(state, intent, method, declined);
  intent.latest_charge = made.id;
  intent.payment_method = declined === null ? method : null;
  if (declined === null) {
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    intent.last_payment_error = null;
    emit(state, 'charge.succeeded', made);
    emit(state, 'payment_intent.succeeded', intent);
    return;
  }
  intent.last_payment_error = {
    charge: made.id,
    code: 'card_declined',
    decline_code: declined,
    message: 'Your card was declined.',
    type: 'card_error',
  };
  emit(state, 'charge.failed', made);
  emit(state, 'payment_intent.payment_failed', intent);
}

function fail(state: State, invoice: Stripe.Invoice): boolean {
  const { firstFailures } = state.books;
  const first = firstFailures.get(invoice.id) ?? state.now();
  firstFailures.set(invoice.id, first);
  // The first invoice of a subscription is not tried again: it waits for the customer.
  const isRetried = invoice.billing_reason !== 'subscription_create' && !state.books.resuming.has(invoice.id);
  const days = isRetried ? state.settings.retryDays : [];
  const next = days.map((day) => first + Math.round(day * 86_400)).find((moment) => moment > state.now());
  invoice.next_payment_attempt = next ?? null;
  if (next === undefined) invoice.auto_advance = false;
  customerOf(state, invoice).delinquent = true;
  emit(state, 'invoice.payment_failed', invoice);
  return false;
}

function markPaid(state: State, invoice: Stripe.Invoice): void {
  Object.assign(invoice, {
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
  } satisfies Partial<Stripe.Invoice>);
  invoice.status_transitions.paid_at = state.now();
  customerOf(state, invoice).delinquent = false;
  emit(state, 'invoice.paid', invoice);
  emit(state, 'invoice.payment_succeeded', invoice);
}

export function voidInvoice(state: State, invoice: Stripe.Invoice): void {
  close(state, invoice, 'void');
  invoice.status_transitions.voided_at = state.now();
  emit(state, 'invoice.voided', invoice);
}

export function markUncollectible(state: State, invoice: Stripe.Invoice): void {
  close(state, invoice, 'uncollectible');
  invoice.status_transitions.marked_uncollectible_at = state.now();
  emit(state, 'invoice.marked_uncollectible', invoice);
}

function close(state: State, invoice: Stripe.Invoice, status: 'void' | 'uncollectible'): void {
  invoice.status = status;
  stopCollecting(invoice);
  if (status !== 'void') return;
  for (const payment of paymentsOf(state, invoice)) {
    payment.status = 'canceled';
    payment.status_transitions.canceled_at = state.now();
    const intent = state.paymentIntents.get(idOf(payment.payment.payment_intent ?? ''));
    if (intent) Object.assign(intent, { status: 'canceled', canceled_at: state.now() });
  }
}

/** Nothing happens to it any more unless somebody does something. */
export function stopCollecting(invoice: Stripe.Invoice): void {
  invoice.auto_advance = false;
  invoice.automatically_finalizes_at = null;
  invoice.next_payment_attempt = null;
}

function customerOf(state: State, invoice: Stripe.Invoice): Stripe.Customer {
  if (invoice.customer === null) throw new Error(`${invoice.id} is nobody's`);
  const id = idOf(invoice.customer);
  const customer = state.customers.get(id);
  if (!customer) throw new Error(`the twin knows no ${id}`);
  return customer;
}
