import type { SetupError } from '../../../errors.ts';
import { forgetOpening, giveBackOpening, interruptedOpenings, keepAtOpening, takeUpOpening } from '../../openings.ts';
import type { Bot } from '../bot.ts';
import { reasonOf, saysNo, tirelessly } from '../failures.ts';
import { finishOpening, type Request } from '../lessons/openings.ts';
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
  /** Within so many milliseconds. */
  close(deadlineMs: number): Promise<void>;
}

/** So often it is recorded that somebody hears: whoever comes after a killed process asks for as much more. */
const BEAT_MS = 60_000;
/** So often it is looked for lessons that nobody goes on opening: who asked for them waits. */
const LOOK_MS = 5_000;

/**
 * Hears what happens in Slack, goes on with what a crash has left, and asks for what was written while nobody heard.
 * Rejects with SetupError where somebody has to act first.
 */
export async function connectSlack(opened: OpenedBot, options: ConnectOptions): Promise<SlackConnection> {
  const { bot, take } = opened;
  const hearing = await openHearing(bot, options.socket ? 'socket' : 'http');
  let socket: Socket | null = null;
  if (options.socket)
    socket = await openSocket({ ...options, ...options.socket, take, log: bot.log, onOpen: hearing.goesOn });
  else hearing.goesOn();
  const beat = setInterval(() => {
    if (socket?.isConnected() ?? true) hearing.goesOn();
  }, BEAT_MS).unref();
  const look = setInterval(() => void finishOpenings(bot), LOOK_MS).unref();
  void finishOpenings(bot);
  return {
    async check() {
      if (socket && !socket.isConnected()) throw new Error('not connected to Slack');
    },
    async close(deadlineMs) {
      clearInterval(beat);
      clearInterval(look);
      await socket?.close(deadlineMs);
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
async function finishOpenings(bot: Bot): Promise<void> {
  try {
    for (const request of await interruptedOpenings<Request>(bot, { isFree: true })) {
      if (await takeUpOpening(bot, request)) void finish(bot, request);
    }
  } catch (error) {
    bot.log.warn({ err: error }, 'lessons that were asked for before the restart could not be looked for');
  }
}

/** However long Slack is away: whoever saw that it was taken gets the lesson. Never rejects. */
async function finish(bot: Bot, request: Request): Promise<void> {
  await tirelessly(bot, async () => {
    if (!(await keepAtOpening(bot, request))) return;
    await finishOpening(bot, request).catch(async (error: unknown) => {
      if (saysNo(error)) await forgetOpening(bot, request);
      throw error;
    });
  });
  // Whoever is there then need not wait until it is free by itself.
  if (bot.stopping.aborted) await giveBackOpening(bot, request).catch(() => {});
}
