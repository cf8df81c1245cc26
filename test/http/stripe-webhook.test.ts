import { once } from 'node:events';
import { request } from 'node:http';
import Stripe from 'stripe';
import { afterEach, describe, expect, test } from 'vitest';
import type { StripeEvent } from '../../src/core/billing/sources.ts';
import { stripePayments } from '../../src/external/stripe/payments.ts';
import { BILLING_PAGES_PATH, billingPages } from '../../src/http/billing-pages.ts';
import { type HttpServer, openHttpServer } from '../../src/http/server.ts';
import { STRIPE_WEBHOOK_PATH, stripeWebhookApp } from '../../src/http/stripe-webhook.ts';
import { until } from '../support/classroom.ts';
import { recordedLog } from '../support/log.ts';

const NOW = Date.parse('2027-03-01T12:00:00Z');
const SECONDS = NOW / 1000;
const OLD = 'whsec_theOldOneOfTwo';
const NEW = 'whsec_theNewOneOfTwo';
const KEY = 'sk_test_51AbCdEfGhIjKlMn';
const { webhooks } = new Stripe(KEY);

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

interface Stage {
  key?: string;
  receiveEvent?(event: StripeEvent): Promise<void>;
  onDone?(session: string): Promise<void>;
}

async function open({ key = KEY, receiveEvent, onDone = async () => {} }: Stage = {}) {
  const recorded = recordedLog();
  const received: StripeEvent[] = [];
  const config = { secretKey: key, webhookSecrets: [OLD, NEW], apiUrl: null };
  const webhook = stripeWebhookApp({
    payments: stripePayments(config, { now: () => NOW, log: recorded.log }),
    receiveEvent: receiveEvent ?? (async (event) => void received.push(event)),
    log: recorded.log,
  });
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: recorded.log,
    checks: {},
    metrics: { contentType: 'text/plain', metrics: async () => '' },
    board: null,
    routes: [
      [STRIPE_WEBHOOK_PATH, webhook],
      [BILLING_PAGES_PATH, billingPages({ onDone, log: recorded.log })],
    ],
  });
  servers.push(server);
  const post = async (body: string, signature: string | null) => {
    const headers = signature === null ? {} : { 'stripe-signature': signature };
    const response = await fetch(`${server.url}/stripe/webhook`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { error: { code: string } };
    return { status: response.status, body: answer };
  };
  return { ...recorded, server, received, post, get: (path: string) => fetch(`${server.url}${path}`) };
}

function eventOf(more: object = {}): string {
  const object = { id: 'sub_1', object: 'subscription', metadata: { note: 'of the learners' } };
  const event = { id: 'evt_1', object: 'event', type: 'customer.subscription.updated', livemode: false };
  return JSON.stringify({ ...event, created: SECONDS - 5, data: { object }, ...more });
}

function sign(payload: string, secret = NEW, timestamp = SECONDS): string {
  return webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

const REFUSED = { error: { code: 'signature', message: 'The signature does not fit the body, or it is too old.' } };

describe('what Stripe posts', () => {
  const EVENT = {
    id: 'evt_1',
    type: 'customer.subscription.updated',
    object: { kind: 'subscription', id: 'sub_1' },
    isLive: false,
    createdAt: new Date(NOW - 5_000),
  };

  test.each([
    ['the new secret', sign(eventOf())],
    ['the old one, while both are used', sign(eventOf(), OLD)],
    ['an unknown secret and then ours', `${sign(eventOf(), 'whsec_unknown')},${sign(eventOf()).replace(/^.*?,/, '')}`],
    ['ours, almost five minutes ago', sign(eventOf(), NEW, SECONDS - 300)],
  ])('is taken in, signed with %s', async (_, signature) => {
    const { post, received, text } = await open();
    expect(await post(eventOf(), signature)).toEqual({ status: 200, body: { received: true } });
    expect(received).toEqual([EVENT]);
    expect(text()).toBe('');
  });

  test('is answered with 200 also where its type is unknown, or its object has no id', async () => {
    const { post, received } = await open();
    const unknown = eventOf({ type: 'moon.landed', data: { object: { object: 'moon', id: 'moon_1' } } });
    const nameless = eventOf({ id: 'evt_2', type: 'balance.available', data: { object: { object: 'balance' } } });
    for (const body of [unknown, nameless]) expect((await post(body, sign(body))).status).toBe(200);
    expect(received.map(({ type, object }) => [type, object])).toEqual([
      ['moon.landed', { kind: 'moon', id: 'moon_1' }],
      ['balance.available', { kind: 'balance', id: '' }],
    ]);
  });

  test('is checked as the bytes that came, not as what they mean', async () => {
    const { post } = await open();
    const body = eventOf();
    const spaced = JSON.stringify(JSON.parse(body), null, 2);
    expect((await post(spaced, sign(spaced))).status).toBe(200);
    expect((await post(spaced, sign(body))).status).toBe(400);
  });

  const tampered = eventOf().replace('sub_1', 'sub_2');
  test.each([
    ['is not signed', eventOf(), null, 'it has no signature'],
    ['has an empty signature', eventOf(), '', 'its signature cannot be read'],
    ['has a signature without a form', eventOf(), 'hunter2', 'its signature cannot be read'],
    ['was changed on its way', tampered, sign(eventOf()), 'its signature is of another secret, or of another body'],
    ['is forged', eventOf(), `t=${SECONDS},v1=${'0'.repeat(64)}`, 'its signature is of another secret, or of another'],
    ['is of another secret', eventOf(), sign(eventOf(), 'whsec_another'), 'its signature is of another secret, or of'],
    ['is of no version', eventOf(), sign(eventOf()).replace('v1=', 'v0='), 'its signature cannot be read'],
    ['is stale', eventOf(), sign(eventOf(), NEW, SECONDS - 301), 'its signature is more than 5 minutes old'],
    ['is stale, by the old secret', eventOf(), sign(eventOf(), OLD, SECONDS - 301), 'its signature is more than 5 min'],
    ['was signed again later', eventOf(), sign(eventOf(), NEW, SECONDS - 301).replace(/\d+/, `${SECONDS}`), 'another'],
    ['has no body', '', sign(''), 'it is signed, but it is not JSON'],
    ['is no JSON', 'of the learners', sign('of the learners'), 'it is signed, but it is not JSON'],
    ['is no event', '{"object":"v2.core.event"}', sign('{"object":"v2.core.event"}'), 'its signature cannot be read'],
    ['is no event either', '{"id":"evt_1"}', sign('{"id":"evt_1"}'), 'it is signed, but it is no event'],
  ])('is refused where it %s', async (_, body, signature, why) => {
    const { post, received, lines, text } = await open();
    expect(await post(body, signature)).toEqual({ status: 400, body: REFUSED });
    expect(received).toEqual([]);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ msg: 'a webhook was refused that says it is of Stripe' });
    expect(lines()[0]?.err).toMatchObject({ message: expect.stringContaining(why) });
    expect(text()).not.toContain('of the learners');
    expect(text()).not.toContain('whsec_');
  });

  test('is refused where it is of the other mode, whichever that is', async () => {
    const testing = await open();
    const live = eventOf({ livemode: true });
    const message = 'The event is of the other mode than the key of this server.';
    expect(await testing.post(live, sign(live))).toEqual({ status: 400, body: { error: { code: 'mode', message } } });
    expect(testing.received).toEqual([]);
    expect(testing.text()).toContain('evt_1 is of live mode, the key is of the other one');

    const other = await open({ key: 'rk_live_51AbCdEfGhIjKlMn' });
    expect((await other.post(eventOf(), sign(eventOf()))).status).toBe(400);
    expect((await other.post(live, sign(live))).status).toBe(200);
    expect(other.received).toHaveLength(1);
  });

  test('is logged once in a while where it is refused', async () => {
    const { post, lines } = await open();
    for (let count = 0; count < 5; count += 1) await post(eventOf(), null);
    expect(lines()).toHaveLength(1);
  });

  test('is to come again where it could not be kept', async () => {
    let isDown = true;
    const { post, lines } = await open({
      receiveEvent: async () => {
        if (isDown) throw new Error('the database is away');
      },
    });
    const { status, body } = await post(eventOf(), sign(eventOf()));
    expect([status, body.error.code]).toEqual([503, 'unavailable']);
    expect(lines()).toHaveLength(1);
    isDown = false;
    expect((await post(eventOf(), sign(eventOf()))).status).toBe(200);
  });
});

describe('a body that is too large', () => {
  const LARGEST = 256 * 1024;
  const padded = (bytes: number) => eventOf({ padding: 'x'.repeat(bytes - eventOf({ padding: '' }).length) });

  test('is refused, signed or not; the largest is taken', async () => {
    const { post, received, text } = await open();
    const largest = padded(LARGEST);
    expect(largest).toHaveLength(LARGEST);
    expect((await post(largest, sign(largest))).status).toBe(200);
    const larger = padded(LARGEST + 1);
    const { status, body } = await post(larger, sign(larger));
    expect([status, body.error.code]).toEqual([413, 'too_large']);
    expect(received).toHaveLength(1);
    expect(text()).toContain('it has more than 262144 bytes');
    expect(text()).not.toContain('xxxx');
  });

  test.each([
    ['it says so', { 'content-length': String(LARGEST + 1) }, 0],
    ['too much has come', { 'transfer-encoding': 'chunked' }, LARGEST + 1],
  ])('is answered as soon as %s', async (_, headers, bytes) => {
    const { server, received } = await open();
    const sending = request(`${server.url}/stripe/webhook`, { method: 'POST', headers });
    sending.on('error', () => {});
    // It never ends: the answer comes before.
    if (bytes > 0) sending.write('x'.repeat(bytes));
    else sending.flushHeaders();
    const [response] = await once(sending, 'response');
    expect(response.statusCode).toBe(413);
    sending.destroy();
    expect(received).toEqual([]);
  });
});

describe('the pages on the way back from Stripe', () => {
  test('say what happened, and are kept by nobody', async () => {
    const { get } = await open();
    const done = await get('/billing/done');
    expect(done.status).toBe(200);
    expect(done.headers.get('content-type')).toMatch(/^text\/html/);
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(done.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await done.text()).toContain('<p>Thank you: you have subscribed.</p>');
    const canceled = await get('/billing/canceled');
    expect(canceled.status).toBe(200);
    expect(await canceled.text()).toContain('<p>Nothing was bought, and nothing is charged.</p>');
  });

  test('tell of a session that has the form of one, and repeat nothing of the address', async () => {
    const told: string[] = [];
    const { get } = await open({ onDone: async (session) => void told.push(session) });
    for (const session of ['', '<script>', 'cs_', `cs_${'a'.repeat(251)}`, 'sub_1', 'cs_test_a1B2']) {
      const page = await (await get(`/billing/done?session=${encodeURIComponent(session)}`)).text();
      expect(page).not.toContain('<script>');
      expect(page).not.toContain('cs_');
    }
    expect(told).toEqual(['cs_test_a1B2']);
  });

  test.each<[string, () => Promise<void>]>([
    ['fails', () => Promise.reject(new Error('the database is away'))],
    [
      'fails at once',
      () => {
        throw new Error('the database is away');
      },
    ],
    ['never ends', () => new Promise(() => {})],
  ])('are shown where what is told %s', async (how, onDone) => {
    const { get, text } = await open({ onDone });
    expect((await get('/billing/done?session=cs_test_a1')).status).toBe(200);
    if (how !== 'never ends') await until(() => text().includes('the database is away'));
  });
});
