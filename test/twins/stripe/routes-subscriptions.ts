/** Subscriptions. */
import type Stripe from 'stripe';
import { declineOf } from './catalogue.ts';
import { begin, cancel, resume, scheduleEnd } from './lifecycle.ts';
import { DATED, has, isWithin, pageOf } from './lists.ts';
import {
  changedMetadata,
  clearable,
  flag,
  group,
  groupOrNothing,
  integer,
  many,
  metadata,
  needed,
  oneOf,
  type Read,
  text,
} from './params.ts';
import { DAY } from './periods.ts';
import { changePlan } from './plan-changes.ts';
import { cardDeclined, invalid, unknownParameter } from './refusals.ts';
import { found, type Route, route } from './routing.ts';
import { change, type State } from './state.ts';
import { itemOf } from './subscription-objects.ts';

export const TRIAL_SETTINGS = group({
  end_behavior: group({ missing_payment_method: oneOf('cancel', 'create_invoice', 'pause') }),
});

const CANCELLATION = {
  comment: clearable,
  feedback: oneOf(
    ...(['customer_service', 'low_quality', 'missing_features', 'other'] as const),
    ...(['switched_service', 'too_complex', 'too_expensive', 'unused'] as const),
  ),
};

const CREATE = {
  customer: text,
  items: many(group({ price: text, quantity: integer })),
  metadata,
  description: text,
  default_payment_method: text,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  trial_period_days: integer,
  trial_settings: TRIAL_SETTINGS,
};

const UPDATE = {
  cancel_at: (value: Parameters<typeof clearable>[0], path: string) => (value === '' ? null : integer(value, path)),
  cancel_at_period_end: flag,
  cancellation_details: group(CANCELLATION),
  default_payment_method: text,
  description: clearable,
  items: many(group({ id: text, price: text, quantity: integer })),
  metadata,
  pause_collection: groupOrNothing({
    behavior: oneOf('keep_as_draft', 'mark_uncollectible', 'void'),
    resumes_at: integer,
  }),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  trial_settings: TRIAL_SETTINGS,
};

const STATUSES = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
] as const;

export const SUBSCRIPTION_ROUTES: readonly Route[] = [
  route('subscription', 'POST', '/v1/subscriptions', CREATE, ({ state, params }) => create(state, params)),
  route('subscription', 'GET', '/v1/subscriptions/:id', {}, ({ state, id }) =>
    found(state.subscriptions, 'subscription', id),
  ),
  route('subscription', 'POST', '/v1/subscriptions/:id', UPDATE, ({ state, id, params }) =>
    update(state, found(state.subscriptions, 'subscription', id), params),
  ),
  route(
    'subscription',
    'DELETE',
    '/v1/subscriptions/:id',
    { cancellation_details: group(CANCELLATION), invoice_now: flag, prorate: flag },
    ({ state, id, params }) => {
      const subscription = current(state, id);
      if (params.invoice_now || params.prorate) throw unknownParameter('invoice_now');
      addReasons(subscription, params.cancellation_details);
      cancel(state, subscription, 'cancellation_requested');
      return subscription;
    },
  ),
  route(
    'subscription',
    'POST',
    '/v1/subscriptions/:id/resume',
    { billing_cycle_anchor: oneOf('now') },
    ({ state, id }) => {
      const subscription = found(state.subscriptions, 'subscription', id);
      if (subscription.status !== 'paused') {
        throw invalid('You can only resume subscriptions with status `paused`.', 'subscription');
      }
      resume(state, subscription);
      return subscription;
    },
  ),
  route(
    'subscription',
    'GET',
    '/v1/subscriptions',
    { ...DATED, customer: text, price: text, status: oneOf(...STATUSES, 'trialing', 'unpaid') },
    ({ state, params }) => {
      const { created, customer, price, status } = params;
      const meant = [...state.subscriptions.values()].filter(
        (each) =>
          has(each, { customer }) &&
          isWithin(each.created, created) &&
          (price === undefined || itemOf(each).price.id === price) &&
          isListed(each, status),
      );
      return pageOf(meant, params, '/v1/subscriptions', 'subscription');
    },
  ),
];

function isListed({ status }: Stripe.Subscription, wanted: string | undefined): boolean {
  if (wanted === 'all') return true;
  if (wanted === 'ended') return status === 'canceled' || status === 'incomplete_expired';
  return wanted === undefined ? status !== 'canceled' : status === wanted;
}

function create(state: State, params: Read<typeof CREATE>): Stripe.Subscription {
  const customer = found(state.customers, 'customer', needed(params.customer, 'customer'), 'customer');
  const [item, ...more] = needed(params.items, 'items');
  if (more.length > 0) throw unknownParameter('items[1]');
  const price = activePrice(state, needed(item?.price, 'items[0][price]'), 'items[0][price]');
  const { trial_period_days: days, payment_behavior: behavior = 'allow_incomplete' } = params;
  const method = params.default_payment_method ?? null;
  if (method !== null) found(state.paymentMethods, 'PaymentMethod', method, 'default_payment_method');
  const charged = method ?? customer.invoice_settings.default_payment_method;
  if (days === undefined && charged === null && behavior !== 'default_incomplete') {
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
      undefined,
      'resource_missing',
    );
  }
  const declined = declineOf(state, customer.id, charged === null ? null : String(charged));
  if (behavior === 'error_if_incomplete' && days === undefined && declined !== null) throw cardDeclined(declined);
  return begin(
    state,
    {
      customer: customer.id,
      price,
      quantity: item?.quantity ?? 1,
      metadata: changedMetadata({}, params.metadata),
      description: params.description ?? null,
      trialEnd: days === undefined ? null : state.now() + days * DAY,
      trialSettings: trialSettingsOf(params.trial_settings),
      paymentMethod: method,
    },
    { waits: behavior === 'default_incomplete' },
  );
}

export function activePrice(state: State, id: string, param: string): Stripe.Price {
  const price = found(state.prices, 'price', id, param);
  if (!price.active) throw invalid('The price specified is inactive. This field only accepts active prices.', param);
  if (!price.recurring) {
    throw invalid('The price specified is set to `type=one_time` but this field only accepts recurring prices.', param);
  }
  return price;
}

export function trialSettingsOf(
  given: ReturnType<typeof TRIAL_SETTINGS> | undefined,
): Stripe.Subscription.TrialSettings | null {
  const choice = given?.end_behavior?.missing_payment_method;
  return choice ? { end_behavior: { billing_cycle_anchor: null, missing_payment_method: choice } } : null;
}

/** One that is over is not there to be cancelled. */
function current(state: State, id: string): Stripe.Subscription {
  const open = new Map([...state.subscriptions].filter(([, each]) => each.ended_at === null));
  return found(open, 'subscription', id);
}

function update(state: State, subscription: Stripe.Subscription, params: Read<typeof UPDATE>): Stripe.Subscription {
  const { cancellation_details: reasons, metadata: given, items, ...rest } = params;
  if (subscription.ended_at !== null && (items || Object.keys(rest).length > 0)) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
  }
  if (rest.cancel_at !== undefined && rest.cancel_at_period_end !== undefined) {
    throw invalid('You may only specify one of these parameters: cancel_at, cancel_at_period_end.', 'cancel_at');
  }
  if (rest.cancel_at && rest.cancel_at <= state.now()) throw invalid('cancel_at must be in the future.', 'cancel_at');
  const to = items && planFrom(state, subscription, items);
  if (rest.default_payment_method !== undefined) {
    found(state.paymentMethods, 'PaymentMethod', rest.default_payment_method, 'default_payment_method');
  }
  change(state, 'customer.subscription.updated', subscription, (changing) => {
    changing.metadata = changedMetadata(changing.metadata, given);
    addReasons(changing, reasons);
    applyScheduledEnd(state, changing, rest);
    const { description, default_payment_method: method, pause_collection: pause, trial_settings: trial } = rest;
    if (description !== undefined) changing.description = description;
    if (method !== undefined) changing.default_payment_method = method;
    if (trial) changing.trial_settings = trialSettingsOf(trial);
    if (pause === null) changing.pause_collection = null;
    else if (pause) {
      const behavior = needed(pause.behavior, 'pause_collection[behavior]');
      changing.pause_collection = { behavior, resumes_at: pause.resumes_at ?? null };
    }
    if (to) changePlan(state, changing, { ...to, proration: rest.proration_behavior ?? 'create_prorations' });
  });
  return subscription;
}

function planFrom(
  state: State,
  subscription: Stripe.Subscription,
  [change, ...more]: NonNullable<Read<typeof UPDATE>['items']>,
) {
  const item = itemOf(subscription);
  if (more.length > 0 || change?.id === undefined) throw unknownParameter('items: the twin changes one item by its id');
  if (change.id !== item.id) throw invalid(`Invalid subscription item: ${change.id}`, 'items[0][id]');
  if (subscription.status === 'incomplete') {
    throw invalid('An incomplete subscription can only update its metadata and default_source.', 'items');
  }
  const price = change.price === undefined ? item.price : activePrice(state, change.price, 'items[0][price]');
  return { price, quantity: change.quantity ?? item.quantity ?? 1 };
}

function applyScheduledEnd(
  state: State,
  subscription: Stripe.Subscription,
  { cancel_at: at, cancel_at_period_end: atPeriodEnd }: Read<Pick<typeof UPDATE, 'cancel_at' | 'cancel_at_period_end'>>,
): void {
  if (at === undefined && atPeriodEnd === undefined) return;
  scheduleEnd(state, subscription, atPeriodEnd ? itemOf(subscription).current_period_end : (at ?? null));
  subscription.cancel_at_period_end = atPeriodEnd ?? false;
}

function addReasons(subscription: Stripe.Subscription, given: Read<typeof CANCELLATION> | undefined): void {
  if (given && subscription.cancellation_details) Object.assign(subscription.cancellation_details, given);
}
