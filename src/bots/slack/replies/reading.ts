import { type ConversationsRepliesResponse, WebAPIRateLimitedError } from '@slack/web-api';
import { saysNo } from '../failures.ts';
import type { Place } from './places.ts';
import { keyOf } from './posting.ts';

/** What is in a thread, where we do not know what of a reply was shown: Slack does not tell a message twice by itself. */

export interface Found {
  /** Of our messages with this key, oldest first. */
  withKey(key: string): string[];
  /** Ours without a key, oldest first: a message has none while it is streamed. */
  streams: string[];
}

export const NOTHING_FOUND: Found = { withKey: () => [], streams: [] };

/** Longer than anybody tries to send a reply. */
const LOOKED_BACK_S = 2 * 24 * 3_600;
const PAGE = 200;
const MOST_PAGES = 5;

/**
 * The messages that we have posted there, after the one with the ts `after` where it is given. Nothing where Slack does
 * not let us read. Rejects where it is away, or busy.
 */
export async function readThread(place: Place, now: number, after?: string): Promise<Found> {
  const messages: Message[] = [];
  const oldest = after ?? (now / 1_000 - LOOKED_BACK_S).toFixed(6);
  try {
    for (let page = 0, cursor: string | undefined; page === 0 || (cursor && page < MOST_PAGES); page += 1) {
      const answer: ConversationsRepliesResponse = await place.client.conversations.replies({
        ...{ channel: place.channel, ts: place.root, oldest, limit: PAGE, include_all_metadata: true },
        ...(cursor && { cursor }),
      });
      messages.push(...(answer.messages ?? []));
      cursor = answer.response_metadata?.next_cursor;
    }
  } catch (error) {
    // Some apps may read one page a minute: they would never come to the second one.
    const isEnough = error instanceof WebAPIRateLimitedError && messages.length > 0;
    if (!isEnough && !saysNo(error)) throw error;
  }
  return foundIn(messages, place);
}

type Message = NonNullable<ConversationsRepliesResponse['messages']>[number];

/** In a channel, ours are those of the bot that has written something with a key; in direct messages there is no other. */
function foundIn(messages: readonly Message[], { isDirect, root }: Place): Found {
  const byKey = new Map<string, Set<string>>();
  const bots = new Set<string>();
  for (const { ts, metadata, bot_id: bot } of messages) {
    const key = keyOf(metadata);
    if (key === null || !ts) continue;
    byKey.set(key, (byKey.get(key) ?? new Set()).add(ts));
    if (bot) bots.add(bot);
  }
  const streams = messages.flatMap(({ ts, metadata, bot_id: bot }) =>
    ts && ts !== root && bot && (isDirect || bots.has(bot)) && keyOf(metadata) === null ? [ts] : [],
  );
  return { withKey: (key) => [...(byKey.get(key) ?? [])], streams: [...new Set(streams)] };
}
