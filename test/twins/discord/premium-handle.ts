/** What a test does with Premium Apps: it puts something on sale, and has people buy, cancel and be refunded. */
import type { APIEntitlement } from 'discord-api-types/v10';
import {
  cancel,
  deleteEntitlement,
  type Entitlement,
  end,
  isInForce,
  resume,
  type Sku,
  type Subscription,
  sell,
  setEnd,
  settle,
} from './premium.ts';
import { entitlementWire } from './premium-wire.ts';
import { known, type State } from './state.ts';

/** Anything with its id: a guild, a person, a SKU, an entitlement. */
interface Known {
  id: string;
}

export interface PremiumHandle {
  /** A subscription that can be bought from now on, for a guild unless it is for a person. */
  sku(options: { name: string; id?: string; isFor?: 'guild' | 'user' }): Known;
  /** Sells it to a guild or a person; a guild's is paid by its owner, unless by somebody else. */
  subscribe(owner: Known, sku: Known, options?: { by?: Known }): Known;
  /**
   * Ends with its period, or at another moment: only then is `ends_at` set and ENTITLEMENT_UPDATE sent, and until then
   * the subscription alone tells. With `tellsAhead` the entitlement says at once when it will end.
   */
  cancel(entitlement: Known, endsAt?: number, options?: { tellsAhead?: boolean }): void;
  /** They changed their mind before the end. */
  resume(entitlement: Known): void;
  /** Ends at once, as when the card failed for good. */
  expire(entitlement: Known): void;
  /** Takes it back: it is deleted. */
  refund(entitlement: Known): void;
  /** All of them as Discord shows them now, oldest first, with those that ended and those that are deleted. */
  entitlements(): APIEntitlement[];
}

export function createPremiumHandle(state: State): PremiumHandle {
  const { entitlements } = state.premium;
  return {
    sku({ name, id = state.nextId(), isFor = 'guild' }) {
      const sku: Sku = { id, groupId: state.nextId(), name, isForGuilds: isFor === 'guild' };
      state.premium.skus.set(id, sku);
      return { id };
    },
    subscribe: (owner, sku, { by } = {}) => ({ id: subscribe(state, owner.id, sku.id, by?.id).id }),
    cancel({ id }, endsAt, { tellsAhead = false } = {}) {
      const entitlement = known(entitlements, id);
      const subscription = subscriptionOf(state, entitlement);
      if (tellsAhead) setEnd(state, entitlement, endsAt ?? subscription.periodEnd);
      cancel(state, subscription, endsAt ?? subscription.periodEnd);
    },
    resume: ({ id }) => resume(state, subscriptionOf(state, known(entitlements, id))),
    expire: ({ id }) => end(state, subscriptionOf(state, known(entitlements, id)), state.now()),
    refund: ({ id }) => deleteEntitlement(state, known(entitlements, id)),
    entitlements() {
      settle(state);
      return [...entitlements.values()].map((each) => entitlementWire(state, each));
    },
  };
}

/** The owner is a guild or a person, as the SKU wants it. */
export function subscribe(state: State, ownerId: string, skuId: string, by?: string): Entitlement {
  const sku = known(state.premium.skus, skuId);
  if (!sku.isForGuilds) return sell(state, sku, { guildId: null, userId: known(state.users, ownerId).id });
  const guild = known(state.guilds, ownerId);
  return sell(state, sku, { guildId: guild.id, userId: by ?? guild.ownerId });
}

/** One that still goes on: what is over cannot be cancelled. */
function subscriptionOf(state: State, entitlement: Entitlement): Subscription {
  settle(state);
  if (!isInForce(state, entitlement)) throw new Error(`the entitlement ${entitlement.id} is over`);
  return known(state.premium.subscriptions, entitlement.subscriptionId ?? '');
}
