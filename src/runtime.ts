import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ReceiveDeps } from './bots/receive.ts';
import { type Budgets, NO_BUDGETS } from './core/budget.ts';
import { loadCurriculum } from './core/curriculum.ts';
import type { Surfaces } from './core/deliver.ts';
import { drainLesson } from './core/mailbox.ts';
import type { Model, Surface } from './core/ports.ts';
import { loadPrompts } from './core/prompts.ts';
import { summariseLesson } from './core/summarising.ts';
import { type Database, migrate, openDatabase } from './db/database.ts';
import { startAfresh } from './db/lessons.ts';
import { openLessonQueues, startLessonWorker } from './jobs/lesson-queue.ts';
import type { QueueBackend } from './jobs/queue-connection.ts';
import { startSweeping } from './jobs/sweep.ts';
import type { Logger } from './log.ts';

/** Everything between the database and the surfaces, put together: what main.ts runs and what tests run. */

export interface RuntimeOptions {
  databaseUrl: string;
  /** Default: the database. */
  queueBackend?: QueueBackend;
  model: Model;
  surfaces: readonly Surface[];
  /** The queue that this process works on. */
  queue: string;
  log: Logger;
  /** No other process uses the database: leases in it belong to dead ones. */
  isAlone?: boolean;
  leaseMs?: number;
  sweepMs?: number;
  retryDelaysMs?: readonly number[];
  concurrency?: number;
  separate?: boolean;
  budgets?: Budgets;
}

export interface Runtime extends ReceiveDeps {
  db: Database;
  /** Finishes or leaves the turns in hand within the deadline, and closes in order. Safe to call twice. Never throws. */
  close(deadlineMs?: number): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
/** What closing a connection is given even when the deadline is over. */
const LEAVE_MS = 300;
const DEFAULT_RETRY_DELAYS_MS = [2_000, 8_000, 20_000, 60_000, 120_000];

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { log } = options;
  const [curriculum, prompts] = await Promise.all([
    loadCurriculum(join(ROOT, 'curriculum')),
    loadPrompts(join(ROOT, 'prompts')),
  ]);
  const database = openDatabase(options.databaseUrl, (error) =>
    log.warn({ err: error }, 'a database connection broke'),
  );
  const { db } = database;
  await migrate(db, join(ROOT, 'migrations'));
  if (options.isAlone) await startAfresh(db);
  const backend = options.queueBackend ?? { kind: 'postgres', url: options.databaseUrl };
  const nudger = openLessonQueues(backend, log);
  const surfaces: Surfaces = new Map(options.surfaces.map((surface) => [surface.platform, surface]));
  const stopping = new AbortController();
  const mailbox = {
    db,
    model: options.model,
    prompts,
    curriculum,
    surfaces,
    nudger,
    log,
    owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    leaseMs: options.leaseMs ?? 15_000,
    retryDelaysMs: options.retryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS,
    stopping: stopping.signal,
    separate: options.separate ?? false,
    budgets: options.budgets ?? NO_BUDGETS,
  };
  const worker = await startLessonWorker(backend, options.queue, {
    concurrency: options.concurrency ?? 20,
    log,
    handlers: {
      lesson: (lessonId) => drainLesson(mailbox, lessonId),
      summarise: (lessonId) => summariseLesson(mailbox, lessonId),
    },
  });
  const sweeper = startSweeping({ db, queues: [options.queue], nudger, log, intervalMs: options.sweepMs ?? 10_000 });
  const close = async (deadlineMs: number) => {
    stopping.abort();
    const deadline = Date.now() + deadlineMs;
    for (const end of [sweeper.stop, worker.close, nudger.close, database.close]) {
      await within(Math.max(deadline - Date.now(), LEAVE_MS), end()).catch((error) =>
        log.warn({ err: error }, 'not closed in order'),
      );
    }
  };
  let closing: Promise<void> | null = null;
  return {
    db,
    nudger,
    log,
    close(deadlineMs = 5_000) {
      closing ??= close(deadlineMs);
      return closing;
    },
  };
}

/** Waits for the work, but no longer than the deadline: what is cut off is taken up by the next start. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
