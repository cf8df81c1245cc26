import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export interface Patience {
  log: Logger;
  /** What the log says while it waits. */
  waiting: string;
  /** What of an error may stand in the log. */
  reasonOf(error: unknown): string;
  /** What to reject with where asking again would not help; null to ask again. */
  refusal(error: unknown): Error | null;
  /** Ends the waiting. */
  stopping?: AbortSignal | undefined;
}

/**
 * Asks a platform, for as long as it cannot be reached: who restarts in an outage is there when it is over. Rejects with
 * the refusal, and with an AbortError when it is told to stop.
 */
export async function patiently<T>(ask: () => Promise<T>, patience: Patience): Promise<T> {
  const { log, waiting, reasonOf, refusal, stopping } = patience;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await ask();
    } catch (error) {
      const final = refusal(error);
      if (final) throw final;
      log.warn({ reason: reasonOf(error), waitMs: wait }, waiting);
      await sleep(wait, undefined, { ...(stopping && { signal: stopping }) });
    }
  }
}
