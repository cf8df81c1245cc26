import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sdkOf, subscribed } from './stripe/samples.ts';
import { type StripeTwin, startStripeTwin } from './stripe/twin.ts';

/** Events: what they hold, how they are signed, and how they come: late, twice, in any order, or not at all. */

interface App {
  url: string;
  /** What was taken, in the order in which it came. */
  taken: Stripe.Event[];
  /** What was not, and why. */
  refused: string[];
  secret: string;
  /** Instead of taking anything. */
  status: number | null;
  close(): Promise<void>;
}

/** Checks signatures as an app does, with the SDK. */
async function openApp(secret: string): Promise<App> {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    try {
      const signature = String(request.headers['stripe-signature'] ?? '');
      const event = Stripe.webhooks.constructEvent(Buffer.concat(chunks), signature, app.secret);
      if (app.status === null) app.taken.push(event);
    } catch (error) {
      app.refused.push(error instanceof Error ? error.message : String(error));
    }
    response.writeHead(app.refused.length > 0 ? 400 : (app.status ?? 200)).end('seen');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const app: App = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stripe/webhook`,
    ...{ taken: [], refused: [], secret, status: null },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return app;
}

let twin: StripeTwin;
let stripe: Stripe;
let app: App;

/** The same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

beforeEach(async () => {
  const now = Date.now();
  twin = await startStripeTwin({ now: () => now, random: numbers(7) });
  stripe = sdkOf(twin);
  app = await openApp(twin.webhookSecret);
  twin.listenTo(app.url);
});
afterEach(async () => {
  expect(twin.unknown).toEqual([]);
  await twin.close();
  await app.close();
});

const ids = (events: readonly Stripe.Event[]) => events.map(({ id }) => id);
const made = () => twin.outbox.map(({ event }) => event.id);

async function oneEvent(): Promise<Stripe.Event> {
  const { id } = await stripe.customers.create({ name: 'Grüße aus der Schule' });
  const parcel = twin.outbox.at(-1);
  if (parcel?.event.type !== 'customer.created') throw new Error(`nothing was said of ${id}`);
  return parcel.event;
}

describe('an event', () => {
  test('says what happened, in which version, and by which request', async () => {
    await stripe.customers.create({ name: 'School' }, { idempotencyKey: 'key' });
    const event = twin.outbox.at(-1)?.event;
    expect(event).toMatchObject({
      ...{ object: 'event', type: 'customer.created', api_version: Stripe.API_VERSION, livemode: false },
      ...{ created: twin.now(), pending_webhooks: 1, data: { object: { name: 'School' } } },
      request: { id: expect.stringMatching(/^req_/), idempotency_key: 'key' },
    });
    twin.bankRefuses(String((await subscribed(twin)).customer));
    await twin.advance(33 * 86_400);
    expect(twin.outbox.at(-1)?.event.request).toEqual({ id: null, idempotency_key: null });
  });

  test('shows things as they were then', async () => {
    const { id } = await stripe.customers.create({ name: 'Old' });
    await stripe.customers.update(id, { name: 'New' });
    await twin.deliverAll();
    expect(app.taken).toMatchObject([
      { type: 'customer.created', data: { object: { name: 'Old' } } },
      { type: 'customer.updated', data: { object: { name: 'New' }, previous_attributes: { name: 'Old' } } },
    ]);
  });

  test('can be asked for, for thirty days', async () => {
    const event = await oneEvent();
    expect((await stripe.events.retrieve(event.id)).type).toBe('customer.created');
    await subscribed(twin);
    const { data: first } = await stripe.events.list({ type: 'customer.created', limit: 1 });
    const { data: rest } = await stripe.events.list({ type: 'customer.created', starting_after: first[0]?.id ?? '' });
    expect(ids(rest)).toEqual([event.id]);
    const { data: both } = await stripe.events.list({ types: ['invoice.paid', 'customer.subscription.*'] });
    expect(both.map(({ type }) => type)).toEqual(['customer.subscription.created', 'invoice.paid']);
    await twin.deliver(event);
    expect(ids((await stripe.events.list({ delivery_success: true })).data)).toEqual([event.id]);
    expect((await stripe.events.list({ created: { lt: event.created } })).data).toEqual([]);
    await twin.advance(30 * 86_400);
    await expect(stripe.events.retrieve(event.id)).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('a signature', () => {
  test('is what the SDK accepts, also as one of several', async () => {
    const event = await oneEvent();
    expect(await twin.deliver(event)).toMatchObject([{ status: 200, body: 'seen' }]);
    app.secret = 'whsec_new';
    const [sent] = await twin.deliver(event, { secret: [twin.webhookSecret, 'whsec_new'] });
    expect(sent?.signature).toMatch(/^t=\d+,v1=[\da-f]{64},v1=[\da-f]{64},v0=[\da-f]{64}$/);
    expect(ids(app.taken)).toEqual([event.id, event.id]);
    const { body, signature } = twin.signed(event);
    expect(Stripe.webhooks.constructEvent(body, signature, twin.webhookSecret).id).toBe(event.id);
  });

  test.each([
    ['another secret', { secret: 'whsec_wrong' }, 'No signatures found matching'],
    ['a body that was changed', { tamper: (body: string) => body.replace('Grüße', 'Geld') }, 'No signatures found'],
    ['an old moment', { at: Math.floor(Date.now() / 1000) - 301 }, 'outside the tolerance zone'],
    ['no header', { signature: null }, 'No stripe-signature header'],
    ['a header that is none', { signature: 'v1=abc' }, 'Unable to extract timestamp'],
    ['only the signature of tests', { signature: 't=1,v0=abc' }, 'No signatures found with expected scheme'],
  ])('is refused with %s', async (_, options, why) => {
    expect(await twin.deliver(await oneEvent(), options)).toMatchObject([{ status: 400 }]);
    expect(app.refused).toEqual([expect.stringContaining(why)]);
    expect(twin.outbox.at(-1)?.state).toBe('pending');
  });

  test('covers another body, if a test wants one', async () => {
    const event = await oneEvent();
    await twin.deliver(event, { alter: (body) => JSON.stringify({ ...JSON.parse(body), livemode: true }) });
    expect(app.taken).toMatchObject([{ id: event.id, livemode: true }]);
  });
});

describe('delivery', () => {
  test('happens when a test says so, as often and as close together as it says', async () => {
    const event = await oneEvent();
    expect(app.taken).toEqual([]);
    expect(await twin.deliver(event, { times: 2 })).toHaveLength(2);
    await twin.deliver(event.id, { times: 3, atOnce: true });
    expect(ids(app.taken)).toEqual(Array(5).fill(event.id));
    expect(await twin.deliverAll()).toEqual([]);
  });

  test('comes in any order, some twice, some never', async () => {
    await subscribed(twin);
    const all = made();
    const isLost = ({ type }: Stripe.Event) => type === 'invoice.paid';
    const sent = await twin.deliverAll({ order: 'random', twice: 1, drop: isLost, random: numbers(3) });
    expect(ids(app.taken)).toEqual(ids(sent));
    expect(sent).toHaveLength(2 * (all.length - 1));
    expect(new Set(ids(sent))).toEqual(new Set(all.filter((id) => id !== lostId())));
    expect(ids(sent)).not.toEqual([...ids(sent)].sort((one, other) => all.indexOf(one) - all.indexOf(other)));
    expect(twin.outbox.filter(({ state }) => state === 'lost')).toHaveLength(1);
    expect(await twin.deliverAll()).toEqual([]);
  });

  const lostId = () => twin.outbox.find(({ state }) => state === 'lost')?.event.id;

  test('is a matter of chance, the same in every run', async () => {
    for (let n = 0; n < 40; n += 1) await stripe.customers.create();
    const sent = await twin.deliverAll({ drop: 0.5, twice: 0.5, order: 'reversed' });
    const once = new Set(ids(sent)).size;
    expect(once).toBeGreaterThan(10);
    expect(once).toBeLessThan(30);
    expect(sent.length).toBeGreaterThan(once);
  });

  test('goes by itself, and again until the app takes it', async () => {
    twin.listenTo(app.url, { automatic: true });
    await oneEvent();
    await twin.settle();
    expect(app.taken).toHaveLength(1);
    app.status = 503;
    const event = await oneEvent();
    await twin.settle();
    expect(twin.outbox.at(-1)).toMatchObject({ state: 'pending', sent: [{ status: 503 }] });
    app.status = null;
    await twin.advance(3_600);
    expect(app.taken.at(-1)?.id).toBe(event.id);
    app.status = 500;
    await oneEvent();
    await twin.advance(86_400);
    expect(twin.outbox.at(-1)?.sent).toHaveLength(4);
  });

  test('is of the types that the app wants', async () => {
    twin.listenTo(app.url, { types: ['checkout.session.completed'] });
    await subscribed(twin);
    await twin.deliverAll();
    expect(app.taken.map(({ type }) => type)).toEqual(['checkout.session.completed']);
  });

  test('needs no network, and does everything again if it is told to', async () => {
    const came: string[] = [];
    const via = async (request: Request) => {
      const signature = request.headers.get('stripe-signature') ?? '';
      came.push(Stripe.webhooks.constructEvent(await request.text(), signature, twin.webhookSecret).id);
      return new Response('', { status: 200 });
    };
    twin.listenTo('http://app/stripe/webhook', { via });
    await subscribed(twin);
    await twin.deliverAll({ drop: ({ type }) => type.startsWith('invoice.') });
    expect(came).not.toEqual(made());
    came.length = 0;
    await twin.deliverAll({ again: true });
    expect(came).toEqual(made());
  });

  test('finds nobody', async () => {
    const [sent] = await twin.deliver(await oneEvent(), { url: 'http://127.0.0.1:1/' });
    expect(sent).toMatchObject({ status: null });
    twin.listenTo('');
    await expect(twin.deliver(await oneEvent())).rejects.toThrow('nobody listens');
  });
});

test('an account with real money says so everywhere', async () => {
  const live = await startStripeTwin({ livemode: true });
  const { session, read } = await subscribed(live);
  expect(session.id).toMatch(/^cs_live_/);
  expect([session.livemode, (await read()).livemode]).toEqual([true, true]);
  expect(live.apiKey).toMatch(/^sk_live_/);
  live.listenTo(app.url);
  app.secret = live.webhookSecret;
  const event = live.outbox[0]?.event ?? { id: '' };
  expect((await live.deliver(event))[0]?.signature).not.toContain('v0=');
  expect(app.taken).toMatchObject([{ livemode: true }]);
  await live.close();
});
