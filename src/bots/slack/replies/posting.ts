import { isRefusal, reasonOf } from '../failures.ts';
import type { Place } from './places.ts';
import { inWords, type SlackPost } from './render.ts';

/** Messages of ours in a thread: each has a key, by which it is found again where we did not hear that it is there. */

const EVENT_TYPE = 'threadtutor_message';

export function metadataOf(key: string) {
  return { event_type: EVENT_TYPE, event_payload: { key } };
}

/** Null for what has no key of ours. */
export function keyOf(metadata: unknown): string | null {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Partial<ReturnType<typeof metadataOf>>;
  return type === EVENT_TYPE && typeof payload?.key === 'string' ? payload.key : null;
}

/** Said of blocks that Slack does not take, such as more of something than its documentation tells. */
const NOT_TAKEN = [
  ...['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_blocks_too_many', 'msg_too_long'],
];

/** Where Slack does not take a message as it is, it is shown in plain words: however that looks, it can be read. */
async function inWordsAtLeast<T>(place: Place, message: SlackPost, show: (shown: SlackPost) => Promise<T>): Promise<T> {
  try {
    return await show(message);
  } catch (error) {
    if (!isRefusal(error, ...NOT_TAKEN)) throw error;
    place.log.warn({ reason: reasonOf(error) }, 'Slack did not take a message as it was, and shows it in plain words');
    return show(inWords(message));
  }
}

/** Resolves with its ts. */
export async function post(place: Place, message: SlackPost, key: string): Promise<string> {
  const { ts } = await inWordsAtLeast(place, message, (shown) =>
    place.client.chat.postMessage({
      ...{ channel: place.channel, thread_ts: place.root, ...shown, metadata: metadataOf(key) },
      ...{ unfurl_links: false, unfurl_media: false },
    }),
  );
  if (!ts) throw new Error('Slack did not say which message it has posted');
  return ts;
}

/** Changes a message to what is given, whether or not somebody is still streaming it. */
export async function change(place: Place, ts: string, message: SlackPost, key: string): Promise<void> {
  const { client, channel } = place;
  const update = () =>
    inWordsAtLeast(place, message, (shown) => client.chat.update({ channel, ts, ...shown, metadata: metadataOf(key) }));
  try {
    await update();
  } catch (error) {
    if (!isRefusal(error, 'streaming_state_conflict')) throw error;
    await stop(place, ts);
    await update();
  }
}

/** Ends a stream as it is: it gets no key, for it is not whole. Nothing is wrong where it has ended before. */
export async function stop({ client, channel }: Place, ts: string): Promise<void> {
  try {
    await client.chat.stopStream({ channel, ts });
  } catch (error) {
    if (!isRefusal(error, ...ENDED)) throw error;
  }
}

const ENDED = ['message_not_in_streaming_state', 'message_not_found', 'message_not_owned_by_app'];

/** Of a message that somebody has deleted, or that Slack does not let us change. */
const NOT_CHANGED = [
  ...['message_not_found', 'cant_update_message', 'edit_window_closed', 'block_mismatch', 'message_not_owned_by_app'],
];

/** Puts the message in the place of another, or, where that cannot be changed, below it. Resolves with its ts. */
export async function changeOrPost(place: Place, ts: string, message: SlackPost, key: string): Promise<string> {
  try {
    await change(place, ts, message, key);
    return ts;
  } catch (error) {
    if (!isRefusal(error, ...NOT_CHANGED)) throw error;
    return post(place, message, key);
  }
}

/**
 * Takes away what was left of an attempt. The reply is there, or comes, whether or not that works: what cannot be taken
 * away is at least no longer being written. Never rejects.
 */
export async function remove(place: Place, ts: string): Promise<void> {
  const { client, channel, log } = place;
  for (const work of [() => stop(place, ts), () => client.chat.delete({ channel, ts })]) {
    try {
      await work();
    } catch (error) {
      log.debug({ channel, reason: reasonOf(error) }, 'what was left of an attempt could not be taken away');
    }
  }
}
