import { WebAPIRateLimitedError } from '@slack/web-api';
import type { Draft } from '../../../core/ports.ts';
import type { Logger } from '../../../log.ts';
import { isRefusal, reasonOf, saysNo } from '../failures.ts';
import { streamable } from './markdown.ts';
import type { Place } from './places.ts';
import { change, post, stop } from './posting.ts';
import { openPauses, remembering } from './remembered.ts';
import { renderPreview } from './render.ts';

/**
 * A reply while it is being written: streamed where Slack allows it, and otherwise a message that is changed from time to
 * time.
 */

/** A message that this process is streaming. */
export interface Stream {
  key: string;
  ts: string;
  /** What it shows so far. */
  text: string;
}

export interface Drafts {
  /** Shows the text as far as it has been written. Rejects where Slack did not take it: then it is not shown. */
  show(place: Place, text: string, draft: Draft): Promise<void>;
  /** Which it is of this draft, if it is still going on. */
  streamOf(threadId: string, key: string): Stream | null;
  /** Whether it may be shown without our having heard of it. */
  isDoubtful(key: string): boolean;
  /** Its reply is there. */
  ended(threadId: string, key: string): void;
}

const REFUSED_MS = 600_000;
/** Of a workspace Slack takes twenty starts a minute, and as many ends, from all processes together. */
const STARTS_IN_A_MINUTE = 10;
/** Slack takes fifty changes a minute of a workspace, and the finished reply is one of them. */
const CHANGE_EVERY_MS = 3_500;
const MOST = 1_000;
/** Said of whom it is for, and not of where. */
const OF_READER = ['user_not_found', 'team_not_found'];

interface Memory {
  streams: ReturnType<typeof remembering<Stream>>;
  /** When a draft was changed last. */
  changed: ReturnType<typeof remembering<number>>;
  doubtful: ReturnType<typeof remembering<true>>;
  starts: ReturnType<typeof remembering<number[]>>;
  /** Channels that take no streams, and threads whose learner Slack streams nothing for. */
  refused: ReturnType<typeof openPauses>;
  /** Workspaces that ask us to wait. */
  busy: ReturnType<typeof openPauses>;
  now(): number;
  log: Logger;
}

export function openDrafts({ now, log }: { now: () => number; log: Logger }): Drafts {
  const memory: Memory = {
    ...{
      streams: remembering(MOST),
      changed: remembering(MOST),
      doubtful: remembering(MOST),
      starts: remembering(MOST),
    },
    ...{ refused: openPauses(MOST, now), busy: openPauses(MOST, now), now, log },
  };
  const streamOf = (threadId: string, key: string) => {
    const stream = memory.streams.get(threadId);
    return stream?.key === key ? stream : null;
  };
  return {
    async show(place, text, draft) {
      // What may be there already is looked for when the reply is sent: a second beginning would have to go then.
      if (memory.busy.isOn(place.workspace) || memory.doubtful.get(draft.key)) return;
      try {
        const stream = streamOf(place.threadId, draft.key);
        if (stream) await goOn(memory, place, text, stream);
        else if (draft.id) await changeTo(memory, place, text, draft.id, draft.key);
        else await begin(memory, place, text, draft);
      } catch (error) {
        if (error instanceof WebAPIRateLimitedError) memory.busy.begin(place.workspace, error.retryAfter * 1_000);
        throw error;
      }
    },
    streamOf,
    isDoubtful: (key) => memory.doubtful.get(key) === true,
    ended(threadId, key) {
      memory.streams.delete(threadId);
      memory.changed.delete(threadId);
      memory.doubtful.delete(key);
    },
  };
}

async function begin(memory: Memory, place: Place, text: string, draft: Draft): Promise<void> {
  const ts = await unlessLost(memory, draft.key, async () => {
    const started = await start(memory, place, text, draft.key);
    if (started !== 'refused') return started;
    const shown = renderPreview(text);
    return shown && post(place, shown, draft.key);
  });
  if (ts === null) return;
  memory.changed.set(place.threadId, memory.now());
  await draft.shown(ts);
}

/** What Slack was asked for without its saying no may be there, whatever we heard. */
async function unlessLost<T>({ doubtful }: Memory, key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!saysNo(error) && !(error instanceof WebAPIRateLimitedError)) doubtful.set(key, true);
    throw error;
  }
}

/** The ts of the stream; null where there is nothing to be shown yet, or too much is streamed at the moment. */
async function start(memory: Memory, place: Place, text: string, key: string): Promise<string | null | 'refused'> {
  const { channel, client, root, reader, workspace, isDirect } = place;
  if (memory.refused.isOn(channel) || memory.refused.isOn(place.threadId) || !(isDirect || reader)) return 'refused';
  const safe = streamable(text);
  const at = memory.now();
  const recent = (memory.starts.get(workspace) ?? []).filter((each) => at - each < 60_000);
  if (safe === '' || recent.length >= STARTS_IN_A_MINUTE) return null;
  memory.starts.set(workspace, [...recent, at]);
  try {
    const { ts } = await client.chat.startStream({
      ...{ channel, thread_ts: root, markdown_text: safe },
      ...(!isDirect && reader),
    });
    if (!ts) throw new Error('Slack did not say which message it streams');
    memory.streams.set(place.threadId, { key, ts, text: safe });
    return ts;
  } catch (error) {
    if (!saysNo(error)) throw error;
    memory.log.debug({ channel, reason: reasonOf(error) }, 'replies are not streamed there');
    memory.refused.begin(isRefusal(error, ...OF_READER) ? place.threadId : channel, REFUSED_MS);
    return 'refused';
  }
}

/** Adds what is new. Where the text has begun anew, or Slack has ended the stream, it is a message like any other. */
async function goOn(memory: Memory, place: Place, text: string, stream: Stream): Promise<void> {
  const { threadId, client, channel } = place;
  const { ts, key } = stream;
  const safe = streamable(text);
  // What is less may become more again: the last line may be the beginning of a table, or of a call.
  if (stream.text.startsWith(safe)) return;
  if (!safe.startsWith(stream.text)) {
    memory.streams.delete(threadId);
    await stop(place, ts);
    memory.changed.delete(threadId);
    return changeTo(memory, place, text, ts, key);
  }
  try {
    await client.chat.appendStream({ channel, ts, markdown_text: safe.slice(stream.text.length) });
    stream.text = safe;
  } catch (error) {
    // Nobody knows what it shows now.
    if (!(error instanceof WebAPIRateLimitedError)) memory.streams.delete(threadId);
    throw error;
  }
}

async function changeTo({ changed, now }: Memory, place: Place, text: string, ts: string, key: string): Promise<void> {
  const at = changed.get(place.threadId);
  const shown = renderPreview(text);
  if (!shown || (at !== undefined && now() - at < CHANGE_EVERY_MS)) return;
  changed.set(place.threadId, now());
  await change(place, ts, shown, key);
}
