/** Checkout in subscription mode: a session, the page behind it, and what comes of it. */
import type Stripe from 'stripe';
import { type Card, cardNamed } from './cards.ts';
import { addCustomer, attachCard } from './catalogue.ts';
import { newId } from './ids.ts';
import { begin } from './lifecycle.ts';
import { DAY } from './periods.ts';
import { emit, idOf, known, type Order, type State } from './state.ts';

export interface NewSession {
  order: Order;
  successUrl: string;
  cancelUrl: string | null;
  customer: string | null;
  email: string | null;
  reference: string | null;
  metadata: Stripe.Metadata;
  allowsPromotionCodes: boolean | null;
  paymentMethodCollection: 'always' | 'if_required';
  expiresAt: number | null;
  locale: Stripe.Checkout.Session.Locale | null;
}

export function openSession(state: State, given: NewSession): Stripe.Checkout.Session {
  const { order } = given;
  const id = newId('cs', state.livemode ? 'live_' : 'test_');
  const hasTrial = order.trialSeconds !== null || order.trialEnd !== null;
  const amount = hasTrial ? 0 : order.quantity * (order.price.unit_amount ?? 0);
  const session: Stripe.Checkout.Session = {
    ...structuredClone(EMPTY),
    id,
    allow_promotion_codes: given.allowsPromotionCodes,
    amount_subtotal: amount,
    amount_total: amount,
    cancel_url: given.cancelUrl,
    client_reference_id: given.reference,
    created: state.now(),
    currency: order.price.currency,
    customer: given.customer,
    customer_creation: given.customer === null ? 'always' : null,
    customer_email: given.email,
    expires_at: given.expiresAt ?? state.now() + DAY,
    livemode: state.livemode,
    locale: given.locale,
    metadata: given.metadata,
    payment_method_collection: given.paymentMethodCollection,
    success_url: given.successUrl,
    url: `${state.url}/c/pay/${id}`,
  };
  state.sessions.set(id, session);
  state.books.orders.set(id, order);
  return session;
}

const EMPTY: Stripe.Checkout.Session = {
  id: '',
  object: 'checkout.session',
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  amount_subtotal: null,
  amount_total: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  cancel_url: null,
  client_reference_id: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  created: 0,
  currency: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer: null,
  customer_account: null,
  customer_creation: null,
  customer_details: null,
  customer_email: null,
  discounts: [],
  expires_at: 0,
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: { enabled: false },
  metadata: {},
  mode: 'subscription',
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_collection: 'always',
  payment_method_configuration_details: null,
  payment_method_options: { card: { request_three_d_secure: 'automatic' } },
  payment_method_types: ['card'],
  payment_status: 'unpaid',
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
  success_url: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ui_mode: 'hosted_page',
  url: null,
  wallet_options: null,
};

/** What the person sees: the page that they are sent to, or why their card was not taken. */
export type Completion =
  | { ok: true; redirect: string; customer: string; subscription: string }
  | { ok: false; declineCode: string };

interface Payer {
  /** Null: none is typed in, which is possible where nothing is to be paid today. */
  card?: Card | null;
  email?: string;
  name?: string;
}

/** Throws for a session that is not open. */
export function complete(state: State, session: Stripe.Checkout.Session, payer: Payer = {}): Completion {
  if (session.status !== 'open') throw new Error(`${session.id} is ${session.status}`);
  const order = known(state.books.orders, session.id);
  const { card = cardNamed('good'), email = session.customer_email ?? 'payer@example.com', name } = payer;
  const due = session.amount_total ?? 0;
  if (!card && needsCard(session)) return { ok: false, declineCode: 'no_payment_method' };
  if (session.customer !== null && !state.customers.has(idOf(session.customer))) {
    return { ok: false, declineCode: 'resource_missing' };
  }
  const refusing = session.customer !== null && state.books.refusing.has(idOf(session.customer));
  if (card && (!card.attaches || (due > 0 && (!card.charges || refusing)))) {
    return { ok: false, declineCode: card.declineCode || 'do_not_honor' };
  }
  const customer =
    session.customer === null ? addCustomer(state, { email, name }) : known(state.customers, idOf(session.customer));
  const trialEnd = order.trialEnd ?? (order.trialSeconds === null ? null : state.now() + order.trialSeconds);
  const subscription = begin(state, {
    ...order,
    customer: customer.id,
    trialEnd,
    paymentMethod: card ? attachCard(state, customer, card).id : null,
  });
  const success = session.success_url ?? '';
  Object.assign(session, {
    customer: customer.id,
    customer_details: {
      ...{ address: null, business_name: null, individual_name: null, phone: null, tax_ids: [] },
      email: customer.email ?? email,
      name: customer.name ?? name ?? null,
      tax_exempt: 'none',
    },
    invoice: subscription.latest_invoice,
    payment_status: due === 0 ? 'no_payment_required' : 'paid',
    status: 'complete',
    subscription: subscription.id,
    url: null,
  } satisfies Partial<Stripe.Checkout.Session>);
  emit(state, 'checkout.session.completed', session);
  const redirect = success.replaceAll('{CHECKOUT_SESSION_ID}', session.id);
  return { ok: true, redirect, customer: customer.id, subscription: subscription.id };
}

export function needsCard(session: Stripe.Checkout.Session): boolean {
  return (session.amount_total ?? 0) > 0 || session.payment_method_collection === 'always';
}

export function expireSession(state: State, session: Stripe.Checkout.Session): void {
  session.status = 'expired';
  session.url = null;
  emit(state, 'checkout.session.expired', session);
}
