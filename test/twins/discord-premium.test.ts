import { type API, type APIEntitlement, GatewayDispatchEvents, SubscriptionStatus } from '@discordjs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PlainBot, plainBot, refusalOf } from './discord/client.ts';
import type { Person } from './discord/people.ts';
import { type ChannelHandle, type DiscordTwin, type GuildHandle, startDiscordTwin } from './discord/twin.ts';

/** What the twin sells, and what a bot with the real clients gets to know of it. */

const { EntitlementCreate, EntitlementUpdate, EntitlementDelete, SubscriptionUpdate } = GatewayDispatchEvents;
const NOBODY = { allowed_mentions: { parse: [] } };
const DAY = 24 * 60 * 60_000;
const TEACHERS_SKU = '1088510058284990888';

let twin: DiscordTwin;
let bot: PlainBot;
let api: API;
let guild: GuildHandle;
let channel: ChannelHandle;
let ada: Person;
let sku: { id: string };

beforeAll(async () => {
  twin = await startDiscordTwin();
  bot = plainBot(twin);
  api = bot.api;
  await bot.gateway.connect();
  await api.applicationCommands.bulkOverwriteGlobalCommands(twin.applicationId, [
    { name: 'tutor', description: 'Learn', contexts: [0, 1] },
  ]);
  sku = twin.premium.sku({ name: 'Premium Server' });
});
afterEach(() => expect(twin.violations).toEqual([]));
afterAll(async () => {
  await bot.gateway.destroy();
  await twin.close();
});
beforeEach(() => {
  guild = twin.addGuild({ name: 'School' });
  channel = guild.addChannel({ name: 'maths' });
  ada = guild.addMember({ name: 'Ada' });
});

const of = ({ id }: { id: string }) => api.monetization.getEntitlement(twin.applicationId, id);
const list = (query: object = {}) =>
  api.monetization.getEntitlements(twin.applicationId, { guild_id: guild.id, ...query });
const idsOf = (entitlements: { id: string }[]) => entitlements.map(({ id }) => id);
const isOne = (wanted: { id: string }) => (data: APIEntitlement) => data.id === wanted.id;
type Told = typeof EntitlementCreate | typeof EntitlementUpdate | typeof EntitlementDelete;
const hearsOf = (wanted: { id: string }, name: Told = EntitlementCreate) => bot.hears(name, isOne(wanted));
const heardOf = (wanted: { id: string }) =>
  bot.heard.filter((each) => (each.data as { id?: string }).id === wanted.id).map(({ name }) => name);
const iso = (at: number) => new Date(at).toISOString().replace('Z', '000+00:00');

/** All that the bot was told so far: what is said in a channel comes after it. */
async function hearsAll(): Promise<void> {
  const mark = ada.says(channel, 'mark');
  await bot.hears(GatewayDispatchEvents.MessageCreate, ({ id }) => id === mark.id);
}

describe('a SKU', () => {
  test('is listed with its group, and says for whom it is', async () => {
    const mine = twin.premium.sku({ name: 'For Teachers!', id: TEACHERS_SKU, isFor: 'user' });
    expect(mine.id).toBe(TEACHERS_SKU);
    const skus = await api.monetization.getSKUs(twin.applicationId);
    expect(skus.filter(({ type }) => type === 5)).toMatchObject([
      { id: sku.id, application_id: twin.applicationId, name: 'Premium Server', slug: 'premium-server', flags: 132 },
      { id: TEACHERS_SKU, name: 'For Teachers!', flags: 260 },
    ]);
    expect(skus.filter(({ type }) => type === 6)).toMatchObject([{ flags: 132 }, { flags: 260 }]);
    expect(await refusalOf(api.monetization.getSKUs('100000000000000000'))).toMatchObject({ code: 20012 });
  });
});

describe('a subscription', () => {
  test('entitles a guild for as long as it is renewed', async () => {
    guild.transferTo(ada);
    const bought = twin.premium.subscribe(guild, sku);
    const { data } = await hearsOf(bought);
    expect(data).toMatchObject({ sku_id: sku.id, guild_id: guild.id, user_id: ada.id, type: 1, deleted: false });
    expect(data).toMatchObject({ application_id: twin.applicationId, ends_at: null, starts_at: expect.any(String) });
    expect(await of(bought)).toEqual(data);
    twin.advance(65 * DAY);
    await hearsAll();
    expect(heardOf(bought)).toEqual([EntitlementCreate]);
    expect(await list({ exclude_ended: true })).toEqual([data]);
    const [subscription] = await api.monetization.getSKUSubscriptions(sku.id, { user_id: ada.id });
    expect(subscription).toMatchObject({ status: SubscriptionStatus.Active, entitlement_ids: [bought.id] });
    expect(Date.parse(subscription?.current_period_end ?? '')).toBeGreaterThan(twin.now());
    const told = [GatewayDispatchEvents.SubscriptionCreate, SubscriptionUpdate];
    expect(heardOf({ id: subscription?.id ?? '' })).toEqual([...told, SubscriptionUpdate, SubscriptionUpdate]);
    expect(await api.monetization.getSKUSubscription(sku.id, subscription?.id ?? '')).toEqual(subscription);
  });

  test('that is cancelled says so itself, and its entitlement when it has ended', async () => {
    const bought = twin.premium.subscribe(guild, sku, { by: ada });
    const endsAt = twin.now() + 10 * DAY;
    twin.premium.cancel(bought, endsAt);
    const { data } = await bot.hears(SubscriptionUpdate, (each) => each.status === SubscriptionStatus.Ending);
    expect(data).toMatchObject({ entitlement_ids: [bought.id], current_period_end: iso(endsAt) });
    expect(data.canceled_at).not.toBeNull();
    twin.advance(9 * DAY);
    expect(await list({ exclude_ended: true })).toMatchObject([{ id: bought.id, ends_at: null }]);
    expect(heardOf(bought)).toEqual([EntitlementCreate]);
    twin.advance(DAY);
    expect((await hearsOf(bought, EntitlementUpdate)).data).toMatchObject({ ends_at: iso(endsAt), deleted: false });
    expect(await list({ exclude_ended: true })).toEqual([]);
    expect(await list()).toMatchObject([{ id: bought.id, ends_at: iso(endsAt) }]);
    expect(await api.monetization.getSKUSubscription(sku.id, data.id)).toMatchObject({ status: 1 });
    expect(() => twin.premium.cancel(bought)).toThrow('is over');
  });

  test('may tell its end ahead, once, and go on after all', async () => {
    const bought = twin.premium.subscribe(guild, sku);
    const endsAt = twin.now() + DAY;
    twin.premium.cancel(bought, endsAt, { tellsAhead: true });
    expect((await hearsOf(bought, EntitlementUpdate)).data.ends_at).toBe(iso(endsAt));
    expect(await list({ exclude_ended: true })).toMatchObject([{ id: bought.id, ends_at: iso(endsAt) }]);
    twin.premium.resume(bought);
    twin.advance(2 * DAY);
    expect(await list({ exclude_ended: true })).toMatchObject([{ id: bought.id, ends_at: null }]);
    expect(() => twin.premium.resume(bought)).toThrow('only what was cancelled');
    twin.premium.cancel(bought, twin.now() + DAY, { tellsAhead: true });
    twin.advance(DAY);
    await hearsAll();
    expect(heardOf(bought)).toEqual([EntitlementCreate, EntitlementUpdate, EntitlementUpdate, EntitlementUpdate]);
  });

  test('ends at once when it expires, and is deleted when it is refunded', async () => {
    const [one, two] = [twin.premium.subscribe(guild, sku), twin.premium.subscribe(guild, sku)];
    twin.premium.expire(one);
    await hearsOf(one, EntitlementUpdate);
    twin.premium.refund(two);
    expect((await hearsOf(two, EntitlementDelete)).data).toMatchObject({ deleted: true, ends_at: null });
    expect(idsOf(await list())).toEqual([one.id]);
    expect(idsOf(await list({ exclude_deleted: false }))).toEqual([two.id, one.id]);
    expect(idsOf(await list({ exclude_deleted: false, exclude_ended: true }))).toEqual([two.id]);
    expect(await of(two)).toMatchObject({ deleted: true });
    expect(() => twin.premium.refund(two)).toThrow('deleted already');
  });

  test('may be changed without that anybody hears of it', async () => {
    twin.faults.loseEvents(EntitlementCreate);
    const bought = twin.premium.subscribe(guild, sku);
    twin.faults.loseEvents(EntitlementUpdate);
    twin.premium.expire(bought);
    const other = twin.premium.subscribe(guild, sku);
    twin.premium.expire(other);
    await hearsOf(other, EntitlementUpdate);
    expect(heardOf(bought)).toEqual([]);
    expect(idsOf(await list())).toEqual([other.id, bought.id]);
    expect(twin.premium.entitlements().filter(({ guild_id }) => guild_id === guild.id)).toHaveLength(2);
  });

  test('is told to the first shard, whosever it is', async () => {
    const two = plainBot(twin, { shardCount: 2 });
    await two.gateway.connect();
    const guilds = [guild, twin.addGuild({ name: 'Next' })];
    const bought = guilds.map((each) => twin.premium.subscribe(each, sku));
    for (const each of bought) expect((await two.hears(EntitlementCreate, isOne(each))).shard).toBe(0);
    await two.gateway.destroy();
  });
});

describe('the list of entitlements', () => {
  test('is found by guild, person and SKU, page by page', async () => {
    const other = twin.premium.sku({ name: 'Premium with voice' });
    const all = [sku, other, sku].map((each) => twin.premium.subscribe(guild, each, { by: ada }));
    const [one, two, three] = idsOf(all);
    expect(idsOf(await list())).toEqual([three, two, one]);
    expect(idsOf(await list({ sku_ids: sku.id }))).toEqual([three, one]);
    expect(idsOf(await list({ sku_ids: `${sku.id},${other.id}` }))).toEqual([three, two, one]);
    expect(idsOf(await list({ user_id: ada.id, limit: 2 }))).toEqual([three, two]);
    expect(await list({ user_id: twin.botId })).toEqual([]);
    expect(idsOf(await list({ before: two }))).toEqual([one]);
    expect(idsOf(await list({ after: '100000000000000000', limit: 2 }))).toEqual([one, two]);
    guild.kickBot();
    expect(await list()).toHaveLength(3);
  });

  test.each([
    ['limit', 101],
    ['limit', 0],
    ['sku_ids', 'premium'],
    ['exclude_ended', 'yes'],
    ['after', 'x'],
  ])('does not take %s=%s', async (name, value) => {
    expect(await refusalOf(list({ [name]: value }))).toMatchObject({ code: 50035, field: name });
  });

  test('has no entitlement that there is not', async () => {
    expect(await refusalOf(of({ id: guild.id }))).toMatchObject({ status: 404, code: 10029 });
    const unknown = api.monetization.getSKUSubscriptions(guild.id, { user_id: ada.id });
    expect(await refusalOf(unknown)).toMatchObject({ status: 404, code: 10027 });
    expect(await refusalOf(api.monetization.getSKUSubscriptions(sku.id))).toMatchObject({ field: 'user_id' });
    expect(await refusalOf(api.monetization.getSKUSubscription(sku.id, guild.id))).toMatchObject({ status: 404 });
  });
});

describe('a test entitlement', () => {
  const grant = (owner_id: string, owner_type: number, sku_id = sku.id) =>
    api.monetization.createTestEntitlement(twin.applicationId, { sku_id, owner_id, owner_type });
  const remove = (id: string) => api.monetization.deleteTestEntitlement(twin.applicationId, id);

  test('lasts until it is deleted', async () => {
    const granted = await grant(guild.id, 1);
    expect(granted).toMatchObject({ guild_id: guild.id, sku_id: sku.id, type: 4, deleted: false });
    expect(granted).not.toHaveProperty('ends_at');
    const id = granted.id ?? '';
    expect((await hearsOf({ id })).data).toMatchObject({ starts_at: null, ends_at: null });
    twin.advance(400 * DAY);
    expect(idsOf(await list({ exclude_ended: true }))).toEqual([id]);
    await remove(id);
    expect((await hearsOf({ id }, EntitlementDelete)).data.deleted).toBe(true);
    expect(await list()).toEqual([]);
    expect(await refusalOf(remove(id))).toMatchObject({ code: 10029 });
  });

  test('is not what was paid for, and not for everything and everybody', async () => {
    expect(await refusalOf(remove(twin.premium.subscribe(guild, sku).id))).toMatchObject({ code: 40019 });
    const group = (await api.monetization.getSKUs(twin.applicationId)).find(({ type }) => type === 6);
    expect(await refusalOf(grant(guild.id, 1, group?.id))).toMatchObject({ code: 50057 });
    expect(await refusalOf(grant(guild.id, 1, guild.id))).toMatchObject({ code: 10027 });
    expect(await refusalOf(grant(ada.id, 2))).toMatchObject({ code: 50057 });
    expect(await refusalOf(grant(ada.id, 1))).toMatchObject({ code: 10004 });
    expect(await refusalOf(grant(guild.id, 3))).toMatchObject({ code: 50035, field: 'owner_type' });
  });
});

test('an interaction says what holds for the guild and the person', async () => {
  const mine = twin.premium.subscribe(ada, twin.premium.sku({ name: 'For me', isFor: 'user' }));
  const ours = twin.premium.subscribe(guild, sku);
  twin.premium.expire(twin.premium.subscribe(guild, sku));
  twin.premium.refund(twin.premium.subscribe(guild, sku));
  const elsewhere = twin.addGuild({ name: 'Elsewhere' });
  twin.premium.subscribe(elsewhere, sku, { by: ada });
  const bob = guild.addMember({ name: 'Bob' });
  const seen = async (person: Person, place: { id: string }) => {
    const { id } = person.runs(place, 'tutor');
    const { data } = await bot.hears(GatewayDispatchEvents.InteractionCreate, (each) => each.id === id);
    return data.entitlements;
  };
  expect(await seen(ada, channel)).toEqual([await of(mine), await of(ours)]);
  expect(idsOf(await seen(bob, channel))).toEqual([ours.id]);
  expect(idsOf(await seen(ada, ada.dm()))).toEqual([mine.id]);
  twin.premium.cancel(ours, twin.now() + DAY);
  twin.advance(DAY);
  expect(await seen(bob, channel)).toEqual([]);
});

describe('a premium button', () => {
  const post = (button: object) =>
    api.channels.createMessage(channel.id, {
      ...{ ...NOBODY, content: 'Premium' },
      components: [{ type: 1, components: [{ type: 2, ...button } as never] }],
    });

  test('is how somebody buys, and the bot hears of the entitlement alone', async () => {
    const message = await post({ style: 6, sku_id: sku.id });
    expect(message.components).toMatchObject([{ components: [{ style: 6, sku_id: sku.id }] }]);
    const before = bot.heard.filter(({ name }) => name === GatewayDispatchEvents.InteractionCreate).length;
    const bought = ada.buys(message);
    expect((await hearsOf(bought)).data).toMatchObject({ guild_id: guild.id, user_id: ada.id });
    expect(bot.heard.filter(({ name }) => name === GatewayDispatchEvents.InteractionCreate)).toHaveLength(before);
    expect(() => ada.buys(message)).toThrow('bought already');
    expect(() => ada.buys(ada.says(channel, 'hello'))).toThrow('nothing to buy');
  });

  test.each<[string, object, string, string]>([
    ['a label', { style: 6, label: 'Buy' }, 'label', 'BUTTON_COMPONENT_INVALID'],
    ['an emoji', { style: 6, emoji: { name: '⭐' } }, 'emoji', 'BUTTON_COMPONENT_INVALID'],
    ['a custom id', { style: 6, custom_id: 'buy' }, 'custom_id', 'BUTTON_COMPONENT_INVALID'],
    ['an address', { style: 6, url: 'https://example.com' }, 'url', 'BUTTON_COMPONENT_INVALID'],
    ['no SKU', { style: 6, sku_id: undefined }, 'sku_id', 'BASE_TYPE_REQUIRED'],
    [
      'a SKU that does not exist',
      { style: 6, sku_id: TEACHERS_SKU.replace('1', '2') },
      'sku_id',
      'BUTTON_COMPONENT_INVALID',
    ],
    ['another style', { style: 1, label: 'Buy', custom_id: 'buy' }, 'sku_id', 'BUTTON_COMPONENT_INVALID'],
    ['a link', { style: 5, label: 'Buy', url: 'https://example.com' }, 'sku_id', 'BUTTON_COMPONENT_INVALID'],
  ])('does not come with %s', async (_, wrong, field, reason) => {
    const refusal = await refusalOf(post({ sku_id: sku.id, ...wrong }));
    expect(refusal).toMatchObject({ code: 50035, field: `components.0.components.0.${field}`, reason });
  });
});

describe('a guild', () => {
  test('changes its owner, who may do everything, and its channels for notices', async () => {
    const changed = (fits: (data: { id: string }) => boolean) =>
      bot.hears(GatewayDispatchEvents.GuildUpdate, (data) => data.id === guild.id && fits(data));
    expect(await api.guilds.get(guild.id)).toMatchObject({ system_channel_id: null, public_updates_channel_id: null });
    guild.transferTo(ada);
    await changed((data) => 'owner_id' in data && data.owner_id === ada.id);
    expect(await api.guilds.get(guild.id)).toMatchObject({ owner_id: ada.id });
    const staff = guild.addChannel({ name: 'staff' });
    guild.setNotices({ system: channel, publicUpdates: staff });
    const wanted = { system_channel_id: channel.id, public_updates_channel_id: staff.id, features: ['COMMUNITY'] };
    expect(await api.guilds.get(guild.id)).toMatchObject(wanted);
    await changed((data) => 'public_updates_channel_id' in data && data.public_updates_channel_id === staff.id);
    staff.remove();
    guild.setNotices({ system: null });
    expect(await api.guilds.get(guild.id)).toMatchObject({ system_channel_id: null, public_updates_channel_id: null });
    guild.rename('Academy');
    await changed((data) => 'name' in data && data.name === 'Academy');
    const { id } = ada.runs(channel, 'tutor');
    const { data } = await bot.hears(GatewayDispatchEvents.InteractionCreate, (each) => each.id === id);
    expect(BigInt(data.member?.permissions ?? 0) & (1n << 5n)).not.toBe(0n);
  });

  test('keeps what it paid for while the bot is kicked, and is no other for an outage', async () => {
    const bought = twin.premium.subscribe(guild, sku);
    const gone = () =>
      bot.heard.filter(
        ({ name, data }) => name === GatewayDispatchEvents.GuildDelete && (data as { id: string }).id === guild.id,
      );
    guild.goesDown();
    await bot.hears(GatewayDispatchEvents.GuildDelete, ({ id }) => id === guild.id);
    expect(gone().map(({ data }) => data)).toEqual([{ id: guild.id, unavailable: true }]);
    guild.comesBack();
    guild.kickBot();
    await hearsElsewhere();
    expect(gone().at(-1)?.data).toEqual({ id: guild.id });
    guild.rename('Academy');
    expect(idsOf(await list())).toEqual([bought.id]);
    guild.inviteBot();
    await bot.hears(GatewayDispatchEvents.GuildCreate, ({ id, name }) => id === guild.id && name === 'Academy');
    expect(
      bot.heard.filter(({ name, data }) => name === 'GUILD_UPDATE' && (data as { id: string }).id === guild.id),
    ).toEqual([]);
  });

  async function hearsElsewhere(): Promise<void> {
    const { id } = twin.addGuild({ name: 'Elsewhere' });
    await bot.hears(GatewayDispatchEvents.GuildCreate, (each) => each.id === id);
  }
});
