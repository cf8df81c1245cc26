import { createPostgresBackend, type Job, Queue, Worker } from 'bullmq';
import type { JobName, Nudger } from '../core/ports.ts';
import type { Logger } from '../log.ts';

/**
 * The queues on which lessons ask for a worker. A job is only a nudge: it carries a lesson's id, has no id of its own
 * (a kept job would swallow the next one with the same id), and losing it costs time, not a message.
 */

/** What BullMQ runs on: its own tables in our Postgres. */
export interface QueueBackend {
  databaseUrl: string;
}

const CONNECTIONS_PER_POOL = 4;

export interface LessonQueues extends Nudger {
  close(): Promise<void>;
}

export function openLessonQueues(backend: QueueBackend, log: Logger): LessonQueues {
  const open = (name: string) => {
    const queue = new Queue(name, connectionOf(backend), createPostgresBackend);
    queue.on('error', (error) => log.warn({ err: error, queue: name }, 'queue error'));
    queues.set(name, queue);
    return queue;
  };
  const queues = new Map<string, ReturnType<typeof open>>();
  const queueFor = (name: string) => queues.get(name) ?? open(name);
  return {
    async nudge(queue, lessonId, { delayMs = 0, job = 'lesson', priority = 0 } = {}) {
      await queueFor(queue).add(
        job,
        { lessonId },
        {
          removeOnComplete: true,
          removeOnFail: true,
          ...(delayMs > 0 && { delay: delayMs }),
          ...(priority > 0 && { priority }),
        },
      );
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

export interface LessonWorker {
  ready(): Promise<void>;
  /** Waits for the lessons in hand. */
  close(): Promise<void>;
}

/** Calls the job's handler with the id of every lesson nudged on the queue. An error is logged; the sweep retries. */
export function startLessonWorker(
  backend: QueueBackend,
  queue: string,
  options: {
    concurrency: number;
    log: Logger;
    handlers: Record<JobName, (lessonId: string) => Promise<void>>;
  },
): LessonWorker {
  const worker = new Worker(
    queue,
    async (job: Job<{ lessonId: string }>) => {
      try {
        await options.handlers[job.name as JobName](job.data.lessonId);
      } catch (error) {
        options.log.error({ err: error, job: job.name, lessonId: job.data.lessonId }, 'a job failed');
      }
    },
    { ...connectionOf(backend), concurrency: options.concurrency },
    createPostgresBackend,
  );
  worker.on('error', (error) => options.log.warn({ err: error, queue }, 'worker error'));
  return {
    ready: async () => {
      await worker.waitUntilReady();
    },
    close: () => worker.close(),
  };
}

function connectionOf({ databaseUrl }: QueueBackend) {
  return {
    connection: { connectionString: databaseUrl, schema: 'bullmq', migrate: true, max: CONNECTIONS_PER_POOL },
  };
}
