import type { Nudger } from '../core/ports.ts';
import type { Database } from '../db/database.ts';
import { unattendedLessons } from '../db/turns.ts';
import type { Logger } from '../log.ts';

const BATCH = 200;

/** Nudges every lesson that has work due and nobody at it. Safe to run at any time, from every worker. */
async function sweep(db: Database, queues: readonly string[], nudger: Nudger): Promise<number> {
  const lessons = await unattendedLessons(db, queues, BATCH);
  for (const lesson of lessons) await nudger.nudge(lesson.queue, lesson.id, { unique: true });
  return lessons.length;
}

/**
 * Sweeps now and every `intervalMs`. It is a timer of each worker's own, not a scheduled job, so that losing the
 * whole queue cannot lose the sweep. A slow sweep is waited for: they never pile up.
 */
export function startSweeping(options: {
  db: Database;
  queues: readonly string[];
  nudger: Nudger;
  intervalMs: number;
  log: Logger;
}): { stop(): Promise<void> } {
  const run = () =>
    sweep(options.db, options.queues, options.nudger).then(
      () => {},
      (error) => options.log.warn({ err: error }, 'sweep failed'),
    );
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
