import { readHeard, recordHeard } from '../../../db/heard.ts';
import type { Bot } from '../bot.ts';

/**
 * Until when Slack told us everything: what was written later, while it reached nobody here, is asked for. Kept as a
 * row, for the process that comes next. Of several processes one is enough to hear for all.
 */

/** What Slack cannot tell it tells again, a minute and five minutes later: what was missed for less comes by itself. */
const SHORT_GAP_MS = 4 * 60_000;
/** Clocks differ, and what was told last may not be taken in yet. */
const MARGIN_MS = 15_000;
/** What is older than that is not read any more. */
const LONGEST_GAP_MS = 7 * 24 * 3_600_000;

export interface Heard {
  /** Since when something may have been missed, in ms; null where there is nothing to ask for. Ask before `alive`. */
  missedSince(): number | null;
  /** What was missed since then is being read; call the result when it is. Until then the mark stays. */
  begin(sinceMs: number): () => void;
  /** The connection is there, or has been until then: to be said every minute. Never rejects. */
  alive(at: number): Promise<void>;
}

/** Rejects when the database does not answer. */
export async function openHeard(
  { db, log, now }: Pick<Bot, 'db' | 'log' | 'now'>,
  connection: 'socket' | 'http',
): Promise<Heard> {
  const stored = await readHeard(db, 'slack');
  let until = stored.get(connection)?.getTime() ?? null;
  const reading = new Set<{ since: number }>();
  return {
    missedSince() {
      if (until === null || now() - until <= SHORT_GAP_MS) return null;
      return Math.max(until, now() - LONGEST_GAP_MS);
    },
    begin(since) {
      const work = { since };
      reading.add(work);
      return () => void reading.delete(work);
    },
    async alive(at) {
      const oldest = Math.min(at - MARGIN_MS, ...[...reading].map(({ since }) => since));
      until = Math.max(until ?? oldest, oldest);
      try {
        await recordHeard(db, 'slack', connection, new Date(until));
      } catch (error) {
        log.warn(
          { err: error },
          'how far Slack was heard is not recorded: the next start may ask for more than it has to',
        );
      }
    },
  };
}
