import type { WebClient } from '@slack/web-api';
import { readHeard, recordHeard, startOfHearing } from '../../../db/heard.ts';
import { recentThreads } from '../../../db/threads.ts';
import type { Bot, Installation } from '../bot.ts';
import { isRefusal, NotInstalled, reasonOf, saysNo, tirelessly } from '../failures.ts';
import { type Late, onMessage, threadIdOf, type Written } from '../lessons/messages.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';

/**
 * What was written while Slack reached nobody here, for longer than it keeps trying: asked for where lessons are held,
 * one request at a time. What was taken in before changes nothing.
 */

/** Clocks differ, and what was told last may not be taken in yet. */
const MARGIN_MS = 15_000;
/** What Slack cannot tell it tells again, a minute and five minutes later: what was missed for less comes by itself. */
const SHORT_GAP_MS = 4 * 60_000;
/** What is older than that is not read any more. */
const LONGEST_GAP_MS = 7 * 24 * 3_600_000;

/** Until when Slack told us everything. Kept as a row, for the process that comes next: of several, one hears for all. */
interface Heard {
  /** Since when something may have been missed, in ms; null where there is nothing to ask for. */
  missedSince(): number | null;
  /** Nothing is left untold until then: to be said every minute. Never rejects. */
  alive(at: number): Promise<void>;
}

/** Rejects when the database does not answer. */
export async function openHeard(
  { db, log, now }: Pick<Bot, 'db' | 'log' | 'now'>,
  connection: 'socket' | 'http',
): Promise<Heard> {
  const stored = await readHeard(db, 'slack');
  let until = stored.get(connection)?.getTime() ?? null;
  return {
    missedSince() {
      if (until === null || now() - until <= SHORT_GAP_MS) return null;
      return Math.max(until, now() - LONGEST_GAP_MS);
    },
    async alive(at) {
      const mark = Math.max(until ?? 0, at - MARGIN_MS);
      try {
        await recordHeard(db, 'slack', connection, new Date(mark));
        // No sooner: while the database is away, what Slack tells is not taken in, and not told for ever.
        until = mark;
      } catch (error) {
        log.warn(
          { err: error },
          'how far Slack was heard is not recorded: the next start may ask for more than it has to',
        );
      }
    },
  };
}

/** Lessons that were not used for longer are not asked about. */
const USED_MS = 7 * 24 * 3_600_000;
const MOST_THREADS = 200;
const PAGE = 200;

interface Reading {
  bot: Bot;
  sinceMs: number;
  late: Late;
  /** Workspaces, and what kind of channels there, that do not let the tutor read. */
  closed: Set<string>;
  /** By workspace. */
  installations: Map<string, Installation>;
}

/**
 * The threads of lessons, the last used first, then what was written in direct messages outside of threads. Rejects only
 * when it is told to stop.
 */
export async function readMissed(bot: Bot, sinceMs: number): Promise<void> {
  await tirelessly(bot, async () => {
    const late = { began: await startOfHearing(bot.db) };
    // Whoever waited for so long does not wait at the door as well.
    const door = { ...bot, limits: null };
    const reading = { bot: door, sinceMs, late, closed: new Set<string>(), installations: new Map() };
    const lessons = await recentThreads(bot.db, 'slack', new Date(bot.now() - USED_MS), MOST_THREADS);
    for (const lesson of lessons) await tirelessly(bot, () => readThread(reading, lesson));
    const direct = new Map(lessons.map((lesson) => [channelOf(lesson.threadId), lesson]));
    for (const [channel, lesson] of direct) {
      if (isDirect(channel)) await tirelessly(bot, () => readDirect(reading, lesson));
    }
  });
  bot.stopping.throwIfAborted();
}

type Lesson = Awaited<ReturnType<typeof recentThreads>>[number];

async function readThread(reading: Reading, lesson: Lesson): Promise<void> {
  const ts = rootOf(lesson.threadId);
  await read(reading, lesson, (client, page) => client.conversations.replies({ ...page, ts }));
}

/** Of the channel itself: who writes there begins a lesson. */
async function readDirect(reading: Reading, lesson: Lesson): Promise<void> {
  await read(reading, lesson, (client, page) => client.conversations.history(page));
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

type Ask = (client: WebClient, page: PageArguments) => Promise<Page>;

async function read(reading: Reading, lesson: Lesson, ask: Ask): Promise<void> {
  const { bot, closed, late } = reading;
  const channel = channelOf(lesson.threadId);
  // Rights to read are given for direct messages and for channels, of which the first letter tells.
  const kind = `${lesson.workspace}/${channel.charAt(0)}`;
  if (closed.has(kind)) return;
  try {
    const client = await bot.clients.of(lesson.workspace);
    const installation = await installationIn(reading, lesson, client);
    for (const message of await messagesSince((page) => ask(client, page), channel, reading.sinceMs)) {
      const work = () => tirelessly(bot, () => onMessage(bot, installation, message, { late }));
      await bot.inOrder(threadIdOf(message), work);
    }
  } catch (error) {
    // Such as for a channel that is gone: that would be said every time.
    if (!saysNo(error) && !(error instanceof NotInstalled)) throw error;
    if (error instanceof NotInstalled || isRefusal(error, ...OF_ALL)) closed.add(kind);
    bot.log.warn({ reason: reasonOf(error), channel }, 'what was written meanwhile may not be read');
  }
}

async function installationIn(
  { installations }: Reading,
  { workspace: id, workspaceName: name }: Lesson,
  client: WebClient,
): Promise<Installation> {
  const known = installations.get(id);
  if (known) return known;
  const { user_id: botUserId = '' } = await client.auth.test();
  const installation = { id, name, botUserId };
  installations.set(id, installation);
  return installation;
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
