import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sdkOf, subscribed, typesSince } from './stripe/samples.ts';
import { type StripeTwin, startStripeTwin } from './stripe/twin.ts';

/** Stripe's own pages: Checkout, and the billing portal. */

let twin: StripeTwin;
let stripe: Stripe;
let price: Stripe.Price;

beforeAll(async () => {
  twin = await startStripeTwin({ now: () => Date.UTC(2027, 0, 1) });
  stripe = sdkOf(twin);
  price = twin.addPrice({ lookupKey: 'premium_monthly', amount: 700 });
});
afterAll(() => twin.close());
afterEach(() => {
  expect(twin.unknown).toEqual([]);
});

const SUCCESS = 'https://tutor.example/done?session={CHECKOUT_SESSION_ID}';

function open(more: Stripe.Checkout.SessionCreateParams = {}) {
  return stripe.checkout.sessions.create({
    mode: 'subscription',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: SUCCESS,
    cancel_url: 'https://tutor.example/back',
    ...more,
  });
}

const failureOf = (answer: Promise<unknown>) => answer.then(() => null).catch((error) => error);

async function visit(url: string | null, fields?: Record<string, string>) {
  const response = await fetch(url ?? '', {
    redirect: 'manual',
    ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
  });
  return { status: response.status, to: response.headers.get('location'), html: await response.text() };
}

describe('a checkout session', () => {
  test('is as it was asked for', async () => {
    const session = await open({
      client_reference_id: 'discord-1',
      metadata: { platform: 'discord', workspace: '1' },
      allow_promotion_codes: true,
      customer_email: 'ada@example.com',
    });
    expect(session).toMatchObject({
      ...{ object: 'checkout.session', mode: 'subscription', status: 'open', payment_status: 'unpaid' },
      ...{ client_reference_id: 'discord-1', metadata: { platform: 'discord', workspace: '1' } },
      ...{ allow_promotion_codes: true, payment_method_collection: 'always', amount_total: 700 },
      ...{ customer: null, customer_email: 'ada@example.com', subscription: null, livemode: false },
      expires_at: session.created + 86_400,
    });
    expect(session.url).toBe(`${twin.url}/c/pay/${session.id}`);
    expect(session.id).toMatch(/^cs_test_/);
  });

  test('is paid for on its page', async () => {
    const session = await open({ subscription_data: { metadata: { platform: 'discord', workspace: '2' } } });
    const shown = await visit(session.url);
    expect(shown.html).toContain('Subscribe to Premium');
    expect(shown.html).toContain('7.00 USD a month');
    const before = twin.outbox.length;
    const paid = await visit(session.url, { email: 'ada@example.com', card: '4242 4242 4242 4242' });
    expect(paid).toMatchObject({ status: 303, to: `https://tutor.example/done?session=${session.id}` });
    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'invoice'] });
    expect(complete).toMatchObject({
      ...{ status: 'complete', payment_status: 'paid', url: null },
      customer_details: { email: 'ada@example.com' },
      subscription: { status: 'active', metadata: { platform: 'discord', workspace: '2' } },
      invoice: { status: 'paid', amount_paid: 700, billing_reason: 'subscription_create' },
    });
    expect(typesSince(twin, before)).toEqual([
      ...['customer.created', 'payment_method.attached', 'invoice.created', 'invoice.finalized', 'charge.succeeded'],
      ...['payment_intent.succeeded', 'invoice_payment.paid', 'invoice.paid', 'invoice.payment_succeeded'],
      ...['customer.subscription.created', 'checkout.session.completed'],
    ]);
    expect((await visit(session.url)).html).toContain('all done here');
    expect((await visit(session.url, { card: 'good' })).status).toBe(200);
    expect((await stripe.subscriptions.list({ customer: String(complete.customer) })).data).toHaveLength(1);
  });

  test('stays open when the card is declined, or the person leaves', async () => {
    const session = await open();
    for (const card of ['declined', 'insufficientFunds', 'failsLater', '1234', '']) {
      const declined = await visit(session.url, { card });
      expect(declined.status, card).toBe(402);
    }
    expect(await visit(session.url, { action: 'cancel' })).toMatchObject({ to: 'https://tutor.example/back' });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({ status: 'open', subscription: null });
    expect(twin.complete(session.id, { card: 'insufficientFunds' })).toEqual({
      ok: false,
      declineCode: 'insufficient_funds',
    });
    expect(twin.complete(session.id)).toMatchObject({ ok: true });
  });

  test('takes a customer again', async () => {
    const { id: customer } = await stripe.customers.create({ email: 'head@school.example', name: 'School' });
    const session = await open({ customer });
    expect((await visit(session.url)).html).toContain('head@school.example');
    expect(twin.complete(session.id)).toMatchObject({ ok: true, customer });
    const again = await open({ customer });
    const listed = await stripe.checkout.sessions.list({ customer, status: 'open' });
    expect(listed.data.map(({ id }) => id)).toEqual([again.id]);
    expect((await stripe.checkout.sessions.list({ customer })).data).toHaveLength(2);
    await stripe.customers.del(customer);
    expect((await visit(again.url, { card: 'good' })).status).toBe(402);
  });

  test('runs out after a day, or when it is told to', async () => {
    const [one, other] = [await open(), await open()];
    const before = twin.outbox.length;
    expect(await stripe.checkout.sessions.expire(one.id)).toMatchObject({ status: 'expired', url: null });
    expect((await failureOf(stripe.checkout.sessions.expire(one.id))).message).toContain('`expired`');
    await twin.advance(86_400);
    expect(await stripe.checkout.sessions.retrieve(other.id)).toMatchObject({ status: 'expired', url: null });
    const expired = twin.outbox.slice(before).filter(({ event }) => event.type === 'checkout.session.expired');
    const named = expired.map(({ event }) => (event.data.object as Stripe.Checkout.Session).id);
    expect(named).toEqual(expect.arrayContaining([one.id, other.id]));
    expect((await visit(other.url)).status).toBe(410);
    expect((await visit(other.url, { card: 'good' })).status).toBe(410);
    expect(() => twin.complete(other.id)).toThrow('expired');
  });

  test('begins with a trial, for which no card is needed if it says so', async () => {
    const session = await open({
      payment_method_collection: 'if_required',
      subscription_data: {
        trial_period_days: 14,
        trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
      },
    });
    expect(session.amount_total).toBe(0);
    expect((await visit(session.url)).html).toContain('14 days free');
    expect((await visit(session.url, { email: 'ada@example.com' })).status).toBe(303);
    const complete = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
    expect(complete.payment_status).toBe('no_payment_required');
    expect(complete.subscription).toMatchObject({
      ...{ status: 'trialing', default_payment_method: null, trial_end: twin.now() + 14 * 86_400 },
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    });
  });

  test('with a trial asks for a card that works at all', async () => {
    const session = await open({ subscription_data: { trial_period_days: 7 } });
    expect(twin.complete(session.id, { card: null })).toMatchObject({ ok: false });
    expect(twin.complete(session.id, { card: 'declined' })).toMatchObject({ ok: false });
    expect(twin.complete(session.id, { card: 'failsLater' })).toMatchObject({ ok: true });
  });

  test.each<[string, Stripe.Checkout.SessionCreateParams, string]>([
    ['an address that is none', { success_url: 'done' }, 'success_url'],
    ['a price that is not there', { line_items: [{ price: 'price_none', quantity: 1 }] }, 'line_items[0][price]'],
    ['a customer that is not there', { customer: 'cus_none' }, 'customer'],
    ['a trial of no days', { subscription_data: { trial_period_days: 0 } }, 'subscription_data[trial_period_days]'],
    ['an end that is too near', { expires_at: 1_000 }, 'expires_at'],
    ['a long reference', { client_reference_id: 'x'.repeat(201) }, 'client_reference_id'],
  ])('is not made with %s', async (_, more, param) => {
    expect(await failureOf(open(more))).toMatchObject({ statusCode: 400, param });
  });

  test('is not made with a price that is no longer sold, or paid once', async () => {
    const old = twin.addPrice();
    await stripe.prices.update(old.id, { active: false });
    const inactive = await failureOf(open({ line_items: [{ price: old.id, quantity: 1 }] }));
    expect(inactive.message).toContain('inactive');
    const once = await stripe.prices.create({ product: String(old.product), currency: 'usd', unit_amount: 100 });
    const oneTime = await failureOf(open({ line_items: [{ price: once.id, quantity: 1 }] }));
    expect(oneTime.message).toContain('one_time');
  });
});

describe('the billing portal', () => {
  async function portalOf(customer: string, more: Partial<Stripe.BillingPortal.SessionCreateParams> = {}) {
    return stripe.billingPortal.sessions.create({ customer, return_url: 'https://tutor.example/home', ...more });
  }

  test('lets people leave at the end of the period, and come back', async () => {
    const { customer, subscription, read } = await subscribed(twin, { price });
    const { url } = await portalOf(customer);
    const shown = await visit(url);
    expect(shown.html).toContain(subscription);
    expect(shown.html).toContain('https://tutor.example/home');
    const before = twin.outbox.length;
    expect(await visit(url, { action: 'cancel', subscription })).toMatchObject({ status: 303, to: url });
    const leaving = await read();
    // Not by the flag: in flexible billing mode only the moment is named.
    expect(leaving).toMatchObject({
      ...{ status: 'active', cancel_at_period_end: false, cancel_at: leaving.items.data[0]?.current_period_end },
      ...{ canceled_at: twin.now(), cancellation_details: { reason: 'cancellation_requested' } },
    });
    expect(twin.outbox[before]?.event).toMatchObject({
      type: 'customer.subscription.updated',
      data: { previous_attributes: { cancel_at: null } },
    });
    await visit(url, { action: 'resume', subscription });
    expect(await read()).toMatchObject({ cancel_at: null, canceled_at: null, cancellation_details: { reason: null } });
    twin.enterPortal(url).cancel();
    await twin.advance(32 * 86_400);
    expect(await read()).toMatchObject({ status: 'canceled' });
    expect((await visit((await portalOf(customer)).url)).html).not.toContain(subscription);
  });

  test('ends a subscription at once where the account has it so', async () => {
    const { customer, read } = await subscribed(twin, { price });
    twin.settings.portalCancels = 'immediately';
    await visit((await portalOf(customer)).url, { action: 'cancel' });
    twin.settings.portalCancels = 'at_period_end';
    expect(await read()).toMatchObject({ status: 'canceled', ended_at: twin.now() });
  });

  test('changes the card, and pays what is open', async () => {
    const { customer, read } = await subscribed(twin, { price });
    twin.giveCard(customer, 'failsLater');
    await twin.advance(32 * 86_400);
    expect((await read()).status).toBe('past_due');
    const { url } = await portalOf(customer);
    expect((await visit(url, { action: 'pay' })).status).toBe(402);
    expect((await visit(url, { action: 'card', card: 'declined' })).status).toBe(402);
    expect((await visit(url, { action: 'card', card: '4242424242424242' })).status).toBe(303);
    expect((await read()).status).toBe('past_due');
    expect((await visit(url, { action: 'pay' })).status).toBe(303);
    expect((await read()).status).toBe('active');
  });

  test('goes straight to what it is opened for, and from there on', async () => {
    const { customer, subscription } = await subscribed(twin, { price });
    const session = await portalOf(customer, {
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: { subscription },
        after_completion: { type: 'redirect', redirect: { return_url: 'https://tutor.example/left' } },
      },
    });
    expect(session.flow).toMatchObject({ type: 'subscription_cancel', subscription_cancel: { subscription } });
    const left = await visit(session.url, { action: 'cancel', subscription });
    expect(left.to).toBe('https://tutor.example/left');
  });

  test('is of one customer, for a short time', async () => {
    const mine = await subscribed(twin, { price });
    const theirs = await subscribed(twin, { price });
    const { url } = await portalOf(mine.customer);
    const { url: unopened } = await portalOf(mine.customer);
    expect((await visit(url, { action: 'cancel', subscription: theirs.subscription })).status).toBe(404);
    expect(await theirs.read()).toMatchObject({ cancel_at: null });
    await twin.advance(301);
    expect((await visit(unopened)).status).toBe(410);
    expect((await visit(url)).status).toBe(200);
    await twin.advance(3_601);
    expect((await visit(url)).status).toBe(410);
  });

  test('is there once somebody has saved its settings', async () => {
    const { id: customer } = await stripe.customers.create();
    twin.settings.hasPortal = false;
    const error = await failureOf(portalOf(customer));
    twin.settings.hasPortal = true;
    expect(error.message).toContain('saving your customer portal settings in test mode');
    expect(await failureOf(portalOf('cus_none'))).toMatchObject({ code: 'resource_missing', param: 'customer' });
  });
});
