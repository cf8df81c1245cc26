import { setTimeout as sleep } from 'node:timers/promises';
import { WebAPIRateLimitedError, type WebClient } from '@slack/web-api';
import { recentThreads } from '../../../db/threads.ts';
import { persistently } from '../../persistently.ts';
import type { Bot, Installation } from '../bot.ts';
import { isAway, isRefusal, NotInstalled, reasonOf, saysNo } from '../failures.ts';
import { type Late, onMessage, threadIdOf, type Written } from '../lessons/messages.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';

/**
 * What was written while Slack reached nobody here, for longer than it keeps trying: asked for where lessons are held,
 * one request at a time. What was taken in before changes nothing.
 */

/** Lessons that were not used for longer are not asked about. */
const USED_MS = 7 * 24 * 3_600_000;
const MOST_THREADS = 200;
/** What is told of at once may be as old as that, also where clocks differ. */
const MARGIN_MS = 15_000;
const PAGE = 200;

interface Reading {
  bot: Bot;
  /** Where the tutor is installed. Rejects with NotInstalled where it is not, or no longer. */
  installationOf(workspace: string): Promise<Installation>;
  sinceMs: number;
  late: Late;
  /** Workspaces, and what kind of channels there, that do not let the tutor read. */
  closed: Set<string>;
}

/** The threads of lessons, the last used first, then new messages in direct messages. Never rejects. */
export async function readMissed(bot: Bot, installationOf: Reading['installationOf'], sinceMs: number): Promise<void> {
  const late = { before: tsAt(bot.now() - MARGIN_MS) };
  // Whoever waited for so long does not wait at the door as well.
  const reading = { bot: { ...bot, limits: null }, installationOf, sinceMs, late, closed: new Set<string>() };
  await tirelessly(reading, async () => {
    const lessons = await recentThreads(bot.db, 'slack', new Date(bot.now() - USED_MS), MOST_THREADS);
    for (const lesson of lessons) await tirelessly(reading, () => readThread(reading, lesson));
    const direct = new Map(
      lessons
        .filter(({ threadId }) => isDirect(threadId))
        .map(({ workspace, threadId }) => [channelOf(threadId), workspace]),
    );
    for (const [channel, workspace] of direct) {
      await tirelessly(reading, () => readDirect(reading, { channel, workspace }));
    }
  });
}

/** Until it is done, or Slack has said no. Never rejects. */
function tirelessly({ bot }: Reading, work: () => Promise<void>): Promise<void> {
  const { log, stopping } = bot;
  return persistently({ log, stopping, isRefusal: saysNo, isAway }, async () => {
    try {
      await work();
    } catch (error) {
      if (error instanceof WebAPIRateLimitedError) {
        await sleep(error.retryAfter * 1000, undefined, { signal: stopping, ref: false }).catch(() => {});
      }
      throw error;
    }
  });
}

async function readThread(reading: Reading, { workspace, threadId }: { workspace: string; threadId: string }) {
  const [channel, ts] = [channelOf(threadId), rootOf(threadId)];
  await read(reading, workspace, channel, (client, page) => client.conversations.replies({ ...page, ts }));
}

/** Of the channel itself: who writes there begins a lesson. */
async function readDirect(reading: Reading, { workspace, channel }: { workspace: string; channel: string }) {
  await read(reading, workspace, channel, (client, page) => client.conversations.history(page));
}

interface PageArguments {
  channel: string;
  oldest: string;
  limit: number;
  cursor?: string;
}

interface Page {
  messages?: (Omit<Written, 'channel' | 'ts'> & { ts?: string })[];
  response_metadata?: { next_cursor?: string };
}

async function read(
  { bot, closed, installationOf, late, sinceMs }: Reading,
  workspace: string,
  channel: string,
  ask: (client: WebClient, page: PageArguments) => Promise<Page>,
): Promise<void> {
  // Rights to read are given for direct messages and for channels, of which the first letter tells.
  const kind = `${workspace}/${channel.charAt(0)}`;
  if (closed.has(kind)) return;
  try {
    const installation = await installationOf(workspace);
    const client = await bot.clients.of(workspace);
    const messages = await messagesSince((page) => ask(client, page), channel, sinceMs);
    for (const message of messages) {
      await bot.inOrder(threadIdOf(message), () => onMessage(bot, installation, message, late));
    }
  } catch (error) {
    // Such as for a channel that is gone: that would be said every time.
    if (!saysNo(error) && !(error instanceof NotInstalled)) throw error;
    if (error instanceof NotInstalled || isRefusal(error, ...OF_ALL)) closed.add(kind);
    bot.log.warn({ reason: reasonOf(error), workspace, channel }, 'what was written meanwhile may not be read');
  }
}

/** What holds for every channel of the kind. */
const OF_ALL = ['missing_scope', 'not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired'];

/** Oldest first. Slack tells of a thread's root, and of the newest messages of a channel, first. */
async function messagesSince(
  ask: (page: PageArguments) => Promise<Page>,
  channel: string,
  sinceMs: number,
): Promise<Written[]> {
  const written: Written[] = [];
  let cursor: string | undefined;
  do {
    const asked = { channel, oldest: tsAt(sinceMs), limit: PAGE, ...(cursor && { cursor }) };
    const { messages = [], response_metadata: next }: Page = await ask(asked);
    for (const { ts, ...message } of messages) {
      if (ts && Number(ts) * 1000 > sinceMs) written.push({ ...message, ts, channel });
    }
    cursor = next?.next_cursor;
  } while (cursor);
  return written.sort((one, other) => Number(one.ts) - Number(other.ts));
}

/** As Slack counts: in seconds. */
function tsAt(ms: number): string {
  return (ms / 1000).toFixed(6);
}
