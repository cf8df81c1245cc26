import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  type RateLimiterAbstract,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  RLWrapperTimeouts,
} from 'rate-limiter-flexible';
import type { RateLimit } from '../core/ports.ts';
import { type Logger, seldom } from '../log.ts';

/** Limits whose counts all processes share: on Redis where there is one, else on Postgres. */
export interface RateLimits {
  /** The same name is the same count, in every process; its allowance has to be the same there too. */
  limit(name: string, allowance: Allowance): RateLimit;
  close(): Promise<void>;
}

/**
 * So many points within a window of so many seconds, which a key's first take opens. More points at once than there
 * are pass alone in a window, so that nothing waits for ever.
 */
interface Allowance {
  points: number;
  /** Whole ones. */
  seconds: number;
}

interface RateLimitsOptions {
  /** Null: on Postgres. */
  redisUrl: string | null;
  /** A migrated one. */
  databaseUrl: string;
  log: Logger;
  /** Milliseconds; spaces the complaints. */
  now?(): number;
  /** How often Postgres is cleared of what has expired; Redis does it by itself. */
  clearEveryMs?: number;
  /** A store that takes longer to answer counts as down: what waits for it is a learner, or a platform's webhook. */
  patienceMs?: number;
}

interface Store {
  limiter(name: string, allowance: Allowance): RateLimiterAbstract;
  close(): Promise<void>;
}

type Complain = (error: unknown) => void;

const PATIENCE_MS = 500;
const DOWN = 'the rate limits cannot be counted: everything passes until their store answers again';
/** How long the start waits for Redis; afterwards it is tried again and again. */
const CONNECT_MS = 2_000;
const CLEAR_EVERY_MS = 300_000;
const MAX_CONNECTIONS = 4;
const TABLE = 'rate_limits';

export async function openRateLimits(options: RateLimitsOptions): Promise<RateLimits> {
  const complain = seldom(options.log, DOWN, options.now ? { now: options.now } : {});
  const { redisUrl, databaseUrl, clearEveryMs = CLEAR_EVERY_MS, patienceMs = PATIENCE_MS } = options;
  const store =
    redisUrl === null
      ? postgresStore(databaseUrl, clearEveryMs, patienceMs, complain)
      : await redisStore(redisUrl, complain);
  return {
    limit(name, allowance) {
      const limiter = new RLWrapperTimeouts({ limiter: store.limiter(name, allowance), timeoutMs: patienceMs });
      return rateLimit(limiter, allowance.points, complain);
    },
    close: store.close,
  };
}

/** What a blocked key has used: more than any allowance, and the points that come on top still fit the column. */
const BLOCKED = 1_000_000_000;
/** With less left of a window nothing is given back: points that came after it would swell the next one. */
const GIVE_BACK_MS = 1_000;

function rateLimit(limiter: RateLimiterAbstract, points: number, complain: Complain): RateLimit {
  /** The library counts what it refuses. A single point too many changes nothing: nobody gets one before the end. */
  async function giveBack(key: string, refused: number, refusal: RateLimiterRes): Promise<void> {
    if (refused > 1 && refusal.msBeforeNext > GIVE_BACK_MS) await limiter.reward(key, refused).catch(complain);
  }
  return {
    async take(key, wanted = 1) {
      const taken = Math.min(wanted, points);
      try {
        await limiter.consume(key, taken);
        return 0;
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) {
          await giveBack(key, taken, refusal);
          return Math.max(refusal.msBeforeNext, 1);
        }
        complain(refusal);
        return 0;
      }
    },
    async block(key, ms) {
      // Redis counts in seconds here, and takes none for "for ever".
      const seconds = Math.ceil(ms / 1000);
      if (!(seconds > 0)) return;
      try {
        const before = await limiter.get(key);
        const isBlockedLonger = before && before.consumedPoints >= BLOCKED && before.msBeforeNext >= ms;
        if (!isBlockedLonger) await limiter.set(key, BLOCKED, seconds);
      } catch (error) {
        complain(error);
      }
    },
  };
}

async function redisStore(url: string, complain: Complain): Promise<Store> {
  // Loaded only where it is used: it takes 30 MB.
  const { createClient } = await import('redis');
  const client = createClient({ url, disableOfflineQueue: true });
  client.on('error', complain);
  // It never rejects before it is closed: every failure is an 'error' event and a new attempt.
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, sleep(CONNECT_MS, undefined, { ref: false })]);
  return {
    // Without the flag the library takes a client of today for ioredis.
    limiter: (name, { points, seconds: duration }) =>
      new RateLimiterRedis({
        storeClient: client,
        useRedisPackage: true,
        keyPrefix: `limit:${name}`,
        points,
        duration,
      }),
    // Not `close`, which would wait for ever for a server that hangs.
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}

function postgresStore(url: string, clearEveryMs: number, patienceMs: number, complain: Complain): Store {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  pool.on('error', complain);
  pool.on('connect', (client) => client.on('error', complain));
  // The library's own timer outlives us, and there would be one for every limit.
  const clear = () => pool.query(`delete from ${TABLE} where expire < $1`, [Date.now()]).catch(complain);
  const timer = setInterval(() => void clear(), clearEveryMs);
  timer.unref();
  return {
    limiter: (name, { points, seconds: duration }) =>
      new RateLimiterPostgres({
        storeClient: pool,
        storeType: 'pool',
        tableName: TABLE,
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: name,
        points,
        duration,
      }),
    async close() {
      clearInterval(timer);
      await pool.end();
    },
  };
}
