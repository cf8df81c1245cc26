import { type DeduplicationOptions, type Job, Queue, Worker } from 'bullmq';
import type { JobName, Nudger } from '../core/ports.ts';
import { isDatabaseAway } from '../db/database.ts';
import { errorMessage, SetupError } from '../errors.ts';
import { type Logger, seldom } from '../log.ts';
import { connect, inTime, type QueueBackend } from './queue-connection.ts';

/**
 * The queues on which lessons ask for a worker. A job is only a nudge: it carries an id, a lesson's mostly, has no id of its own
 * (a kept job would swallow the next one with the same id), and losing it costs time, not a message.
 */

/** How many nudges a queue holds, by what they wait for. */
interface QueueDepth {
  waiting: number;
  prioritized: number;
  delayed: number;
  active: number;
}

export interface LessonQueues extends Nudger {
  depth(queue: string): Promise<QueueDepth>;
  /** BullMQ's own objects, for a board. They are closed with the rest. */
  boardQueues(queues: readonly string[]): Promise<Queue[]>;
  close(): Promise<void>;
}

/** A platform waits three seconds for us; the sweep finds what was not nudged. */
const NUDGE_MS = 2_000;

/** Between two log lines about a server that is away: a worker without its server has errors in a tight loop. */
const QUIET_MS = 10_000;

/**
 * Where nudges would pile up, because they are repeated (the sweep's) or make each other (the delayed ones), one waits
 * at a time. The worker frees its place before it looks at the lesson, so that nothing which came in later is missed
 * and a worker that is killed in a turn holds nothing up. This is the time for one that is killed before: whatever
 * happens, nudges come through after it. A message's own nudge needs no place: there is one for each message, and
 * freeing it would cost the reply a round trip, 1 ms on Postgres.
 */
const PLACE_MS = 15_000;

function placeOf(id: string, job: JobName, delayMs: number): DeduplicationOptions {
  // The last delay was read from the latest state of the lesson, so it takes the place of the one that waits.
  if (delayMs > 0) return { id: `${job}.${id}.later`, ttl: delayMs + PLACE_MS, replace: true };
  // Of the others the first one counts: what has waited longer goes first.
  return { id: `${job}.${id}`, ttl: PLACE_MS };
}

/** Works without the queue's server, too: nudges fail until it is there. */
export function openLessonQueues(backend: QueueBackend, log: Logger): LessonQueues {
  const queues = new Map<string, Promise<OpenQueue>>();
  const open = async (name: string) => {
    const opened = await openQueue(backend, name, log);
    opened.queue.waitUntilReady().catch(() => {
      // One whose first connection broke is never ready again: the next nudge opens another.
      queues.delete(name);
      return opened.close().catch(() => {});
    });
    return opened;
  };
  const queueFor = async (name: string) => {
    const opening = queues.get(name) ?? open(name);
    queues.set(name, opening);
    opening.catch(() => queues.delete(name));
    return (await opening).queue;
  };
  return {
    async nudge(queue, id, { delayMs = 0, job = 'lesson', priority = 0, unique = false } = {}) {
      const options = {
        delay: delayMs,
        priority,
        removeOnComplete: true,
        removeOnFail: true,
        ...((unique || delayMs > 0) && { deduplication: placeOf(id, job, delayMs) }),
      };
      const added = queueFor(queue).then((open) => open.add(job, { id }, options));
      await inTime(NUDGE_MS, added);
    },
    async depth(name) {
      const queue = await queueFor(name);
      const counts = queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
      const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = await inTime(NUDGE_MS, counts);
      return { waiting, prioritized, delayed, active };
    },
    boardQueues: (names) => Promise.all(names.map(queueFor)),
    async close() {
      await Promise.all([...queues.values()].map(async (opened) => (await opened).close()));
    },
  };
}

interface OpenQueue {
  queue: Queue<{ id: string }>;
  close(): Promise<void>;
}

async function openQueue(backend: QueueBackend, name: string, log: Logger): Promise<OpenQueue> {
  const report = seldom(log, 'queue error', { everyMs: QUIET_MS, queue: name });
  const { connection, createBackend, close } = await connect(backend, true, report);
  const queue: OpenQueue['queue'] = new Queue(name, { connection }, createBackend);
  queue.on('error', report);
  return { queue, close: () => queue.close().finally(close) };
}

export interface LessonWorker {
  /** Waits for the lessons in hand. */
  close(): Promise<void>;
}

/**
 * The jobs of a dead worker come back after 10 to 15 seconds: later than its leases end, so the sweep has mostly called
 * another worker by then. A job that comes back while its worker lives, because that was held up, finds the lesson
 * leased and does nothing; so it may come back any number of times.
 */
const STALLING = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000 };

/** After the server was away; BullMQ's own 15 seconds are long for a chat. */
const RETRY_MS = 1_000;

const START_MS = 5_000;

/**
 * Calls the job's handler with every id nudged on the queue. An error is logged, and of a database that is away one in a
 * while; the sweep retries.
 * Throws SetupError when the queue's server does not answer now; later on, the worker waits for it to come back.
 */
export async function startLessonWorker(
  backend: QueueBackend,
  queue: string,
  options: {
    concurrency: number;
    log: Logger;
    /** Of the jobs that are nudged for on this queue. */
    handlers: Partial<Record<JobName, (id: string) => Promise<void>>>;
  },
): Promise<LessonWorker> {
  const { log, handlers, concurrency } = options;
  const report = seldom(log, 'worker error', { everyMs: QUIET_MS, queue });
  const reportAway = seldom(log, 'a job was cut off: the database is away', { everyMs: QUIET_MS, queue });
  // Not failing fast: a worker that is refused asks again at once, one whose command is kept waits.
  const { connection, createBackend, close } = await connect(backend, false, report);
  const worker = new Worker(
    queue,
    async (job: Job<{ id: string }>) => {
      try {
        await job.removeDeduplicationKey().catch(report);
        await handlers[job.name as JobName]?.(job.data.id);
      } catch (error) {
        if (isDatabaseAway(error)) reportAway(error);
        else log.error({ err: error, job: job.name, id: job.data.id }, 'a job failed');
      }
    },
    { connection, concurrency, runRetryDelay: RETRY_MS, ...STALLING },
    createBackend,
  );
  worker.on('error', report);
  const end = (force = false) => worker.close(force).finally(close);
  try {
    await inTime(START_MS, worker.waitUntilReady());
  } catch (error) {
    void end(true).catch(report);
    const hint = backend.kind === 'redis' ? ': start it, or correct or unset REDIS_URL' : '';
    throw new SetupError([`The queue's server does not answer (${errorMessage(error)})${hint}.`], { cause: error });
  }
  return { close: () => end() };
}
