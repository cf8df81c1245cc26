/** Another price in the middle of a period: what was paid is given back for the time that is left. */
import type Stripe from 'stripe';
import { newLine } from './invoice-objects.ts';
import { collect, draft, lineOf, takeProrations } from './lifecycle.ts';
import { periodEndAfter } from './periods.ts';
import { change, type State } from './state.ts';
import { itemOf, planOf, recurringOf } from './subscription-objects.ts';

type Proration = 'always_invoice' | 'create_prorations' | 'none';

interface PlanChange {
  price: Stripe.Price;
  quantity: number;
  proration: Proration;
}

export function changePlan(state: State, subscription: Stripe.Subscription, to: PlanChange): void {
  const old = recurringOf(itemOf(subscription).price);
  const next = recurringOf(to.price);
  const isTrial = subscription.status === 'trialing';
  const isSameRhythm = old.interval === next.interval && old.interval_count === next.interval_count;
  const credit = isTrial || to.proration === 'none' ? [] : [proration(state, subscription, 'Unused time', -1)];
  const swap = () => {
    const item = itemOf(subscription);
    item.price = structuredClone(to.price);
    item.plan = planOf(to.price);
    item.quantity = to.quantity;
  };
  if (isTrial || isSameRhythm) {
    swap();
    const debit = credit.length > 0 ? [proration(state, subscription, 'Remaining time', 1)] : [];
    hold(state, subscription, [...credit, ...debit]);
    if (to.proration === 'always_invoice' && !isTrial) bill(state, subscription, []);
    return;
  }
  swap();
  const item = itemOf(subscription);
  subscription.billing_cycle_anchor = state.now();
  item.current_period_start = state.now();
  item.current_period_end = periodEndAfter(state.now(), state.now(), next);
  hold(state, subscription, credit);
  bill(state, subscription, [lineOf(state, subscription)]);
}

function hold(state: State, { id }: Stripe.Subscription, lines: Stripe.InvoiceLineItem[]): void {
  state.books.prorations.set(id, [...(state.books.prorations.get(id) ?? []), ...lines]);
}

function bill(state: State, subscription: Stripe.Subscription, more: Stripe.InvoiceLineItem[]): void {
  const lines = [...takeProrations(state, subscription), ...more];
  if (lines.length === 0) return;
  const invoice = draft(state, subscription, 'subscription_update', lines);
  change(state, 'customer.subscription.updated', subscription, (changing) => {
    changing.latest_invoice = invoice.id;
  });
  collect(state, invoice);
}

/** What the rest of the period costs at the item's price. */
function proration(state: State, subscription: Stripe.Subscription, description: string, sign: 1 | -1) {
  const item = itemOf(subscription);
  const { current_period_start: start, current_period_end: end, quantity = 1, price } = item;
  const left = (end - state.now()) / (end - start);
  const amount = sign * Math.round(left * quantity * (price.unit_amount ?? 0));
  return newLine(state, { item, amount, start: state.now(), end, description, isProration: true });
}
