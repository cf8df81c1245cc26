import { GatewayDispatchEvents } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { DAY, openPayingServer, type PayingServer, PREMIUM_SKU, VOICE_SKU } from '../../support/discord-billing.ts';
import { answerTo, shownLines, startLesson } from '../../support/discord-lesson.ts';

/** What Discord itself sells: bought, canceled, over, taken back; and how we get to know of it. */

const database = useDatabase();

const { EntitlementCreate, EntitlementUpdate, EntitlementDelete, SubscriptionUpdate } = GatewayDispatchEvents;
const PREMIUM = { id: PREMIUM_SKU };

/** The card as its admin sees it now. */
async function cardOf({ mia, channel }: PayingServer): Promise<string> {
  const used = mia.runs(channel, 'tutor-admin billing');
  await answerTo(used);
  return used.replies().map(shownLines).join('\n');
}

test('a server at its limit buys, has premium at once, cancels, and is free again when it is over', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild, channel, ada, mia } = server;
  const first = await startLesson(server, channel, ada);
  const refused = ada.runs(channel, 'tutor start', { topic: 'probability' });
  expect(await answerTo(refused)).toContain('Free allows 1 lessons a month here');
  expect(refused.replies()[0]?.components).toEqual([]);

  // Who may do something about it can do it right there.
  const offered = mia.runs(channel, 'tutor start', { topic: 'probability' });
  expect(await answerTo(offered)).toContain('Free allows 1 lessons a month here');
  const [offer] = offered.replies();
  expect(offer?.isEphemeral).toBe(true);
  const bought = mia.buys(offer ?? channel);
  await server.has('premium');
  const second = await startLesson(server, channel, ada, { topic: 'probability' });
  expect(second.id).not.toBe(first.id);
  expect(await cardOf(server)).toContain('Bought in Discord. It renews by itself on ');

  const end = twin.now() + 10 * DAY;
  twin.premium.cancel(bought, end);
  await until(async () => (await cardOf(server)).includes('It was canceled, and goes on until '));
  expect(await server.planOf()).toBe('premium');
  await server.told();
  twin.advance(10 * DAY);
  await server.has('free');
  await server.told();
  const over = ada.runs(channel, 'tutor start', { topic: 'decimals' });
  expect(await answerTo(over)).toContain('Free allows 1 lessons a month here');
  // What runs goes on.
  await first.presses('Start');
  expect(first.last().content).not.toBe('');
  expect(await server.planOf(guild)).toBe('free');
});

test('an end that is told ahead is kept, and taken back with it', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild } = server;
  const bought = twin.premium.subscribe(guild, PREMIUM);
  await server.has('premium');
  twin.premium.cancel(bought, twin.now() + DAY, { tellsAhead: true });
  await until(async () => (await cardOf(server)).includes('It was canceled'));
  twin.premium.resume(bought);
  await until(async () => (await cardOf(server)).includes('It renews by itself'));
  twin.advance(2 * DAY);
  expect(await server.planOf()).toBe('premium');
});

test('one that expires ends at once; one that is paid back counts no more', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild } = server;
  const [one, two] = [twin.premium.subscribe(guild, { id: VOICE_SKU }), twin.premium.subscribe(guild, PREMIUM)];
  await server.has('voice');
  twin.premium.expire(one);
  await server.has('premium');
  twin.premium.refund(two);
  await server.has('free');
});

test('what nobody was told of is found by the next round', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild } = server;
  twin.faults.loseEvents(EntitlementCreate);
  twin.faults.loseEvents(SubscriptionUpdate);
  const bought = twin.premium.subscribe(guild, PREMIUM);
  await server.compare();
  expect(await server.planOf()).toBe('premium');
  twin.faults.loseEvents(EntitlementUpdate);
  twin.faults.loseEvents(SubscriptionUpdate);
  twin.premium.expire(bought);
  await server.compare();
  expect(await server.planOf()).toBe('free');
  const again = twin.premium.subscribe(guild, PREMIUM);
  await server.has('premium');
  twin.faults.loseEvents(EntitlementDelete);
  twin.faults.loseEvents(SubscriptionUpdate);
  twin.premium.refund(again);
  await server.compare();
  expect(await server.planOf()).toBe('free');
});

test('a round finds all of many, and leaves out what is for people or sold by others', async () => {
  const server = await openPayingServer(database.url);
  const { twin, ada } = server;
  const owned = (name: string) => {
    const guild = twin.addGuild({ name });
    guild.transferTo(guild.addMember({ name: 'Eve' }));
    return guild;
  };
  const guilds = Array.from({ length: 101 }, (_, index) => owned(`School ${index}`));
  twin.faults.loseEvents(EntitlementCreate, 110);
  twin.faults.loseEvents(SubscriptionUpdate, 110);
  for (const guild of guilds) twin.premium.subscribe(guild, PREMIUM);
  const other = twin.premium.sku({ name: 'Stickers' });
  const lone = owned('Stickers only');
  twin.premium.subscribe(lone, other);
  twin.premium.subscribe(ada, twin.premium.sku({ name: 'For me', isFor: 'user' }));
  await server.compare();
  const rows = await server.runtime.db
    .selectFrom('subscriptions')
    .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
    .select(['external_id', 'plan'])
    .where(
      'external_id',
      'in',
      [lone, ...guilds].map(({ id }) => id),
    )
    .execute();
  expect(rows).toHaveLength(101);
  expect(new Set(rows.map(({ plan }) => plan))).toEqual(new Set(['premium']));
});

test('nobody who bought is kept', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild, ada, runtime } = server;
  twin.premium.subscribe(guild, PREMIUM, { by: ada });
  await server.has('premium');
  await server.told();
  for (const table of ['subscriptions', 'billing_accounts', 'billing_notices', 'workspaces'] as const) {
    expect(JSON.stringify(await runtime.db.selectFrom(table).selectAll().execute())).not.toContain(ada.id);
  }
});

test('the bot is removed and invited again, and the server changes hands: everything is as before', async () => {
  const server = await openPayingServer(database.url);
  const { twin, guild, channel, ada, mia } = server;
  twin.premium.subscribe(guild, PREMIUM, { by: mia });
  await server.has('premium');
  await startLesson(server, channel, ada);
  await server.told();
  guild.goesDown();
  guild.comesBack();
  guild.kickBot();
  await until(() => twin.messages(mia.dm().id).some(({ content }) => content.includes('I was removed')));
  const [, told = twin.messages(mia.dm().id)[0]] = twin.messages(mia.dm().id);
  expect(told?.content).toContain('Premium is still paid for');
  expect(told?.content).toContain(`client_id=${twin.applicationId}`);
  expect(await server.planOf()).toBe('premium');
  guild.inviteBot();
  guild.transferTo(ada);
  const card = ada.runs(channel, 'tutor-admin billing');
  expect(await answerTo(card)).toContain('### Plan: Premium');
  await startLesson(server, channel, ada, { topic: 'probability' });
});
