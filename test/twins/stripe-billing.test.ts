import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sdkOf, subscribed, typesSince } from './stripe/samples.ts';
import { type StripeTwin, startStripeTwin } from './stripe/twin.ts';

/** What becomes of subscriptions with time: trials, renewals, cards that fail, and money that goes back. */

const HOUR = 3_600;
const DAY = 24 * HOUR;
const START = Date.UTC(2027, 0, 31, 12);

let twin: StripeTwin;
let stripe: Stripe;

beforeEach(async () => {
  twin = await startStripeTwin({ now: () => START });
  stripe = sdkOf(twin);
});
afterEach(async () => {
  expect(twin.unknown).toEqual([]);
  await twin.close();
});

const failureOf = (answer: Promise<unknown>) => answer.then(() => null).catch((error) => error);
const at = (year: number, month: number, day: number, hour = 12) => Date.UTC(year, month - 1, day, hour) / 1000;

/** Of one subscription, its types of events since; the rest of each name is theirs alone. */
function happened(since: number): string[] {
  return typesSince(twin, since).map((type) => type.replace('customer.subscription.', 'subscription.'));
}

describe('a subscription that is paid', () => {
  test('renews on its day, or on the month’s last', async () => {
    const { read, subscription } = await subscribed(twin);
    expect((await read()).items.data).toMatchObject([
      { current_period_start: at(2027, 1, 31), current_period_end: at(2027, 2, 28) },
    ]);
    await twin.advance(28 * DAY);
    const renewed = await read(['latest_invoice']);
    expect(renewed.items.data[0]?.current_period_end).toBe(at(2027, 3, 31));
    // For an hour nobody knows whether it will be paid.
    expect(renewed).toMatchObject({ status: 'active', latest_invoice: { status: 'draft', number: null } });
    await twin.advance(HOUR);
    const { data: invoices } = await stripe.invoices.list({ subscription });
    expect(invoices).toMatchObject([
      { status: 'paid', billing_reason: 'subscription_cycle', amount_paid: 500, attempt_count: 1 },
      { status: 'paid', billing_reason: 'subscription_create' },
    ]);
    expect(invoices[0]?.parent?.subscription_details?.subscription).toBe(subscription);
    await twin.advance(365 * DAY);
    expect((await stripe.invoices.list({ subscription, limit: 100 })).data).toHaveLength(13);
    expect((await read()).items.data[0]?.current_period_end).toBe(at(2028, 2, 29));
  });

  test('ends with its period when it is asked to, unless it is asked again', async () => {
    const { read, subscription } = await subscribed(twin);
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    expect(await read()).toMatchObject({ cancel_at_period_end: true, cancel_at: at(2027, 2, 28), status: 'active' });
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: false });
    expect(await read()).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    const before = twin.outbox.length;
    await twin.advance(40 * DAY);
    expect(happened(before)).toEqual(['subscription.deleted']);
    expect(await read()).toMatchObject({
      ...{ status: 'canceled', ended_at: at(2027, 2, 28), canceled_at: at(2027, 1, 31) },
      cancellation_details: { reason: 'cancellation_requested' },
    });
  });

  test('ends now', async () => {
    const { read, subscription, customer } = await subscribed(twin);
    await stripe.subscriptions.cancel(subscription, { cancellation_details: { comment: 'moved' } });
    expect(await read()).toMatchObject({ status: 'canceled', cancellation_details: { comment: 'moved' } });
    expect(await failureOf(stripe.subscriptions.cancel(subscription))).toMatchObject({ statusCode: 404 });
    expect((await stripe.subscriptions.list({ customer })).data).toEqual([]);
    for (const status of ['all', 'ended', 'canceled'] as const) {
      expect((await stripe.subscriptions.list({ customer, status })).data, status).toHaveLength(1);
    }
    await stripe.subscriptions.update(subscription, { metadata: { workspace: '2' } });
    const error = await failureOf(stripe.subscriptions.update(subscription, { cancel_at_period_end: true }));
    expect(error.message).toContain('A canceled subscription can only update');
  });

  test('moves to another workspace by its metadata', async () => {
    const { read, subscription } = await subscribed(twin, { metadata: { platform: 'discord', workspace: '1' } });
    const before = twin.outbox.length;
    await stripe.subscriptions.update(subscription, { metadata: { workspace: '2' } });
    expect((await read()).metadata).toEqual({ platform: 'discord', workspace: '2' });
    expect(twin.outbox[before]?.event.data.previous_attributes).toEqual({ metadata: { workspace: '1' } });
  });

  test('collects nothing while that is paused', async () => {
    const { read, subscription } = await subscribed(twin);
    const resumes = at(2027, 3, 15);
    await stripe.subscriptions.update(subscription, { pause_collection: { behavior: 'void', resumes_at: resumes } });
    await twin.advance(29 * DAY);
    expect(await read(['latest_invoice'])).toMatchObject({ status: 'active', latest_invoice: { status: 'void' } });
    await twin.advance(31 * DAY + HOUR);
    expect(await read(['latest_invoice'])).toMatchObject({
      pause_collection: null,
      latest_invoice: { status: 'paid' },
    });
  });
});

describe('another price', () => {
  async function changeTo(found: Stripe.Subscription, price: Stripe.Price, more = {}) {
    const [item] = found.items.data;
    return stripe.subscriptions.update(found.id, { items: [{ id: item?.id ?? '', price: price.id }], ...more });
  }

  test('is made up for with the next invoice', async () => {
    const { read } = await subscribed(twin);
    await twin.advance(14 * DAY);
    const voice = twin.addPrice({ product: 'Voice', amount: 1_500, lookupKey: 'voice' });
    const changed = await changeTo(await read(), voice);
    expect(changed.items.data[0]).toMatchObject({ price: { lookup_key: 'voice' }, plan: { amount: 1_500 } });
    await twin.advance(15 * DAY);
    const { latest_invoice: invoice } = await read(['latest_invoice']);
    expect(invoice).toMatchObject({
      total: -250 + 750 + 1_500,
      lines: { data: [{ amount: -250 }, { amount: 750 }, { amount: 1_500 }] },
    });
  });

  test('is invoiced at once if so wished, and what is left over is used later', async () => {
    const { read, customer } = await subscribed(twin, { price: twin.addPrice({ amount: 1_500 }) });
    await twin.advance(14 * DAY);
    await changeTo(await read(), twin.addPrice({ product: 'Less', amount: 500 }), {
      proration_behavior: 'always_invoice',
    });
    expect(await read(['latest_invoice'])).toMatchObject({
      latest_invoice: { total: -500, amount_due: 0, status: 'paid', billing_reason: 'subscription_update' },
    });
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -500 });
    await twin.advance(15 * DAY);
    expect(await read(['latest_invoice'])).toMatchObject({
      latest_invoice: { total: 500, amount_due: 0, starting_balance: -500, ending_balance: 0, status: 'paid' },
    });
  });

  test('of another rhythm begins a new period', async () => {
    const { read } = await subscribed(twin);
    await twin.advance(14 * DAY);
    await changeTo(await read(), twin.addPrice({ amount: 5_000, interval: 'year' }));
    const changed = await read(['latest_invoice']);
    expect(changed.items.data[0]?.current_period_end).toBe(at(2028, 2, 14));
    expect(changed.latest_invoice).toMatchObject({ status: 'paid', amount_paid: 4_750 });
  });
});

describe('a trial', () => {
  test('is announced three days before it ends, and then paid', async () => {
    const { read } = await subscribed(twin, { trialDays: 14 });
    const before = twin.outbox.length;
    await twin.advance(11 * DAY - 1);
    expect(happened(before)).toEqual([]);
    await twin.advance(1);
    expect(happened(before)).toEqual(['subscription.trial_will_end']);
    expect(await read()).toMatchObject({ status: 'trialing' });
    await twin.advance(3 * DAY + HOUR);
    expect(await read(['latest_invoice'])).toMatchObject({
      ...{ status: 'active', trial_end: START / 1000 + 14 * DAY },
      latest_invoice: { status: 'paid', amount_paid: 500 },
    });
    expect(happened(before).filter((type) => type.endsWith('trial_will_end'))).toHaveLength(1);
  });

  test('that is short is announced at once', async () => {
    await subscribed(twin, { trialDays: 2 });
    expect(happened(0)).toContain('subscription.trial_will_end');
  });

  test('that is left before its end costs nothing', async () => {
    const { read, subscription } = await subscribed(twin, { trialDays: 14 });
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
    await twin.advance(60 * DAY);
    expect(await read()).toMatchObject({ status: 'canceled', ended_at: START / 1000 + 14 * DAY });
    expect((await stripe.charges.list()).data).toEqual([]);
  });

  test('without a card ends as it was agreed', async () => {
    const cancelled = await subscribed(twin, { trialDays: 7, card: null, missing: 'cancel' });
    const invoiced = await subscribed(twin, { trialDays: 7, card: null, missing: 'create_invoice' });
    const paused = await subscribed(twin, { trialDays: 7, card: null, missing: 'pause' });
    const before = twin.outbox.length;
    await twin.advance(7 * DAY + HOUR);
    expect((await cancelled.read()).status).toBe('canceled');
    expect((await invoiced.read()).status).toBe('past_due');
    expect(await paused.read()).toMatchObject({
      status: 'paused',
      status_details: { paused: { type: 'subscription' } },
    });
    expect(happened(before)).toContain('subscription.paused');
  });

  test('that is paused goes on when a card is there', async () => {
    const { read, subscription, customer } = await subscribed(twin, { trialDays: 7, card: null, missing: 'pause' });
    await twin.advance(20 * DAY);
    twin.giveCard(customer, 'failsLater');
    await stripe.subscriptions.resume(subscription);
    expect(await read(['latest_invoice'])).toMatchObject({ status: 'paused', latest_invoice: { status: 'open' } });
    await twin.advance(23 * HOUR);
    expect(await read(['latest_invoice'])).toMatchObject({ status: 'paused', latest_invoice: { status: 'void' } });
    twin.giveCard(customer, 'good');
    const before = twin.outbox.length;
    await stripe.subscriptions.resume(subscription);
    const resumed = await read();
    expect(resumed).toMatchObject({ status: 'active', billing_cycle_anchor: twin.now() });
    expect(resumed.status_details).toBeUndefined();
    expect(happened(before)).toContain('subscription.resumed');
    expect((await failureOf(stripe.subscriptions.resume(subscription))).message).toContain('`paused`');
  });
});

describe('a card that fails', () => {
  async function failing() {
    const found = await subscribed(twin);
    twin.bankRefuses(found.customer);
    await twin.advance(28 * DAY + HOUR);
    const latest = async () => (await found.read(['latest_invoice'])).latest_invoice as Stripe.Invoice;
    return { ...found, latest, failedAt: twin.now() };
  }

  test('is tried again after 1, 3, 5 and 7 days; then the subscription is cancelled', async () => {
    const { read, latest, failedAt } = await failing();
    expect((await read()).status).toBe('past_due');
    expect((await read()).items.data[0]?.current_period_start).toBe(failedAt - HOUR);
    for (const [index, day] of [1, 3, 5, 7].entries()) {
      expect(await latest()).toMatchObject({
        ...{ status: 'open', attempt_count: index + 1, next_payment_attempt: failedAt + day * DAY },
        amount_remaining: 500,
      });
      await twin.advance(failedAt + day * DAY - twin.now());
    }
    expect(await latest()).toMatchObject({ status: 'open', attempt_count: 5, next_payment_attempt: null });
    expect(await read()).toMatchObject({
      ...{ status: 'canceled', ended_at: failedAt + 7 * DAY },
      cancellation_details: { reason: 'payment_failed' },
    });
    const types = happened(0);
    expect(types.filter((type) => type === 'invoice.payment_failed')).toHaveLength(5);
    expect(types.at(-1)).toBe('subscription.deleted');
  });

  test('leaves the subscription unpaid, or past due, where the account has it so', async () => {
    twin.settings.afterRetries = 'unpaid';
    const { read, latest, subscription, customer } = await failing();
    await twin.advance(8 * DAY);
    expect((await read()).status).toBe('unpaid');
    await twin.advance(30 * DAY);
    expect(await latest()).toMatchObject({ status: 'draft', auto_advance: false });
    const [, owed] = (await stripe.invoices.list({ subscription })).data;
    twin.bankRefuses(customer, false);
    await stripe.invoices.pay(owed?.id ?? '');
    expect((await read()).status).toBe('active');
    twin.settings.afterRetries = 'past_due';
    twin.bankRefuses(customer);
    await twin.advance(60 * DAY);
    expect((await read()).status).toBe('past_due');
  });

  test('is made good by the next retry', async () => {
    const { read, customer } = await failing();
    twin.bankRefuses(customer, false);
    await twin.advance(DAY);
    expect(await read(['latest_invoice'])).toMatchObject({
      ...{ status: 'active', latest_invoice: { status: 'paid', attempt_count: 2 } },
    });
  });

  test('is made good by hand', async () => {
    const { latest, read, customer } = await failing();
    const { id } = await latest();
    expect(await failureOf(stripe.invoices.pay(id))).toMatchObject({ statusCode: 402, code: 'card_declined' });
    twin.bankRefuses(customer, false);
    expect((await stripe.invoices.pay(id)).status).toBe('paid');
    expect((await read()).status).toBe('active');
    expect((await failureOf(stripe.invoices.pay(id))).message).toContain('already paid');
  });
});

describe('a first payment that fails', () => {
  async function incomplete(behavior: Stripe.SubscriptionCreateParams.PaymentBehavior = 'allow_incomplete') {
    const { id: customer } = await stripe.customers.create();
    twin.giveCard(customer, 'failsLater');
    const items = [{ price: twin.addPrice().id }];
    const made = await stripe.subscriptions.create({ customer, items, payment_behavior: behavior });
    return { customer, made };
  }

  test('leaves an incomplete subscription, which somebody pays in time', async () => {
    const { customer, made } = await incomplete();
    expect(made.status).toBe('incomplete');
    twin.giveCard(customer, 'good');
    await twin.advance(22 * HOUR);
    await stripe.invoices.pay(String(made.latest_invoice));
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active');
  });

  test('or it runs out', async () => {
    const { made } = await incomplete('default_incomplete');
    await twin.advance(23 * HOUR);
    const expand = ['latest_invoice'];
    expect(await stripe.subscriptions.retrieve(made.id, { expand })).toMatchObject({
      ...{ status: 'incomplete_expired', latest_invoice: { status: 'void' } },
    });
    expect(await failureOf(incomplete('error_if_incomplete'))).toMatchObject({ code: 'card_declined' });
  });
});

describe('money that goes back', () => {
  test('is found from its charge: by the payment, its invoice, and that one’s parent', async () => {
    const { subscription, customer } = await subscribed(twin);
    const [charge] = (await stripe.charges.list({ customer })).data;
    expect(charge).toMatchObject({ paid: true, amount: 500, status: 'succeeded' });
    const { data } = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: String(charge?.payment_intent) },
      expand: ['data.invoice'],
    });
    const invoice = data[0]?.invoice as Stripe.Invoice;
    expect(invoice.parent?.subscription_details?.subscription).toBe(subscription);
    expect(await stripe.paymentIntents.retrieve(String(charge?.payment_intent))).toMatchObject({
      ...{ status: 'succeeded', latest_charge: charge?.id },
    });
  });

  test('is a refund, in part and in whole', async () => {
    const { subscription } = await subscribed(twin);
    const { id: charge } = twin.lastCharge(subscription);
    const before = twin.outbox.length;
    await stripe.refunds.create({ charge, amount: 200 });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 200, refunded: false });
    twin.refund(charge);
    expect(await stripe.charges.retrieve(charge, { expand: ['refunds'] })).toMatchObject({
      ...{ refunded: true, refunds: { data: [{ amount: 300 }, { amount: 200 }] } },
    });
    expect(await failureOf(stripe.refunds.create({ charge }))).toMatchObject({ code: 'charge_already_refunded' });
    expect(happened(before).filter((type) => type === 'charge.refunded')).toHaveLength(2);
  });

  test('is a dispute, won or lost', async () => {
    const { subscription } = await subscribed(twin);
    const { id: charge } = twin.lastCharge(subscription);
    const before = twin.outbox.length;
    const { id } = twin.dispute(charge);
    expect(await stripe.disputes.retrieve(id, { expand: ['charge'] })).toMatchObject({
      ...{ status: 'needs_response', charge: { id: charge, disputed: true } },
    });
    twin.closeDispute(id, 'lost');
    expect((await stripe.disputes.list({ charge })).data).toMatchObject([{ status: 'lost' }]);
    expect(happened(before)).toEqual([
      ...['charge.dispute.created', 'charge.dispute.funds_withdrawn', 'charge.dispute.closed'],
    ]);
  });
});
