import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RATE_LIMITED, SERVER_ERROR } from './stripe/faults.ts';
import { sdkOf, subscribed } from './stripe/samples.ts';
import { type StripeTwin, startStripeTwin } from './stripe/twin.ts';

/** Keys, versions, parameters, lists, expansion, idempotency, and what goes wrong on the way. */

let twin: StripeTwin;
let stripe: Stripe;

beforeAll(async () => {
  twin = await startStripeTwin();
  stripe = sdkOf(twin);
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.unknown.length = 0;
});
afterEach(() => {
  expect(twin.unknown).toEqual([]);
});

const failureOf = (answer: Promise<unknown>) => answer.then(() => null).catch((error) => error);
const isCustomer = ({ path }: { path: string }) => path.startsWith('/v1/customers');

/** What the twin noted, which the test expects this once. */
function noted(): string[] {
  return twin.unknown.splice(0);
}

/** A request as no SDK would send it. */
async function raw(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${twin.apiKey}`, 'stripe-version': Stripe.API_VERSION, ...init.headers };
  const response = await fetch(`${twin.url}${path}`, { ...init, headers });
  return { response, body: (await response.json()) as { error?: Record<string, string>; id?: string } };
}

describe('who asks', () => {
  test('needs a key, as bearer or as basic', async () => {
    expect((await raw('/v1/customers', { headers: { authorization: '' } })).response.status).toBe(401);
    const basic = Buffer.from(`${twin.apiKey}:`).toString('base64');
    const answer = await raw('/v1/customers', { headers: { authorization: `Basic ${basic}` } });
    expect(answer.response.status).toBe(200);
  });

  test('with another key is not let in, and the key is not repeated', async () => {
    const error = await failureOf(sdkOf(twin, 'sk_test_notTheRightKey1234').customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect(error.message).toContain('****');
    expect(error.message).not.toContain('notTheRightKey');
  });

  test('may with a restricted key do what it is for', async () => {
    const restricted = sdkOf(twin, twin.addRestrictedKey(['customer_write', 'plan_read']));
    const { id } = await restricted.customers.create({ name: 'School' });
    expect((await restricted.customers.retrieve(id)).id).toBe(id);
    await restricted.prices.list();
    const error = await failureOf(restricted.prices.create({ currency: 'usd' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(error.message).toContain("'rak_plan_write'");
  });

  test('speaks the version that the twin speaks', async () => {
    await stripe.customers.list();
    expect(twin.requests.at(-1)).toMatchObject({ version: Stripe.API_VERSION, status: 200 });
    const error = await failureOf(stripe.customers.list({}, { apiVersion: '2020-08-27' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(noted()).toEqual(['GET /v1/customers: Invalid Stripe API version: 2020-08-27']);
  });
});

describe('what the twin does not have', () => {
  test('is refused and noted: a route', async () => {
    const error = await failureOf(stripe.coupons.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 404, rawType: 'invalid_request_error' });
    expect(noted()).toEqual([expect.stringContaining('GET /v1/coupons: Unrecognized request URL')]);
  });

  test('is refused and noted: a parameter, however deep', async () => {
    const { subscription, read } = await subscribed(twin);
    const item = (await read()).items.data[0]?.id ?? '';
    const error = await failureOf(
      stripe.subscriptions.update(subscription, { items: [{ id: item, tax_rates: ['txr_1'] }] }),
    );
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'items[0][tax_rates]' });
    expect(noted()).toHaveLength(1);
  });

  test('is refused and noted: a page, and a method', async () => {
    expect((await fetch(`${twin.url}/c/pay/cs_test_unknown`)).status).toBe(404);
    expect((await raw('/v1/customers', { method: 'PUT' })).response.status).toBe(404);
    expect(noted()).toHaveLength(2);
  });
});

describe('parameters', () => {
  test.each([
    ['an empty string', { product: '' }, 'parameter_invalid_empty'],
    ['a number that is none', { limit: 'a' as unknown as number }, 'parameter_invalid_integer'],
    ['a flag that is none', { active: 'maybe' as unknown as boolean }, undefined],
    ['a list that is none', { lookup_keys: 'a' as unknown as string[] }, undefined],
    ['a word that is not allowed', { type: 'monthly' as 'recurring' }, undefined],
    ['more than a page holds', { limit: 101 }, undefined],
  ])('are refused: %s', async (_, params, code) => {
    const error = await failureOf(stripe.prices.list(params));
    expect(error).toMatchObject({ statusCode: 400, param: Object.keys(params)[0] });
    expect(error.code).toBe(code);
  });

  test('are missed', async () => {
    const error = await failureOf(stripe.checkout.sessions.create({ mode: 'subscription' }));
    expect(error).toMatchObject({ code: 'parameter_missing', param: 'line_items' });
    expect(await failureOf(stripe.prices.retrieve('price_none'))).toMatchObject({
      ...{ statusCode: 404, code: 'resource_missing' },
      message: "No such price: 'price_none'",
    });
  });

  test('are read from forms, also where the places of a list are left out', async () => {
    twin.addPrice({ lookupKey: 'listed' });
    const { body } = await raw('/v1/prices?lookup_keys[]=listed&expand[]=data.product');
    expect(body).toMatchObject({ data: [{ lookup_key: 'listed', product: { object: 'product' } }] });
    const { response } = await raw('/v1/customers?[a=b');
    expect(response.status).toBe(400);
  });

  test('metadata is merged, taken away by key or as a whole, and limited', async () => {
    const { id } = await stripe.customers.create({ metadata: { platform: 'discord', workspace: '1' } });
    await stripe.customers.update(id, { metadata: { workspace: '', more: 2 } });
    expect(await stripe.customers.retrieve(id)).toMatchObject({ metadata: { platform: 'discord', more: '2' } });
    expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({});
    const long = await failureOf(stripe.customers.update(id, { metadata: { a: 'x'.repeat(501) } }));
    expect(long.message).toContain('500 characters');
    const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`key${n}`, 'x']));
    expect((await failureOf(stripe.customers.update(id, { metadata: tooMany }))).message).toContain('50 keys');
  });
});

describe('customers and prices', () => {
  test('a deleted customer is remembered as deleted, and their subscriptions end', async () => {
    const { customer, read } = await subscribed(twin);
    expect(await stripe.customers.del(customer)).toMatchObject({ deleted: true });
    expect(await stripe.customers.retrieve(customer)).toEqual({ id: customer, object: 'customer', deleted: true });
    expect((await read()).status).toBe('canceled');
    expect(await failureOf(stripe.customers.update(customer, { name: 'x' }))).toMatchObject({ statusCode: 404 });
  });

  test('a lookup key is of one price, and can be handed over', async () => {
    const { id: product } = await stripe.products.create({ name: 'Plan' });
    const terms = { product, currency: 'usd', unit_amount: 900, recurring: { interval: 'month' as const } };
    const old = await stripe.prices.create({ ...terms, lookup_key: 'one' });
    expect(String(old.unit_amount_decimal)).toBe('900');
    expect(await failureOf(stripe.prices.create({ ...terms, lookup_key: 'one' }))).toMatchObject({
      code: 'resource_already_exists',
    });
    const next = await stripe.prices.create({ ...terms, lookup_key: 'one', transfer_lookup_key: true });
    const { data } = await stripe.prices.list({ lookup_keys: ['one'], expand: ['data.product'] });
    expect(data).toMatchObject([{ id: next.id, product: { name: 'Plan' } }]);
    await stripe.prices.update(next.id, { active: false });
    expect((await stripe.prices.list({ lookup_keys: ['one'] })).data).toEqual([]);
    expect((await stripe.prices.list({ lookup_keys: ['one'], active: false })).data).toHaveLength(1);
  });
});

describe('lists', () => {
  test('come in pages, newest first, and by moment', async () => {
    const { id: product } = await stripe.products.create({ name: 'Paged' });
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      await twin.advance(1);
      made.unshift((await stripe.prices.create({ product, currency: 'usd', unit_amount: n })).id);
    }
    const first = await stripe.prices.list({ product, limit: 2 });
    expect(first).toMatchObject({ has_more: true, data: [{ id: made[0] }, { id: made[1] }] });
    const all = await stripe.prices.list({ product, limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(made);
    const before = await stripe.prices.list({ product, limit: 1, ending_before: made[3] ?? '' });
    expect(before).toMatchObject({ has_more: true, data: [{ id: made[2] }] });
    const since = all[1]?.created ?? 0;
    expect((await stripe.prices.list({ product, created: { gte: since } })).data).toHaveLength(2);
    expect((await stripe.prices.list({ product, created: since })).data).toHaveLength(1);
    const lost = await failureOf(stripe.prices.list({ starting_after: 'price_none' }));
    expect(lost).toMatchObject({ code: 'resource_missing', param: 'starting_after', statusCode: 400 });
  });
});

describe('expand', () => {
  test('puts objects in the place of ids, and adds what is left out', async () => {
    const { customer, subscription, session } = await subscribed(twin);
    const found = await stripe.subscriptions.retrieve(subscription, {
      expand: ['customer', 'latest_invoice.payments', 'items.data.price.product', 'default_payment_method'],
    });
    expect(found).toMatchObject({
      customer: { id: customer, object: 'customer' },
      latest_invoice: { status: 'paid', payments: { data: [{ status: 'paid' }] } },
      items: { data: [{ price: { product: { name: 'Premium' } } }] },
      default_payment_method: { card: { last4: '4242' } },
    });
    const listed = await stripe.subscriptions.list({ customer, expand: ['data.customer'] });
    expect(listed.data).toMatchObject([{ customer: { id: customer } }]);
    expect(await stripe.customers.retrieve(customer, { expand: ['subscriptions'] })).toMatchObject({
      subscriptions: { data: [{ id: subscription }] },
    });
    expect(await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items'] })).toMatchObject({
      line_items: { data: [{ quantity: 1, description: 'Premium' }] },
    });
    expect((await stripe.subscriptions.retrieve(subscription)).customer).toBe(customer);
  });

  test.each(['status', 'nothing', 'items.data.price.product.default_price'])('not %s', async (path) => {
    const { read } = await subscribed(twin);
    expect((await failureOf(read([path]))).message).toContain('expand');
  });
});

describe('an idempotency key', () => {
  const customers = () => twin.objects.customers.size;

  test('has one answer', async () => {
    const before = customers();
    const one = await stripe.customers.create({ name: 'School' }, { idempotencyKey: 'once' });
    const again = await stripe.customers.create({ name: 'School' }, { idempotencyKey: 'once' });
    expect(again.id).toBe(one.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(twin.requests.at(-1)).toMatchObject({ idempotencyKey: 'once', replayed: true });
    expect(customers()).toBe(before + 1);
  });

  test('is of one request', async () => {
    await stripe.customers.create({ name: 'School' }, { idempotencyKey: 'other' });
    const error = await failureOf(stripe.customers.create({ name: 'Hall' }, { idempotencyKey: 'other' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.statusCode).toBe(400);
    const elsewhere = await failureOf(stripe.products.create({ name: 'School' }, { idempotencyKey: 'other' }));
    expect(elsewhere).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  });

  test('keeps a refusal, but not of parameters that were wrong', async () => {
    const cancelled = await subscribed(twin);
    await stripe.subscriptions.cancel(cancelled.subscription);
    const update = { description: 'x' };
    const refused = () =>
      failureOf(stripe.subscriptions.update(cancelled.subscription, update, { idempotencyKey: 'refused' }));
    expect((await refused()).requestId).not.toBe((await refused()).requestId);
    expect(twin.requests.at(-1)).toMatchObject({ replayed: true, status: 400 });
    await failureOf(stripe.products.create({ name: '' }, { idempotencyKey: 'malformed' }));
    await stripe.products.create({ name: 'right' }, { idempotencyKey: 'malformed' });
  });

  test('is not used twice at once, and is forgotten after a day', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
    twin.faults.onRequest(async ({ moment }) => {
      if (moment === 'arrived') {
        hasArrived();
        await held;
      }
      return null;
    });
    const first = stripe.customers.create({ name: 'a' }, { idempotencyKey: 'both' });
    await arrived;
    const second = await failureOf(stripe.customers.create({ name: 'a' }, { idempotencyKey: 'both' }));
    expect(second).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    letGo();
    twin.faults.onRequest(null);
    const { id } = await first;
    await twin.advance(25 * 3_600);
    expect((await stripe.customers.create({ name: 'a' }, { idempotencyKey: 'both' })).id).not.toBe(id);
  });
});

describe('a fault', () => {
  test('is a limit that is reached', async () => {
    twin.faults.failNext(isCustomer, 1, RATE_LIMITED);
    const error = await failureOf(stripe.customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    await stripe.customers.list();
  });

  test('is an error of the server, as often as it is planned', async () => {
    twin.faults.failNext(isCustomer, 2, SERVER_ERROR);
    await stripe.products.list();
    for (let n = 0; n < 2; n += 1) {
      expect(await failureOf(stripe.customers.list())).toBeInstanceOf(Stripe.errors.StripeAPIError);
    }
    await stripe.customers.list();
    twin.faults.failNext(isCustomer, 1, { status: 502, body: '<html>Bad gateway</html>' });
    expect((await failureOf(stripe.customers.list())).message).toContain('Invalid JSON');
  });

  test('loses an answer, which the key gives back', async () => {
    const before = twin.objects.customers.size;
    twin.faults.loseNext(isCustomer, 1);
    const { id } = await stripe.customers.create({ name: 'School' });
    expect(twin.objects.customers.size).toBe(before + 1);
    expect(twin.requests.slice(-2)).toMatchObject([{ status: null }, { status: 200, replayed: true }]);
    expect(twin.objects.customers.get(id)?.name).toBe('School');
  });

  test('breaks the connection before anything happened', async () => {
    const before = twin.objects.customers.size;
    twin.faults.failNext(isCustomer, 2, 'reset');
    const error = await failureOf(stripe.customers.create({ name: 'School' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(twin.objects.customers.size).toBe(before);
  });

  test('may leave a request unanswered', async () => {
    twin.faults.failNext(isCustomer, 1, 'hang');
    const error = await failureOf(stripe.customers.list({}, { timeout: 50 }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  });
});
