import { LAST_PRIORITY, nudgePriority } from '../core/fairness.ts';
import type { Nudger, Telemetry } from '../core/ports.ts';
import { speechQueue } from '../core/speech-requests.ts';
import { admissible, type Unattended, unattendedLessons, untold, type WaitingTurn } from '../db/backlog.ts';
import { unattendedCards } from '../db/cards.ts';
import type { Database } from '../db/database.ts';
import { unattendedUtterances } from '../db/utterances.ts';
import type { Room } from '../db/work.ts';
import { type Logger, seldom } from '../log.ts';

/** Finds what nobody is at: lessons whose nudge was lost, turns that may take a place, learners who wait untold. */

export interface SweepOptions {
  db: Database;
  queues: readonly string[];
  nudger: Nudger;
  telemetry: Telemetry;
  log: Logger;
  intervalMs: number;
  /** A learner who waits for longer is told so. */
  patienceMs: number;
  room: Room;
  /** False: nobody speaks here. */
  speaks: boolean;
  /** Tells the learner of a turn that it waits. */
  tell(turn: WaitingTurn): Promise<void>;
}

const MAX_NUDGES = 200;
const MAX_TOLD = 20;
/** A card's own nudge waits behind all turns. */
const CARD_GRACE_MS = 10_000;

/** Safe to run at any time, from every process. Who waits is told first: that works without the queue, too. */
async function sweep(options: SweepOptions): Promise<void> {
  const { db, queues, nudger, telemetry, room, intervalMs } = options;
  const waiting = await untold(db, queues, options.patienceMs, MAX_TOLD);
  await Promise.allSettled(waiting.map((turn) => options.tell(turn)));
  const lost = await unattendedLessons(db, queues, intervalMs, MAX_NUDGES);
  await nudgeAll(nudger, lost);
  await nudgeAll(nudger, await admissible(db, queues, room, MAX_NUDGES));
  for (const { queue, lessonId } of await unattendedCards(db, queues, CARD_GRACE_MS, MAX_NUDGES)) {
    await nudger.nudge(queue, lessonId, { job: 'card', priority: LAST_PRIORITY, unique: true });
  }
  if (options.speaks) {
    for (const { queue, lessonId } of await unattendedUtterances(db, queues, intervalMs, MAX_NUDGES)) {
      await nudger.nudge(speechQueue(queue), lessonId, { job: 'speak', unique: true });
    }
  }
  if (lost.length > 0) telemetry.note({ type: 'swept', lessons: lost.length });
}

async function nudgeAll(nudger: Nudger, lessons: readonly Unattended[]): Promise<void> {
  for (const { queue, lessonId, ...place } of lessons) {
    await nudger.nudge(queue, lessonId, { priority: nudgePriority(place), unique: true });
  }
}

/**
 * Sweeps now and every `intervalMs`. It is a timer of each process's own, not a scheduled job, so that losing the
 * whole queue cannot lose the sweep. A slow sweep is waited for: they never pile up.
 */
export function startSweeping(options: SweepOptions): { stop(): Promise<void> } {
  const complain = seldom(options.log, 'sweep failed');
  const run = () => sweep(options).catch(complain);
  let running: Promise<void> | null = null;
  const tick = () => {
    running ??= run().finally(() => {
      running = null;
    });
  };
  tick();
  const timer = setInterval(tick, options.intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
