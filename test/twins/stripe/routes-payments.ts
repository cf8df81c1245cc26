/** Invoices, what was paid for them, what was given back, and the events of all of it. */
import type Stripe from 'stripe';
import { cardFor, markUncollectible, subscriptionOf, voidInvoice } from './invoicing.ts';
import { collect } from './lifecycle.ts';
import { DATED, has, isWithin, pageOf } from './lists.ts';
import { changedMetadata, flag, group, integer, many, metadata, oneOf, type Read, text } from './params.ts';
import { refund } from './payments.ts';
import { DAY } from './periods.ts';
import { cardDeclined, invalid } from './refusals.ts';
import { found, type Route, route } from './routing.ts';
import { idOf, type State } from './state.ts';

const EVENTS = { ...DATED, delivery_success: flag, type: text, types: many(text) };

const OPEN_ONLY = 'This invoice is not open.';

export const PAYMENT_ROUTES: readonly Route[] = [
  route('invoice', 'GET', '/v1/invoices/:id', {}, ({ state, id }) => found(state.invoices, 'invoice', id)),
  route(
    'invoice',
    'GET',
    '/v1/invoices',
    {
      ...DATED,
      customer: text,
      status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
      subscription: text,
    },
    ({ state, params }) => {
      const { created, customer, status, subscription } = params;
      const meant = [...state.invoices.values()].filter(
        (each) =>
          has(each, { customer, status }) &&
          isWithin(each.created, created) &&
          (subscription === undefined || subscriptionOf(state, each).id === subscription),
      );
      return pageOf(meant, params, '/v1/invoices', 'invoice');
    },
  ),
  route('invoice', 'POST', '/v1/invoices/:id/pay', {}, ({ state, id }) => pay(state, id)),
  route('invoice', 'POST', '/v1/invoices/:id/void', {}, ({ state, id }) => {
    const invoice = found(state.invoices, 'invoice', id);
    if (invoice.status !== 'open' && invoice.status !== 'uncollectible') throw invalid(OPEN_ONLY);
    voidInvoice(state, invoice);
    return invoice;
  }),
  route('invoice', 'POST', '/v1/invoices/:id/mark_uncollectible', {}, ({ state, id }) => {
    const invoice = found(state.invoices, 'invoice', id);
    if (invoice.status !== 'open') throw invalid(OPEN_ONLY);
    markUncollectible(state, invoice);
    return invoice;
  }),
  route('invoice', 'GET', '/v1/invoice_payments/:id', {}, ({ state, id }) =>
    found(state.invoicePayments, 'invoice_payment', id),
  ),
  route(
    'invoice',
    'GET',
    '/v1/invoice_payments',
    {
      ...DATED,
      invoice: text,
      payment: group({ type: oneOf('payment_intent'), payment_intent: text }),
      status: oneOf('canceled', 'open', 'paid'),
    },
    ({ state, params }) => {
      const { created, invoice, payment, status } = params;
      const intent = payment?.payment_intent;
      const meant = [...state.invoicePayments.values()].filter(
        (each) =>
          has(each, { invoice, status }) &&
          isWithin(each.created, created) &&
          (intent === undefined || each.payment.payment_intent === intent),
      );
      return pageOf(meant, params, '/v1/invoice_payments', 'invoice_payment');
    },
  ),
  route('payment_intent', 'GET', '/v1/payment_intents/:id', {}, ({ state, id }) =>
    found(state.paymentIntents, 'payment_intent', id),
  ),
  route('payment_method', 'GET', '/v1/payment_methods/:id', {}, ({ state, id }) =>
    found(state.paymentMethods, 'PaymentMethod', id),
  ),
  route('charge', 'GET', '/v1/charges/:id', {}, ({ state, id }) => found(state.charges, 'charge', id)),
  route(
    'charge',
    'GET',
    '/v1/charges',
    { ...DATED, customer: text, payment_intent: text },
    ({ state, params: { created, customer, payment_intent, ...paging } }) => {
      const meant = [...state.charges.values()].filter(
        (each) => has(each, { customer, payment_intent }) && isWithin(each.created, created),
      );
      return pageOf(meant, paging, '/v1/charges', 'charge');
    },
  ),
  route(
    'refund',
    'POST',
    '/v1/refunds',
    {
      amount: integer,
      charge: text,
      metadata,
      payment_intent: text,
      reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
    },
    ({ state, params }) => {
      const { amount, reason } = params;
      return refund(state, chargeOf(state, params), { amount, reason, metadata: changedMetadata({}, params.metadata) });
    },
  ),
  route('refund', 'GET', '/v1/refunds/:id', {}, ({ state, id }) => found(state.refunds, 'refund', id)),
  route(
    'refund',
    'GET',
    '/v1/refunds',
    { ...DATED, charge: text, payment_intent: text },
    ({ state, params: { created, charge, payment_intent, ...paging } }) => {
      const meant = [...state.refunds.values()].filter(
        (each) => has(each, { charge, payment_intent }) && isWithin(each.created, created),
      );
      return pageOf(meant, paging, '/v1/refunds', 'refund');
    },
  ),
  route('dispute', 'GET', '/v1/disputes/:id', {}, ({ state, id }) => found(state.disputes, 'dispute', id)),
  route(
    'dispute',
    'GET',
    '/v1/disputes',
    { ...DATED, charge: text, payment_intent: text },
    ({ state, params: { created, charge, payment_intent, ...paging } }) => {
      const meant = [...state.disputes.values()].filter(
        (each) => has(each, { charge, payment_intent }) && isWithin(each.created, created),
      );
      return pageOf(meant, paging, '/v1/disputes', 'dispute');
    },
  ),
  route('event', 'GET', '/v1/events/:id', {}, ({ state, id }) => found(recentEvents(state), 'event', id)),
  route('event', 'GET', '/v1/events', EVENTS, ({ state, params }) => listEvents(state, params)),
];

function pay(state: State, id: string): Stripe.Invoice {
  const invoice = found(state.invoices, 'invoice', id);
  if (invoice.status === 'paid') throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
  if (invoice.status !== 'open' && invoice.status !== 'draft') throw invalid(OPEN_ONLY);
  if (cardFor(state, subscriptionOf(state, invoice)) === null) {
    throw invalid('There is no default payment method set on this Customer or Invoice.');
  }
  collect(state, invoice);
  if (invoice.status !== 'paid') throw cardDeclined('generic_decline');
  return invoice;
}

function chargeOf(
  state: State,
  { charge, payment_intent: intent }: { charge?: string; payment_intent?: string },
): Stripe.Charge {
  if (charge !== undefined) return found(state.charges, 'charge', charge, 'charge');
  if (intent === undefined)
    throw invalid('One of the following params should be provided for this request: payment_intent or charge.');
  const { latest_charge: latest } = found(state.paymentIntents, 'payment_intent', intent, 'payment_intent');
  if (latest === null) throw invalid('This PaymentIntent does not have a successful charge to refund.');
  return found(state.charges, 'charge', idOf(latest), 'payment_intent');
}

/** Stripe keeps events for thirty days. */
function recentEvents(state: State): Map<string, Stripe.Event> {
  return new Map([...state.events].filter(([, { created }]) => created > state.now() - 30 * DAY));
}

function listEvents(state: State, params: Read<typeof EVENTS>): object {
  const { created, delivery_success: isDelivered, type, types } = params;
  if (type !== undefined && types) throw invalid('You may only specify one of these parameters: type, types.', 'types');
  const wanted = types ?? (type === undefined ? null : [type]);
  const meant = [...recentEvents(state).values()].filter(
    (each) =>
      isWithin(each.created, created) &&
      (wanted?.some((name) => matches(each.type, name)) ?? true) &&
      (isDelivered === undefined || (each.pending_webhooks === 0) === isDelivered),
  );
  return pageOf(meant, params, '/v1/events', 'event');
}

/** `invoice.*` means all that begin so. */
function matches(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}
