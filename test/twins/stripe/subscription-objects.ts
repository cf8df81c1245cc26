/** Subscriptions and their items, as they begin. */
import type Stripe from 'stripe';
import { newId } from './ids.ts';
import { periodEndAfter } from './periods.ts';
import { idOf, listOf, type State } from './state.ts';

export interface NewSubscription {
  customer: string;
  price: Stripe.Price;
  quantity: number;
  metadata: Stripe.Metadata;
  description: string | null;
  trialEnd: number | null;
  trialSettings: Stripe.Subscription.TrialSettings | null;
  paymentMethod: string | null;
}

export function newSubscription(state: State, given: NewSubscription): Stripe.Subscription {
  const { trialEnd, price } = given;
  const id = newId('sub', '1');
  const start = state.now();
  const end = trialEnd ?? periodEndAfter(start, start, recurringOf(price));
  const subscription: Stripe.Subscription = {
    ...structuredClone(EMPTY),
    id,
    billing_cycle_anchor: trialEnd ?? start,
    created: start,
    currency: price.currency,
    customer: given.customer,
    default_payment_method: given.paymentMethod,
    description: given.description,
    items: listOf(
      [newItem(state, { subscription: id, price, quantity: given.quantity, start, end })],
      `/v1/subscription_items?subscription=${id}`,
    ),
    livemode: state.livemode,
    metadata: given.metadata,
    start_date: start,
    status: trialEnd === null ? 'incomplete' : 'trialing',
    trial_end: trialEnd,
    trial_settings: given.trialSettings ?? {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' },
    },
    trial_start: trialEnd === null ? null : start,
  };
  state.subscriptions.set(id, subscription);
  return subscription;
}

const EMPTY: Stripe.Subscription = {
  id: '',
  object: 'subscription',
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor: 0,
  billing_cycle_anchor_config: null,
  billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
  billing_schedules: [],
  billing_thresholds: null,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  collection_method: 'charge_automatically',
  created: 0,
  currency: '',
  customer: '',
  customer_account: null,
  days_until_due: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  ended_at: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  items: listOf([], ''),
  latest_invoice: null,
  livemode: false,
  managed_payments: null,
  metadata: {},
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  payment_settings: {
    payment_method_options: null,
    payment_method_types: null,
    save_default_payment_method: 'off',
  },
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  start_date: 0,
  status: 'incomplete',
  test_clock: null,
  transfer_data: null,
  trial_end: null,
  trial_settings: null,
  trial_start: null,
};

interface NewItem {
  subscription: string;
  price: Stripe.Price;
  quantity: number;
  start: number;
  end: number;
}

function newItem(state: State, { subscription, price, quantity, start, end }: NewItem): Stripe.SubscriptionItem {
  return {
    id: newId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: state.now(),
    current_period_end: end,
    current_period_start: start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price: structuredClone(price),
    quantity,
    subscription,
    tax_rates: [],
  };
}

/** A price in the words of before there were prices. */
export function planOf(price: Stripe.Price): Stripe.Plan {
  const { interval, interval_count: count } = recurringOf(price);
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval,
    interval_count: count,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: idOf(price.product),
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

export function recurringOf(price: Stripe.Price): Stripe.Price.Recurring {
  if (!price.recurring) throw new Error(`${price.id} is paid once`);
  return price.recurring;
}

/** The twin's subscriptions have one item. */
export function itemOf(subscription: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = subscription.items.data;
  if (!item) throw new Error(`${subscription.id} has no item`);
  return item;
}
