import { DiscordAPIError } from '@discordjs/rest';
import type { APIMessage, GatewayGuildCreateDispatchData } from 'discord-api-types/v10';
import { directChannels, lessonOfThread } from '../../../db/threads.ts';
import type { Bot } from '../bot.ts';
import { reasonOf } from '../failures.ts';
import { onMessage } from '../lessons/messages.ts';
import { firstIdAt } from './heard.ts';

/**
 * What was written while no connection told of it, such as during a restart: asked for, and taken in before anything
 * newer of its channel. What was taken in before changes nothing.
 */

const PAGE = 100;

/** The threads of a server in which something was written since then, as the server itself says when a session begins. */
export function threadsSince({ threads }: GatewayGuildCreateDispatchData, sinceMs: number): string[] {
  const since = BigInt(firstIdAt(sinceMs));
  return threads.flatMap((thread) => {
    const last = 'last_message_id' in thread ? thread.last_message_id : null;
    return last && BigInt(last) >= since ? [thread.id] : [];
  });
}

/** Channels that were not used for longer are not asked about. */
const USED_MS = 7 * 24 * 3_600_000;

/** The channels of direct messages in which something may have been written: Discord lists none. */
export function directChannelsToRead(bot: Bot): Promise<string[]> {
  return directChannels(bot.db, 'discord', new Date(bot.now() - USED_MS));
}

/** Where something may have been missed, and since when. */
export interface Missed {
  channelId: string;
  /** Null: direct messages. */
  guildId: string | null;
  sinceMs: number;
}

/** Within `inOrder`. Rejects when the same is to be tried again later. */
export async function readMissed(bot: Bot, missed: Missed): Promise<void> {
  const { channelId, guildId, sinceMs } = missed;
  const lesson = guildId ? await lessonOfThread(bot.db, 'discord', channelId) : null;
  if (guildId && !lesson) return;
  // Discord tells no nickname here, and the name that we know is as good.
  const place = guildId ? { guild_id: guildId, member: { nick: lesson?.learnerName ?? null } } : {};
  // Whoever waited for so long does not wait at the door as well.
  const door = { ...bot, limits: null };
  try {
    for await (const message of messagesSince(bot, channelId, sinceMs)) {
      await onMessage(door, { ...message, ...place }, { isLate: true });
    }
  } catch (error) {
    // Such as for a channel that is gone: that would be said every time.
    if (!(error instanceof DiscordAPIError)) throw error;
    bot.log.warn({ reason: reasonOf(error), channelId }, 'what was written meanwhile may not be read');
  }
}

/** Oldest first. */
async function* messagesSince(bot: Bot, channelId: string, sinceMs: number): AsyncGenerator<APIMessage> {
  let after: string | null = firstIdAt(sinceMs);
  while (after !== null) {
    const page: APIMessage[] = await bot.api.channels.getMessages(channelId, { after, limit: PAGE });
    yield* page.toReversed();
    after = page.length === PAGE ? (page[0]?.id ?? null) : null;
  }
}
