/** Premium Apps: what the application sells, who has bought it, and how a subscription goes on and ends. */
import { EntitlementType, GatewayDispatchEvents, SubscriptionStatus } from 'discord-api-types/v10';
import { entitlementWire, subscriptionWire } from './premium-wire.ts';
import { known, type State } from './state.ts';

/** A subscription that can be bought. */
export interface Sku {
  id: string;
  /** Discord makes a group for each subscription and lists it as a SKU; nobody can buy it. */
  groupId: string;
  name: string;
  /** For everybody in a guild; otherwise for one person, everywhere. */
  isForGuilds: boolean;
}

export interface Entitlement {
  id: string;
  skuId: string;
  guildId: string | null;
  /** Who paid, or who was given it; nobody when a developer gave it to a guild. */
  userId: string | null;
  type: EntitlementType;
  startsAt: number | null;
  /** Null for as long as nobody knows an end. */
  endsAt: number | null;
  isDeleted: boolean;
  subscriptionId: string | null;
}

export interface Subscription {
  id: string;
  userId: string;
  skuId: string;
  entitlementId: string | null;
  periodStart: number;
  periodEnd: number;
  status: SubscriptionStatus;
  canceledAt: number | null;
}

export interface Premium {
  skus: Map<string, Sku>;
  /** Oldest first. */
  entitlements: Map<string, Entitlement>;
  subscriptions: Map<string, Subscription>;
}

export interface Owner {
  guildId: string | null;
  userId: string | null;
}

const PERIOD_MS = 30 * 24 * 60 * 60_000;

export function hasEnded({ now }: State, { endsAt }: Entitlement): boolean {
  return endsAt !== null && endsAt <= now();
}

export function isInForce(state: State, entitlement: Entitlement): boolean {
  return !entitlement.isDeleted && !hasEnded(state, entitlement);
}

/** What an interaction says: what holds for this person, and for everybody in the guild where they are. */
export function entitlementsFor(state: State, userId: string, guildId: string | null): Entitlement[] {
  settle(state);
  return [...state.premium.entitlements.values()].filter((each) => {
    const isTheirs = each.guildId === null ? each.userId === userId : each.guildId === guildId;
    return isTheirs && isInForce(state, each);
  });
}

export function sell(state: State, sku: Sku, owner: Owner & { userId: string }): Entitlement {
  const now = state.now();
  const subscription: Subscription = {
    ...{ id: state.nextId(), userId: owner.userId, skuId: sku.id, entitlementId: null },
    ...{ periodStart: now, periodEnd: now + PERIOD_MS, status: SubscriptionStatus.Inactive, canceledAt: null },
  };
  state.premium.subscriptions.set(subscription.id, subscription);
  tell(state, subscription, GatewayDispatchEvents.SubscriptionCreate);
  const type = EntitlementType.Purchase;
  const bought = entitle(state, { skuId: sku.id, ...owner, type, startsAt: now, subscriptionId: subscription.id });
  change(state, subscription, { entitlementId: bought.id, status: SubscriptionStatus.Active });
  return bought;
}

/** Gives it to somebody without payment, until it is deleted. */
export function grant(state: State, sku: Sku, owner: Owner): Entitlement {
  const type = EntitlementType.TestModePurchase;
  return entitle(state, { skuId: sku.id, ...owner, type, startsAt: null, subscriptionId: null });
}

function entitle(state: State, given: Omit<Entitlement, 'id' | 'endsAt' | 'isDeleted'>): Entitlement {
  const entitlement: Entitlement = { id: state.nextId(), ...given, endsAt: null, isDeleted: false };
  state.premium.entitlements.set(entitlement.id, entitlement);
  announce(state, entitlement, GatewayDispatchEvents.EntitlementCreate);
  return entitlement;
}

/** What was paid for is theirs to the end of the period, which is when the entitlement changes. */
export function cancel(state: State, subscription: Subscription, periodEnd: number): void {
  change(state, subscription, { status: SubscriptionStatus.Ending, canceledAt: state.now(), periodEnd });
  settle(state);
}

export function resume(state: State, subscription: Subscription): void {
  if (subscription.status !== SubscriptionStatus.Ending) throw new Error('only what was cancelled can be resumed');
  change(state, subscription, { status: SubscriptionStatus.Active, canceledAt: null });
  setEnd(state, known(state.premium.entitlements, subscription.entitlementId ?? ''), null);
}

export function end(state: State, subscription: Subscription, at: number): void {
  setEnd(state, known(state.premium.entitlements, subscription.entitlementId ?? ''), at);
  change(state, subscription, { status: SubscriptionStatus.Inactive });
}

export function setEnd(state: State, entitlement: Entitlement, endsAt: number | null): void {
  if (entitlement.endsAt === endsAt) return;
  entitlement.endsAt = endsAt;
  announce(state, entitlement, GatewayDispatchEvents.EntitlementUpdate);
}

/** As after a refund; its subscription, if it has one, is over too. */
export function deleteEntitlement(state: State, entitlement: Entitlement): void {
  if (entitlement.isDeleted) throw new Error(`the entitlement ${entitlement.id} is deleted already`);
  entitlement.isDeleted = true;
  announce(state, entitlement, GatewayDispatchEvents.EntitlementDelete);
  const subscription = state.premium.subscriptions.get(entitlement.subscriptionId ?? '');
  if (subscription) change(state, subscription, { status: SubscriptionStatus.Inactive });
}

/** Renews and ends what is due by now. The clock tells nobody, so it is asked whenever it was moved or matters. */
export function settle(state: State): void {
  for (const subscription of state.premium.subscriptions.values()) {
    while (subscription.status === SubscriptionStatus.Active && subscription.periodEnd <= state.now()) {
      const { periodEnd } = subscription;
      change(state, subscription, { periodStart: periodEnd, periodEnd: periodEnd + PERIOD_MS });
    }
    const isDue = subscription.status === SubscriptionStatus.Ending && subscription.periodEnd <= state.now();
    if (isDue) end(state, subscription, subscription.periodEnd);
  }
}

function change(state: State, subscription: Subscription, changes: Partial<Subscription>): void {
  Object.assign(subscription, changes);
  tell(state, subscription, GatewayDispatchEvents.SubscriptionUpdate);
}

function tell(state: State, subscription: Subscription, name: GatewayDispatchEvents): void {
  const data = subscriptionWire(subscription);
  state.dispatch({ name, guildId: null, intent: 0, data: () => data });
}

/** The first shard hears of it, whosever guild it is for, and without any intent. */
function announce(state: State, entitlement: Entitlement, name: GatewayDispatchEvents): void {
  const data = entitlementWire(state, entitlement);
  state.dispatch({ name, guildId: null, intent: 0, data: () => data });
}
