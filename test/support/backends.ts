import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { QueueBackend } from '../../src/jobs/queue-connection.ts';
import { startRedis, type TestRedis } from './redis.ts';

/** The queue backends that a suite can run on: Postgres always, Redis where there is a redis-server. */

const redisUrl = inject('redisUrl');
if (!redisUrl) console.log('skipped: no redis-server');

/** The Redis is shared with other files: a test keeps to queues of its own, and leaves the rest alone. */
export function onRedis(suite: (backend: QueueBackend) => void): void {
  describe.runIf(redisUrl)('on Redis', () => suite({ kind: 'redis', url: redisUrl ?? '' }));
}

export function onEachBackend(databaseUrl: string, suite: (backend: QueueBackend) => void): void {
  describe('on Postgres', () => suite({ kind: 'postgres', url: databaseUrl }));
  onRedis(suite);
}

/** A Redis of the suite's own, to be killed and emptied. Called inside `onRedis`. */
export function useRedis(): { readonly server: TestRedis; readonly backend: QueueBackend } {
  let server: TestRedis | null = null;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  const started = () => {
    if (!server) throw new Error('the Redis runs only inside tests');
    return server;
  };
  return {
    get server() {
      return started();
    },
    get backend() {
      return { kind: 'redis', url: started().url } as const;
    },
  };
}
