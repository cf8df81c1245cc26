import { claimLesson, type LessonRow, releaseLesson, releaseUnchanged } from '../db/leases.ts';
import { takeWork } from '../db/work.ts';
import { deliver, deliverAll } from './deliver.ts';
import { type Leases, now } from './leases.ts';
import { passPlaceOn } from './places.ts';
import { LeaseLost } from './steps.ts';
import { runTurn, type TurnDeps } from './tutor.ts';

/**
 * A lesson is an actor with a mailbox: one worker at a time holds its lease and empties the mailbox in order.
 */

export interface MailboxDeps extends TurnDeps {
  /** This worker, for the operator who reads the lessons table. */
  owner: string;
  leases: Leases;
  /** Turns in hand at the same time, of one learner and of one workspace, in all workers. */
  room: { learner: number; workspace: number };
  /** Aborted when the process shuts down: no further turn is begun. */
  stopping: AbortSignal;
}

/** Safe to call at any time, from any number of workers: whoever does not get the lease does nothing. */
export function drainLesson(deps: MailboxDeps, lessonId: string): Promise<void> {
  return holdLesson(deps, lessonId, (lesson) => drain(deps, lesson, () => !deps.stopping.aborted));
}

/**
 * Does some work with the lesson's lease, which the work gives back. It returns when to come again, in ms, or null.
 * Does nothing when another worker holds the lesson.
 */
export async function holdLesson(
  deps: MailboxDeps,
  lessonId: string,
  work: (lesson: LessonRow) => Promise<number | null>,
): Promise<void> {
  const { db, leases, telemetry } = deps;
  const since = now();
  const lesson = await telemetry.step('claim', {}, () => claimLesson(db, lessonId, deps.owner, leases.leaseMs));
  if (!lesson) return;
  const letGo = leases.hold(lesson, since);
  try {
    const wait = await work(lesson);
    if (wait !== null) await comeAgain(deps, lesson, wait);
  } catch (error) {
    if (error instanceof LeaseLost) {
      telemetry.note({ type: 'lease_lost' });
      return deps.log.warn({ lessonId }, 'another worker took the lesson over');
    }
    // Not to be waited for until the lease runs out: the next sweep finds the lesson free.
    await releaseLesson(db, lesson).catch(() => {});
    throw error;
  } finally {
    letGo();
  }
}

async function comeAgain({ nudger, telemetry, log }: MailboxDeps, lesson: LessonRow, delayMs: number): Promise<void> {
  try {
    await nudger.nudge(lesson.queue, lesson.id, { delayMs });
  } catch (error) {
    telemetry.note({ type: 'nudge_lost' });
    log.warn({ err: error, lessonId: lesson.id }, 'the nudge was lost; the sweep will find the lesson when it is due');
  }
}

/** Works until nothing is due, then gives the lesson back. Returns when to come again, in ms, or null. */
export async function drain(deps: MailboxDeps, lesson: LessonRow, mayStart: () => boolean): Promise<number | null> {
  const { db, telemetry } = deps;
  for (;;) {
    const starts = mayStart();
    const work = await telemetry.step('take', {}, () => takeWork(db, lesson, deps.room, starts));
    if (!work) throw new LeaseLost();
    if (work.delivery) {
      await deliver(deps, lesson, work.delivery);
    } else if (work.turn) {
      const { turn } = work;
      const end = await runTurn(deps, lesson, turn);
      await deliverAll(deps, lesson, end.owed);
      if (end.othersWait) await passPlaceOn(deps, lesson);
      await askForSummary(deps, lesson, turn.seq);
    } else {
      if (work.refused) telemetry.note({ type: 'turn_put_off', because: work.refused });
      const isFree = await telemetry.step('release', {}, () => releaseUnchanged(db, lesson, work.messageCount));
      if (isFree) return work.waitMs;
    }
  }
}

/** Once in a while; the job itself sees whether there is enough to fold in. */
const TURNS_PER_SUMMARY = 6;

/** After the reply, never ahead of it. */
async function askForSummary(deps: MailboxDeps, lesson: LessonRow, seq: number): Promise<void> {
  if (!deps.model.teachesAnyTopic || seq % TURNS_PER_SUMMARY !== 0) return;
  await deps.nudger.nudge(lesson.queue, lesson.id, { job: 'summarise' }).catch((error) => {
    deps.log.warn({ err: error, lessonId: lesson.id }, 'a summary has to wait for the next nudge');
  });
}
