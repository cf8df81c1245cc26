import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Asked, Subscription } from '../../src/core/billing/sources.ts';
import { localeOf } from '../../src/external/stripe/checkout.ts';
import { stripePayments } from '../../src/external/stripe/payments.ts';
import { openStripe, SCHOOL, type StripeAccount, subscribe, valueIn, wantedBy } from '../support/stripe.ts';
import type { Fault } from '../twins/faults.ts';
import { RATE_LIMITED, SERVER_ERROR } from '../twins/stripe/faults.ts';

const DAY = 86_400;
const WORKSPACE = { key: 'discord:41771983423143937', ...SCHOOL };

describe('customers', () => {
  test('are one for each workspace, however often and under whatever name they are asked for', async () => {
    const { twin, payments } = await openStripe();
    const first = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    const again = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    const renamed = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'High school' }));
    expect([again, renamed]).toEqual([first, first]);
    expect(twin.objects.customers.size).toBe(1);
    expect(twin.objects.customers.get(first)).toMatchObject({
      name: 'High school',
      email: null,
      metadata: { platform: 'discord', workspace: SCHOOL.id },
    });
    const other = { platform: 'slack', id: 'T024BE7LD' } as const;
    expect(valueIn(await payments.createCustomer({ key: 'slack:T024BE7LD', ...other, name: 'School' }))).not.toBe(
      first,
    );
  });

  test('are one also where they are asked for at the same time, or an answer is lost', async () => {
    const { twin, payments } = await openStripe();
    twin.faults.loseNext(({ path }) => path === '/v1/customers', 1);
    const ids = await Promise.all([1, 2, 3].map(() => payments.createCustomer({ ...WORKSPACE, name: 'School' })));
    expect(new Set(ids.map(valueIn)).size).toBe(1);
    expect(twin.objects.customers.size).toBe(1);
  });
});

describe('the checkout', () => {
  test('says whom it is for, what is sold and where it leads', async () => {
    const { twin, payments, premium } = await openStripe();
    const customer = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    const wanted = wantedBy(customer, { locale: 'pt-BR', trialDays: 14 });
    const { id, url } = valueIn(await payments.openCheckout(wanted));
    expect(url).toBe(`${twin.url}/c/pay/${id}`);
    const metadata = { platform: 'discord', workspace: SCHOOL.id };
    const created = twin.requests.find(({ path }) => path === '/v1/checkout/sessions');
    expect(created?.params).toEqual({
      mode: 'subscription',
      customer,
      client_reference_id: 'wish-1',
      line_items: [{ price: premium.id, quantity: '1' }],
      metadata,
      subscription_data: {
        metadata,
        trial_period_days: '14',
        trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
      },
      payment_method_collection: 'if_required',
      allow_promotion_codes: 'true',
      success_url: wanted.doneUrl,
      cancel_url: wanted.cancelUrl,
      locale: 'pt-BR',
    });
    const completion = twin.complete(id);
    expect(completion).toMatchObject({ redirect: `https://tutor.example/billing/done?session=${id}` });
  });

  test('needs a price that is still sold', async () => {
    const { payments, sdk, premium } = await openStripe();
    const customer = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    await sdk.prices.update(premium.id, { active: false });
    expect(await payments.openCheckout(wantedBy(customer))).toEqual({
      ok: false,
      reason: 'refused',
      detail: 'no active price has the lookup key threadtutor_premium',
    });
    expect(await payments.missingPrices(['threadtutor_voice', 'threadtutor_premium', 'other'])).toEqual({
      ok: true,
      value: ['threadtutor_premium', 'other'],
    });
    const many = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    expect(valueIn(await payments.missingPrices([...many, 'threadtutor_voice']))).toEqual(many);
  });

  test.each([
    [null, 'auto'],
    ['pt-BR', 'pt-BR'],
    ['es-ES', 'es'],
    ['en-US', 'en'],
    ['hi', 'hi-IN'],
    ['tlh', 'auto'],
    ['', 'auto'],
  ])('is for %j in %j', (wish, locale) => {
    expect(localeOf(wish)).toBe(locale);
  });

  test('closes where another page was paid on, and one that is paid meanwhile is no failure', async () => {
    const { twin, payments } = await openStripe();
    const customer = valueIn(await payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    const open = async () => valueIn(await payments.openCheckout(wantedBy(customer))).id;
    const [one, two] = [await open(), await open()];
    twin.faults.onRequest(({ path, moment }) => {
      if (path === `/v1/checkout/sessions/${one}/expire` && moment === 'arrived') twin.complete(one);
      return null;
    });
    expect(await payments.closeCheckouts(customer)).toEqual({ ok: true, value: null });
    const statusOf = (id: string) => twin.objects.sessions.get(id)?.status;
    expect([statusOf(one), statusOf(two)]).toEqual(['complete', 'expired']);
  });

  test('and the portal lead to pages of Stripe’s', async () => {
    const { twin, payments } = await openStripe();
    const { customer } = await subscribe({ twin, payments });
    const url = valueIn(await payments.openPortal(customer, 'https://tutor.example/'));
    expect(twin.enterPortal(url)).toBeDefined();
    twin.settings.hasPortal = false;
    const refused = await payments.openPortal(customer, 'https://tutor.example/');
    expect(refused).toMatchObject({ ok: false, reason: 'refused' });
  });
});

async function fetched({ payments }: StripeAccount, id: string): Promise<Subscription | null> {
  return valueIn(await payments.fetch(id));
}

const dateOf = (seconds: number) => new Date(seconds * 1000);

describe('a subscription', () => {
  test('that is paid for says whom it is for, and when it renews', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const renewsAt = account.twin.objects.subscriptions.get(id)?.items.data[0]?.current_period_end ?? 0;
    expect(await fetched(account, id)).toEqual({
      id,
      workspace: SCHOOL,
      soldAs: [account.premium.id, 'threadtutor_premium', String(account.premium.product)],
      status: 'active',
      owedSince: null,
      renewsAt: dateOf(renewsAt),
      endsAt: null,
      trialEndsAt: null,
      isLive: false,
    } satisfies Subscription);
  });

  test('with real money says so, and so does the key', async () => {
    const account = await openStripe({ livemode: true });
    const { id } = await subscribe(account);
    expect([account.payments.isLive, (await fetched(account, id))?.isLive]).toEqual([true, true]);
  });

  test('on trial says until when; without a card it ends then, before anything is charged', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account, { trialDays: 14, card: null });
    const trialEndsAt = dateOf(account.twin.now() + 14 * DAY);
    expect(await fetched(account, id)).toMatchObject({ status: 'trialing', trialEndsAt, renewsAt: trialEndsAt });
    await account.twin.advance(14 * DAY);
    const over = await fetched(account, id);
    expect(over).toMatchObject({ status: 'canceled', endsAt: trialEndsAt, renewsAt: null, trialEndsAt: null });
    expect(account.twin.objects.charges.size).toBe(0);
  });

  test('that is to end says when, and that it does not renew; it may be taken up again', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const { renewsAt } = (await fetched(account, id)) ?? {};
    await account.sdk.subscriptions.update(id, { cancel_at_period_end: true });
    const ending = { status: 'active', renewsAt: null, endsAt: renewsAt };
    expect(await fetched(account, id)).toMatchObject(ending);
    await account.sdk.subscriptions.update(id, { cancel_at_period_end: false });
    expect(await fetched(account, id)).toMatchObject({ renewsAt, endsAt: null });
    const sooner = account.twin.now() + 5 * DAY;
    await account.sdk.subscriptions.update(id, { cancel_at: sooner });
    expect(await fetched(account, id)).toMatchObject({ ...ending, endsAt: dateOf(sooner) });
    await account.twin.advance(6 * DAY);
    expect(await fetched(account, id)).toMatchObject({ ...ending, status: 'canceled', endsAt: dateOf(sooner) });
  });

  test('whose card fails is owed for since its oldest open bill was made', async () => {
    const account = await openStripe({ settings: { afterRetries: 'past_due', retryDays: [] } });
    const { id, customer } = await subscribe(account);
    const { renewsAt } = (await fetched(account, id)) ?? {};
    account.twin.bankRefuses(customer);
    await account.twin.advance(32 * DAY);
    const owed = { status: 'past_due', owedSince: renewsAt };
    expect(await fetched(account, id)).toMatchObject(owed);
    // A second bill that is not paid does not make it later.
    await account.twin.advance(31 * DAY);
    const [oldest, latest] = [...account.twin.objects.invoices.values()].filter(({ status }) => status === 'open');
    expect(oldest?.id).not.toBe(latest?.id);
    expect(await fetched(account, id)).toMatchObject(owed);
  });

  test.each([
    ['unpaid', 'unpaid'],
    ['cancel', 'canceled'],
  ] as const)('that is never paid for becomes %s', async (afterRetries, status) => {
    const account = await openStripe({ settings: { afterRetries } });
    const { id, customer } = await subscribe(account);
    const { renewsAt } = (await fetched(account, id)) ?? {};
    account.twin.bankRefuses(customer);
    await account.twin.advance(50 * DAY);
    const owedSince = status === 'unpaid' ? renewsAt : null;
    expect(await fetched(account, id)).toMatchObject({ status, owedSince, renewsAt: null });
  });

  test('whose first payment is missing is incomplete, and over when it stays so', async () => {
    const account = await openStripe();
    const { customer } = await subscribe(account);
    const { id, created } = await account.sdk.subscriptions.create({
      customer,
      items: [{ price: account.premium.id }],
      metadata: { platform: 'slack', workspace: 'T024BE7LD' },
      payment_behavior: 'default_incomplete',
    });
    const workspace = { platform: 'slack', id: 'T024BE7LD' };
    expect(await fetched(account, id)).toMatchObject({ status: 'incomplete', workspace, renewsAt: null, endsAt: null });
    const endsAt = dateOf(created + 23 * 3_600);
    await account.twin.advance(DAY);
    expect(await fetched(account, id)).toMatchObject({ status: 'canceled', endsAt, renewsAt: null });
  });

  test('may be made another workspace’s', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const workspace = { platform: 'slack', id: 'T024BE7LD' } as const;
    expect(await account.payments.retarget(id, workspace)).toEqual({ ok: true, value: null });
    expect(await fetched(account, id)).toMatchObject({ id, workspace });
    expect(await account.payments.retarget('sub_none', workspace)).toMatchObject({ ok: false, reason: 'refused' });
  });

  test('that is not there, or not ours, is none', async () => {
    const account = await openStripe();
    expect(await fetched(account, 'sub_none')).toBeNull();
    const { id, customer } = await subscribe(account);
    await account.sdk.subscriptions.update(id, { metadata: { platform: 'teams' } });
    expect(await fetched(account, id)).toBeNull();
    await account.sdk.subscriptions.update(id, { metadata: { platform: 'slack', workspace: '' } });
    expect(await fetched(account, id)).toBeNull();
    expect(valueIn(await account.payments.subscriptionOf({ kind: 'customer', id: customer }))).toBeNull();
  });
});

describe('money that is taken back', () => {
  test('is told while it is disputed, and not any more when the dispute is won', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const { id: dispute } = account.twin.dispute(account.twin.lastCharge(id).id);
    expect(await fetched(account, id)).toMatchObject({ status: 'disputed', renewsAt: expect.any(Date) });
    account.twin.closeDispute(dispute, 'won');
    expect(await fetched(account, id)).toMatchObject({ status: 'active' });
  });

  test('is told when the dispute is lost, also where a small bill was paid since, until the next period is paid', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const { id: dispute } = account.twin.dispute(account.twin.lastCharge(id).id);
    account.twin.closeDispute(dispute, 'lost');
    expect(await fetched(account, id)).toMatchObject({ status: 'disputed' });
    await account.twin.advance(DAY);
    await changePlan(account, id);
    expect(await fetched(account, id)).toMatchObject({ status: 'disputed' });
    await account.twin.advance(32 * DAY);
    expect(await fetched(account, id)).toMatchObject({ status: 'active' });
  });

  test('is told where all of it was given back, and only then', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const { id: charge } = account.twin.lastCharge(id);
    account.twin.refund(charge, 100);
    expect(await fetched(account, id)).toMatchObject({ status: 'active' });
    account.twin.refund(charge);
    expect(await fetched(account, id)).toMatchObject({ status: 'refunded', renewsAt: expect.any(Date) });
    await account.twin.advance(32 * DAY);
    expect(await fetched(account, id)).toMatchObject({ status: 'active' });
  });

  test('for a change of plan alone takes nothing away', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    await account.twin.advance(DAY);
    await changePlan(account, id);
    account.twin.refund(account.twin.lastCharge(id).id);
    expect(await fetched(account, id)).toMatchObject({
      status: 'active',
      soldAs: [account.voice.id, 'threadtutor_voice', account.voice.product],
    });
  });

  test('does not make a subscription that is over anything else', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    account.twin.refund(account.twin.lastCharge(id).id);
    await account.sdk.subscriptions.cancel(id);
    expect(await fetched(account, id)).toMatchObject({ status: 'canceled' });
  });
});

async function changePlan({ sdk, voice }: StripeAccount, id: string): Promise<void> {
  const { items } = await sdk.subscriptions.retrieve(id);
  const changed = { id: items.data[0]?.id ?? '', price: voice.id };
  await sdk.subscriptions.update(id, { items: [changed], proration_behavior: 'always_invoice' });
}

describe('whatever an event is about', () => {
  test('leads to its subscription', async () => {
    const account = await openStripe();
    const { id, customer, session } = await subscribe(account);
    const charge = account.twin.lastCharge(id);
    const { id: refund } = account.twin.refund(charge.id, 100);
    const { id: dispute } = account.twin.dispute(charge.id);
    const [payment] = account.twin.objects.invoicePayments.values();
    const objects = {
      subscription: id,
      'checkout.session': session,
      customer,
      charge: charge.id,
      refund,
      dispute,
      payment_intent: String(charge.payment_intent),
      invoice: String(payment?.invoice),
      invoice_payment: payment?.id ?? '',
    };
    for (const [kind, of] of Object.entries(objects)) {
      expect([kind, valueIn(await account.payments.subscriptionOf({ kind, id: of }))]).toEqual([kind, id]);
      const gone = kind === 'subscription' ? 'xx_none' : null;
      expect([kind, valueIn(await account.payments.subscriptionOf({ kind, id: 'xx_none' }))]).toEqual([kind, gone]);
    }
  });

  test('leads to none where it has none, or is unknown', async () => {
    const account = await openStripe();
    const customer = valueIn(await account.payments.createCustomer({ ...WORKSPACE, name: 'School' }));
    const { id: session } = valueIn(await account.payments.openCheckout(wantedBy(customer)));
    for (const object of [
      { kind: 'customer', id: customer },
      { kind: 'checkout.session', id: session },
      { kind: 'balance', id: '' },
      { kind: 'moon', id: 'moon_1' },
      { kind: 'invoice', id: '' },
    ]) {
      expect(valueIn(await account.payments.subscriptionOf(object))).toBeNull();
    }
  });

  test('of a customer is the one that goes on, before newer ones that are over', async () => {
    const account = await openStripe();
    const first = await subscribe(account);
    const second = await subscribe(account);
    const of = { kind: 'customer', id: first.customer };
    expect(valueIn(await account.payments.subscriptionOf(of))).toBe(second.id);
    await account.sdk.subscriptions.cancel(second.id);
    expect(valueIn(await account.payments.subscriptionOf(of))).toBe(first.id);
    await account.sdk.subscriptions.cancel(first.id);
    expect(valueIn(await account.payments.subscriptionOf(of))).toBe(second.id);
  });

  test('is read from what Stripe signs', async () => {
    const { twin, payments } = await openStripe();
    const { id } = await subscribe({ twin, payments });
    const created = twin.outbox.find(({ event }) => event.type === 'customer.subscription.created')?.event;
    if (!created) throw new Error('there is no event');
    const { body, signature } = twin.signed(created);
    expect(payments.read(Buffer.from(body), signature)).toEqual({
      ok: true,
      event: {
        id: created.id,
        type: 'customer.subscription.created',
        object: { kind: 'subscription', id },
        isLive: false,
        createdAt: dateOf(created.created),
      },
    });
    const stale = twin.signed(created, { at: Math.floor(Date.now() / 1000) - 400 });
    expect(payments.read(Buffer.from(stale.body), stale.signature)).toMatchObject({ ok: false });
  });
});

describe('all subscriptions', () => {
  async function crowd(count: number) {
    const account = await openStripe();
    const { id, customer } = await subscribe(account);
    await account.sdk.subscriptions.cancel(id);
    for (let made = 0; made < count; made += 1) {
      const metadata = made % 10 === 0 ? {} : { platform: 'slack', workspace: `T${made}` };
      const items = [{ price: account.premium.id }];
      await account.sdk.subscriptions.create({ customer, items, metadata, trial_period_days: 7 });
    }
    return account;
  }

  async function pagesOf({ payments }: StripeAccount) {
    const pages: Asked<readonly Subscription[]>[] = [];
    for await (const page of payments.all()) pages.push(page);
    return pages;
  }

  test('come page by page, also those that are over, and none that is not ours', async () => {
    const account = await crowd(120);
    const pages = await pagesOf(account);
    expect(pages.map((page) => valueIn(page).length)).toEqual([90, 19]);
    const all = pages.flatMap(valueIn);
    expect(new Set(all.map(({ workspace }) => workspace.id)).size).toBe(109);
    expect(all.at(-1)).toMatchObject({ workspace: SCHOOL, status: 'canceled' });
  });

  test('end with a failure where one comes', async () => {
    const account = await crowd(120);
    const isSecond = ({ params }: { params: object }) => 'starting_after' in params;
    account.twin.faults.failNext(isSecond, 1, RATE_LIMITED);
    const pages = await pagesOf(account);
    expect(pages).toMatchObject([{ ok: true }, { ok: false, reason: 'away' }]);
  });
});

describe('a failure', () => {
  const refusal = (status: number): Fault => ({
    status,
    body: { error: { type: 'invalid_request_error', message: 'no, sk_test_51AbCdEfGh and whsec_AbCdEf' } },
  });

  test.each<[string, Fault, 'away' | 'refused', number]>([
    ['a server that fails', SERVER_ERROR, 'away', 3],
    ['a connection that breaks', 'reset', 'away', 3],
    ['no answer', 'hang', 'away', 3],
    ['another request with the same key', refusal(409), 'away', 3],
    ['too many requests', RATE_LIMITED, 'away', 1],
    ['a request that is wrong', refusal(400), 'refused', 1],
    ['a key that is wrong', refusal(401), 'refused', 1],
    ['a key that may not', refusal(403), 'refused', 1],
    ['an address that is wrong', refusal(404), 'refused', 1],
  ])('is a value: %s', async (_, fault, reason, requests) => {
    const { twin, payments } = await openStripe({ timeoutMs: fault === 'hang' ? 200 : 5_000 });
    twin.faults.failNext(() => true, 9, fault);
    const answer = await payments.fetch('sub_1');
    expect(answer).toMatchObject({ ok: false, reason });
    expect(twin.requests).toHaveLength(requests);
    if (!answer.ok) expect(answer.detail).not.toMatch(/sk_test_5|whsec_A/);
  });

  test('is a value where nobody listens, and where somebody else answers', async () => {
    const server = createServer((_, response) => response.end('<h1>It works!</h1>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const at = (apiUrl: string) =>
      stripePayments({ secretKey: 'sk_test_51AbCdEfGh', webhookSecrets: ['whsec_1'], apiUrl }, { now: Date.now });
    expect(await at('http://127.0.0.1:1').fetch('sub_1')).toMatchObject({ ok: false, reason: 'away' });
    expect(await at(`http://127.0.0.1:${port}`).fetch('sub_1')).toMatchObject({ ok: false, reason: 'away' });
  });

  test('that passes costs nothing, and the API’s version is pinned', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    account.twin.faults.failNext(({ path }) => path === `/v1/subscriptions/${id}`, 2, SERVER_ERROR);
    expect(await fetched(account, id)).toMatchObject({ id });
    expect(new Set(account.twin.requests.map(({ version }) => version))).toEqual(new Set(['2026-10-28.endive']));
  });

  test('that is ours is logged: a status that nobody knows', async () => {
    const account = await openStripe();
    const { id } = await subscribe(account);
    const logged: unknown[] = [];
    const config = { secretKey: account.twin.apiKey, webhookSecrets: ['whsec_1'], apiUrl: account.twin.url };
    const log = { error: (...line: unknown[]) => void logged.push(line) };
    const payments = stripePayments(config, { now: Date.now, log });
    const body = { ...account.twin.objects.subscriptions.get(id), status: 'hibernating' };
    account.twin.faults.failNext(() => true, 1, { status: 200, body });
    const detail = expect.stringContaining('a subscription is hibernating, which is unknown to us');
    expect(await payments.fetch(id)).toEqual({ ok: false, reason: 'refused', detail });
    expect(logged).toHaveLength(1);
  });
});
