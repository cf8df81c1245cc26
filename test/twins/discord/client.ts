/** A bot that does nothing by itself: the real clients, connected to a twin, and all that they heard. */
import { API, type GatewayDispatchEvents, type GatewayDispatchPayload, GatewayIntentBits } from '@discordjs/core';
import { DiscordAPIError, REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { until } from '../../support/classroom.ts';
import type { DiscordTwin } from './twin.ts';

type DataOf<Name> = Extract<GatewayDispatchPayload, { t: Name }>['d'];

interface Heard<Data = unknown> {
  shard: number;
  name: string;
  data: Data;
}

export interface PlainBot {
  api: API;
  gateway: WebSocketManager;
  heard: Heard[];
  /** Codes with which connections were closed by Discord. */
  closed: number[];
  resumed: number[];
  /** The first event that fits, also one that was heard before. */
  hears<Name extends GatewayDispatchEvents>(
    name: Name,
    fits?: (data: DataOf<Name>) => boolean,
  ): Promise<Heard<DataOf<Name>>>;
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
      const heard = () => (bot.heard as Heard<DataOf<typeof name>>[]).filter((each) => each.name === name);
      const find = () => heard().find(({ data }) => fits(data));
      await until(() => find() !== undefined);
      return find() as Heard<DataOf<typeof name>>;
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

export interface ShownRefusal {
  status: number;
  code: number | string;
  /** Of a form, the first field that is wrong, and what is wrong with it; '' otherwise. */
  field: string;
  reason: string;
}

/** How Discord refused; throws when it did not. */
export async function refusalOf(sent: Promise<unknown>): Promise<ShownRefusal> {
  const error = await sent.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiscordAPIError)) throw new Error('it was not refused', { cause: error });
  const { status, code, rawError } = error;
  return { status, code, ...firstProblem('errors' in rawError ? (rawError.errors as ErrorTree) : {}, []) };
}

interface ErrorTree {
  [key: string]: ErrorTree;
}

function firstProblem(errors: ErrorTree, path: string[]): Pick<ShownRefusal, 'field' | 'reason'> {
  const [[key, below] = ['', {}]] = Object.entries(errors);
  if (key !== '' && key !== '_errors') return firstProblem(below, [...path, key]);
  const [problem] = key === '' ? [] : (below as unknown as { code: string }[]);
  return { field: path.join('.'), reason: problem?.code ?? '' };
}
