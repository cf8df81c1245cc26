import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { subscribe } from '../../src/core/billing/desk.ts';
import { settleBilling } from '../../src/core/billing/settling.ts';
import { makeRounds } from '../../src/jobs/billing-rounds.ts';
import { type BillingDesk, openBillingDesk } from '../support/billing.ts';
import { useDatabase } from '../support/database.ts';
import { valueIn } from '../support/stripe.ts';

const database = useDatabase();
beforeEach(async () => {
  await database.db.deleteFrom('rounds').execute();
});

const DAY = 86_400;

/** Somebody has paid, and nothing of it was told. */
async function unheard(desk: BillingDesk): Promise<string> {
  const workspace = { id: randomUUID(), name: 'School' };
  const client = { platform: 'discord', workspace, person: 'grace', locale: null } as const;
  const page = valueIn(await subscribe(desk.deps, client, 'premium'));
  const paid = desk.twin.complete(new URL(page.url).pathname.split('/').at(-1) ?? '', { card: 'good' });
  if (!paid.ok) throw new Error('the card was not taken');
  await desk.twin.deliverAll({ drop: 1 });
  return paid.subscription;
}

const statusOf = async (id: string) => {
  const row = await database.db.selectFrom('subscriptions').select('status').where('id', '=', id).executeTakeFirst();
  return row?.status ?? null;
};

/** It is the next day for those who make rounds. */
const nextDay = () =>
  database.db
    .updateTable('rounds')
    .set({ begun_at: new Date(0) })
    .execute();

const options = ({ deps, payments }: BillingDesk) => ({ ...deps, sources: [payments], intervalMs: 1_000 });

test('what a lost webhook would have told is found by the daily comparison, which one process makes for all', async () => {
  const desk = await openBillingDesk(database.db);
  const subscription = await unheard(desk);
  await settleBilling(desk.deps);
  expect(await statusOf(subscription)).toBeNull();
  const asked = () => desk.twin.requests.filter(({ path }) => path === '/v1/subscriptions').length;
  const before = asked();
  await Promise.all([1, 2, 3].map(() => makeRounds(options(desk))));
  expect(asked()).toBe(before + 1);
  expect(await statusOf(subscription)).toBe('trialing');
  await desk.sdk.subscriptions.cancel(subscription);
  await desk.twin.deliverAll({ drop: 1 });
  await makeRounds(options(desk));
  expect(await statusOf(subscription)).toBe('trialing');
  await nextDay();
  await makeRounds(options(desk));
  expect(await statusOf(subscription)).toBe('canceled');
});

test('where the seller is away, it is asked again soon, and nothing is taken from anybody meanwhile', async () => {
  const desk = await openBillingDesk(database.db);
  const subscription = await unheard(desk);
  await makeRounds(options(desk));
  await nextDay();
  const list = ({ path }: { path: string }) => path === '/v1/subscriptions';
  desk.twin.faults.failNext(list, 20, { status: 500 });
  await makeRounds(options(desk));
  desk.twin.faults.onRequest(null);
  expect(await statusOf(subscription)).toBe('trialing');
  const [round] = await database.db.selectFrom('rounds').selectAll().where('name', '=', 'reconcile-stripe').execute();
  const dueIn = (round?.begun_at.getTime() ?? 0) + DAY * 1000 - Date.now();
  expect(dueIn).toBeGreaterThan(0);
  expect(dueIn).toBeLessThan(900_000);
});

test('that a trial ends soon is told by the time alone', async () => {
  const desk = await openBillingDesk(database.db);
  const subscription = await unheard(desk);
  await makeRounds(options(desk));
  const told = async () => {
    const rows = database.db.selectFrom('billing_notices').select('kind').where('name', 'like', `%${subscription}%`);
    return (await rows.orderBy('created_at').execute()).map(({ kind }) => kind);
  };
  expect(await told()).toEqual(['begun']);
  await desk.twin.advance(12 * DAY);
  await desk.twin.deliverAll({ drop: 1 });
  await database.db.deleteFrom('rounds').where('name', '=', 'time').execute();
  await makeRounds(options(desk));
  expect(await told()).toEqual(['begun', 'trial_ending']);
});
