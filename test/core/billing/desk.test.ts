import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { billingStatus, type Client, moveHere, openPortal, subscribe } from '../../../src/core/billing/desk.ts';
import { settleBilling } from '../../../src/core/billing/settling.ts';
import type { SourceFailure } from '../../../src/core/billing/sources.ts';
import { refreshAll, tellOfTime } from '../../../src/core/billing/subscriptions.ts';
import { stripePayments } from '../../../src/external/stripe/payments.ts';
import { type BillingDesk, openBillingDesk } from '../../support/billing.ts';
import { useDatabase } from '../../support/database.ts';
import { valueIn } from '../../support/stripe.ts';

/** What admins do, between a database and the twin of Stripe. */

const database = useDatabase();
const DAY = 86_400;

function someplace(person: string): Client {
  return { platform: 'discord', workspace: { id: randomUUID(), name: 'School' }, person, locale: null };
}

/** Of one person. */
function twoPlaces(): [Client, Client] {
  const person = randomUUID();
  return [someplace(person), someplace(person)];
}

const sessionIn = (url: string) => new URL(url).pathname.split('/').at(-1) ?? '';

async function settled({ twin, deps }: BillingDesk) {
  await twin.deliverAll();
  await settleBilling(deps);
}

async function buys(desk: BillingDesk, client: Client, planId = 'premium') {
  const page = valueIn(await subscribe(desk.deps, client, planId));
  expect(page.kind).toBe('checkout');
  const paid = desk.twin.complete(sessionIn(page.url), { card: 'good' });
  if (!paid.ok) throw new Error('the card was not taken');
  await settled(desk);
  return { ...paid, id: paid.subscription };
}

const planAt = async ({ deps }: BillingDesk, client: Client) =>
  (await billingStatus(deps, client)).entitlement.plan?.id;

async function told(id: string): Promise<string[]> {
  const names = database.db.selectFrom('billing_notices').select('kind').where('name', 'like', `%${id}%`);
  return (await names.orderBy('created_at').execute()).map(({ kind }) => kind);
}

const AWAY: SourceFailure = { ok: false, reason: 'away', detail: 'the line is dead' };

test('a move that was cut off leaves cards and bills where the plan is', async () => {
  const desk = await openBillingDesk(database.db);
  const [there, here] = twoPlaces();
  await buys(desk, there);
  const { payments } = desk.deps;
  // Stripe has heard of it, and we have not.
  const cutOff = { ...desk.deps, payments: { ...payments, fetch: async () => AWAY } };
  expect(await moveHere(cutOff, here, there.workspace.id)).toEqual(AWAY);
  await settled(desk);
  expect([await planAt(desk, there), await planAt(desk, here)]).toEqual(['free', 'premium']);
  expect(valueIn(await openPortal(desk.deps, here)).kind).toBe('portal');
  expect((await openPortal(desk.deps, there)).ok).toBe(false);
});

test('a move that was cut off can be made again', async () => {
  const desk = await openBillingDesk(database.db);
  const [there, here] = twoPlaces();
  await buys(desk, there);
  const cutOff = { ...desk.deps, payments: { ...desk.deps.payments, fetch: async () => AWAY } };
  await moveHere(cutOff, here, there.workspace.id);
  expect(valueIn(await moveHere(desk.deps, here, there.workspace.id))).toBe('moved');
  expect(await planAt(desk, here)).toBe('premium');
});

test('where something was moved away, another one can be bought at once, for a customer of its own and without another trial', async () => {
  const desk = await openBillingDesk(database.db);
  const [there, here] = twoPlaces();
  const first = await buys(desk, there);
  expect(valueIn(await moveHere(desk.deps, here, there.workspace.id))).toBe('moved');
  const second = await buys(desk, there);
  expect(second.customer).not.toBe(first.customer);
  const { status } = await desk.sdk.subscriptions.retrieve(second.id);
  expect(status).toBe('active');
  expect([await planAt(desk, there), await planAt(desk, here)]).toEqual(['premium', 'premium']);
});

test('with a move, the pages close on which something could be bought beside it', async () => {
  const desk = await openBillingDesk(database.db);
  const [there, here] = twoPlaces();
  await buys(desk, there);
  const left = sessionIn(valueIn(await subscribe(desk.deps, here, 'voice')).url);
  expect(valueIn(await moveHere(desk.deps, here, there.workspace.id))).toBe('moved');
  expect((await desk.sdk.checkout.sessions.retrieve(left)).status).toBe('expired');
});

test('to and fro, each place is told each time', async () => {
  const desk = await openBillingDesk(database.db);
  const [one, other] = twoPlaces();
  const { id } = await buys(desk, one);
  for (const [to, from] of [
    [other, one],
    [one, other],
    [other, one],
  ] as const) {
    expect(valueIn(await moveHere(desk.deps, to, from.workspace.id))).toBe('moved');
    await settled(desk);
  }
  expect((await told(id)).filter((kind) => kind === 'moved')).toHaveLength(3);
});

test('what is over elsewhere is not offered, and not moved', async () => {
  const desk = await openBillingDesk(database.db);
  const [there, here] = twoPlaces();
  const { id } = await buys(desk, there);
  await desk.sdk.subscriptions.cancel(id);
  await settled(desk);
  expect((await billingStatus(desk.deps, here)).elsewhere).toEqual([]);
  expect(valueIn(await moveHere(desk.deps, here, there.workspace.id))).toBe('not_theirs');
});

test('who has paid a moment ago cannot pay again, though nobody has told of it yet', async () => {
  const desk = await openBillingDesk(database.db);
  const client = someplace(randomUUID());
  const page = valueIn(await subscribe(desk.deps, client, 'premium'));
  expect(desk.twin.complete(sessionIn(page.url), { card: 'good' }).ok).toBe(true);
  expect(valueIn(await subscribe(desk.deps, client, 'premium')).kind).toBe('portal');
  expect(await planAt(desk, client)).toBe('premium');
});

test('what was given back and is charged again is changed where it was bought: nobody pays twice', async () => {
  const desk = await openBillingDesk(database.db);
  const client = someplace(randomUUID());
  const { id } = await buys(desk, client);
  await desk.twin.advance(15 * DAY);
  desk.twin.refund(desk.twin.lastCharge(id).id);
  await settled(desk);
  expect(await planAt(desk, client)).toBe('free');
  expect((await billingStatus(desk.deps, client)).held).toMatchObject([{ id, status: 'refunded' }]);
  expect(valueIn(await subscribe(desk.deps, client, 'premium')).kind).toBe('portal');
  await desk.sdk.subscriptions.cancel(id);
  await settled(desk);
  expect(valueIn(await subscribe(desk.deps, client, 'premium')).kind).toBe('checkout');
});

test('a customer that Stripe does not have any more, or has in its other mode, gives way to a new one', async () => {
  const desk = await openBillingDesk(database.db);
  const client = someplace(randomUUID());
  await subscribe(desk.deps, client, 'premium');
  const workspace = database.db.selectFrom('workspaces').select('id').where('external_id', '=', client.workspace.id);
  const changing = database.db.updateTable('billing_accounts').set({ customer: `cus_${randomUUID()}` });
  await changing.where('workspace_id', 'in', workspace).execute();
  await buys(desk, client);
  expect(await planAt(desk, client)).toBe('premium');
  expect(valueIn(await openPortal(desk.deps, client)).kind).toBe('portal');
});

test('who pays in another shop of the same account is none of our business', async () => {
  const desk = await openBillingDesk(database.db);
  const { sdk, twin, premium } = desk;
  const { id: customer } = await sdk.customers.create({ name: 'Somebody' });
  const wanted = {
    ...{ mode: 'subscription' as const, customer, line_items: [{ price: premium.id, quantity: 1 }] },
    ...{ success_url: 'https://shop.example/', client_reference_id: 'order-17' },
  };
  const [bought, open] = [await sdk.checkout.sessions.create(wanted), await sdk.checkout.sessions.create(wanted)];
  expect(twin.complete(bought.id, { card: 'good' }).ok).toBe(true);
  await settled(desk);
  expect((await sdk.checkout.sessions.retrieve(open.id)).status).toBe('open');
  const events = database.db.selectFrom('stripe_events').select('status').where('object_id', '=', bought.id);
  expect(await events.execute()).toEqual([{ status: 'ignored' }]);
});

test('the restricted key of docs/billing.md may do all that is done', async () => {
  const desk = await openBillingDesk(database.db);
  const written = ['customer', 'checkout_session', 'subscription', 'customer_portal'].map((each) => `${each}_write`);
  const read = ['plan', 'invoice', 'charge', 'payment_intent', 'dispute', 'refund'].map((each) => `${each}_read`);
  const secretKey = desk.twin.addRestrictedKey([...written, ...read]);
  const config = { secretKey, webhookSecrets: [desk.twin.webhookSecret], apiUrl: desk.twin.url };
  const payments = stripePayments(config, { now: Date.now });
  const restricted = { ...desk, deps: { ...desk.deps, payments } };
  const [there, here] = twoPlaces();
  const { id } = await buys(restricted, there);
  await desk.twin.advance(20 * DAY);
  await settled(restricted);
  expect(valueIn(await moveHere(restricted.deps, here, there.workspace.id))).toBe('moved');
  expect(valueIn(await openPortal(restricted.deps, here)).kind).toBe('portal');
  desk.twin.dispute(desk.twin.lastCharge(id).id);
  await settled(restricted);
  expect((await billingStatus(restricted.deps, here)).held).toMatchObject([{ status: 'disputed' }]);
  await desk.twin.advance(31 * DAY);
  desk.twin.refund(desk.twin.lastCharge(id).id);
  await settled(restricted);
  expect((await billingStatus(restricted.deps, here)).held).toMatchObject([{ status: 'refunded' }]);
  expect((await refreshAll(restricted.deps, payments)).ok).toBe(true);
  const mine = desk.twin.outbox.map(({ event }) => event.id);
  const left = database.db.selectFrom('stripe_events').select(['type', 'failure']).where('id', 'in', mine);
  expect(await left.where('status', 'not in', ['applied', 'ignored']).execute()).toEqual([]);
});

test('that a payment was given up is told once, however long it lasts', async () => {
  const desk = await openBillingDesk(database.db, { settings: { afterRetries: 'unpaid' } });
  const client = someplace(randomUUID());
  const { id, customer } = await buys(desk, client);
  desk.twin.bankRefuses(customer);
  for (let weeks = 0; weeks < 8; weeks += 1) {
    await desk.twin.advance(7 * DAY);
    await settled(desk);
    await tellOfTime(desk.deps);
  }
  expect((await billingStatus(desk.deps, client)).held).toMatchObject([{ status: 'unpaid' }]);
  expect((await told(id)).filter((kind) => kind === 'grace_over')).toHaveLength(1);
});
