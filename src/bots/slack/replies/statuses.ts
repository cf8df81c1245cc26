import type { Words } from '../../words.ts';
import { isRefusal, saysNo } from '../failures.ts';
import type { Place } from './places.ts';
import { openPauses, remembering } from './remembered.ts';

/** "Tutor is thinking…" below a thread, until a message comes, or for two minutes. */

export interface Statuses {
  show(place: Place): Promise<void>;
  /** A message was posted there, and so Slack has taken it away. */
  ended(threadId: string): void;
  /** Takes away what a message that was only changed leaves there. Never rejects. */
  clear(place: Place): Promise<void>;
}

const REFUSED_MS = 600_000;
const MOST_THREADS = 1_000;
/** Said of a whole workspace, and not of a thread. */
const OF_WORKSPACE = [
  'missing_scope',
  'unknown_method',
  'not_allowed_token_type',
  'feature_not_enabled',
  'not_allowed',
];

/** A workspace or a channel that refuses it is not asked again for a while. */
export function openStatuses(words: Words, now: () => number): Statuses {
  const refused = openPauses(MOST_THREADS, now);
  const shown = remembering<true>(MOST_THREADS);
  const set = ({ client, channel, root }: Place, status: string) =>
    client.assistant.threads.setStatus({ channel_id: channel, thread_ts: root, status });
  return {
    async show(place) {
      const { threadId, workspace, channel, locale } = place;
      if (refused.isOn(workspace) || refused.isOn(channel)) return;
      try {
        await set(place, words.for(locale)('feedback.thinking'));
        shown.set(threadId, true);
      } catch (error) {
        if (saysNo(error)) refused.begin(isRefusal(error, ...OF_WORKSPACE) ? workspace : channel, REFUSED_MS);
        throw error;
      }
    },
    ended: (threadId) => shown.delete(threadId),
    async clear(place) {
      if (!shown.get(place.threadId)) return;
      shown.delete(place.threadId);
      // It goes away by itself where this fails.
      await set(place, '').catch(() => {});
    },
  };
}
