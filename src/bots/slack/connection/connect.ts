import type { SetupError } from '../../../errors.ts';
import { interruptedOpenings } from '../../openings.ts';
import { persistently } from '../../persistently.ts';
import type { Bot } from '../bot.ts';
import { isAway, NotInstalled, reasonOf, saysNo } from '../failures.ts';
import { finishOpening, type Request } from '../lessons/openings.ts';
import { threadOf } from '../lessons/threads.ts';
import { openHeard, readMissed } from './catch-up.ts';
import type { OpenedBot } from './open-bot.ts';
import { openSocket, type Socket } from './socket.ts';

export interface ConnectOptions {
  /** For Socket Mode; null: what happens comes over HTTP. */
  socket: { appToken: string; apiUrl: string | null } | null;
  /** The connection cannot be had back: somebody has to act. */
  onFatal(error: SetupError): void;
  /** Ends the waiting for a Slack that is away. */
  stopping: AbortSignal;
}

export interface SlackConnection {
  /** Rejects while Slack cannot tell us what happens. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** So often it is recorded that somebody hears: whoever comes after a killed process asks for as much more. */
const BEAT_MS = 60_000;

/**
 * Hears what happens in Slack, goes on with what a crash has left, and asks for what was written while nobody heard.
 * Rejects with SetupError where somebody has to act first.
 */
export async function connectSlack(opened: OpenedBot, options: ConnectOptions): Promise<SlackConnection> {
  const { bot, take } = opened;
  // Looked for before the first can be asked for here: whatever there is by now, nobody goes on with.
  const interrupted = await openingsLeft(bot);
  const hearing = await openHearing(bot, options.socket ? 'socket' : 'http');
  let socket: Socket | null = null;
  if (options.socket)
    socket = await openSocket({ ...options, ...options.socket, take, log: bot.log, onOpen: hearing.goesOn });
  else hearing.goesOn();
  const beat = setInterval(() => {
    if (socket?.isConnected() ?? true) hearing.goesOn();
  }, BEAT_MS).unref();
  void finishOpenings(bot, interrupted);
  return {
    async check() {
      if (socket && !socket.isConnected()) throw new Error('not connected to Slack');
    },
    async close() {
      clearInterval(beat);
      await socket?.close();
    },
  };
}

/** Keeps until when was heard, and after a gap first asks for what was written in it. */
async function openHearing(bot: Bot, connection: 'socket' | 'http') {
  const heard = await openHeard(bot, connection);
  let isReading = false;
  const hear = async () => {
    isReading = true;
    const since = heard.missedSince();
    try {
      if (since !== null) await readMissed(bot, since);
      await heard.alive(bot.now());
    } catch (error) {
      // What was cut off is asked for by the next start.
      bot.log.info({ reason: reasonOf(error) }, 'what was written meanwhile in Slack is not read to its end');
    } finally {
      isReading = false;
    }
  };
  return {
    goesOn() {
      if (!isReading) void hear();
    },
  };
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
  await Promise.all(requests.map((request) => finish(bot, request)));
}

/**
 * For as long as Slack is away: nobody else knows that the person waits. After or before Slack tells of what asked for it
 * once more, and never at the same time, or the card would be there twice.
 */
async function finish(bot: Bot, request: Request): Promise<void> {
  const { id, channelId, rootTs } = request;
  const { log, stopping } = bot;
  const isRefusal = (error: unknown) => saysNo(error) || error instanceof NotInstalled;
  await bot.inOrder(rootTs ? threadOf(channelId, rootTs) : id, () =>
    persistently({ log, stopping, isRefusal, isAway }, () => finishOpening(bot, request)),
  );
}
