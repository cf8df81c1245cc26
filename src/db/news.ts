import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Hears of what other processes tell, on a connection of its own that comes back when it breaks. */

export interface News {
  /** Whatever the server does. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const REJOIN_MS = 500;
/** How long a server may take to say goodbye. */
const GOODBYE_MS = 1_000;

/**
 * `onNews` hears each payload that is told on the channel, and '' whenever some may have been missed. Never throws: while
 * the server is away, nothing is heard.
 */
export function hearNews(url: string, channel: string, onNews: (payload: string) => void): News {
  const ending = new AbortController();
  const run = async () => {
    while (!ending.signal.aborted) {
      await listen(url, channel, onNews, ending.signal);
      await delay(REJOIN_MS, undefined, { ref: false, signal: ending.signal }).catch(() => {});
    }
  };
  const done = run();
  return {
    async close() {
      ending.abort();
      await done;
    },
  };
}

/** Resolves when the connection has ended, or the signal has ended it. */
async function listen(
  url: string,
  channel: string,
  onNews: (payload: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const socket = new Socket();
  const client = new pg.Client({
    ...{ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS },
    ...{ keepAlive: true, keepAliveInitialDelayMillis: 5_000, stream: () => socket },
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  client.once('end', end);
  const onAbort = () => end();
  signal.addEventListener('abort', onAbort);
  client.on('error', () => {});
  client.on('notification', ({ payload = '' }) => onNews(payload));
  const hear = async () => {
    await client.connect();
    await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    onNews('');
    await ended;
  };
  // Once it has ended, whatever of it is still under way fails, and nobody has to know.
  await Promise.race([hear().catch(() => {}), ended]);
  // A server that hangs says no goodbye.
  await Promise.race([client.end().catch(() => {}), delay(GOODBYE_MS, undefined, { ref: false })]);
  signal.removeEventListener('abort', onAbort);
  socket.destroy();
}
