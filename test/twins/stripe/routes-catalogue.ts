/** Customers, products and prices. */
import type Stripe from 'stripe';
import { addCustomer, addPrice, addProduct } from './catalogue.ts';
import { cancel } from './lifecycle.ts';
import { DATED, has, isWithin, pageOf } from './lists.ts';
import {
  changedMetadata,
  clearable,
  flag,
  group,
  integer,
  many,
  metadata,
  needed,
  oneOf,
  type Read,
  text,
} from './params.ts';
import { invalid } from './refusals.ts';
import { found, type Route, route } from './routing.ts';
import { change, emit, type State } from './state.ts';

const CUSTOMER = {
  email: clearable,
  name: clearable,
  description: clearable,
  phone: clearable,
  metadata,
  invoice_settings: group({ default_payment_method: text }),
};

const PRICE = {
  active: flag,
  lookup_key: text,
  metadata,
  nickname: text,
  transfer_lookup_key: flag,
};

const PRODUCT = { active: flag, name: text, description: text, metadata };

export const CATALOGUE_ROUTES: readonly Route[] = [
  route('customer', 'POST', '/v1/customers', CUSTOMER, ({ state, params }) => {
    const { invoice_settings: settings, metadata: given, ...fields } = params;
    if (settings) throw invalid('A new customer has no payment methods.', 'invoice_settings');
    return addCustomer(state, { ...fields, metadata: changedMetadata({}, given) });
  }),
  route('customer', 'GET', '/v1/customers/:id', {}, ({ state, id }) => {
    return state.deletedCustomers.get(id) ?? found(state.customers, 'customer', id);
  }),
  route('customer', 'POST', '/v1/customers/:id', CUSTOMER, ({ state, id, params }) =>
    updateCustomer(state, found(state.customers, 'customer', id), params),
  ),
  route('customer', 'DELETE', '/v1/customers/:id', {}, ({ state, id }) =>
    deleteCustomer(state, found(state.customers, 'customer', id)),
  ),
  route('customer', 'GET', '/v1/customers', { ...DATED, email: text }, ({ state, params }) => {
    const { created, email } = params;
    const meant = [...state.customers.values()].filter(
      (each) => has(each, { email }) && isWithin(each.created, created),
    );
    return pageOf(meant, params, '/v1/customers', 'customer');
  }),
  route('product', 'POST', '/v1/products', { ...PRODUCT, id: text }, ({ state, params }) => {
    const { name, metadata: given, ...fields } = params;
    return addProduct(state, { ...fields, name: needed(name, 'name'), metadata: changedMetadata({}, given) });
  }),
  route('product', 'GET', '/v1/products/:id', {}, ({ state, id }) => found(state.products, 'product', id)),
  route('product', 'POST', '/v1/products/:id', PRODUCT, ({ state, id, params }) => {
    const product = found(state.products, 'product', id);
    const { metadata: given, ...fields } = params;
    change(state, 'product.updated', product, (changing) => {
      Object.assign(changing, fields, { metadata: changedMetadata(changing.metadata, given) });
      changing.updated = state.now();
    });
    return product;
  }),
  route('product', 'GET', '/v1/products', { ...DATED, active: flag, ids: many(text) }, ({ state, params }) => {
    const { created, active, ids } = params;
    const meant = [...state.products.values()].filter(
      (each) => has(each, { active }) && isWithin(each.created, created) && (ids?.includes(each.id) ?? true),
    );
    return pageOf(meant, params, '/v1/products', 'product');
  }),
  route(
    'plan',
    'POST',
    '/v1/prices',
    {
      ...PRICE,
      currency: text,
      product: text,
      unit_amount: integer,
      recurring: group({ interval: oneOf('day', 'week', 'month', 'year'), interval_count: integer }),
    },
    ({ state, params }) => {
      const product = found(state.products, 'product', needed(params.product, 'product'), 'product');
      takeLookupKey(state, params.lookup_key, params.transfer_lookup_key ?? false);
      return addPrice(state, {
        active: params.active,
        amount: needed(params.unit_amount, 'unit_amount'),
        currency: needed(params.currency, 'currency'),
        interval: params.recurring ? needed(params.recurring.interval, 'recurring[interval]') : null,
        intervalCount: params.recurring?.interval_count,
        lookupKey: params.lookup_key,
        metadata: changedMetadata({}, params.metadata),
        nickname: params.nickname,
        product: product.id,
      });
    },
  ),
  route('plan', 'GET', '/v1/prices/:id', {}, ({ state, id }) => found(state.prices, 'price', id)),
  route('plan', 'POST', '/v1/prices/:id', PRICE, ({ state, id, params }) => {
    const price = found(state.prices, 'price', id);
    const { metadata: given, transfer_lookup_key: transfers = false, ...fields } = params;
    if (fields.lookup_key !== price.lookup_key) takeLookupKey(state, fields.lookup_key, transfers);
    change(state, 'price.updated', price, (changing) => {
      Object.assign(changing, fields, { metadata: changedMetadata(changing.metadata, given) });
    });
    return price;
  }),
  route(
    'plan',
    'GET',
    '/v1/prices',
    {
      ...DATED,
      active: flag,
      currency: text,
      lookup_keys: many(text),
      product: text,
      type: oneOf('one_time', 'recurring'),
    },
    ({ state, params }) => {
      const { created, lookup_keys: keys, active = true, currency, product, type } = params;
      if (keys && keys.length > 10) throw invalid('You can pass up to 10 lookup keys.', 'lookup_keys');
      const meant = [...state.prices.values()].filter(
        (each) =>
          has(each, { active, currency, product, type }) &&
          isWithin(each.created, created) &&
          (keys?.includes(each.lookup_key ?? '') ?? true),
      );
      return pageOf(meant, params, '/v1/prices', 'price');
    },
  ),
];

function updateCustomer(state: State, customer: Stripe.Customer, params: Read<typeof CUSTOMER>): Stripe.Customer {
  const { invoice_settings: settings, metadata: given, ...fields } = params;
  const method = settings?.default_payment_method;
  if (method !== undefined) {
    const owner = found(state.paymentMethods, 'PaymentMethod', method, 'invoice_settings[default_payment_method]');
    if (owner.customer !== customer.id) throw invalid(`The customer does not have ${method}.`, 'invoice_settings');
  }
  change(state, 'customer.updated', customer, (changing) => {
    Object.assign(changing, fields, { metadata: changedMetadata(changing.metadata, given) });
    if (method !== undefined) changing.invoice_settings.default_payment_method = method;
  });
  return customer;
}

/** With a customer all of their subscriptions end at once. */
function deleteCustomer(state: State, customer: Stripe.Customer): Stripe.DeletedCustomer {
  for (const subscription of state.subscriptions.values()) {
    const isCurrent = subscription.customer === customer.id && subscription.ended_at === null;
    if (isCurrent) cancel(state, subscription, 'cancellation_requested');
  }
  state.customers.delete(customer.id);
  const deleted: Stripe.DeletedCustomer = { id: customer.id, object: 'customer', deleted: true };
  state.deletedCustomers.set(customer.id, deleted);
  emit(state, 'customer.deleted', customer);
  return deleted;
}

/** A lookup key is one price's only. */
function takeLookupKey(state: State, key: string | undefined, transfers: boolean): void {
  if (key === undefined) return;
  const holder = [...state.prices.values()].find((price) => price.lookup_key === key);
  if (!holder) return;
  if (!transfers) {
    throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, 'lookup_key', 'resource_already_exists');
  }
  change(state, 'price.updated', holder, (changing) => {
    changing.lookup_key = null;
  });
}
