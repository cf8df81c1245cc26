import type { OutboundDelivery, SendResult } from '../../../core/ports.ts';
import { saysNo } from '../failures.ts';
import type { Drafts, Stream } from './drafts.ts';
import type { Place } from './places.ts';
import { changeOrPost, metadataOf, post, remove, stop } from './posting.ts';
import { beginningOf, type Found, NOTHING_FOUND, readThread } from './reading.ts';
import type { SlackPost } from './render.ts';
import type { Statuses } from './statuses.ts';

/** A finished reply on its way into a thread. */

export interface Sending {
  drafts: Drafts;
  statuses: Statuses;
  now(): number;
}

/** Shows what is not shown yet, in order. Rejects with what Slack says. */
export async function sendAll(
  sending: Sending,
  place: Place,
  delivery: OutboundDelivery,
  messages: readonly SlackPost[],
): Promise<SendResult> {
  const { drafts, statuses, now } = sending;
  const { draft, posted } = delivery;
  const isDoubtful = delivery.mayBeShown || (draft !== null && drafts.isDoubtful(draft.key));
  const found = isDoubtful ? await readThread(place, beginningOf(delivery, now())) : NOTHING_FOUND;
  const ids = [...posted];
  for (const [index, message] of messages.entries()) {
    if (index < posted.length) continue;
    const part = { place, delivery, message, found, key: `${delivery.id}-${index}` };
    ids.push(index === 0 ? await sendFirst(sending, part) : await sendNext(sending, part));
    if (index < messages.length - 1) await delivery.onPosted([...ids]);
  }
  if (draft) drafts.ended(place.threadId, draft.key);
  await statuses.clear(place);
  return { ok: true, platformMessageIds: ids };
}

interface Part {
  place: Place;
  delivery: OutboundDelivery;
  message: SlackPost;
  /** What a whole message of ours is found by; a draft has another key, or none. */
  key: string;
  found: Found;
}

async function sendNext({ statuses }: Sending, { place, message, key, found }: Part): Promise<string> {
  const [shown] = found.withKey(key);
  if (shown) return shown;
  statuses.ended(place.threadId);
  return post(place, message, key);
}

/**
 * The first message takes over what was shown of it: by this process, or by one that died, perhaps before it could say
 * so. What else was begun of it goes away, for which nobody has to wait.
 */
async function sendFirst({ drafts, statuses }: Sending, part: Part): Promise<string> {
  const { place, delivery, key, found } = part;
  const { draft } = delivery;
  const stream = draft && drafts.streamOf(place.threadId, draft.key);
  const begun = draft ? [...found.streams, ...found.withKey(draft.key)] : found.streams;
  const at = stream?.ts ?? draft?.id ?? (draft && begun.at(-1)) ?? null;
  const shown = found.withKey(key)[0] ?? (await takeOver(part, at, stream));
  if (shown !== at) statuses.ended(place.threadId);
  for (const ts of new Set([...begun, at])) if (ts !== null && ts !== shown) void remove(place, ts);
  return shown;
}

async function takeOver({ place, message, key }: Part, at: string | null, stream: Stream | null): Promise<string> {
  if (at === null) return post(place, message, key);
  if (stream && (await endStream(place, stream, message, key))) return at;
  if (stream) await stop(place, at);
  return changeOrPost(place, at, message, key);
}

/** Adds what is missing, and ends it. False where the message has to be changed as a whole. */
async function endStream(place: Place, { ts, text }: Stream, { blocks }: SlackPost, key: string): Promise<boolean> {
  const [first, ...below] = blocks;
  if (first?.type !== 'markdown' || !first.text.startsWith(text)) return false;
  const rest = first.text.slice(text.length);
  try {
    await place.client.chat.stopStream({
      ...{ channel: place.channel, ts, metadata: metadataOf(key) },
      ...(rest && { markdown_text: rest }),
      ...(below.length > 0 && { blocks: below }),
    });
    return true;
  } catch (error) {
    if (!saysNo(error)) throw error;
    return false;
  }
}
