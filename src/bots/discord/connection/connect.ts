import type { API } from '@discordjs/core/http-only';
import type { DiscordConfig } from '../../../config.ts';
import type { Curriculum } from '../../../core/curriculum.ts';
import type { SetupError } from '../../../errors.ts';
import { downloadFile } from '../../attachments.ts';
import { orderByKey } from '../../in-order.ts';
import { interruptedOpenings } from '../../openings.ts';
import type { ReceiveDeps } from '../../receive.ts';
import type { Words } from '../../words.ts';
import type { Bot } from '../bot.ts';
import { reasonOf } from '../failures.ts';
import { commandDefinitions } from '../interactions/commands.ts';
import { openedAt } from '../interactions/start.ts';
import { openLesson, type Request } from '../lessons/openings.ts';
import { type NarrationOptions, openNarrations } from '../voice/narrations.ts';
import { onEvent, readDirectMessages } from './events.ts';
import { type Gateway, openGateway } from './gateway.ts';
import type { Identity } from './identity.ts';
import { registerCommands } from './register.ts';
import { openShards } from './shards.ts';

export interface ConnectOptions {
  config: DiscordConfig;
  api: API;
  identity: Identity;
  words: Words;
  curriculum: Curriculum;
  /** Somebody gives replies a voice. */
  canSpeak?: boolean;
  /** That may be wished for in a language. */
  voices?(language: string): Promise<readonly string[]>;
  now(): number;
  /** What it takes to speak in voice channels; absent where nobody can. */
  narration?: NarrationOptions | undefined;
  /** The connection cannot be had back: somebody has to act. */
  onFatal(error: SetupError): void;
  /** Ends the waiting for a Discord that is away. */
  stopping?: AbortSignal;
}

export interface DiscordBot {
  /** Rejects while Discord cannot tell us what happens. */
  check(): Promise<void>;
  /** Hears of nothing more, and finishes what it has heard of, within so many milliseconds. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Connects to Discord, makes the commands known, and answers what happens there. Rejects with SetupError where
 * somebody has to act first.
 */
export async function connectDiscord(deps: ReceiveDeps, options: ConnectOptions): Promise<DiscordBot> {
  const { config, api, identity, words, curriculum, canSpeak = false, voices = async () => [], now } = options;
  const stopping = new AbortController();
  const bot: Bot = {
    ...deps,
    platform: 'discord',
    ...{ api, words, curriculum, canSpeak, voices, now, ...identity },
    narrations: null,
    serverNames: new Map(),
    quietChannels: new Set(),
    inOrder: orderByKey(),
    download: downloadFile,
    stopping: stopping.signal,
  };
  const opened = withNarrations(bot, options);
  await register(bot, config);
  const shards = await openShards(bot);
  const underWay = new Set<Promise<void>>();
  const begin = (work: Promise<void>) => {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  // Looked for before the first can be asked for here: whatever there is by now, nobody goes on with.
  const interrupted = (await openingsLeft(bot)).filter(({ guildId }) => isHeardHere(guildId, config));
  const gateway = await openGateway(api.rest, {
    ...{ config, log: deps.log, readsMessages: identity.readsMessages, onFatal: options.onFatal },
    stopping: options.stopping,
    onEvent: (event, { id, count }) => begin(onEvent(bot, event, shards(id, count))),
    onReady(session, { id, count }) {
      const shard = shards(id, count);
      shard.begins(session);
      begin(readDirectMessages(bot, shard));
      begin(shard.heard.proved(now()));
    },
    onLive(isLive, { id, count }) {
      shards(id, count).isLive = isLive;
    },
    onAlive(at, { id, count }) {
      const { isLive, heard } = shards(id, count);
      // A heartbeat is answered before there is a session, too, and while one is only being resumed.
      if (isLive) begin(heard.proved(at));
    },
  });
  opened(gateway);
  begin(finishOpenings(bot, interrupted));
  return {
    check: gateway.check,
    async close(deadlineMs) {
      // While the gateway can still say so.
      await bot.narrations?.close();
      await gateway.close();
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs).unref());
      await Promise.race([Promise.allSettled([...underWay]), deadline]);
      stopping.abort();
    },
  };
}

/** The tutor in voice channels, where anybody can speak. They are told of from the first event on, and asked for later. */
function withNarrations(bot: Bot, { narration }: ConnectOptions): (gateway: Gateway) => void {
  const { promise, resolve } = Promise.withResolvers<Gateway>();
  bot.narrations = narration
    ? openNarrations(bot, narration, async (guildId, payload) => (await promise).send(guildId, payload))
    : null;
  return resolve;
}

/** What is registered already works, so that nothing else waits for this. */
async function register(bot: Bot, { guildId }: DiscordConfig): Promise<void> {
  try {
    const outcome = await registerCommands(bot.api.rest, bot.applicationId, commandDefinitions(), { guildId });
    bot.log.info({ outcome, guildId }, "Discord's commands");
  } catch (error) {
    bot.log.error(
      { reason: reasonOf(error) },
      "Discord's commands could not be registered; the next start tries again",
    );
  }
}

/** As Discord reckons it; direct messages are told on the first shard. */
function isHeardHere(guildId: string | null, { shards }: DiscordConfig): boolean {
  if (!shards) return true;
  const shard = guildId ? (BigInt(guildId) >> 22n) % BigInt(shards.count) : 0n;
  return shards.ids.includes(Number(shard));
}

/** Lessons that were being opened when a process died. Never throws. */
async function openingsLeft(bot: Bot): Promise<Request[]> {
  try {
    return await interruptedOpenings<Request>(bot);
  } catch (error) {
    bot.log.warn({ err: error }, 'lessons that were asked for before the restart could not be looked for');
    return [];
  }
}

/** Never throws. */
async function finishOpenings(bot: Bot, requests: readonly Request[]): Promise<void> {
  for (const request of requests) await finishOpening(bot, request);
}

async function finishOpening(bot: Bot, request: Request): Promise<void> {
  try {
    const threadId = await openLesson(bot, request, true);
    if (request.token === null) return;
    const content = openedAt(bot, threadId, bot.words.for(request.locale));
    const answer = { content, allowed_mentions: { parse: [] } };
    await bot.api.interactions.editReply(bot.applicationId, request.token, answer);
  } catch (error) {
    bot.log.warn({ err: error }, 'a lesson that was asked for before the restart could not be opened, or not told of');
  }
}
