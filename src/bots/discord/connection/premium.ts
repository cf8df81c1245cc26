import type { API } from '@discordjs/core/http-only';
import { DiscordAPIError } from '@discordjs/rest';
import {
  type APIEntitlement,
  EntitlementType,
  type RESTGetAPIEntitlementsQuery,
  RESTJSONErrorCodes,
  SubscriptionStatus,
} from 'discord-api-types/v10';
import { type Plans, planSoldAs } from '../../../core/billing/plans.ts';
import type { Asked, SourceFailure, Subscription, SubscriptionSource } from '../../../core/billing/sources.ts';
import { isRefusal, reasonOf } from '../failures.ts';

/** What servers have bought of us in Discord: Premium Apps. Who bought it is asked for, and never kept. */

export interface PremiumOptions {
  plans: Plans;
  /** Null: not known yet. */
  applicationId(): string | null;
  now(): Date;
}

/** The most that Discord tells at once. */
const PAGE = 100;

export function discordPremium(api: API, options: PremiumOptions): SubscriptionSource {
  const { applicationId, plans } = options;
  return {
    name: 'discord',
    async fetch(id) {
      const application = applicationId();
      if (application === null) return NOT_YET;
      try {
        const entitlement = await api.monetization.getEntitlement(application, id);
        return { ok: true, value: await subscriptionOf(api, options, entitlement) };
      } catch (error) {
        return isRefusal(error, RESTJSONErrorCodes.UnknownEntitlement) ? { ok: true, value: null } : failure(error);
      }
    },
    async *all(): AsyncGenerator<Asked<readonly Subscription[]>> {
      const application = applicationId();
      if (application === null) return yield NOT_YET;
      const skus = plans.plans.flatMap(({ discord }) => discord?.skus ?? []).join(',');
      const query = { sku_ids: skus, exclude_ended: false, exclude_deleted: false, limit: PAGE };
      try {
        yield* pages(api, options, application, query);
      } catch (error) {
        yield failure(error);
      }
    },
  };
}

/** Newest first. */
async function* pages(
  api: API,
  options: PremiumOptions,
  application: string,
  query: RESTGetAPIEntitlementsQuery,
): AsyncGenerator<Asked<readonly Subscription[]>> {
  for (let before: string | undefined; ; ) {
    const page = await api.monetization.getEntitlements(application, { ...query, ...(before && { before }) });
    const value: Subscription[] = [];
    for (const entitlement of page) {
      const subscription = await subscriptionOf(api, options, entitlement);
      if (subscription) value.push(subscription);
    }
    yield { ok: true, value };
    before = page.at(-1)?.id;
    if (page.length < PAGE || !before) return;
  }
}

/** Null: it is for no server, or nothing that a plan names. */
async function subscriptionOf(
  api: API,
  { plans, now }: PremiumOptions,
  entitlement: APIEntitlement,
): Promise<Subscription | null> {
  const { id, sku_id: sku, guild_id: guild, deleted, type } = entitlement;
  if (!guild || !planSoldAs(plans, [sku])) return null;
  const isTest = type === EntitlementType.TestModePurchase;
  const end = entitlement.ends_at === null ? null : new Date(entitlement.ends_at);
  const common = {
    ...{ id, workspace: { platform: 'discord' as const, id: guild }, soldAs: [sku], isLive: !isTest },
    ...{ owedSince: null, renewsAt: null, endsAt: end, trialEndsAt: null },
  };
  if (end && end <= now()) return { ...common, status: 'canceled' };
  // What nobody paid for is not paid back.
  if (deleted) return { ...common, status: isTest ? 'canceled' : 'refunded' };
  const periodEnd = end ? null : await periodOf(api, entitlement);
  return { ...common, status: 'active', ...periodEnd };
}

type Period = Pick<Subscription, 'renewsAt'> | Pick<Subscription, 'endsAt'>;

/**
 * When it goes on or, if somebody has canceled, ends: the entitlement itself says so when it is over. Null where Discord
 * does not tell: what was bought is theirs all the same.
 */
async function periodOf(api: API, { id, sku_id: sku, user_id: buyer }: APIEntitlement): Promise<Period | null> {
  if (!buyer) return null;
  try {
    const all = await api.monetization.getSKUSubscriptions(sku, { user_id: buyer, limit: PAGE });
    const subscription = all.find(({ entitlement_ids: ids }) => ids.includes(id));
    if (!subscription) return null;
    const periodEnd = new Date(subscription.current_period_end);
    if (subscription.status === SubscriptionStatus.Ending) return { endsAt: periodEnd };
    return subscription.status === SubscriptionStatus.Active ? { renewsAt: periodEnd } : null;
  } catch {
    return null;
  }
}

const NOT_YET: SourceFailure = { ok: false, reason: 'away', detail: 'Discord has not said yet who we are' };

function failure(error: unknown): SourceFailure {
  const reason = error instanceof DiscordAPIError ? 'refused' : 'away';
  return { ok: false, reason, detail: reasonOf(error) };
}
