import { type APIMessage, RESTJSONErrorCodes } from 'discord-api-types/v10';
import { type OpenThread, openLessonsIn } from '../../db/threads.ts';
import type { Download } from './attachments.ts';
import type { Bot } from './bot.ts';
import { isRefusal, reasonOf } from './failures.ts';
import { onMessage } from './messages.ts';
import { channelOf, isDirect } from './threads.ts';

/** What was written in lessons while no connection told of it, such as during a restart: asked for, and taken in. */

/** Lessons that nobody has touched for longer are left until somebody writes in them again. */
const SINCE_MS = 24 * 3_600_000;
const MOST_LESSONS = 500;
const PAGE = 100;
/** At the same time: the rest of Discord's fifty requests a second is for learners who are here. */
const AT_ONCE = 5;

/** Safe to run at any time and by several processes: what was taken in before changes nothing. Never throws. */
export async function catchUp(
  bot: Bot,
  download: Download,
  shard: { id: number; count: number },
  stopping: AbortSignal,
): Promise<void> {
  try {
    const lessons = await openLessonsIn(bot.db, 'discord', new Date(bot.now() - SINCE_MS), MOST_LESSONS);
    const ours = lessons.filter(({ workspace, threadId }) => shardOf(threadId, workspace, shard.count) === shard.id);
    const waiting: (() => Promise<void>)[] = [];
    for (const lesson of ours) {
      // What is heard of meanwhile waits for what was written before it.
      const turn = Promise.withResolvers<void>();
      const done = bot.inOrder(channelOf(lesson.threadId), async () => {
        await turn.promise;
        if (!stopping.aborted) await readMissed(bot, download, lesson);
      });
      waiting.push(() => {
        turn.resolve();
        return done;
      });
    }
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await next();
      }),
    );
  } catch (error) {
    bot.log.warn({ err: error }, 'what was written meanwhile could not be looked for');
  }
}

/** As Discord reckons it; direct messages are told on the first. */
function shardOf(threadId: string, workspace: string, count: number): number {
  return isDirect(threadId) ? 0 : Number((BigInt(workspace) >> 22n) % BigInt(count));
}

async function readMissed(bot: Bot, download: Download, lesson: OpenThread): Promise<void> {
  const { threadId, workspace, learner, learnerName } = lesson;
  // Discord tells no nickname here, and the name that we know is as good.
  const place = isDirect(threadId) ? {} : { guild_id: workspace, member: { nick: learnerName } };
  try {
    for await (const message of messagesAfter(bot, channelOf(threadId), lesson.lastMessageId)) {
      if (message.author.id !== learner) continue;
      await onMessage(bot, download, { ...message, ...place });
    }
  } catch (error) {
    if (isRefusal(error, RESTJSONErrorCodes.UnknownChannel, RESTJSONErrorCodes.MissingAccess)) return;
    bot.log.warn({ reason: reasonOf(error), threadId }, 'what was written meanwhile could not be read');
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
