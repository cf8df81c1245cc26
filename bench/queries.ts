import pg from 'pg';

/** Counts the statements that this process sends, whichever pool sends them: every one is a trip to the server. */
export interface QueryCounter {
  count(): number;
  reset(): void;
  stop(): void;
}

export function countQueries(): QueryCounter {
  const prototype = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  let count = 0;
  // Kysely and BullMQ share the pg of this process but no seam of ours, so the driver is the one place to count both.
  prototype.query = function counted(this: unknown, ...args: unknown[]) {
    count += 1;
    return original.apply(this, args);
  };
  return {
    count: () => count,
    reset() {
      count = 0;
    },
    stop() {
      prototype.query = original;
    },
  };
}
