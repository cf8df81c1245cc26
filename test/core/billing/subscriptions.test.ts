import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Subscription, SubscriptionSource } from '../../../src/core/billing/sources.ts';
import { refreshAll, refreshSubscription } from '../../../src/core/billing/subscriptions.ts';
import { createLogger } from '../../../src/log.ts';
import { plans } from '../../support/billing.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();
const NOW = new Date('2027-03-15T12:00:00Z');
const deps = () => ({ db: database.db, plans, log: createLogger('silent'), now: () => NOW });

function subscription(more: Partial<Subscription> = {}): Subscription {
  return {
    ...{ id: randomUUID(), workspace: { platform: 'discord', id: randomUUID() }, soldAs: ['threadtutor_premium'] },
    ...{ status: 'active', owedSince: null, renewsAt: null, endsAt: null, trialEndsAt: null, isLive: false },
    ...more,
  };
}

/** A shop whose answers can be held back. */
function shop(stock: Map<string, Subscription>) {
  const waiting: (() => void)[] = [];
  const source: SubscriptionSource & { holds: boolean } = {
    name: 'stripe',
    holds: false,
    async fetch(id) {
      const value = stock.get(id) ?? null;
      if (source.holds) await new Promise<void>((resolve) => waiting.push(resolve));
      return { ok: true, value };
    },
    async *all() {
      yield { ok: true, value: [...stock.values()] };
    },
  };
  return { source, waiting };
}

const kept = (id: string) =>
  database.db.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const told = async (id: string) => {
  const rows = await database.db
    .selectFrom('billing_notices')
    .select('kind')
    .where('name', 'like', `%${id}%`)
    .execute();
  return rows.map(({ kind }) => kind).sort();
};

test('an answer that was asked for earlier does not undo a later one, however late it comes', async () => {
  const bought = subscription();
  const stock = new Map([[bought.id, bought]]);
  const { source, waiting } = shop(stock);
  source.holds = true;
  const early = refreshSubscription(deps(), source, bought.id);
  await until(() => waiting.length === 1);
  source.holds = false;
  stock.set(bought.id, { ...bought, status: 'canceled', endsAt: NOW });
  expect(await refreshSubscription(deps(), source, bought.id)).toEqual({ ok: true, value: 'kept' });
  waiting[0]?.();
  expect(await early).toEqual({ ok: true, value: 'outdated' });
  expect((await kept(bought.id)).status).toBe('canceled');
});

test('what is compared finds what was never told of, and what is not there any more', async () => {
  const [bought, gone] = [subscription(), subscription()];
  const stock = new Map([bought, gone].map((each) => [each.id, each]));
  const { source } = shop(stock);
  expect(await refreshAll(deps(), source)).toEqual({ ok: true, value: 2 });
  stock.delete(gone.id);
  stock.set(bought.id, { ...bought, status: 'past_due', owedSince: NOW });
  expect(await refreshAll(deps(), source)).toEqual({ ok: true, value: 1 });
  expect((await kept(bought.id)).status).toBe('past_due');
  expect(await kept(gone.id)).toMatchObject({ status: 'canceled', renews_at: null });
  await refreshAll(deps(), source);
  expect(await told(bought.id)).toEqual(['begun', 'past_due']);
});

test('a subscription for another place takes its plan along, and the first place is told', async () => {
  const bought = subscription();
  const stock = new Map([[bought.id, bought]]);
  const { source } = shop(stock);
  await refreshSubscription(deps(), source, bought.id);
  const before = await kept(bought.id);
  stock.set(bought.id, { ...bought, workspace: { platform: 'discord', id: randomUUID() } });
  await refreshSubscription(deps(), source, bought.id);
  expect((await kept(bought.id)).workspace_id).not.toBe(before.workspace_id);
  const moved = database.db.selectFrom('billing_notices').select('workspace_id').where('kind', '=', 'moved');
  expect(await moved.where('name', 'like', `%${bought.id}%`).execute()).toEqual([
    { workspace_id: before.workspace_id },
  ]);
});

test('who pays for something that the plans do not name has the least that is paid for', async () => {
  const bought = subscription({ soldAs: ['price_of_old'] });
  const { source } = shop(new Map([[bought.id, bought]]));
  await refreshSubscription(deps(), source, bought.id);
  expect((await kept(bought.id)).plan).toBe('premium');
});
