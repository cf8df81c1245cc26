import { DiscordAPIError } from '@discordjs/rest';
import type { APIMessage } from 'discord-api-types/v10';
import { type OpenThread, openLessonsIn } from '../../db/threads.ts';
import type { Download } from './attachments.ts';
import type { Bot } from './bot.ts';
import { reasonOf } from './failures.ts';
import { onMessage } from './messages.ts';
import { persistently } from './persistently.ts';
import { channelOf, isDirect } from './threads.ts';

/** What was written in lessons while no connection told of it, such as during a restart: asked for, and taken in. */

/** Lessons that nobody has touched for longer are left until somebody writes in them again. */
const SINCE_MS = 7 * 24 * 3_600_000;
const MOST_LESSONS = 500;
const PAGE = 100;
/** At the same time: the rest of Discord's fifty requests a second is for learners who are here. */
const AT_ONCE = 5;

/**
 * Goes through the lessons that may have missed something, those first where something happens meanwhile: see
 * `readMissed`. Safe to run at any time and by several processes: what was taken in before changes nothing. Never throws.
 */
export async function catchUp(
  bot: Bot,
  download: Download,
  shard: { id: number; count: number },
  stopping: AbortSignal,
): Promise<void> {
  bot.listed = bot.listed.then(() => persistently(bot, stopping, () => listUnread(bot, shard)));
  await bot.listed;
  const channels = [...bot.unread.keys()].values();
  const readSome = async () => {
    for (const channel of channels) {
      const read = () => persistently(bot, stopping, () => readMissed(bot, download, channel));
      if (!stopping.aborted) await bot.inOrder(channel, read);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readSome));
}

async function listUnread(bot: Bot, shard: { id: number; count: number }): Promise<void> {
  const lessons = await openLessonsIn(bot.db, 'discord', new Date(bot.now() - SINCE_MS), MOST_LESSONS);
  const ours = lessons.filter(({ workspace, threadId }) => shardOf(threadId, workspace, shard.count) === shard.id);
  for (const [channel, list] of Map.groupBy(ours, ({ threadId }) => channelOf(threadId))) bot.unread.set(channel, list);
}

/** As Discord reckons it; direct messages are told on the first. */
function shardOf(threadId: string, workspace: string, count: number): number {
  return isDirect(threadId) ? 0 : Number((BigInt(workspace) >> 22n) % BigInt(count));
}

/**
 * Takes in what was missed in a channel, if it has not been looked at yet; to be called within `inOrder`, before
 * anything newer. Rejects when the same is to be tried again later.
 */
export async function readMissed(bot: Bot, download: Download, channel: string): Promise<void> {
  const lessons = bot.unread.get(channel) ?? [];
  try {
    for (const lesson of lessons) await readSince(bot, download, lesson);
  } catch (error) {
    // Such as for a thread that is gone: that would be said every time.
    if (!(error instanceof DiscordAPIError)) throw error;
    bot.log.warn({ reason: reasonOf(error), channel }, 'what was written meanwhile may not be read');
  }
  // Listed once more meanwhile: that is to be read, too.
  if (bot.unread.get(channel) === lessons) bot.unread.delete(channel);
}

async function readSince(bot: Bot, download: Download, lesson: OpenThread): Promise<void> {
  const { threadId, workspace, learner, learnerName } = lesson;
  // Discord tells no nickname here, and the name that we know is as good.
  const place = isDirect(threadId) ? {} : { guild_id: workspace, member: { nick: learnerName } };
  for await (const message of messagesAfter(bot, channelOf(threadId), lesson.lastMessageId)) {
    if (message.author.id === learner) await onMessage(bot, download, { ...message, ...place });
  }
}

/** Oldest first. */
async function* messagesAfter(bot: Bot, channel: string, lastKnown: string | null): AsyncGenerator<APIMessage> {
  let after = lastKnown;
  while (after !== null) {
    const page: APIMessage[] = await bot.api.channels.getMessages(channel, { after, limit: PAGE });
    yield* page.toReversed();
    after = page.length === PAGE ? (page[0]?.id ?? null) : null;
  }
}
