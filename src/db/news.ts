import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Hears of what other processes tell, on a connection of its own that comes back when it breaks. */

export interface News {
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const REJOIN_MS = 500;

/**
 * `onNews` hears each payload that is told on the channel, and '' whenever some may have been missed. Never throws: while
 * the server is away, nothing is heard.
 */
export function hearNews(url: string, channel: string, onNews: (payload: string) => void): News {
  const ending = new AbortController();
  let client: pg.Client | null = null;
  const run = async () => {
    while (!ending.signal.aborted) {
      const fresh = new pg.Client({
        ...{ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
        ...{ keepAlive: true, keepAliveInitialDelayMillis: 5_000 },
      });
      const ended = new Promise<void>((resolve) => fresh.once('end', () => resolve()));
      fresh.on('error', () => {});
      fresh.on('notification', ({ payload = '' }) => onNews(payload));
      client = fresh;
      try {
        await fresh.connect();
        await fresh.query(`listen ${pg.escapeIdentifier(channel)}`);
        onNews('');
        if (!ending.signal.aborted) await ended;
      } catch {
        await fresh.end().catch(() => {});
      }
      await delay(REJOIN_MS, undefined, { ref: false, signal: ending.signal }).catch(() => {});
    }
    await client?.end().catch(() => {});
  };
  const done = run();
  return {
    async close() {
      ending.abort();
      await client?.end().catch(() => {});
      await done;
    },
  };
}
