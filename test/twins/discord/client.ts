/** A bot that does nothing by itself: the real clients, connected to a twin, and all that they heard. */
import { API, GatewayIntentBits } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { until } from '../../support/classroom.ts';
import type { DiscordTwin } from './twin.ts';

/** Read loosely: a test knows what it asks for. */
interface Heard {
  shard: number;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the payload of any event
  data: any;
}

export interface PlainBot {
  api: API;
  gateway: WebSocketManager;
  heard: Heard[];
  /** Codes with which connections were closed by Discord. */
  closed: number[];
  resumed: number[];
  /** The first event that fits, also one that was heard before. */
  hears(name: string, fits?: (data: Heard['data']) => boolean): Promise<Heard>;
}

export interface BotOptions {
  intents?: number;
  shardCount?: number;
  token?: string;
}

export const ALL_INTENTS =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.MessageContent;

export function plainApi(twin: DiscordTwin, token = twin.token): API {
  return new API(new REST({ api: twin.url, retries: 0 }).setToken(token));
}

/** Not connected yet. */
export function plainBot(twin: DiscordTwin, options: BotOptions = {}): PlainBot {
  const { intents = ALL_INTENTS, shardCount = 1, token = twin.token } = options;
  const rest = new REST({ api: twin.url, retries: 0 }).setToken(token);
  const gateway = new WebSocketManager({
    ...{ token, rest, intents, shardCount },
    // The real one waits five seconds between two sessions.
    buildIdentifyThrottler: () => ({ waitForIdentify: async () => {} }),
  });
  const bot: PlainBot = {
    ...{ api: new API(rest), gateway, heard: [], closed: [], resumed: [] },
    async hears(name, fits = () => true) {
      const find = () => bot.heard.find((each) => each.name === name && fits(each.data));
      await until(() => find() !== undefined);
      return find() as Heard;
    },
  };
  gateway.on(WebSocketShardEvents.Dispatch, (payload, shard) => {
    bot.heard.push({ shard, name: payload.t, data: payload.d });
  });
  gateway.on(WebSocketShardEvents.Closed, (code) => bot.closed.push(code));
  gateway.on(WebSocketShardEvents.Resumed, (shard) => bot.resumed.push(shard));
  gateway.on(WebSocketShardEvents.Error, () => {});
  gateway.on(WebSocketShardEvents.SocketError, () => {});
  return bot;
}
