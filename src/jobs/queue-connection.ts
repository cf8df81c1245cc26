import type { EventEmitter } from 'node:events';
import { type ConnectionOptions, createPostgresBackend, createRedisBackend } from 'bullmq';

/** What BullMQ runs on: its own tables in our Postgres, or a Redis. */
export type QueueBackend = { kind: 'postgres'; url: string } | { kind: 'redis'; url: string };

export interface QueueConnection {
  connection: ConnectionOptions;
  createBackend: typeof createRedisBackend;
  /** After the queue or worker on it has been closed. */
  close(): void;
}

type Report = (error: unknown) => void;

const CONNECTIONS_PER_POOL = 4;

/**
 * A connection for one queue or one worker. `failFast`: what cannot be sent at once is refused, not kept for later.
 */
export async function connect(backend: QueueBackend, failFast: boolean, report: Report): Promise<QueueConnection> {
  if (backend.kind === 'postgres') {
    const pool = {
      ...{ connectionString: backend.url, max: CONNECTIONS_PER_POOL },
      // BullMQ listens only to those that are idle; an error that nobody hears ends the process.
      onConnect: (client: EventEmitter) => void client.on('error', report),
    };
    return {
      connection: { ...pool, schema: 'bullmq', migrate: true },
      // BullMQ types a queue by its backend, but nothing that we call differs.
      createBackend: createPostgresBackend as unknown as typeof createRedisBackend,
      close() {},
    };
  }
  // Loaded only where it is used: it costs a tenth of a second.
  const { createClient } = await import('redis');
  // Reconnects by itself, for ever, at most two seconds apart.
  const client = createClient({ url: backend.url, disableOfflineQueue: failFast });
  // BullMQ listens as well, but stops when the queue is closed; an error that nobody hears ends the process.
  client.on('error', report);
  return {
    connection: client,
    createBackend: createRedisBackend,
    close() {
      if (client.isOpen) client.destroy();
    },
  };
}

/** Rejects when the work takes longer; what becomes of the work then is nobody's concern. */
export async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
