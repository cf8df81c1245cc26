import type { ConversationsRepliesResponse } from '@slack/web-api';
import type { OutboundDelivery } from '../../../core/ports.ts';
import { saysNo } from '../failures.ts';
import type { Place } from './places.ts';
import { keyOf } from './posting.ts';

/** What is in a thread, where we do not know what of a reply was shown: Slack does not tell a message twice by itself. */

export interface Found {
  /** Of our messages with this key, oldest first. */
  withKey(key: string): string[];
  /** Ours without a key, oldest first: a message has none while it is streamed. */
  streams: string[];
  /** The message with a file of this name, which we have given it; null for none. */
  withFile(name: string): string | null;
}

export const NOTHING_FOUND: Found = { withKey: () => [], streams: [], withFile: () => null };

/** Longer than anybody tries to send a reply. */
const TRIED_FOR_S = 3_600;
/** Before a draft that is known, another process may have begun one of the same reply. */
const BEGUN_BEFORE_S = 300;
const PAGE = 200;
const MOST_PAGES = 5;

/**
 * After which ts there may be some of a reply. Slack tells the oldest messages first, and to some apps no more than
 * fifteen a minute; and what is older is nobody's to take away.
 */
export function beginningOf({ draft, posted }: Pick<OutboundDelivery, 'draft' | 'posted'>, now: number): string {
  const last = posted.at(-1);
  if (last) return last;
  return (draft?.id ? Number(draft.id) - BEGUN_BEFORE_S : now / 1_000 - TRIED_FOR_S).toFixed(6);
}

/**
 * The messages that we have posted there after the ts `oldest`. Nothing where Slack does not let us read. Rejects where
 * it is away, or busy: what was read by then may end before what is looked for.
 */
export async function readThread(place: Place, oldest: string): Promise<Found> {
  const messages: Message[] = [];
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
    if (!saysNo(error)) throw error;
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
  const streams = messages.flatMap(({ ts, metadata, bot_id: bot, files = [] }) =>
    // What has a file is whole, though Slack takes no key for it.
    ts && ts !== root && bot && (isDirect || bots.has(bot)) && keyOf(metadata) === null && files.length === 0
      ? [ts]
      : [],
  );
  return {
    withKey: (key) => [...(byKey.get(key) ?? [])],
    streams: [...new Set(streams)],
    withFile: (name) => messages.find(({ files }) => files?.some((file) => file.name === name))?.ts ?? null,
  };
}
