import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Of what will not pass by itself: some minutes, in which nothing else of the channel is read. */
const MOST_ATTEMPTS = 20;

export interface Persistence {
  log: Logger;
  stopping: AbortSignal;
  /** The platform has said no: asking again would not change that. */
  isRefusal(error: unknown): boolean;
  /** The platform is away, or busy. */
  isAway(error: unknown): boolean;
  /** How long it asks to be left alone, in ms; 0 where it does not say. */
  waitFor(error: unknown): number;
}

/** Until it is done: somebody wrote, and the platform tells of it once. Never throws. */
export async function persistently(
  { log, stopping, isRefusal, isAway, waitFor }: Persistence,
  work: () => Promise<void>,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  for (let attempt = 1; !stopping.aborted; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (isRefusal(error) || (attempt >= MOST_ATTEMPTS && !isAway(error) && !isPassing(error))) {
        return log.error({ err: error }, 'what somebody wrote was not taken in');
      }
      const waitMs = Math.max(wait, waitFor(error));
      log.warn({ err: error, waitMs }, 'what somebody wrote could not be taken in yet');
      await sleep(waitMs, undefined, { signal: stopping, ref: false }).catch(() => {});
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }
}

/** Of SQL: data that it does not take, constraints, and statements that it does not understand. */
const FAULTS = /^(?:22|23|42)/;

/** The database or the network is away: however long that takes, it is no fault of what was written. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && !FAULTS.test(String(error.code)));
}
