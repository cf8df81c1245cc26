import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { subscribe } from '../../../src/core/billing/desk.ts';
import { openEntitlements } from '../../../src/core/billing/entitlements.ts';
import { settleBilling } from '../../../src/core/billing/settling.ts';
import { refreshAll } from '../../../src/core/billing/subscriptions.ts';
import { upsertWorkspace } from '../../../src/db/lessons.ts';
import { type BillingDesk, openBillingDesk, plans } from '../../support/billing.ts';
import { useDatabase } from '../../support/database.ts';
import { valueIn } from '../../support/stripe.ts';
import { cardNamed } from '../../twins/stripe/cards.ts';

/**
 * What Stripe tells comes twice, in any order, and some of it never; and the truth changes meanwhile. After each change
 * its webhooks are one shuffle.
 */

const database = useDatabase();

const HISTORIES = 50;
const CHANGES = 20;
const DAY = 86_400;

/** Mulberry32: the same numbers for the same seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Subscribed = { customer: string; id: string };

/** What people and banks do. */
const CHANGES_OF: ((desk: BillingDesk, its: Subscribed) => unknown)[] = [
  ({ twin }) => twin.advance(3 * DAY),
  ({ twin }) => twin.advance(12 * DAY),
  ({ twin }) => twin.advance(31 * DAY),
  ({ twin }, { customer }) => twin.bankRefuses(customer),
  ({ twin }, { customer }) => twin.bankRefuses(customer, false),
  ({ sdk }, { id }) => sdk.subscriptions.update(id, { cancel_at_period_end: true }),
  ({ sdk }, { id }) => sdk.subscriptions.update(id, { cancel_at_period_end: false }),
  async ({ sdk, voice, premium }, { id }) => {
    const { items } = await sdk.subscriptions.retrieve(id);
    const [item] = items.data;
    const other = item?.price.id === voice.id ? premium : voice;
    await sdk.subscriptions.update(id, { items: [{ id: item?.id ?? '', price: other.id }] });
  },
  async ({ twin }, { id }) => {
    const charge = twin.lastCharge(id);
    twin.dispute(charge.id);
  },
  async ({ twin }, { id }) => {
    twin.refund(twin.lastCharge(id).id);
  },
  async (desk, { customer }) => {
    const portal = desk.twin.enterPortal(valueIn(await desk.payments.openPortal(customer, 'https://tutor.example/')));
    portal.changeCard(cardNamed('good'));
    portal.pay();
  },
  ({ sdk }, { id }) => sdk.subscriptions.cancel(id),
];

/** Returns how the subscription stood on the way, as far as we were told. */
async function history(seed: number): Promise<Set<string>> {
  const random = chance(seed);
  const desk = await openBillingDesk(database.db, { random });
  const { twin, deps, payments } = desk;
  const workspace = { id: randomUUID(), name: 'School' };
  const client = { platform: 'discord', workspace, person: 'grace', locale: null } as const;
  const page = valueIn(await subscribe(deps, client, random() < 0.5 ? 'premium' : 'voice'));
  const session = new URL(page.url).pathname.split('/').at(-1) ?? '';
  const paid = twin.complete(session, { card: 'good' });
  if (!paid.ok) throw new Error('the card was not taken');
  const stood = new Set<string>();
  for (let shuffle = 0; shuffle < CHANGES; shuffle += 1) {
    const change = CHANGES_OF[Math.floor(random() * CHANGES_OF.length)];
    // What cannot be done any more, such as paying for what is over, is no change.
    await Promise.resolve(change?.(desk, { customer: paid.customer, id: paid.subscription })).catch(() => {});
    await Promise.all([
      twin.deliverAll({ order: 'random', twice: () => true, drop: random() * 0.6, random }),
      settleBilling(deps),
    ]);
    await Promise.all([settleBilling(deps), settleBilling(deps)]);
    for (const { status } of await statusOf(paid.subscription)) stood.add(status);
  }
  valueIn(await refreshAll(deps, payments));
  const truth = valueIn(await payments.fetch(paid.subscription));
  const workspaceId = await upsertWorkspace(database.db, 'discord', workspace);
  const kept = await database.db
    .selectFrom('subscriptions')
    .select(['id', 'status', 'plan', 'ends_at as endsAt', 'renews_at as renewsAt', 'owed_since as owedSince'])
    .where('workspace_id', '=', workspaceId)
    .execute();
  const plan = truth?.soldAs.includes('threadtutor_voice') ? 'voice' : 'premium';
  expect(kept, `seed ${seed}`).toEqual([
    {
      ...{ id: paid.subscription, plan, status: truth?.status, endsAt: truth?.endsAt ?? null },
      ...{ renewsAt: truth?.renewsAt ?? null, owedSince: truth?.owedSince ?? null },
    },
  ]);
  const { source } = await openEntitlements(database.db, plans, deps.now).of(workspaceId);
  const isWorth = truth?.status === 'active' || truth?.status === 'trialing';
  if (truth?.status !== 'past_due') expect(source, `seed ${seed}`).toBe(isWorth ? 'stripe' : null);
  const left = await database.db.selectFrom('stripe_events').select('id').where('status', '!=', 'applied');
  expect(await left.where('status', '!=', 'ignored').execute()).toEqual([]);
  return stood;
}

const statusOf = (id: string) =>
  database.db.selectFrom('subscriptions').select('status').where('id', '=', id).execute();

test(`after ${HISTORIES * CHANGES} shuffles, what we know is what is true`, { timeout: 600_000 }, async () => {
  const stood = new Set<string>();
  for (let seed = 1; seed <= HISTORIES; seed += 1) for (const each of await history(seed)) stood.add(each);
  expect(stood).toEqual(new Set(['active', 'canceled', 'disputed', 'past_due', 'refunded', 'trialing']));
});
