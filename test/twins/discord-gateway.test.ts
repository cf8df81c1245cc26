import { once } from 'node:events';
import { GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits } from '@discordjs/core';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/classroom.ts';
import { ALL_INTENTS, type BotOptions, type PlainBot, plainApi, plainBot, refusalOf } from './discord/client.ts';
import { type DiscordTwin, type DiscordTwinOptions, startDiscordTwin } from './discord/twin.ts';

/** The twin's gateway, its limits and its faults, as the real clients live with them. */

const NOBODY = { allowed_mentions: { parse: [] } };

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function startTwin(options: DiscordTwinOptions = {}) {
  const twin = await startDiscordTwin(options);
  endings.push(() => twin.close());
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const ada = guild.addMember({ name: 'Ada' });
  return { twin, guild, channel, ada };
}

async function connect(twin: DiscordTwin, options: BotOptions = {}): Promise<PlainBot> {
  const bot = plainBot(twin, options);
  endings.push(() => bot.gateway.destroy());
  await bot.gateway.connect();
  return bot;
}

const saying = (content: string) => (data: { content: string }) => data.content === content;
const hasHeard = (bot: PlainBot, text: string) => JSON.stringify(bot.heard).includes(text);

describe('a session', () => {
  test('begins with what the bot has to know', async () => {
    const { twin, guild, channel } = await startTwin();
    const bot = await connect(twin);
    const { data: ready } = await bot.hears(GatewayDispatchEvents.Ready);
    expect(ready).toMatchObject({ user: { id: twin.botId }, application: { id: twin.applicationId }, shard: [0, 1] });
    expect(ready.guilds).toEqual([{ id: guild.id, unavailable: true }]);
    const { data } = await bot.hears(GatewayDispatchEvents.GuildCreate);
    expect(data).toMatchObject({ id: guild.id, name: 'School', channels: [{ id: channel.id }] });
  });

  test.each<[string, DiscordTwinOptions, BotOptions, GatewayCloseCodes]>([
    ['a wrong token', {}, { token: 'wrong' }, GatewayCloseCodes.AuthenticationFailed],
    ['an intent that was not granted', { messageContent: false }, {}, GatewayCloseCodes.DisallowedIntents],
    ['intents that do not exist', {}, { intents: 2 ** 27 }, GatewayCloseCodes.InvalidIntents],
  ])('does not begin with %s', async (_, options, wrong, code) => {
    const { twin } = await startTwin(options);
    const bot = plainBot(twin, wrong);
    // The client asks for the gateway's address first, with its token.
    bot.gateway.fetchGatewayInformation = () => plainApi(twin).gateway.getBot();
    await bot.gateway.connect().catch(() => {});
    await until(() => bot.closed.length > 0);
    expect(bot.closed).toEqual([code]);
    expect(twin.gateway.sessions()).toEqual([]);
  });

  test('is not given to what speaks otherwise', async () => {
    const { twin } = await startTwin();
    const { url } = await plainApi(twin).gateway.get();
    const closing = async (query: string, ...said: string[]) => {
      const socket = new WebSocket(`${url}?${query}`);
      socket.on('open', () => said.map((each) => socket.send(each)));
      const [code] = await once(socket, 'close');
      return code;
    };
    expect(await closing('v=9&encoding=json')).toBe(GatewayCloseCodes.InvalidAPIVersion);
    expect(await closing('v=10&encoding=etf')).toBe(GatewayCloseCodes.InvalidAPIVersion);
    expect(await closing('v=10&encoding=json', 'no json')).toBe(GatewayCloseCodes.DecodeError);
    expect(await closing('v=10&encoding=json', JSON.stringify({ op: 1, d: 'x'.repeat(4096) }))).toBe(
      GatewayCloseCodes.DecodeError,
    );
    const beats = Array.from({ length: 121 }, () => JSON.stringify({ op: 1, d: null }));
    expect(await closing('v=10&encoding=json', ...beats)).toBe(GatewayCloseCodes.RateLimited);
  });

  test('is resumed after its connection broke, with what was missed', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin);
    const [{ id } = { id: '' }] = twin.gateway.sessions();
    twin.gateway.drop();
    ada.says(channel, 'while you were away');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('while you were away'));
    await until(() => bot.resumed.length > 0);
    expect(twin.gateway.sessions()).toMatchObject([{ id, connected: true }]);
    expect(bot.heard.filter(({ name }) => name === GatewayDispatchEvents.Ready)).toHaveLength(1);
    expect(bot.heard.filter(({ name }) => name === GatewayDispatchEvents.MessageCreate)).toHaveLength(1);
  });

  test('is resumed when Discord asks to reconnect', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin);
    twin.gateway.reconnect();
    await until(() => bot.resumed.length > 0);
    ada.says(channel, 'hello');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('hello'));
  });

  test('is resumed on the same connection when it is invalid for a moment', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin);
    twin.gateway.invalidate(true);
    ada.says(channel, 'hello');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('hello'));
    expect(bot.closed).toEqual([]);
  });

  test('is lost with everything in it when it is invalid', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin);
    const [before] = twin.gateway.sessions();
    twin.gateway.invalidate(false);
    ada.says(channel, 'lost');
    await until(() => bot.heard.filter(({ name }) => name === GatewayDispatchEvents.Ready).length === 2);
    ada.says(channel, 'heard');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('heard'));
    expect(hasHeard(bot, 'lost')).toBe(false);
    expect(twin.gateway.sessions().map(({ id }) => id)).not.toContain(before?.id);
  });

  test('is forgotten when its client is away for minutes', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin);
    twin.gateway.drop();
    twin.advance(5 * 60_000 + 1);
    ada.says(channel, 'lost');
    await until(() => bot.heard.filter(({ name }) => name === GatewayDispatchEvents.Ready).length === 2);
    ada.says(channel, 'heard');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('heard'));
    expect(hasHeard(bot, 'lost')).toBe(false);
  });

  test('ends when the client says goodbye', async () => {
    const { twin } = await startTwin();
    const bot = await connect(twin);
    await bot.gateway.destroy();
    await until(() => twin.gateway.sessions().length === 0);
  });

  test('is refused with the code that a test chooses', async () => {
    const { twin } = await startTwin();
    twin.gateway.refuse(GatewayCloseCodes.ShardingRequired);
    const bot = plainBot(twin);
    void bot.gateway.connect().catch(() => {});
    await until(() => bot.closed.includes(GatewayCloseCodes.ShardingRequired));
  });
});

describe('heartbeats', () => {
  test('are answered; a client whose are not comes back', async () => {
    const { twin, channel, ada } = await startTwin({ heartbeatMs: 400, silentIntervals: 100 });
    const bot = await connect(twin);
    twin.gateway.muteHeartbeats(true);
    await until(() => bot.closed.length > 0);
    twin.gateway.muteHeartbeats(false);
    ada.says(channel, 'hello');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('hello'));
  });

  test('are missed: who sends none is closed', async () => {
    const { twin } = await startTwin({ heartbeatMs: 20 });
    const { url } = await plainApi(twin).gateway.get();
    const [code] = await once(new WebSocket(`${url}?v=10&encoding=json`), 'close');
    expect(code).toBe(GatewayCloseCodes.SessionTimedOut);
  });
});

describe('events', () => {
  test('go to the shard of their guild, direct messages to the first', async () => {
    const { twin, guild, channel, ada } = await startTwin();
    const other = twin.addGuild({ name: 'Other' });
    const elsewhere = other.addChannel({ name: 'maths' });
    const ben = other.addMember({ name: 'Ben' });
    const bot = await connect(twin, { shardCount: 2 });
    ada.says(channel, 'one');
    ben.says(elsewhere, 'two');
    ben.says(ben.dm(), 'three');
    const shards = await Promise.all(
      ['one', 'two', 'three'].map(async (text) => {
        return (await bot.hears(GatewayDispatchEvents.MessageCreate, saying(text))).shard;
      }),
    );
    const shardOf = ({ id }: { id: string }) => Number((BigInt(id) >> 22n) % 2n);
    expect(shards).toEqual([shardOf(guild), shardOf(other), 0]);
    expect(new Set(shards)).toEqual(new Set([0, 1]));
    expect(bot.heard.filter(({ name }) => name === GatewayDispatchEvents.MessageCreate)).toHaveLength(3);
  });

  test('go to every process that is there, also after one of them died', async () => {
    const { twin, channel, ada } = await startTwin();
    const one = await connect(twin);
    const { url } = await plainApi(twin).gateway.get();
    const dying = new WebSocket(`${url}?v=10&encoding=json`);
    await once(dying, 'open');
    const properties = { os: 'x', browser: 'x', device: 'x' };
    dying.send(JSON.stringify({ op: 2, d: { token: twin.token, intents: ALL_INTENTS, properties } }));
    await until(() => twin.gateway.sessions().length === 2);
    dying.terminate();
    await until(() => twin.gateway.sessions().some(({ connected }) => !connected));
    ada.says(channel, 'hello');
    await one.hears(GatewayDispatchEvents.MessageCreate, saying('hello'));
    const [living, dead] = twin.gateway.sessions();
    expect(dead?.sequence).toBe(living?.sequence);
  });

  test('come only where an intent covers them', async () => {
    const { twin, channel, ada } = await startTwin();
    const bot = await connect(twin, { intents: GatewayIntentBits.Guilds });
    ada.says(channel, 'unheard');
    ada.startsThread(channel, 'fractions');
    await bot.hears(GatewayDispatchEvents.ThreadCreate);
    expect(bot.heard.filter(({ name }) => name === GatewayDispatchEvents.MessageCreate)).toEqual([]);
  });

  test('hide what people wrote, unless it was to the bot', async () => {
    const { twin, channel, ada } = await startTwin({ messageContent: false });
    const bot = await connect(twin, { intents: ALL_INTENTS & ~GatewayIntentBits.MessageContent });
    const contentOf = async ({ id }: { id: string }) => {
      return (await bot.hears(GatewayDispatchEvents.MessageCreate, (data) => data.id === id)).data.content;
    };
    expect(await contentOf(ada.says(channel, 'to nobody'))).toBe('');
    expect(await contentOf(ada.says(channel, 'to you', { mentionsBot: true }))).toBe(`<@${twin.botId}> to you`);
    expect(await contentOf(ada.says(ada.dm(), 'just us'))).toBe('just us');
    const own = await bot.api.channels.createMessage(channel.id, { ...NOBODY, content: 'mine' });
    expect(await contentOf(own)).toBe('mine');
    expect(await contentOf(ada.says(channel, 'an answer', { answers: own }))).toBe('an answer');
    const [, , , hidden] = await bot.api.channels.getMessages(channel.id);
    expect(hidden?.content).toBe('');
  });

  test('tell of edits, deletions, archives and departures', async () => {
    const { twin, guild, channel, ada } = await startTwin();
    const bot = await connect(twin);
    const message = ada.says(channel, 'frist');
    ada.edits(message, 'first');
    await bot.hears(GatewayDispatchEvents.MessageUpdate, saying('first'));
    ada.deletes(message);
    await bot.hears(GatewayDispatchEvents.MessageDelete, ({ id }) => id === message.id);
    const thread = twin.channel(ada.startsThread(channel, 'fractions').id);
    thread.archive({ locked: true });
    await bot.hears(GatewayDispatchEvents.ThreadUpdate, ({ thread_metadata }) => thread_metadata?.locked === true);
    channel.remove();
    await bot.hears(GatewayDispatchEvents.ThreadDelete, ({ id }) => id === thread.id);
    await bot.hears(GatewayDispatchEvents.ChannelDelete, ({ id }) => id === channel.id);
    guild.kickBot();
    await bot.hears(GatewayDispatchEvents.GuildDelete, ({ id }) => id === guild.id);
    guild.inviteBot();
    await bot.hears(
      GatewayDispatchEvents.GuildCreate,
      ({ name, channels }) => name === 'School' && channels.length === 0,
    );
  });

  test('do not come from channels that the bot does not see', async () => {
    const { twin, channel, guild, ada } = await startTwin();
    const bot = await connect(twin);
    channel.setBotPermissions(0n);
    ada.says(channel, 'secret');
    const open = guild.addChannel({ name: 'open' });
    ada.says(open, 'heard');
    await bot.hears(GatewayDispatchEvents.MessageCreate, saying('heard'));
    expect(hasHeard(bot, 'secret')).toBe(false);
  });
});

describe('limits', () => {
  const limits = { messages: 2, others: 100, windowMs: 300, globalPerSecond: 1000 };

  test('are honoured by the client, and it loses nothing', async () => {
    const { twin, channel } = await startTwin({ limits });
    const api = plainApi(twin);
    const texts = ['1', '2', '3', '4', '5'];
    await Promise.all(texts.map((content) => api.channels.createMessage(channel.id, { ...NOBODY, content })));
    expect(twin.messages(channel.id).map(({ content }) => content)).toEqual(texts);
    expect(twin.invalidRequests()).toBe(0);
  });

  test('refuse what is too much, but no interaction', async () => {
    let now = Date.now();
    const { twin, channel } = await startTwin({ limits: { ...limits, globalPerSecond: 3 }, now: () => now });
    const post = (path: string) => {
      const headers = { authorization: `Bot ${twin.token}`, 'content-type': 'application/json' };
      return fetch(`${twin.url}/v10${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ ...NOBODY, content: 'x' }),
      });
    };
    const path = `/channels/${channel.id}/messages`;
    const first = await post(path);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset-after': '0.300',
    });
    await post(path);
    const refused = await post(path);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ retry_after: 0.3, global: false });
    expect(await (await post(path)).json()).toMatchObject({ retry_after: 1, global: true });
    expect((await post('/interactions/1/x/callback')).status).toBe(404);
    now += 1_000;
    expect((await post(path)).status).toBe(200);
    expect(twin.invalidRequests()).toBe(2);
  });
});

describe('faults', () => {
  const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/messages');

  test('come as often as they are asked for', async () => {
    const { twin, channel } = await startTwin();
    const post = () => plainApi(twin).channels.createMessage(channel.id, { ...NOBODY, content: 'x' });
    twin.faults.failNext(isPost, 2, { status: 503 });
    await expect(post()).rejects.toMatchObject({ status: 503 });
    await expect(post()).rejects.toMatchObject({ status: 503 });
    await post();
    twin.faults.failNext(isPost, 1, 'reset');
    await expect(post()).rejects.toThrow();
    expect(twin.messages(channel.id)).toHaveLength(1);
    twin.faults.loseNext(isPost, 1);
    await expect(post()).rejects.toThrow();
    expect(twin.messages(channel.id)).toHaveLength(2);
  });

  test('are chosen by a hook that sees each request come and go', async () => {
    const { twin, channel } = await startTwin();
    const seen: string[] = [];
    twin.faults.onRequest(({ method, moment }) => {
      seen.push(`${method} ${moment}`);
      return method === 'DELETE' ? { status: 500 } : null;
    });
    const api = plainApi(twin);
    const { id } = await api.channels.createMessage(channel.id, { ...NOBODY, content: 'x' });
    await expect(api.channels.deleteMessage(channel.id, id)).rejects.toMatchObject({ status: 500 });
    expect(seen).toEqual(['POST arrived', 'POST done', 'DELETE arrived']);
    twin.faults.onRequest(null);
    expect(await refusalOf(api.channels.getMessage(channel.id, channel.id))).toMatchObject({ code: 10008 });
    expect(twin.requests.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 200],
      ['DELETE', 500],
      ['GET', 404],
    ]);
  });
});
