import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import { SetupError } from '../../src/errors.ts';
import { type HttpServer, type HttpServerOptions, openHttpServer } from '../../src/http/server.ts';
import { openTelemetry } from '../../src/telemetry/telemetry.ts';
import { until } from '../support/classroom.ts';
import { recordedLog } from '../support/log.ts';
import { gate } from '../support/models.ts';
import { readPrometheus } from '../support/prometheus.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

async function open(more: Partial<HttpServerOptions> = {}) {
  const recorded = recordedLog();
  const metrics = { contentType: 'text/plain', metrics: async () => 'up 1\n' };
  const server = await openHttpServer({
    host: '127.0.0.1',
    port: 0,
    log: recorded.log,
    checks: {},
    metrics,
    board: null,
    ...more,
  });
  servers.push(server);
  return { ...recorded, server, get: (path: string) => fetch(`${server.url}${path}`) };
}

const works = async () => {};
const fails = async () => {
  throw new Error('connect to postgres://tutor:hunter2@db failed');
};

const throws = () => {
  throw new Error('at once');
};

describe('what an orchestrator asks', () => {
  test('/healthz answers while the process lives, whatever else is down', async () => {
    const { get } = await open({ checks: { database: fails } });
    const response = await get('/healthz');
    expect([response.status, await response.json()]).toEqual([200, { alive: true }]);
  });

  const hangs = () => new Promise(() => {});
  const up = { database: 'ok', queue: 'ok' };
  test.each<[string, Record<string, () => Promise<unknown>>, object]>([
    ['all is well', { database: works, queue: works }, { ready: true, parts: up }],
    ['the database fails', { database: fails, queue: works }, { ready: false, parts: { ...up, database: 'failed' } }],
    ['the queue hangs', { database: works, queue: hangs }, { ready: false, parts: { ...up, queue: 'no answer' } }],
    [
      'a check throws at once',
      { database: throws, queue: works },
      { ready: false, parts: { ...up, database: 'failed' } },
    ],
  ])('/readyz when %s', async (_when, checks, expected) => {
    const { get } = await open({ checks });
    const response = await get('/readyz');
    expect(response.status).toBe('ready' in expected && expected.ready ? 200 : 503);
    expect(await response.json()).toEqual({ ...expected, stopping: false });
  });

  test('a check that hangs is started once, and heard when it answers', async () => {
    const door = gate();
    let started = 0;
    const database = async () => {
      started += 1;
      await door.opened;
    };
    const { get } = await open({ checks: { database } });
    const answers = await Promise.all([get('/readyz'), get('/readyz')]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(started).toBe(1);
    door.open();
    expect((await get('/readyz')).status).toBe(200);
  });

  test('/readyz is 503 while the process drains, and other requests are answered', async () => {
    const { server, get } = await open({ checks: { database: works } });
    server.drain();
    const response = await get('/readyz');
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, parts: { database: 'ok' }, stopping: true },
    ]);
    expect((await get('/metrics')).status).toBe(200);
  });

  test('a part is logged when it fails and when it is back, without its password', async () => {
    let check: () => Promise<void> = fails;
    const { get, lines, text } = await open({ checks: { database: () => check() } });
    for (let asked = 0; asked < 3; asked += 1) await get('/readyz');
    check = throws;
    await get('/readyz');
    check = works;
    expect((await get('/readyz')).status).toBe(200);
    expect(lines()).toMatchObject([
      { msg: 'not ready', part: 'database' },
      { msg: 'ready again', part: 'database' },
    ]);
    expect(text()).not.toContain('hunter2');
  });
});

test('/metrics is what Prometheus reads', async () => {
  const telemetry = await openTelemetry({ otlpEndpoint: null, log: recordedLog().log });
  const { get } = await open({ metrics: telemetry });
  const response = await get('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(readPrometheus(await response.text()).get('threadtutor_leases_lost_total')).toBe(0);
});

describe('routes', () => {
  test('of others are mounted, and their errors leak nothing', async () => {
    const chat = new Hono();
    chat.post('/', async (context) => context.json({ said: await context.req.text() }));
    chat.get('/broken', () => {
      throw new Error('select * from learners: secret-detail');
    });
    const { server, get, lines } = await open({ routes: [['/chat', chat]] });
    const said = await fetch(`${server.url}/chat`, { method: 'POST', body: 'hello' });
    expect(await said.json()).toEqual({ said: 'hello' });
    const broken = await get('/chat/broken');
    expect([broken.status, await broken.json()]).toEqual([
      500,
      { error: { code: 'internal', message: 'Something went wrong on our side; try again in a moment.' } },
    ]);
    expect(lines()).toMatchObject([{ msg: 'a request failed', method: 'GET', path: '/chat/broken' }]);
  });

  test('that are not there are 404, the board without a password among them', async () => {
    const { get } = await open();
    for (const path of ['/', '/queues', '/queues/', '/queues/api/queues', '/chat']) {
      const response = await get(path);
      expect([response.status, await response.json()]).toEqual([
        404,
        { error: { code: 'not_found', message: 'There is nothing at this address.' } },
      ]);
    }
  });
});

describe('listening', () => {
  test('on a port that is taken says what to do', async () => {
    const { server } = await open();
    const taken = open({ port: Number(new URL(server.url).port) });
    await expect(taken).rejects.toThrow(SetupError);
    await expect(taken).rejects.toThrow(/^Port \d+ on 127\.0\.0\.1 is in use by another program: .* set PORT/);
  });

  test('on an address that is not ours says what to do', async () => {
    // An address kept for documentation: no machine has it.
    await expect(open({ host: '192.0.2.1' })).rejects.toThrow('192.0.2.1 is no address of this machine: correct HOST');
  });

  test('on IPv6 where there is any', async () => {
    const probe = createServer().listen(0, '::1');
    const has6 = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    probe.close();
    if (!has6) return;
    const { server, get } = await open({ host: '::1' });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('closing', () => {
  /** A request over a connection that is kept. */
  async function ask(url: string, agent: Agent) {
    const asked = request(url, { agent });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    await once(response, 'end');
    return response;
  }

  test('ends at once when every connection is idle', async () => {
    const { server } = await open();
    const agent = new Agent({ keepAlive: true });
    await ask(`${server.url}/healthz`, agent);
    expect(Object.keys(agent.freeSockets)).toHaveLength(1);
    const started = performance.now();
    await server.close(20_000);
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    agent.destroy();
  });

  test('lets a request end, and its kept connection with it', async () => {
    const door = gate();
    let isAsked = false;
    const slow = new Hono().get('/', async (context) => {
      isAsked = true;
      await door.opened;
      return context.text('done');
    });
    const { server } = await open({ routes: [['/slow', slow]] });
    const agent = new Agent({ keepAlive: true });
    const answer = ask(`${server.url}/slow`, agent);
    await until(() => isAsked);
    const closed = server.close(20_000);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    door.open();
    expect((await answer).headers.connection).toBe('close');
    await closed;
    agent.destroy();
  });

  test('cuts off what is still there at the deadline, and may be asked for twice', async () => {
    let isAsked = false;
    const stuck = new Hono().get('/', () => {
      isAsked = true;
      return new Promise<Response>(() => {});
    });
    const { server, get } = await open({ routes: [['/stuck', stuck]] });
    const answer = get('/stuck').catch((error: unknown) => error);
    await until(() => isAsked);
    await Promise.all([server.close(50), server.close(50)]);
    expect(await answer).toBeInstanceOf(TypeError);
  });
});
