import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { SetupError } from '../../src/errors.ts';
import { type LessonQueues, openLessonQueues, startLessonWorker } from '../../src/jobs/lesson-queue.ts';
import type { QueueBackend } from '../../src/jobs/queue-connection.ts';
import { type Logger, seldom } from '../../src/log.ts';
import { onEachBackend, onRedis, useRedis } from '../support/backends.ts';
import { openClassroom, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { recordedLog } from '../support/log.ts';
import { gate } from '../support/models.ts';

const database = useDatabase();

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

function openQueues(backend: QueueBackend): LessonQueues {
  const queues = openLessonQueues(backend, silentLog);
  opened.push(queues);
  return queues;
}

/** Remembers the lessons that it was nudged for. `work` is done for each. */
async function startWorker(
  backend: QueueBackend,
  queue: string,
  work: (lessonId: string) => Promise<void> = async () => {},
  log: Logger = silentLog,
) {
  const seen: string[] = [];
  const handle = (job: string) => (lessonId: string) => {
    seen.push(job === 'lesson' ? lessonId : `${job} ${lessonId}`);
    return work(lessonId);
  };
  const handlers = { lesson: handle('lesson'), summarise: handle('summarise'), card: handle('card') };
  const worker = await startLessonWorker(backend, queue, { concurrency: 1, log, handlers });
  opened.push(worker);
  return seen;
}

const isReached = (nudge: Promise<void>) =>
  nudge.then(
    () => true,
    () => false,
  );

const newQueue = () => `queue-${randomUUID()}`;

onEachBackend(database.url, (backend) => {
  test('a nudge reaches the worker at once, a delayed one later, and each its handler', async () => {
    const queue = newQueue();
    const seen = await startWorker(backend, queue);
    const queues = openQueues(backend);
    const start = Date.now();
    await queues.nudge(queue, 'later', { delayMs: 5_000 });
    await queues.nudge(queue, 'now');
    await queues.nudge(queue, 'now', { job: 'summarise' });
    await until(() => seen.length === 3);
    expect(seen).toEqual(['now', 'summarise now', 'later']);
    expect(Date.now() - start).toBeGreaterThanOrEqual(4_990);
  });

  test('without a priority it is first come, first served; the others come behind by their number', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    for (const [lessonId, priority] of Object.entries({ e: 900, d: 7, c: 1, a: 0, b: 0 })) {
      await queues.nudge(queue, lessonId, { priority });
    }
    const seen = await startWorker(backend, queue);
    await until(() => seen.length === 5);
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('of unique nudges the first one waits; a delayed one does not stand in for it', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    for (const options of [{ delayMs: 60_000 }, { priority: 3 }, { priority: 5 }, {}, { delayMs: 60_000 }]) {
      await queues.nudge(queue, 'lesson', { unique: true, ...options });
    }
    expect(await queues.depth(queue)).toEqual({ waiting: 0, prioritized: 1, delayed: 1, active: 0 });
    const [board] = await queues.boardQueues([queue]);
    expect(await board?.getJobCountByTypes('waiting', 'prioritized', 'delayed')).toBe(2);
  });

  test('of delayed nudges the last one counts, and it neither holds up the others nor itself', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    for (const delayMs of [60_000, 50]) await queues.nudge(queue, 'lesson', { delayMs });
    expect(await queues.depth(queue)).toMatchObject({ waiting: 0, delayed: 1 });
    // A turn that has no room yet asks for a later look, from within the look that was asked for.
    const seen = await startWorker(backend, queue, async (lessonId) => {
      if (seen.length < 3) await queues.nudge(queue, lessonId, { delayMs: 20 });
    });
    await until(() => seen.length === 3);
    await queues.nudge(queue, 'other');
    await until(() => seen.length === 4);
    expect(seen).toEqual(['lesson', 'lesson', 'lesson', 'other']);
  });

  test('a nudge for a lesson that is being worked on is not dropped', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    const door = gate();
    const seen = await startWorker(backend, queue, () => door.opened);
    await queues.nudge(queue, 'lesson', { unique: true });
    await until(() => seen.length === 1);
    for (let nudges = 0; nudges < 5; nudges += 1) await queues.nudge(queue, 'lesson', { unique: true });
    expect(await queues.depth(queue)).toEqual({ waiting: 1, prioritized: 0, delayed: 0, active: 1 });
    door.open();
    await until(() => seen.length === 2);
  });

  test('a handler that throws costs the worker nothing', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    const seen = await startWorker(backend, queue, async (lessonId) => {
      if (lessonId === 'broken') throw new Error('as the test wants it');
    });
    await queues.nudge(queue, 'broken');
    await queues.nudge(queue, 'whole');
    await until(() => seen.length === 2);
    expect(await queues.depth(queue)).toEqual({ waiting: 0, prioritized: 0, delayed: 0, active: expect.any(Number) });
  });

  test('jobs that the database cuts off are a warning, and those that fail by themselves an error each', async () => {
    const queue = newQueue();
    const queues = openQueues(backend);
    const { log, lines } = recordedLog();
    // Each with a connection of its own: what is asked on one that has just been cut off is cut off as well.
    const statements = new Map([
      ['away', 'select pg_terminate_backend(pg_backend_pid())'],
      ['broken', 'select from nowhere'],
    ]);
    const databases = new Map(
      [...statements.keys()].map((lessonId) => [lessonId, openDatabase(database.url, () => {})]),
    );
    opened.push(...databases.values());
    const ask = async (lessonId: string) => {
      const db = databases.get(lessonId)?.db;
      if (db) await sql.raw(statements.get(lessonId) ?? '').execute(db);
    };
    const seen = await startWorker(backend, queue, ask, log);
    for (const lessonId of ['away', 'away', 'broken', 'broken']) await queues.nudge(queue, lessonId);
    await until(() => seen.length === 4 && lines().length >= 3);
    expect(lines()).toMatchObject([
      { level: 40, err: { code: '57P01' }, queue, msg: 'a job was cut off: the database is away' },
      { level: 50, err: { code: '42P01' }, job: 'lesson', id: 'broken', msg: 'a job failed' },
      { level: 50, err: { code: '42P01' }, job: 'lesson', id: 'broken', msg: 'a job failed' },
    ]);
  });
});

test('a queue whose connection breaks while it is opened is opened by the next nudge', async () => {
  const backend: QueueBackend = { kind: 'postgres', url: database.url };
  const queue = newQueue();
  const { db, close } = openDatabase(database.url, () => {}, { maxConnections: 1 });
  opened.push({ close });
  const queues = openQueues(backend);
  // As another process has it that brings BullMQ's tables up to date.
  const lock = sql`pg_advisory_xact_lock(x'42554c4c'::int, hashtext('bullmq'))`;
  await db.transaction().execute(async (held) => {
    await sql`select ${lock}`.execute(held);
    const nudge = isReached(queues.nudge(queue, 'early'));
    const cutOff = sql<object>`select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`;
    await until(async () => (await cutOff.execute(held)).rows.length > 0);
    expect(await nudge).toBe(false);
  });
  await until(() => isReached(queues.nudge(queue, 'late')));
  const seen = await startWorker(backend, queue);
  await until(() => seen.includes('late'));
});

onRedis(() => {
  describe('that breaks', () => {
    const redis = useRedis();

    test('a worker goes on by itself when Redis comes back without its data', async () => {
      // No sweep helps: what is answered was nudged for.
      const options = { queueBackend: redis.backend, sweepMs: 600_000 };
      const { newLearner, runtime, queue } = await openClassroom(database.url, options);
      const learner = await newLearner({ topic: 'fractions', autostart: true });
      await redis.server.kill();
      await redis.server.restart();
      await until(() => isReached(runtime.nudger.nudge(queue, randomUUID())));
      expect((await learner.say('progress')).text).toContain('Progress');
    });

    test('a message that comes while Redis is down is taken without delay, and answered when it is back', async () => {
      const { newLearner, runtime, queue } = await openClassroom(database.url, { queueBackend: redis.backend });
      const learner = await newLearner({ topic: 'fractions', autostart: true });
      const before = learner.replies().length;
      await redis.server.kill();
      const start = Date.now();
      await learner.send('progress');
      await expect(runtime.nudger.nudge(queue, 'any')).rejects.toThrow();
      expect(Date.now() - start).toBeLessThan(15_000);
      await redis.server.restart();
      await learner.settle();
      expect(learner.replies().length - before).toBe(1);
    });

    test('a Redis that hangs holds a message up for two seconds, not for ever', async () => {
      const queue = newQueue();
      const seen = await startWorker(redis.backend, queue);
      const queues = openQueues(redis.backend);
      await queues.nudge(queue, 'before');
      await until(() => seen.length === 1);
      redis.server.freeze();
      await expect(queues.nudge(queue, 'during')).rejects.toThrow('did not answer within 2000 ms');
      redis.server.thaw();
      await until(() => isReached(queues.nudge(queue, 'after')));
      await until(() => seen.includes('after'));
    });

    test('queues that are opened while Redis is down work when it is there', async () => {
      await redis.server.kill();
      const queue = newQueue();
      const queues = openQueues(redis.backend);
      await expect(queues.nudge(queue, 'too early')).rejects.toThrow();
      await redis.server.restart();
      const seen = await startWorker(redis.backend, queue);
      await until(() => isReached(queues.nudge(queue, 'now')));
      await until(() => seen.includes('now'));
    });

    test('a process leaves in good time while Redis is down', async () => {
      const { runtime } = await openClassroom(database.url, { queueBackend: redis.backend });
      await redis.server.kill();
      const start = Date.now();
      await runtime.close(500);
      expect(Date.now() - start).toBeLessThan(15_000);
      await redis.server.restart();
    });

    test('emptied under 200 lessons, it loses no message and doubles no reply', async () => {
      const { newLearner, surface } = await openClassroom(database.url, { queueBackend: redis.backend });
      const learners = await Promise.all(Array.from({ length: 200 }, () => newLearner()));
      const commands = ['hint', 'progress', 'plan'];
      const writing = learners.map(async (learner) => {
        await learner.send('', { start: { topic: 'fractions', autostart: true } });
        for (const command of commands) await learner.send(command);
      });
      for (const sent of [20, 150, 300]) {
        await until(() => surface.sent.length > sent);
        await redis.server.flush();
      }
      const before = surface.sent.length;
      await Promise.all(writing);
      for (const learner of learners) await learner.settle();
      // The last time, too, there was much left to do.
      expect(surface.sent.length - before).toBeGreaterThan(200);

      expect(new Set(surface.sent.map(({ id }) => id)).size).toBe(surface.sent.length);
      const opening = (learners[0]?.replies().length ?? 0) - commands.length;
      for (const learner of learners) {
        const answers = learner.replies().slice(opening);
        expect(answers.map(({ text }) => text.split('\n')[0])).toEqual([
          expect.stringContaining('Hint 1 of 3'),
          expect.stringContaining('Progress'),
          'Here is the plan.',
        ]);
      }
      const turns = await database.db.selectFrom('turns').select('status').where('status', '!=', 'done').execute();
      expect(turns).toEqual([]);
    }, 120_000);
  });

  test('a start without its server says what to do', async () => {
    const nowhere: QueueBackend = { kind: 'redis', url: 'redis://127.0.0.1:1' };
    const refusal = await startWorker(nowhere, newQueue()).catch((error) => error);
    expect(refusal).toBeInstanceOf(SetupError);
    expect(refusal.message).toContain('REDIS_URL');
  });
});

test('errors in a loop are logged once in a while', () => {
  const lines: unknown[] = [];
  const report = seldom({ warn: (line: unknown) => lines.push(line) }, 'worker error', { queue: 'queue' });
  for (let errors = 0; errors < 1_000; errors += 1) report(new Error('no connection'));
  expect(lines).toMatchObject([{ err: { message: 'no connection' }, queue: 'queue', leftOut: 0 }]);
});
