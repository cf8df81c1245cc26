/** Routes of Premium Apps: what is sold, who has it, and what developers give away to try it. */
import { EntitlementOwnerType, EntitlementType } from 'discord-api-types/v10';
import { z } from 'zod';
import { oneOf, parseForm, snowflake } from './forms.ts';
import { deleteEntitlement, type Entitlement, grant, hasEnded, type Owner, type Sku, settle } from './premium.ts';
import { entitlementWire, grantWire, skuWires, subscriptionWire } from './premium-wire.ts';
import { Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';

const LIST = '/applications/:application/entitlements';

const flag = oneOf('True', 'true', '1', 'False', 'false', '0').transform((value) => /^(?:true|1)$/i.test(value));
const page = { before: snowflake.optional(), after: snowflake.optional() };
const limit = z.coerce.number().int().min(1).max(100);
const listForm = z.object({
  ...{ ...page, limit: limit.default(100) },
  guild_id: snowflake.optional(),
  user_id: snowflake.optional(),
  sku_ids: z
    .string()
    .regex(/^\d{17,20}(?:,\d{17,20})*$/)
    .transform((ids) => ids.split(','))
    .optional(),
  exclude_ended: flag.default(false),
  exclude_deleted: flag.default(true),
});
const subscriptionsForm = z.object({ ...page, limit: limit.default(50), user_id: snowflake });
const grantForm = z.object({ sku_id: snowflake, owner_id: snowflake, owner_type: oneOf(1, 2) });

export const premiumRoutes: Routes = {
  'GET /applications/:application/skus': (call) => {
    requireOwn(call);
    return [...call.state.premium.skus.values()].flatMap((sku) => skuWires(call.state, sku));
  },
  [`GET ${LIST}`]: (call) => listed(call).map((each) => entitlementWire(call.state, each)),
  [`POST ${LIST}`]: (call) => {
    requireOwn(call);
    const form = parseForm(grantForm, call.body);
    return grantWire(call.state, grant(call.state, skuOf(call, form.sku_id), ownerOf(call, form)));
  },
  [`GET ${LIST}/:entitlement`]: (call) => entitlementWire(call.state, entitlementOf(call)),
  [`DELETE ${LIST}/:entitlement`]: (call) => {
    const entitlement = entitlementOf(call);
    if (entitlement.type !== EntitlementType.TestModePurchase) throw new Refusal('onlySandbox');
    if (entitlement.isDeleted) throw new Refusal('unknownEntitlement');
    deleteEntitlement(call.state, entitlement);
  },
  'GET /skus/:sku/subscriptions': (call) => {
    settle(call.state);
    const sku = skuOf(call, call.params.sku);
    const form = parseForm(subscriptionsForm, Object.fromEntries(call.query));
    const theirs = [...call.state.premium.subscriptions.values()].filter((each) => {
      return each.skuId === sku.id && each.userId === form.user_id;
    });
    return within(theirs, form).map(subscriptionWire);
  },
  'GET /skus/:sku/subscriptions/:subscription': (call) => {
    settle(call.state);
    const sku = skuOf(call, call.params.sku);
    const subscription = call.state.premium.subscriptions.get(call.params.subscription);
    if (subscription?.skuId !== sku.id) throw new Refusal('unknownRoute');
    return subscriptionWire(subscription);
  },
};

function requireOwn({ state, params }: Call): void {
  if (params.application !== state.applicationId) throw new Refusal('notYourApplication');
}

function skuOf({ state }: Call, id: string): Sku {
  const sku = state.premium.skus.get(id);
  if (sku) return sku;
  const isGroup = [...state.premium.skus.values()].some(({ groupId }) => groupId === id);
  throw new Refusal(isGroup ? 'invalidSku' : 'unknownSku');
}

function entitlementOf(call: Call): Entitlement {
  requireOwn(call);
  settle(call.state);
  const entitlement = call.state.premium.entitlements.get(call.params.entitlement);
  if (!entitlement) throw new Refusal('unknownEntitlement');
  return entitlement;
}

/** Guilds get what is sold to guilds, and people what is sold to people. */
function ownerOf(call: Call, form: z.infer<typeof grantForm>): Owner {
  const { state } = call;
  const isGuild = form.owner_type === EntitlementOwnerType.Guild;
  if (skuOf(call, form.sku_id).isForGuilds !== isGuild) throw new Refusal('invalidSku');
  if (isGuild && !state.guilds.has(form.owner_id)) throw new Refusal('unknownGuild');
  if (!isGuild && !state.users.has(form.owner_id)) throw new Refusal('unknownUser');
  return isGuild ? { guildId: form.owner_id, userId: null } : { guildId: null, userId: form.owner_id };
}

/** Also those of guilds that the bot has left. */
function listed(call: Call): Entitlement[] {
  const { state, query } = call;
  requireOwn(call);
  settle(state);
  const form = parseForm(listForm, Object.fromEntries(query));
  const fitting = [...state.premium.entitlements.values()].filter(
    (each) =>
      (form.guild_id === undefined || each.guildId === form.guild_id) &&
      (form.user_id === undefined || each.userId === form.user_id) &&
      (form.sku_ids === undefined || form.sku_ids.includes(each.skuId)) &&
      !(form.exclude_deleted && each.isDeleted) &&
      !(form.exclude_ended && hasEnded(state, each)),
  );
  return within(fitting, form);
}

/** After an id the oldest come first, and otherwise the newest. */
function within<Item extends { id: string }>(
  items: Item[],
  { before, after, limit: count }: { before?: string | undefined; after?: string | undefined; limit: number },
): Item[] {
  const range = items.filter(({ id }) => {
    return (!before || BigInt(id) < BigInt(before)) && (!after || BigInt(id) > BigInt(after));
  });
  return (after ? range : range.toReversed()).slice(0, count);
}
