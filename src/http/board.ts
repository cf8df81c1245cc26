import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { csrf } from 'hono/csrf';
import { secureHeaders } from 'hono/secure-headers';

/** A view of the queues for an operator, who may also retry and remove jobs. Loaded only where it is wanted. */

const UI = dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json'));

/** Any queue of BullMQ: its type names its backend, which does not matter to a board. */
export type BoardQueue = Pick<Queue, 'name' | 'getJobCounts'>;

/** `path`: where the result will be mounted. The password is compared in constant time, by its hash. */
export function openBoard(path: string, password: string, queues: readonly BoardQueue[]): Hono {
  // The adapter would give a path relative to the working directory, which may change.
  const files = (options: object) => serveStatic({ ...options, root: join(UI, 'dist', 'static') });
  const adapter = new HonoAdapter(files as typeof serveStatic).setBasePath(path);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue as Queue)),
    serverAdapter: adapter,
    options: { uiBasePath: UI, uiConfig: { boardTitle: 'Threadtutor' } },
  });
  const app = new Hono();
  // A browser sends the password with requests that other sites start, too.
  app.use(basicAuth({ username: 'admin', password, realm: 'Threadtutor' }), csrf(), secureHeaders());
  app.route('/', adapter.registerPlugin());
  return app;
}
