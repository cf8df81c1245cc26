import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createPostgresBackend, Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpServer, openHttpServer } from '../../src/http/server.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const PASSWORD = 'correct horse: battery';
const database = useDatabase();
const name = `lessons-${randomUUID()}`;

function openQueue() {
  const connection = { connectionString: database.url, schema: 'bullmq', migrate: true, max: 2 };
  return new Queue(name, { connection }, createPostgresBackend);
}

let queue: ReturnType<typeof openQueue>;
let server: HttpServer;
beforeAll(async () => {
  queue = openQueue();
  server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    checks: {},
    metrics: { contentType: 'text/plain', metrics: async () => '' },
    board: { password: PASSWORD, queues: [queue] },
  });
});
afterAll(async () => {
  await server?.close(0);
  await queue?.close();
});

function ask(
  path: string,
  { user = 'admin', password = PASSWORD, ...more }: RequestInit & { user?: string; password?: string } = {},
) {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return fetch(`${server.url}${path}`, { ...more, headers: { authorization, ...(more.headers as object) } });
}

describe('the queue board', () => {
  test('opens for nobody without the password', async () => {
    for (const path of ['/queues', '/queues/', '/queues/api/queues', '/queues/static/images/logo.svg', '/queues/x']) {
      const statuses = await Promise.all([
        fetch(`${server.url}${path}`),
        ask(path, { password: '' }),
        ask(path, { password: `${PASSWORD}x` }),
        ask(path, { user: 'root' }),
      ]);
      expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      expect(statuses[0]?.headers.get('www-authenticate')).toBe('Basic realm="Threadtutor"');
    }
  });

  test('shows the page with all that it loads from here, wherever the process has moved to', async () => {
    const before = process.cwd();
    process.chdir(tmpdir());
    try {
      const page = await ask('/queues');
      expect(page.status).toBe(200);
      const html = await page.text();
      const base = /<base href="([^"]+)"/.exec(html)?.[1] ?? '';
      const files = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, file]) => file);
      expect(files.length).toBeGreaterThan(3);
      for (const file of files) {
        const response = await ask(new URL(file ?? '', `${server.url}${base}`).pathname);
        expect([file, response.status]).toEqual([file, 200]);
        expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
      }
      expect((await ask('/queues/static/..%2findex.ejs')).status).toBe(404);
    } finally {
      process.chdir(before);
    }
  });

  test('reads and changes the real queue', async () => {
    await queue.add('lesson', { lessonId: 'lesson-1' }, { delay: 60_000 });
    const answer = await ask(`/queues/api/queues?activeQueue=${name}&status=delayed`);
    const { queues } = (await answer.json()) as { queues: { name: string; counts: object; jobs: { id: string }[] }[] };
    expect(queues).toMatchObject([{ name, counts: { delayed: 1 }, jobs: [{ data: { lessonId: 'lesson-1' } }] }]);
    const id = queues[0]?.jobs[0]?.id;
    const change = (origin: string) =>
      ask(`/queues/api/queues/${name}/${id}/promote`, { method: 'PUT', headers: { origin } });
    // A page of somebody else's makes the browser send the password too.
    expect((await change('https://elsewhere.example')).status).toBe(403);
    expect(await queue.getJobCounts('delayed', 'waiting')).toEqual({ delayed: 1, waiting: 0 });
    expect((await change(server.url)).ok).toBe(true);
    expect(await queue.getJobCounts('delayed', 'waiting')).toEqual({ delayed: 0, waiting: 1 });
  });
});
