import { nextDelivery } from '../db/deliveries.ts';
import { claimLesson, extendLease, type LessonRow, releaseLesson } from '../db/lessons.ts';
import { nextTurn, type TurnRow } from '../db/turns.ts';
import { deliverPending } from './deliver.ts';
import { LeaseLost } from './steps.ts';
import { runTurn, type TurnDeps } from './tutor.ts';

/**
 * A lesson is an actor with a mailbox: one worker at a time holds its lease and empties the mailbox in order.
 */

export interface MailboxDeps extends TurnDeps {
  /** This worker, for the operator who reads the lessons table. */
  owner: string;
  leaseMs: number;
  /** Aborted when the process shuts down: no further turn is begun. */
  stopping: AbortSignal;
}

/** Safe to call at any time, from any number of workers: whoever does not get the lease does nothing. */
export async function drainLesson(deps: MailboxDeps, lessonId: string): Promise<void> {
  const lesson = await claimLesson(deps.db, lessonId, deps.owner, deps.leaseMs);
  if (!lesson) return;
  const heartbeat = setInterval(() => {
    extendLease(deps.db, lesson, deps.leaseMs).catch((error) =>
      deps.log.warn({ lessonId, err: error }, 'heartbeat failed'),
    );
  }, deps.leaseMs / 3);
  try {
    const wait = await drain(deps, lesson);
    if (wait !== null) await deps.nudger.nudge(lesson.queue, lessonId, { delayMs: wait });
  } catch (error) {
    if (error instanceof LeaseLost) return deps.log.warn({ lessonId }, 'another worker took the lesson over');
    // Not to be waited for until the lease runs out: the next sweep finds the lesson free.
    await releaseLesson(deps.db, lesson).catch(() => {});
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Works until nothing is due, then gives the lesson back. Returns when to come again, in ms, or null. */
async function drain(deps: MailboxDeps, lesson: LessonRow): Promise<number | null> {
  for (let answered: TurnRow | null = null; ; ) {
    const deliveryWait = await deliverPending(deps, lesson);
    if (answered) await askForSummary(deps, lesson, answered);
    answered = null;
    const turn = deliveryWait === null ? await nextTurn(deps.db, lesson.id) : null;
    const wait = deliveryWait ?? turn?.wait_ms ?? null;
    if (turn && wait === 0 && !deps.stopping.aborted) {
      await runTurn(deps, lesson, turn);
      answered = turn;
      continue;
    }
    if (await releaseIfIdle(deps, lesson, turn)) return wait;
  }
}

/** Once in a while; the job itself sees whether there is enough to fold in. */
const TURNS_PER_SUMMARY = 6;

/** After the reply, never ahead of it. */
async function askForSummary(deps: MailboxDeps, lesson: LessonRow, answered: TurnRow): Promise<void> {
  if (!deps.model.teachesAnyTopic || answered.seq % TURNS_PER_SUMMARY !== 0) return;
  await deps.nudger.nudge(lesson.queue, lesson.id, { job: 'summarise' }).catch((error) => {
    deps.log.warn({ err: error, lessonId: lesson.id }, 'a summary has to wait for the next nudge');
  });
}

/**
 * Gives the lease back unless a message came in meanwhile. Accepting locks the lesson too, so a message is either
 * seen here or finds the lesson free: it cannot fall between.
 */
function releaseIfIdle(deps: MailboxDeps, lesson: LessonRow, seen: TurnRow | null): Promise<boolean> {
  return deps.db.transaction().execute(async (tx) => {
    await tx.selectFrom('lessons').select('id').where('id', '=', lesson.id).forUpdate().execute();
    const turn = await nextTurn(tx, lesson.id);
    const isNew = turn !== null && turn.id !== seen?.id && (await nextDelivery(tx, lesson.id)) === null;
    if (isNew && !deps.stopping.aborted) return false;
    await releaseLesson(tx, lesson);
    return true;
  });
}
