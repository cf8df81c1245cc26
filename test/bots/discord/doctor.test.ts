import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { REST } from '@discordjs/rest';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { describe, expect, onTestFinished, test } from 'vitest';
import { examine } from '../../../src/bots/discord/connection/doctor.ts';
import {
  inviteUrl,
  REQUIRED_PERMISSIONS,
  VOICE_PERMISSIONS,
  WISHED_PERMISSIONS,
} from '../../../src/bots/discord/connection/invite.ts';
import { registerCommands } from '../../../src/bots/discord/connection/register.ts';
import { commandDefinitions } from '../../../src/bots/discord/interactions/commands.ts';
import type { DiscordConfig } from '../../../src/config.ts';
import { type DiscordTwin, type DiscordTwinOptions, startDiscordTwin } from '../../twins/discord/twin.ts';

const TOKEN = 'MTI3NTg0MjkxMDU4NDMyMDAwMA.GkQ2xY.b3V0b2ZhcmFuZG9tZ2VuZXJhdG9yMTIzNDU2Nzg5';
const REQUIRED = sum(REQUIRED_PERMISSIONS);

function sum(permissions: Readonly<Record<string, bigint>>): bigint {
  return Object.values(permissions).reduce((all, bit) => all | bit, 0n);
}

async function openTwin(options: DiscordTwinOptions = {}): Promise<DiscordTwin> {
  const twin = await startDiscordTwin({ token: TOKEN, ...options });
  onTestFinished(async () => {
    expect(twin.violations).toEqual([]);
    await twin.close();
  });
  return twin;
}

const clientOf = (url: string, token = TOKEN) => new REST({ api: url, retries: 0, timeout: 5_000 }).setToken(token);

async function findings(url: string, more: Partial<DiscordConfig> & { rest?: REST } = {}) {
  const { rest = clientOf(url), ...setup } = more;
  const found = await examine(rest, { apiUrl: url, guildId: null, shards: null, messageContent: 'auto', ...setup });
  expect(JSON.stringify(found)).not.toContain(TOKEN);
  const say = (isOk: boolean) => found.filter(({ ok }) => ok === isOk).map(({ what, fix }) => `${what} ${fix ?? ''}`);
  return { found, right: say(true).join('\n'), wrong: say(false).join('\n') };
}

/** More servers than a test wants to make, page by page. */
function pretendServers(twin: DiscordTwin, total: number): void {
  let left = total;
  twin.faults.onRequest(({ path, moment }) => {
    if (moment !== 'arrived' || path !== '/users/@me/guilds') return null;
    const length = Math.min(200, left);
    left -= length;
    const server = (_: unknown, index: number) => ({
      id: String(left + index),
      name: 'S',
      permissions: String(REQUIRED),
    });
    return { status: 200, body: Array.from({ length }, server) };
  });
}

test('all is well: who it is, where it may teach, how to add it to another server', async () => {
  const twin = await openTwin();
  twin.addGuild({ name: 'School', botPermissions: REQUIRED | sum(WISHED_PERMISSIONS) | sum(VOICE_PERMISSIONS) });
  twin.addGuild({ name: 'Admin', botPermissions: PermissionFlagsBits.Administrator });
  await registerCommands(clientOf(twin.url), twin.applicationId, commandDefinitions());
  const writes = twin.commandWrites();
  const { found, right, wrong } = await findings(twin.url);
  expect(wrong).toBe('');
  expect(found.map(({ what }) => what)).toEqual([
    `Discord takes the token. It is "Threadtutor", application ${twin.applicationId}.`,
    'Message content is on: learners simply write in their threads.',
    'It has the permissions that lessons need in 2 of 2 servers.',
    'Its commands are registered in all servers.',
    'It may connect 1000 more times of 1000 today, and needs 1 to start.',
    'Discord recommends 1 shard (one takes 2500 servers at most); this process has them all.',
  ]);
  expect(right).toContain(inviteUrl(twin.applicationId));
  expect(twin.requests.filter(({ method }) => method !== 'GET')).toHaveLength(1);
  expect(twin.commandWrites()).toBe(writes);
});

test('a token that Discord does not know is the only finding, and is not asked about twice', async () => {
  const twin = await openTwin();
  const { found } = await findings(twin.url, { rest: clientOf(twin.url, `${TOKEN}x`) });
  expect(found).toEqual([
    {
      ok: false,
      what: 'DISCORD_TOKEN is not accepted.',
      fix: 'Copy it again from the Bot page of your application, or reset it there.',
    },
  ]);
  expect(twin.invalidRequests()).toBe(1);
});

const OFF = 'Message content is off: learners answer with buttons and forms, or mention the bot.';
const ON = 'Message content is on';

test.each([
  ['granted', 'auto', true, ON],
  ['granted', 'on', true, ON],
  ['granted', 'off', true, 'Message content is not asked for: learners answer with buttons and forms'],
  ['not granted', 'auto', true, `${OFF} To let them simply write, switch on "Message Content Intent" on the Bot page`],
  ['not granted', 'on', false, 'DISCORD_MESSAGE_CONTENT is on, but the application may not read messages'],
  ['not granted', 'off', true, 'Message content is not asked for'],
] as const)('message content that is %s and wished %s', async (grant, messageContent, isWell, sentence) => {
  const twin = await openTwin({ messageContent: grant === 'granted' });
  twin.addGuild({ name: 'School', botPermissions: REQUIRED });
  const { right, wrong } = await findings(twin.url, { messageContent });
  expect(isWell ? right : wrong).toContain(sentence);
  if (isWell) expect(wrong).toBe('');
});

describe('servers', () => {
  test('where voice messages are not allowed, nothing is wrong: it is said how they would be', async () => {
    const twin = await openTwin();
    twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    twin.addGuild({ name: 'Club', botPermissions: REQUIRED | sum(WISHED_PERMISSIONS) });
    const { right, wrong } = await findings(twin.url);
    expect(wrong).toBe('');
    expect(right).toContain('In 1 of 2 servers it lacks Send Voice Messages: it is heard there in files. For voice');
  });

  test('where it may not speak in voice channels, neither', async () => {
    const twin = await openTwin();
    const all = REQUIRED | sum(WISHED_PERMISSIONS) | sum(VOICE_PERMISSIONS);
    twin.addGuild({ name: 'School', botPermissions: all & ~PermissionFlagsBits.Speak });
    twin.addGuild({ name: 'Club', botPermissions: all });
    const { right, wrong } = await findings(twin.url);
    expect(wrong).toBe('');
    expect(right).toContain('In 1 of 2 servers it lacks Speak: it cannot read lessons out there. For voice channels, ');
  });

  test('without one, there is the link that adds it', async () => {
    const twin = await openTwin();
    const { wrong } = await findings(twin.url);
    expect(wrong).toBe(`It is in no server yet. Add it to one: ${inviteUrl(twin.applicationId)}`);
  });

  test('what it may not do is named as Discord names it, server by server', async () => {
    const twin = await openTwin();
    const { CreatePublicThreads, AttachFiles } = PermissionFlagsBits;
    twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    twin.addGuild({ name: 'Club', botPermissions: REQUIRED & ~CreatePublicThreads & ~AttachFiles });
    const { right, wrong } = await findings(twin.url);
    expect(wrong).toContain('In "Club" it lacks: Create Public Threads, Attach Files.');
    expect(wrong).toContain(inviteUrl(twin.applicationId));
    expect(wrong).not.toContain('School');
    expect(right).toContain('It has the permissions that lessons need in 1 of 2 servers.');
  });

  test('of many that lack something, some are named and the rest counted', async () => {
    const twin = await openTwin();
    for (let index = 0; index < 23; index += 1) twin.addGuild({ name: `S${index}`, botPermissions: 0n });
    const { found, wrong } = await findings(twin.url);
    expect(found.filter(({ ok }) => !ok)).toHaveLength(21);
    expect(wrong).toContain('The same goes for 3 more servers.');
  });

  test('all of them are read, however many pages they have', async () => {
    const twin = await openTwin();
    pretendServers(twin, 405);
    const { right } = await findings(twin.url);
    expect(right).toContain('It has the permissions that lessons need in 405 of 405 servers.');
  });
});

describe('commands', () => {
  test('that are not there yet come with the next start', async () => {
    const twin = await openTwin();
    twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    const { right, wrong } = await findings(twin.url);
    expect(wrong).toBe('');
    expect(right).toContain('The next "npm start -- bot" registers them in all servers.');
    expect(twin.commandWrites()).toBe(0);
  });

  test('of one server are looked for there', async () => {
    const twin = await openTwin();
    const { id: guildId } = twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    await registerCommands(clientOf(twin.url), twin.applicationId, commandDefinitions());
    expect((await findings(twin.url, { guildId })).right).toContain('not registered yet');
    await registerCommands(clientOf(twin.url), twin.applicationId, commandDefinitions(), { guildId });
    expect((await findings(twin.url, { guildId })).right).toContain(
      'Its commands are registered in the server of DISCORD_GUILD_ID only.',
    );
  });

  test('of a server that it is not in are nowhere', async () => {
    const twin = await openTwin();
    twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    const { wrong } = await findings(twin.url, { guildId: '123456789012345678' });
    expect(wrong).toContain('It is not in the server of DISCORD_GUILD_ID');
  });
});

describe('connections', () => {
  const gateway = (shards: number, remaining: number) => ({
    url: 'ws://127.0.0.1:1',
    shards,
    session_start_limit: { total: 1_000, remaining, reset_after: 5_400_000, max_concurrency: 1 },
  });

  async function examineWith(answer: object, setup: Partial<DiscordConfig> = {}) {
    const twin = await openTwin();
    twin.addGuild({ name: 'School', botPermissions: REQUIRED });
    twin.faults.failNext((_, path) => path === '/gateway/bot', 1, { status: 200, body: answer });
    return findings(twin.url, setup);
  }

  test('that are used up for today are told, and when there are more', async () => {
    const { wrong } = await examineWith(gateway(4, 3));
    expect(wrong).toContain('It may connect 3 more times of 1000 today, and needs 4 to start.');
    expect(wrong).toContain('in 2 hours');
  });

  test('are needed for the shards of this process only', async () => {
    const shards = { ids: [0, 1, 2], count: 4 };
    const { right, wrong } = await examineWith(gateway(4, 3), { shards });
    expect(wrong).toBe('');
    expect(right).toContain('Discord recommends 4 shards (one takes 2500 servers at most); this process has 3 of 4.');
  });

  test('that are too few for the servers are told', async () => {
    const twin = await openTwin();
    pretendServers(twin, 5_001);
    const { wrong } = await findings(twin.url, { shards: { ids: [0], count: 2 } });
    expect(wrong).toContain('DISCORD_SHARDS has too few shards for 5001 servers: one takes 2500 at most.');
    expect(wrong).toContain('at least 3 in all');
  });
});

describe('Discord that cannot be asked', () => {
  test('because nobody listens', async () => {
    const twin = await startDiscordTwin({ token: TOKEN });
    await twin.close();
    const { found } = await findings(twin.url);
    expect(found).toEqual([expect.objectContaining({ ok: false, what: 'Discord cannot be reached (ECONNREFUSED).' })]);
    expect(found[0]?.fix).toContain('DISCORD_API_URL');
    const { wrong } = await findings(twin.url, { apiUrl: null, rest: clientOf(twin.url) });
    expect(wrong).toContain('Behind a proxy, set DISCORD_API_URL');
  });

  test('because it does not answer', async () => {
    const twin = await openTwin();
    twin.faults.failNext(() => true, 1, 'hang');
    const rest = new REST({ api: twin.url, retries: 0, timeout: 50 }).setToken(TOKEN);
    const { wrong } = await findings(twin.url, { rest });
    expect(wrong).toContain('Discord cannot be reached (no answer in time).');
  });

  test.each([500, 403, 404])('because it answers %i', async (status) => {
    const twin = await openTwin();
    twin.faults.failNext(() => true, 1, { status });
    const { wrong } = await findings(twin.url);
    expect(wrong).toContain(`Discord answers ${status} to GET /api/v10/applications/@me.`);
  });

  test('because somebody else does', async () => {
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>Hello</p>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { found } = await findings(`http://127.0.0.1:${port}/api`);
    expect(found).toEqual([expect.objectContaining({ ok: false, what: 'What answers is not Discord.' })]);
    expect(found[0]?.fix).toContain('correct or unset DISCORD_API_URL');
  });
});
