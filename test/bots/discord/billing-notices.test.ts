import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AdminNotice, SendResult } from '../../../src/core/ports.ts';
import { type OpenedDiscordSurface, openDiscordSurface, type SurfaceOptions } from '../../support/discord-surface.ts';
import type { Person } from '../../twins/discord/people.ts';
import { BOT_PERMISSIONS } from '../../twins/discord/permissions.ts';
import type { ChannelHandle } from '../../twins/discord/twin.ts';

/** Where those who run a server are told of its subscription: the first place that takes it. */

interface Told extends OpenedDiscordSurface {
  mia: Person;
  payer: Person;
  wished: ChannelHandle;
  staff: ChannelHandle;
  tell(more?: Partial<AdminNotice>): Promise<SendResult | undefined>;
  /** Who has read what: channels and people, by their names. */
  read(): Record<string, string[]>;
}

async function openPlaces(options: SurfaceOptions = {}): Promise<Told> {
  const opened = await openDiscordSurface(options);
  const { guild, twin, surface } = opened;
  const [wished, staff] = [guild.addChannel({ name: 'bills' }), guild.addChannel({ name: 'staff' })];
  const [mia, payer] = [guild.addMember({ name: 'Mia' }), twin.addUser({ name: 'Pat' })];
  guild.transferTo(mia);
  guild.setNotices({ publicUpdates: staff });
  const notice: AdminNotice = {
    ...{ id: randomUUID(), kind: 'past_due', plan: 'Premium', until: new Date('2026-04-02T00:00:00Z') },
    ...{ workspace: guild.id, place: 'Old name', channel: wished.id, payer: payer.id },
  };
  const places = { bills: wished.id, staff: staff.id, Mia: mia.dm().id, Pat: payer.dm().id };
  return {
    ...{ ...opened, mia, payer, wished, staff },
    tell: async (more = {}) => surface.tellAdmins?.({ ...notice, ...more }),
    read: () =>
      Object.fromEntries(
        Object.entries(places).flatMap(([name, id]) => {
          const said = isThere(id) ? twin.messages(id).map(({ content }) => content) : [];
          return said.length > 0 ? [[name, said]] : [];
        }),
      ),
  };

  function isThere(id: string): boolean {
    try {
      return Boolean(twin.channel(id));
    } catch {
      return false;
    }
  }
}

const TEXT =
  'A payment for Premium failed. It is tried again, and everything goes on until April 2, 2026; please check the card. `/tutor-admin billing` shows how things stand, and what can be done.';

test('in the channel that admins have chosen, once', async () => {
  const { tell, read } = await openPlaces();
  const first = await tell();
  expect(first).toMatchObject({ ok: true });
  expect(await tell()).toEqual(first);
  expect(read()).toEqual({ bills: [TEXT] });
});

test('where they have chosen none, or it is gone or closed, in the channel that Discord uses for them', async () => {
  const closed = await openPlaces();
  closed.wished.setBotPermissions(0n);
  expect(await closed.tell()).toMatchObject({ ok: true });
  expect(closed.read()).toEqual({ staff: [TEXT] });
  const gone = await openPlaces();
  gone.wished.remove();
  await gone.tell();
  expect(gone.read()).toEqual({ staff: [TEXT] });
  const none = await openPlaces();
  await none.tell({ channel: null });
  expect(none.read()).toEqual({ staff: [TEXT] });
});

test('else to who pays, with the server’s name; else to its owner', async () => {
  const place = await openPlaces();
  const { guild, payer, tell, read } = place;
  guild.setBotPermissions(0n);
  guild.rename('Oak *School* @everyone');
  await tell();
  expect(read()).toEqual({ Pat: [`**Oak *School* @everyone**: ${TEXT}`] });
  payer.closesDms();
  await tell({ id: randomUUID(), kind: 'ended' });
  expect(read().Mia).toEqual([expect.stringMatching(/^\*\*Oak .*Premium has ended\./)]);
});

test('who bought in Discord is asked for, as nobody keeps it', async () => {
  const { guild, twin, tell, read } = await openPlaces();
  guild.setNotices({ publicUpdates: null });
  const buyer = guild.addMember({ name: 'Bo' });
  twin.premium.subscribe(guild, twin.premium.sku({ name: 'Premium' }), { by: buyer });
  await tell({ channel: null, payer: null });
  expect(twin.messages(buyer.dm().id).map(({ content }) => content)).toEqual([`**School**: ${TEXT}`]);
  expect(read()).toEqual({});
});

test('in the language of the server, and calling nobody', async () => {
  const { twin, surface } = await openPlaces();
  const guild = twin.addGuild({ name: 'Schule', locale: 'de' });
  const channel = guild.addChannel({ name: 'rechnungen' });
  const bodies: unknown[] = [];
  twin.faults.onRequest(({ moment, path, body }) => {
    if (moment === 'arrived' && path.endsWith('/messages')) bodies.push(body);
    return null;
  });
  const notice = { id: randomUUID(), kind: 'ending' as const, plan: '@everyone', until: new Date('2026-04-02') };
  await surface.tellAdmins?.({ ...notice, workspace: guild.id, place: 'Schule', channel: channel.id, payer: null });
  const [message] = twin.messages(channel.id);
  expect(message?.content).toContain('@everyone ist gekündigt und läuft bis 2. April 2026.');
  expect(bodies).toEqual([expect.objectContaining({ allowed_mentions: { parse: [] } })]);
});

test('of a server that the bot was removed from, who pays is told how to go on or to end it', async () => {
  const { guild, twin, tell, read, payer } = await openPlaces();
  // Before it is told, the bot may be back.
  expect(await tell({ kind: 'kicked' })).toEqual({ ok: true, platformMessageIds: [] });
  expect(read()).toEqual({});
  guild.kickBot();
  await tell({ kind: 'kicked' });
  const [text = ''] = read().Pat ?? [];
  expect(text).toContain('**Old name**: I was removed, and Premium is still paid for.');
  expect(text).toContain(`client_id=${twin.applicationId}`);
  expect(text).toContain('`/tutor-admin move`');
  payer.closesDms();
  const gone = await tell({ id: randomUUID(), kind: 'kicked' });
  expect(gone).toMatchObject({ ok: false, reason: 'gone' });
});

test.each([
  ['the server is asked for', 'GET', /^\/guilds\/\d+$/],
  ['it is written', 'POST', /\/messages$/],
])('when Discord fails while %s, it is tried again', async (_, method, path) => {
  const { tell, twin, read } = await openPlaces();
  twin.faults.failNext((asked, at) => asked === method && path.test(at), 3, { status: 500 });
  expect(await tell()).toMatchObject({ ok: false, reason: 'retry' });
  expect(read()).toEqual({});
  expect(await tell()).toMatchObject({ ok: true });
  expect(read()).toEqual({ bills: [TEXT] });
});

test('nobody can be told where nobody takes anything', async () => {
  const { guild, mia, payer, tell } = await openPlaces();
  guild.setBotPermissions(BOT_PERMISSIONS & ~0x800n);
  for (const person of [mia, payer]) person.closesDms();
  const told = await tell();
  expect(told).toMatchObject({ ok: false, reason: 'gone', detail: expect.stringContaining('Discord says 403') });
});
