/** Premium Apps in the shapes that Discord sends. */
import { type APISKU, type APISubscription, SKUFlags, SKUType } from 'discord-api-types/v10';
import type { Entitlement, Sku, Subscription } from './premium.ts';
import type { State } from './state.ts';
import { iso } from './wire.ts';

/** A subscription is listed twice: as its group, and as what can be bought. */
export function skuWires(state: State, sku: Sku): APISKU[] {
  const shared = {
    ...{ application_id: state.applicationId, name: sku.name, slug: sku.name.toLowerCase().replaceAll(/\W+/g, '-') },
    flags: SKUFlags.Available | (sku.isForGuilds ? SKUFlags.GuildSubscription : SKUFlags.UserSubscription),
    ...{ dependent_sku_id: null, manifest_labels: null, access_type: 1, features: [], release_date: null },
    ...{ premium: false, show_age_gate: false },
  };
  return [
    { id: sku.groupId, type: SKUType.SubscriptionGroup, ...shared },
    { id: sku.id, type: SKUType.Subscription, ...shared },
  ];
}

/** Whose it is, and of what. */
export function grantWire(state: State, entitlement: Entitlement) {
  const { id, skuId, guildId, userId, type, isDeleted } = entitlement;
  return {
    ...{ id, type, sku_id: skuId, application_id: state.applicationId },
    ...(userId !== null && { user_id: userId }),
    ...(guildId !== null && { guild_id: guildId }),
    ...{ deleted: isDeleted, consumed: false, gift_code_flags: 0, promotion_id: null },
  };
}

export function entitlementWire(state: State, entitlement: Entitlement) {
  const { startsAt, endsAt, subscriptionId } = entitlement;
  return {
    ...grantWire(state, entitlement),
    starts_at: startsAt === null ? null : iso(startsAt),
    ends_at: endsAt === null ? null : iso(endsAt),
    ...(subscriptionId !== null && { subscription_id: subscriptionId }),
  };
}

export function subscriptionWire(subscription: Subscription): APISubscription {
  const { id, userId, skuId, entitlementId, periodStart, periodEnd, status, canceledAt } = subscription;
  return {
    ...{ id, user_id: userId, sku_ids: [skuId], status, renewal_sku_ids: null },
    entitlement_ids: entitlementId === null ? [] : [entitlementId],
    current_period_start: iso(periodStart),
    current_period_end: iso(periodEnd),
    canceled_at: canceledAt === null ? null : iso(canceledAt),
  };
}
