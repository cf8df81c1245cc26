import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Queue } from 'bullmq';
import { sql } from 'kysely';
import type { DoorLimits, ReceiveDeps } from './bots/receive.ts';
import { openEntitlements } from './core/billing/entitlements.ts';
import type { Plans } from './core/billing/plans.ts';
import { type Billing, billingQueue, settleBilling } from './core/billing/settling.ts';
import type { Payments, SubscriptionSource } from './core/billing/sources.ts';
import { type Budgets, NO_BUDGETS } from './core/budget.ts';
import { showCard } from './core/cards.ts';
import { type Curriculum, loadCurriculum } from './core/curriculum.ts';
import { keepLeases } from './core/leases.ts';
import { drainLesson, type MailboxDeps } from './core/mailbox.ts';
import type { Model, Speech, Surface, Telemetry } from './core/ports.ts';
import { loadPrompts } from './core/prompts.ts';
import { speakLesson } from './core/speaking.ts';
import { speechQueue } from './core/speech-requests.ts';
import { summariseLesson } from './core/summarising.ts';
import type { Transcriber } from './core/transcriber.ts';
import { voicesFor } from './core/voices.ts';
import { tellWaiting } from './core/waiting.ts';
import { readBacklog } from './db/backlog.ts';
import { type Database, migrate, openDatabase } from './db/database.ts';
import { startAfresh } from './db/leases.ts';
import type { Room } from './db/work.ts';
import { startRounds } from './jobs/billing-rounds.ts';
import { type LessonWorker, openLessonQueues, startLessonWorker } from './jobs/lesson-queue.ts';
import type { QueueBackend } from './jobs/queue-connection.ts';
import { startSweeping } from './jobs/sweep.ts';
import { type Logger, seldom } from './log.ts';
import type { Backlog } from './telemetry/backlog.ts';
import { SILENT } from './telemetry/silent.ts';

/** Everything between the database and the surfaces, put together: what main.ts runs and what tests run. */

export interface RuntimeOptions {
  databaseUrl: string;
  /** Connections to it for everything but the queues. */
  maxConnections?: number;
  /** Default: the database. */
  queueBackend?: QueueBackend;
  model: Model;
  /** Lets learners hear what is said; absent or null: nobody does. Closed by whoever opened it. */
  speech?: Speech | null;
  /** Makes words of what learners say; absent or null: nobody does, and recordings are declined. */
  transcriber?: Transcriber | null;
  speechRetryDelaysMs?: readonly number[];
  /** What may be kept of the audio that was made. */
  audioCacheBytes?: number;
  /** Of the platforms that this process can reach. */
  surfaces: (db: Database) => readonly Surface[];
  /** The queue of the lessons that this process can reach. */
  queue: string;
  /** False: messages are accepted here, and answered by other processes. */
  works?: boolean;
  log: Logger;
  telemetry?: Telemetry;
  /** True where no other process uses the database: leases in it belong to dead ones. */
  isAlone?: () => Promise<boolean>;
  leaseMs?: number;
  sweepMs?: number;
  /** How long a learner waits before they are told that they do. */
  patienceMs?: number;
  retryDelaysMs?: readonly number[];
  /** Lessons in hand at the same time in this process. */
  concurrency?: number;
  /** Turns in hand at the same time in all processes. */
  room?: Room;
  separate?: boolean;
  budgets?: Budgets;
  /** What is sold; absent or null: nothing, and everybody has everything. */
  billing?: BillingOptions | null;
  /** How often messages are taken in; none: as often as they come. */
  doorLimits?: DoorLimits | null;
}

export interface BillingOptions {
  plans: Plans;
  /** Null: nothing is sold by card. */
  payments: Payments | null;
  /** Of platforms that sell subscriptions themselves. */
  sources: readonly SubscriptionSource[];
  /** Where people come back to from Stripe. */
  publicUrl: string;
  now(): Date;
  roundsMs?: number;
}

export interface Runtime extends ReceiveDeps {
  db: Database;
  curriculum: Curriculum;
  /** Voices that may be wished for in a language; empty: none, or it could not be asked. */
  voices(language: string): Promise<readonly string[]>;
  /** What has to answer for this process to be of use. */
  checks: Record<'database' | 'queue', () => Promise<unknown>>;
  backlog(): Promise<Backlog>;
  boardQueues(): Promise<Queue[]>;
  /** Begins no more turns, and finishes those in hand or leaves them to others. Safe to call twice. Never throws. */
  finish(deadlineMs: number): Promise<void>;
  /** Finishes, and closes what is left in order. Safe to call twice. Never throws. */
  close(deadlineMs?: number): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
/** What closing a connection is given even when the deadline is over. */
const LEAVE_MS = 300;
const DEFAULT_RETRY_DELAYS_MS = [2_000, 8_000, 20_000, 60_000, 120_000];
const DEFAULT_ROOM = { learner: 2, workspace: 50 };
/** How long the lessons of a process that was killed wait for another one, at the most. */
const DEFAULT_LEASE_MS = 8_000;
const DEFAULT_SWEEP_MS = 2_000;
/** A learner who waits for longer is told so. */
const DEFAULT_PATIENCE_MS = 4_000;
const DEFAULT_CONCURRENCY = 100;
/** Lessons that are spoken in at the same time: most of it is waiting, the rest is work for the processor. */
const SPEECH_CONCURRENCY = 4;
const BILLING_CONCURRENCY = 2;
/** Between two looks at whether something of billing was left undone. */
const DEFAULT_ROUNDS_MS = 60_000;
const DEFAULT_SPEECH_RETRY_DELAYS_MS = [2_000, 10_000, 60_000];
const DEFAULT_AUDIO_CACHE_BYTES = 200_000_000;

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { log, queue, telemetry = SILENT, room = DEFAULT_ROOM } = options;
  const complain = seldom(log, 'a database connection broke', { everyMs: 5_000 });
  await prepareDatabase(options, complain);
  const { maxConnections } = options;
  const database = openDatabase(options.databaseUrl, complain, {
    isShared: true,
    ...(maxConnections && { maxConnections }),
  });
  const { db } = database;
  const backend: QueueBackend = options.queueBackend ?? { kind: 'postgres', url: options.databaseUrl };
  const queues = openLessonQueues(backend, log);
  const teaching = await loadTeaching();
  const stopping = new AbortController();
  const entitlements = openEntitlements(db, options.billing?.plans ?? null, options.billing?.now ?? (() => new Date()));
  const leases = keepLeases(db, options.leaseMs ?? DEFAULT_LEASE_MS, log);
  const mailbox: MailboxDeps = {
    ...teaching,
    ...{ db, nudger: queues, log, telemetry, leases, room },
    model: options.model,
    surfaces: new Map(options.surfaces(db).map((surface) => [surface.platform, surface])),
    owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
    retryDelaysMs: options.retryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS,
    stopping: stopping.signal,
    separate: options.separate ?? false,
    budgets: options.budgets ?? NO_BUDGETS,
    speech: options.speech ?? null,
    transcriber: options.transcriber ?? null,
    entitlements,
  };
  const billing: Billing | null = options.billing
    ? { ...options.billing, db, log, telemetry, nudger: queues, surfaces: mailbox.surfaces, queue: billingQueue(queue) }
    : null;
  const names = [queue, ...(options.speech ? [speechQueue(queue)] : []), ...(billing ? [billing.queue] : [])];
  const depths = async () =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await queues.depth(name)] as const)));
  const workers = options.works === false ? [] : await startWorkers(backend, mailbox, options, billing);
  const sweeper = startSweeping({
    ...{ db, nudger: queues, log, telemetry, room },
    queues: [queue],
    intervalMs: options.sweepMs ?? DEFAULT_SWEEP_MS,
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    speaks: Boolean(options.speech),
    tell: (turn) => tellWaiting(mailbox, turn),
  });
  const rounds =
    billing && options.billing
      ? startRounds({
          ...billing,
          sources: sourcesOf(options.billing),
          intervalMs: options.billing.roundsMs ?? DEFAULT_ROUNDS_MS,
        })
      : null;
  const work = [() => Promise.all([...workers.map((worker) => worker.close()), sweeper.stop(), rounds?.stop()])];
  const finish = once((deadlineMs: number) => {
    stopping.abort();
    return closeInOrder(work, deadlineMs, log);
  });
  const close = once(async (deadlineMs: number) => {
    await finish(deadlineMs);
    await closeInOrder([leases.stop, queues.close, database.close], LEAVE_MS, log);
  });
  return {
    ...{ db, nudger: queues, log, telemetry, finish },
    ...{ entitlements, billing },
    limits: options.doorLimits ?? null,
    hears: Boolean(options.transcriber),
    curriculum: teaching.curriculum,
    voices: async (language) => (options.speech ? voicesFor(options.speech, language) : []),
    checks: { database: () => sql`select 1`.execute(db), queue: depths },
    backlog: async () => ({ ...(await readBacklog(db, queue)), queues: await depths() }),
    boardQueues: () => queues.boardQueues(names),
    close: (deadlineMs = 5_000) => close(deadlineMs),
  };
}

/** Migrations may take longer than the statements of a turn. */
async function prepareDatabase(
  { databaseUrl, isAlone }: RuntimeOptions,
  complain: (error: unknown) => void,
): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, complain, { maxConnections: 2 });
  try {
    await migrate(db, join(ROOT, 'migrations'));
    if (await isAlone?.()) await startAfresh(db);
  } finally {
    await close();
  }
}

function once(work: (deadlineMs: number) => Promise<void>): (deadlineMs: number) => Promise<void> {
  let done: Promise<void> | null = null;
  return (deadlineMs) => {
    done ??= work(deadlineMs);
    return done;
  };
}

async function startWorkers(
  backend: QueueBackend,
  mailbox: MailboxDeps,
  options: RuntimeOptions,
  billing: Billing | null,
): Promise<LessonWorker[]> {
  const { queue, log, speech } = options;
  const lessons = await startLessonWorker(backend, queue, {
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    log,
    handlers: {
      lesson: (lessonId) => drainLesson(mailbox, lessonId),
      summarise: (lessonId) => summariseLesson(mailbox, lessonId),
      card: (lessonId) => showCard(mailbox, lessonId),
    },
  });
  const workers = [lessons];
  if (billing) {
    const handlers = { bill: () => settleBilling(billing) };
    workers.push(await startLessonWorker(backend, billing.queue, { concurrency: BILLING_CONCURRENCY, log, handlers }));
  }
  if (!speech) return workers;
  // Loaded only where it is used: the encoder costs some time and memory.
  const { recorder } = await import('./external/speech/recorder.ts');
  const speaking = {
    ...{ ...mailbox, speech, recorder },
    budgets: options.budgets ?? NO_BUDGETS,
    leaseMs: mailbox.leases.leaseMs,
    retryDelaysMs: options.speechRetryDelaysMs ?? DEFAULT_SPEECH_RETRY_DELAYS_MS,
    cacheBytes: options.audioCacheBytes ?? DEFAULT_AUDIO_CACHE_BYTES,
  };
  const handlers = { speak: (lessonId: string) => speakLesson(speaking, lessonId) };
  const speaker = startLessonWorker(backend, speechQueue(queue), { concurrency: SPEECH_CONCURRENCY, log, handlers });
  return [...workers, await speaker];
}

function sourcesOf({ payments, sources }: BillingOptions): SubscriptionSource[] {
  return [...(payments ? [payments] : []), ...sources];
}

/** All within one deadline; what is not done by then is left to the next start. Never throws. */
async function closeInOrder(
  parts: readonly (() => Promise<unknown>)[],
  deadlineMs: number,
  log: Logger,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  for (const part of parts) {
    await within(Math.max(deadline - Date.now(), LEAVE_MS), part()).catch((error) =>
      log.warn({ err: error }, 'not closed in order'),
    );
  }
}

async function loadTeaching() {
  const [curriculum, prompts] = await Promise.all([
    loadCurriculum(join(ROOT, 'curriculum')),
    loadPrompts(join(ROOT, 'prompts')),
  ]);
  return { curriculum, prompts };
}

/** Waits for the work, but no longer than the deadline: what is cut off is taken up by the next start. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
