import { readPlace } from '../db/backlog.ts';
import { type LessonRow, releaseLesson } from '../db/leases.ts';
import { claimWork, type Room, type TurnRow, takeWork, type Work } from '../db/work.ts';
import { deliver, deliverAll } from './deliver.ts';
import { COUNTED, LAST_PRIORITY, nudgePriority } from './fairness.ts';
import { type Leases, now } from './leases.ts';
import { passPlaceOn } from './places.ts';
import type { JobName } from './ports.ts';
import { nudgeSpeech } from './speech-requests.ts';
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
  room: Room;
  /** Aborted when the process shuts down: no further turn is begun. */
  stopping: AbortSignal;
}

/** Safe to call at any time, from any number of workers: whoever does not get the lease does nothing. */
export function drainLesson(deps: MailboxDeps, lessonId: string): Promise<void> {
  return holdLesson(deps, lessonId, !deps.stopping.aborted, (lesson, work) => drain(deps, lesson, work));
}

/**
 * Does some work with the lesson's lease, which the work gives back. It is handed what comes next in the lesson, and
 * returns when to come again, in ms, or null. Does nothing when another worker holds the lesson.
 */
export async function holdLesson(
  deps: MailboxDeps,
  lessonId: string,
  mayStart: boolean,
  use: (lesson: LessonRow, work: Work) => Promise<number | null>,
): Promise<void> {
  const { db, leases, telemetry, room } = deps;
  const since = now();
  const lease = { owner: deps.owner, ms: leases.leaseMs };
  const claimed = await telemetry.step('claim', {}, () => claimWork(db, lessonId, lease, { room, mayStart }));
  if (!claimed) return;
  const { lesson, work } = claimed;
  const letGo = leases.hold(lesson, since);
  try {
    const wait = await use(lesson, work);
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

async function comeAgain(deps: MailboxDeps, lesson: LessonRow, delayMs: number): Promise<void> {
  const { db, nudger, telemetry, log } = deps;
  try {
    const priority = nudgePriority(await readPlace(db, lesson.workspace_id, COUNTED));
    await nudger.nudge(lesson.queue, lesson.id, { delayMs, priority });
  } catch (error) {
    telemetry.note({ type: 'nudge_lost' });
    log.warn({ err: error, lessonId: lesson.id }, 'the nudge was lost; the sweep will find the lesson when it is due');
  }
}

/**
 * Answers at most one turn, sends what is owed, and gives the lesson back: whoever has more to say stands in line
 * again, behind those who waited meanwhile. `first` is what comes next, if that is known: only then is a turn begun.
 * Returns when to come again, in ms, or null.
 */
export async function drain(deps: MailboxDeps, lesson: LessonRow, first: Work | null): Promise<number | null> {
  let work = first ?? (await look(deps, lesson));
  if (work.refused) deps.telemetry.note({ type: 'turn_put_off', because: work.refused });
  if (work.turn) {
    const { givenBack, messages } = await answer(deps, lesson, work.turn);
    if (givenBack !== null) return givenBack === work.messageCount + messages && work.isLast ? null : 0;
    work = await look(deps, lesson);
  }
  while (work.delivery) {
    const { isSent } = await deliver(deps, lesson, work.delivery);
    if (isSent) await askToHear(deps, lesson);
    work = await look(deps, lesson);
  }
  const isQuiet = await giveBack(deps, lesson, work.messageCount);
  return isQuiet ? work.waitMs : 0;
}

/** What is left to do, without beginning it. */
async function look({ db, telemetry, room }: MailboxDeps, lesson: LessonRow): Promise<Work> {
  const work = await telemetry.step('take', {}, () => takeWork(db, lesson, { room, mayStart: false }));
  if (!work) throw new LeaseLost();
  return work;
}

/** False when a message came in since `messageCount`: its own nudge may have come while the lesson was held. */
async function giveBack({ db, telemetry }: MailboxDeps, lesson: LessonRow, messageCount: number): Promise<boolean> {
  const count = await telemetry.step('release', {}, () => releaseLesson(db, lesson));
  if (count === null) throw new LeaseLost();
  return count === messageCount;
}

/** Runs a turn, sends what it owes, and gives the lesson back with it if all went well; how many messages it added. */
async function answer(deps: MailboxDeps, lesson: LessonRow, turn: TurnRow) {
  const { telemetry } = deps;
  const { platform } = lesson;
  const { end, givenBack } = await telemetry.step(
    'turn',
    { lesson: lesson.id, turn: turn.id, platform },
    async () => {
      telemetry.note({ type: 'turn_started', platform, waitedMs: turn.waited_ms });
      const end = await runTurn(deps, lesson, turn);
      return { end, givenBack: (await deliverAll(deps, lesson, end.owed)).givenBack };
    },
    turn.traceparent,
  );
  if (end.owed.length > 0) await askToHear(deps, lesson);
  if (end.othersWait) await passPlaceOn(deps, lesson);
  if (end.cardChanged) await askFor(deps, lesson, 'card');
  if (deps.model.teachesAnyTopic && turn.seq % TURNS_PER_SUMMARY === 0) await askFor(deps, lesson, 'summarise');
  return { givenBack, messages: end.owed.length };
}

/** Once in a while; the job itself sees whether there is enough to fold in. */
const TURNS_PER_SUMMARY = 6;

/** What was just sent, and is to be heard, is spoken at once. */
async function askToHear({ nudger, log, speech }: MailboxDeps, { queue, id, state }: LessonRow): Promise<void> {
  if (speech && state.voice) await nudgeSpeech({ nudger, log }, queue, id);
}

/** After the reply, never ahead of it. */
async function askFor({ nudger, log }: MailboxDeps, { queue, id }: LessonRow, job: JobName): Promise<void> {
  await nudger.nudge(queue, id, { job, priority: LAST_PRIORITY }).catch((error) => {
    log.warn({ err: error, lessonId: id, job }, 'what runs beside a lesson has to wait for the next nudge');
  });
}
