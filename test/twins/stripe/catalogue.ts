/** Products, prices and customers. */
import type Stripe from 'stripe';
import { type Card, cardNamed } from './cards.ts';
import { newId, randomText } from './ids.ts';
import { change, decimal, emit, type State } from './state.ts';

export function addProduct(
  state: State,
  { id, name, description = null, metadata = {}, active = true }: NewProduct,
): Stripe.Product {
  const product: Stripe.Product = {
    id: id ?? newId('prod'),
    object: 'product',
    active,
    created: state.now(),
    default_price: null,
    description,
    images: [],
    livemode: state.livemode,
    marketing_features: [],
    metadata,
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: state.now(),
    url: null,
  };
  state.products.set(product.id, product);
  emit(state, 'product.created', product);
  return product;
}

export interface NewProduct {
  id?: string | undefined;
  name: string;
  description?: string | null | undefined;
  metadata?: Stripe.Metadata | undefined;
  active?: boolean | undefined;
}

export interface NewPrice {
  product: string;
  /** In the currency's smallest unit. */
  amount: number;
  currency: string;
  lookupKey?: string | undefined;
  nickname?: string | undefined;
  /** Null: paid once. */
  interval: 'day' | 'week' | 'month' | 'year' | null;
  intervalCount?: number | undefined;
  metadata?: Stripe.Metadata | undefined;
  active?: boolean | undefined;
}

export function addPrice(state: State, given: NewPrice): Stripe.Price {
  const { product, amount, currency, interval, metadata = {}, active = true } = given;
  const price: Stripe.Price = {
    id: newId('price', '1'),
    object: 'price',
    active,
    billing_scheme: 'per_unit',
    created: state.now(),
    currency: currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: state.livemode,
    lookup_key: given.lookupKey ?? null,
    metadata,
    nickname: given.nickname ?? null,
    product,
    recurring: interval && {
      interval,
      interval_count: given.intervalCount ?? 1,
      meter: null,
      trial_period_days: null,
      usage_type: 'licensed',
    },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: interval ? 'recurring' : 'one_time',
    unit_amount: amount,
    unit_amount_decimal: decimal(amount),
  };
  state.prices.set(price.id, price);
  emit(state, 'price.created', price);
  return price;
}

export interface NewCustomer {
  email?: string | null | undefined;
  name?: string | null | undefined;
  description?: string | null | undefined;
  phone?: string | null | undefined;
  metadata?: Stripe.Metadata | undefined;
}

export function addCustomer(state: State, given: NewCustomer): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: state.now(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: given.description ?? null,
    discount: null,
    email: given.email ?? null,
    invoice_prefix: randomText(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: state.livemode,
    metadata: given.metadata ?? {},
    name: given.name ?? null,
    next_invoice_sequence: 1,
    phone: given.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
  state.customers.set(customer.id, customer);
  emit(state, 'customer.created', customer);
  return customer;
}

/** A card that belongs to a customer from now on. */
export function attachCard(state: State, customer: Stripe.Customer, card: Card): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    id: newId('pm', '1'),
    object: 'payment_method',
    allow_redisplay: 'always',
    billing_details: {
      address: null,
      email: customer.email,
      name: customer.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: 'visa',
      exp_month: 12,
      exp_year: new Date(state.now() * 1000).getUTCFullYear() + 3,
      fingerprint: randomText(16),
      funding: 'credit',
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: state.now(),
    customer: customer.id,
    customer_account: null,
    livemode: state.livemode,
    metadata: {},
    type: 'card',
  };
  state.paymentMethods.set(method.id, method);
  state.books.cards.set(method.id, card);
  emit(state, 'payment_method.attached', method);
  return method;
}

/** Puts a new card in the place of the customer's, and of every subscription's that has one of its own. */
export function replaceCard(state: State, customer: Stripe.Customer, card: Card): Stripe.PaymentMethod {
  const method = attachCard(state, customer, card);
  change(state, 'customer.updated', customer, (changing) => {
    changing.invoice_settings.default_payment_method = method.id;
  });
  for (const subscription of state.subscriptions.values()) {
    const isOver = subscription.ended_at !== null;
    if (subscription.customer !== customer.id || isOver || subscription.default_payment_method === null) continue;
    change(state, 'customer.subscription.updated', subscription, (changing) => {
      changing.default_payment_method = method.id;
    });
  }
  return method;
}

/** Whether that card would be charged now; the bank's word if not. */
export function declineOf(state: State, customer: string, paymentMethod: string | null): string | null {
  const card = paymentMethod === null ? null : (state.books.cards.get(paymentMethod) ?? cardNamed('good'));
  if (!card) return 'no_payment_method';
  if (state.books.refusing.has(customer)) return 'do_not_honor';
  return card.charges ? null : card.declineCode;
}
