import { sql } from 'kysely';

/** Rows of billing that somebody sees to, one at a time, and tries again where that failed. */

/** One is to be seen to now. */
export const DUE = sql<boolean>`(retry_at is null or retry_at <= now())`;

/** How long somebody may take to see to one before it is another one's. */
export const TAKEN = sql<Date>`now() + interval '60 seconds'`;

/** What an attempt that failed leaves. Null delay: it is not tried again. */
export function triedAgain(failure: string, delayMs: number | null) {
  return {
    failure: failure.slice(0, 500),
    attempts: sql<number>`attempts + 1`,
    ...(delayMs === null
      ? { status: 'failed' as const, retry_at: null }
      : { retry_at: sql<Date>`now() + ${delayMs} * interval '1 millisecond'` }),
  };
}
