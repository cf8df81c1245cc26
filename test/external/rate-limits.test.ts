/** The same contract on both stores; two instances stand for two processes. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { openRateLimits, type RateLimits } from '../../src/external/rate-limits.ts';
import type { Logger } from '../../src/log.ts';
import { onEachBackend, onRedis, useRedis } from '../support/backends.ts';
import { silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
/** Nothing listens there. */
const NOBODY = 'postgres://nobody@127.0.0.1:1/none';

const opened: RateLimits[] = [];
async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((limits) => limits.close()));
}
afterEach(closeAll);

async function open(options: Partial<Parameters<typeof openRateLimits>[0]>): Promise<RateLimits> {
  const patient = { redisUrl: null, databaseUrl: NOBODY, log: silentLog, patienceMs: 10_000 };
  const limits = await openRateLimits({ ...patient, ...options });
  opened.push(limits);
  return limits;
}

/** A log that keeps its warnings. */
function listening(): { log: Logger; warnings: string[] } {
  const warnings: string[] = [];
  const warn: Logger['warn'] = (...said: unknown[]) => void warnings.push(String(said.at(-1)));
  return { log: { ...silentLog, warn }, warnings };
}

onEachBackend(database.url, (store) => {
  const openStore = (more: Partial<Parameters<typeof openRateLimits>[0]> = {}) =>
    open({ databaseUrl: database.url, redisUrl: store.kind === 'redis' ? store.url : null, ...more });
  /** One limit as two processes have it. */
  async function two(points: number, seconds = 60) {
    const name = randomUUID();
    const all = await Promise.all([openStore(), openStore()]);
    const [here, there] = all.map((limits) => limits.limit(name, { points, seconds }));
    if (!here || !there) throw new Error('there should be two');
    return { here, there };
  }

  test('two processes share one count, and each key has its own', async () => {
    const { here, there } = await two(3);
    expect(await here.take('ada')).toBe(0);
    expect(await there.take('ada', 2)).toBe(0);
    const wait = await here.take('ada');
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
    expect(await there.take('ada')).toBeGreaterThan(50_000);
    expect(await there.take('grace')).toBe(0);
  });

  test('what is refused takes nothing', async () => {
    const { here, there } = await two(10);
    expect(await here.take('key', 8)).toBe(0);
    for (let again = 0; again < 3; again++) expect(await there.take('key', 5)).toBeGreaterThan(0);
    expect(await there.take('key', 2)).toBe(0);
    expect(await here.take('key')).toBeGreaterThan(0);
  });

  test('more than ever fits passes alone in a window', async () => {
    const { here, there } = await two(10);
    expect(await here.take('key', 1_000)).toBe(0);
    expect(await there.take('key')).toBeGreaterThan(0);
    expect(await here.take('other')).toBe(0);
    expect(await there.take('other', 1_000)).toBeGreaterThan(0);
    expect(await there.take('other', 9)).toBe(0);
  });

  test('under concurrency no more than the points pass in a window', async () => {
    const { here, there } = await two(20);
    const takes = fc.array(fc.record({ isHere: fc.boolean(), points: fc.integer({ min: 1, max: 25 }) }), {
      maxLength: 40,
    });
    const property = fc.asyncProperty(takes, async (wanted) => {
      const key = randomUUID();
      const waits = await Promise.all(wanted.map(({ isHere, points }) => (isHere ? here : there).take(key, points)));
      const passed = wanted.filter((_, index) => waits[index] === 0);
      expect(passed.reduce((sum, { points }) => sum + Math.min(points, 20), 0)).toBeLessThanOrEqual(20);
      if (wanted.length > 0) expect(passed.length).toBeGreaterThan(0);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test('a window ends, and the next one is whole', async () => {
    const { here, there } = await two(2, 5);
    expect(await here.take('key', 2)).toBe(0);
    expect(await here.take('key', 2)).toBeGreaterThan(0);
    await until(async () => (await there.take('key', 2)) === 0);
    expect(await here.take('key')).toBeGreaterThan(0);
  });

  test('a block holds in the other process, for as long as the longest one, and ends', async () => {
    const { here, there } = await two(10);
    await here.block('key', 60_000);
    await there.block('key', 1);
    for (const points of [1, 10, 1_000]) expect(await there.take('key', points)).toBeGreaterThan(50_000);
    expect(await here.take('key')).toBeGreaterThan(50_000);
    expect(await there.take('other')).toBe(0);

    await here.block('soon', 5_000);
    expect(await there.take('soon')).toBeGreaterThan(0);
    await until(async () => (await there.take('soon', 10)) === 0);

    await here.block('never', 0);
    expect(await there.take('never')).toBe(0);
  });
});

test('what has expired does not pile up on Postgres', async () => {
  const limits = await open({ databaseUrl: database.url, clearEveryMs: 20 });
  const name = randomUUID();
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const rows = async () =>
    (await pool.query<{ key: string }>('select key from rate_limits where key like $1', [`${name}:%`])).rows;
  try {
    await limits.limit(name, { points: 1, seconds: 60 }).take('stays');
    await limits.limit(name, { points: 1, seconds: 1 }).take('goes');
    await until(async () => (await rows()).length === 1);
    expect(await rows()).toEqual([{ key: `${name}:stays` }]);
  } finally {
    await pool.end();
  }
});

test('a Postgres that is down lets everything pass, and is complained about now and then', async () => {
  const { log, warnings } = listening();
  let now = 0;
  const limit = (await open({ log, now: () => now })).limit('down', { points: 1, seconds: 60 });
  for (let again = 0; again < 3; again++) expect(await limit.take('key')).toBe(0);
  await limit.block('key', 60_000);
  expect(await limit.take('key')).toBe(0);
  expect(warnings).toHaveLength(1);
  now = 60_000;
  await limit.take('key');
  expect(warnings).toHaveLength(2);
});

test('a Postgres that hangs lets everything pass, and can be left', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { log, warnings } = listening();
  const databaseUrl = `postgres://nobody@127.0.0.1:${port}/none`;
  const limit = (await open({ databaseUrl, log, patienceMs: 50 })).limit('hangs', { points: 1, seconds: 60 });
  expect(await Promise.all([limit.take('key'), limit.take('key')])).toEqual([0, 0]);
  expect(warnings).toHaveLength(1);
  await closeAll();
  server.close();
});

onRedis(() => {
  const own = useRedis();

  test('a Redis that hangs lets everything pass, and can be left', async () => {
    const { log, warnings } = listening();
    const limit = (await open({ redisUrl: own.server.url, log, patienceMs: 50 })).limit('hangs', {
      points: 1,
      seconds: 60,
    });
    own.server.freeze();
    try {
      expect(await Promise.all([limit.take('key'), limit.take('key')])).toEqual([0, 0]);
      await limit.block('key', 60_000);
      expect(warnings).toHaveLength(1);
      await closeAll();
    } finally {
      own.server.thaw();
    }
  });

  test('a Redis that goes away lets everything pass at once, with one complaint', async () => {
    const { log, warnings } = listening();
    const limit = (await open({ redisUrl: own.server.url, log })).limit('down', { points: 1, seconds: 60 });
    expect(await limit.take('key')).toBe(0);
    expect(await limit.take('key')).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
    await own.server.kill();
    await until(async () => (await limit.take('key')) === 0);
    await Promise.all(Array.from({ length: 20 }, () => limit.take('key')));
    await limit.block('key', 60_000);
    expect(warnings).toHaveLength(1);
  });
});
