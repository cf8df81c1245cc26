import { DiscordAPIError, type REST } from '@discordjs/rest';
import { CloseCodes, WebSocketManager, WebSocketShardEvents, WebSocketShardStatus } from '@discordjs/ws';
import {
  GatewayCloseCodes,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  type GatewayReadyDispatchData,
  type GatewaySendPayload,
} from 'discord-api-types/v10';
import type { DiscordConfig } from '../../../config.ts';
import { SetupError } from '../../../errors.ts';
import { type Logger, seldom } from '../../../log.ts';
import { patiently } from '../../patiently.ts';
import { reasonOf } from '../failures.ts';
import { tokenError } from './identity.ts';

/** The connection on which Discord tells what happens. discord.js's own client keeps, resumes and renews it. */

export interface GatewayOptions {
  config: DiscordConfig;
  readsMessages: boolean;
  log: Logger;
  /** Must not throw; as the next three. */
  onEvent(event: GatewayDispatchPayload, shard: ShardPlace): void;
  /** A session is new: what happened before it was not told. Its events follow. */
  onReady(session: GatewayReadyDispatchData, shard: ShardPlace): void;
  /** The session tells all that happens, or it does no longer. */
  onLive(isLive: boolean, shard: ShardPlace): void;
  /** The connection was there at that time. */
  onAlive(atMs: number, shard: ShardPlace): void;
  /** The connection cannot be had back: somebody has to act. */
  onFatal(error: SetupError): void;
  /** Ends the waiting for a Discord that is away. */
  stopping?: AbortSignal | undefined;
}

interface ShardPlace {
  id: number;
  count: number;
}

export interface Gateway {
  /** Rejects while a shard is not connected. */
  check(): Promise<void>;
  /** On the shard of that server; while it is away, when it is back. */
  send(guildId: string, payload: GatewaySendPayload): Promise<void>;
  close(): Promise<void>;
}

/**
 * Resolves when every shard of this process is connected, however long Discord is away. Rejects with SetupError where
 * somebody has to act, and with an AbortError when it is told to stop.
 */
export async function openGateway(rest: REST, options: GatewayOptions): Promise<Gateway> {
  const { config, readsMessages, log } = options;
  const manager = new WebSocketManager({
    token: config.token,
    rest,
    intents: intentsFor(readsMessages),
    shardCount: config.shards?.count ?? null,
    shardIds: config.shards ? [...config.shards.ids] : null,
  });
  const complain = seldom(log, 'the connection to Discord broke', { everyMs: 5_000 });
  manager.on(WebSocketShardEvents.Error, (error) => complain(error));
  manager.on(WebSocketShardEvents.SocketError, (error) => complain(error));
  const count = await whileAway(options, () => manager.getShardCount());
  manager.on(WebSocketShardEvents.Dispatch, (payload, id) => options.onEvent(payload, { id, count }));
  manager.on(WebSocketShardEvents.HeartbeatComplete, ({ heartbeatAt }, id) =>
    options.onAlive(heartbeatAt, { id, count }),
  );
  manager.on(WebSocketShardEvents.Resumed, (id) => {
    log.info({ shard: id }, 'the connection to Discord goes on');
    options.onLive(true, { id, count });
  });
  manager.on(WebSocketShardEvents.Ready, (session, id) => {
    log.info({ shard: id }, 'connected to Discord');
    options.onReady(session, { id, count });
    options.onLive(true, { id, count });
  });
  const refusal = Promise.withResolvers<never>();
  manager.on(WebSocketShardEvents.Closed, (code, shard) => {
    options.onLive(false, { id: shard, count });
    const error = fatalError(code);
    if (!error) return log.info({ shard, code }, 'the connection to Discord was closed');
    refusal.reject(error);
    options.onFatal(error);
  });
  refusal.promise.catch(() => {});
  await Promise.race([whileAway(options, () => manager.connect()), refusal.promise]);
  return {
    async check() {
      const statuses = await manager.fetchStatus();
      const isAway = [...statuses.values()].some((status) => status !== WebSocketShardStatus.Ready);
      if (isAway || statuses.size === 0) throw new Error('not connected to Discord');
    },
    async send(guildId, payload) {
      await manager.send(Number((BigInt(guildId) >> 22n) % BigInt(count)), payload);
    },
    async close() {
      await manager.destroy({ code: CloseCodes.Normal, reason: 'stopping' });
    },
  };
}

/** What fails here is asking for the gateway's address: from then on the client tries by itself. */
function whileAway<T>({ log, stopping }: GatewayOptions, ask: () => Promise<T>): Promise<T> {
  const refusal = (error: unknown) => (error instanceof DiscordAPIError ? error : null);
  const waiting = 'Discord has not told yet where to connect';
  return patiently(ask, { log, waiting, reasonOf, refusal, stopping });
}

function intentsFor(readsMessages: boolean): number {
  const { Guilds, GuildMessages, DirectMessages, MessageContent, GuildVoiceStates, GuildMessageTyping } =
    GatewayIntentBits;
  const always = Guilds | GuildMessages | DirectMessages | GuildVoiceStates | GuildMessageTyping;
  return always | (readsMessages ? MessageContent : 0);
}

/** What connecting again would not change. */
function fatalError(code: number): SetupError | null {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return tokenError();
    case GatewayCloseCodes.DisallowedIntents:
      return new SetupError([
        'Discord does not let this application read messages: switch on "Message Content Intent" on the Bot page of your application, or set DISCORD_MESSAGE_CONTENT=off.',
      ]);
    case GatewayCloseCodes.InvalidShard:
      return new SetupError(['Discord does not take these shards: correct or unset DISCORD_SHARDS.']);
    case GatewayCloseCodes.ShardingRequired:
      return new SetupError([
        'The bot is in too many servers for so few shards: set DISCORD_SHARDS to more, or unset it ("npm start -- doctor" says how many).',
      ]);
    default:
      return null;
  }
}
