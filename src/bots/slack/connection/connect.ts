import type { SetupError } from '../../../errors.ts';
import { interruptedOpenings } from '../../openings.ts';
import type { Bot } from '../bot.ts';
import { reasonOf } from '../failures.ts';
import { openLesson, permalinkOf, type Request } from '../lessons/openings.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';
import { readMissed } from './catch-up.ts';
import { openHeard } from './heard.ts';
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
/** Somebody may have gone meanwhile. */
const TELL_MS = 5_000;

/**
 * Hears what happens in Slack, goes on with what a crash has left, and asks for what was written while nobody heard.
 * Rejects with SetupError where somebody has to act first.
 */
export async function connectSlack(opened: OpenedBot, options: ConnectOptions): Promise<SlackConnection> {
  const { bot, take } = opened;
  // Looked for before the first can be asked for here: whatever there is by now, nobody goes on with.
  const interrupted = await openingsLeft(bot);
  const hearing = await openHearing(opened, options.socket ? 'socket' : 'http');
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

/** Keeps until when was heard, and after a gap asks for what was written in it. */
async function openHearing({ bot, installationOf }: OpenedBot, connection: 'socket' | 'http') {
  const heard = await openHeard(bot, connection);
  let isReading = false;
  const read = async (since: number) => {
    isReading = true;
    const done = heard.begin(since);
    await readMissed(bot, installationOf, since);
    // What was cut off is asked for by the next start.
    if (!bot.stopping.aborted) done();
    isReading = false;
  };
  return {
    goesOn() {
      const since = isReading ? null : heard.missedSince();
      if (since !== null) void read(since);
      void heard.alive(bot.now());
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
  for (const request of requests) {
    try {
      const threadId = await openLesson(bot, request, true);
      if (request.respondTo) await tellWhere(bot, request, request.respondTo, threadId);
    } catch (error) {
      const reason = reasonOf(error);
      bot.log.warn({ reason }, 'a lesson that was asked for before the restart could not be opened, or not told of');
    }
  }
}

async function tellWhere(bot: Bot, { workspace, locale }: Request, url: string, threadId: string): Promise<void> {
  const words = bot.words.for(locale);
  const thread = await permalinkOf(bot, workspace.id, channelOf(threadId), rootOf(threadId));
  const text = isDirect(threadId) ? words('start.openedInDm') : words('start.opened', { thread });
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
    signal: AbortSignal.timeout(TELL_MS),
  });
  await response.body?.cancel();
}
