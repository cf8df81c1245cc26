import { randomUUID } from 'node:crypto';
import { insertExcuse } from '../db/deliveries.ts';
import { type LessonRow, raiseFence } from '../db/leases.ts';
import { recordEvents } from '../db/records.ts';
import { giveUpTurn, postponeTurn } from '../db/turns.ts';
import type { TurnRow } from '../db/work.ts';
import { reply } from './messages.ts';
import type { ModelFailure } from './ports.ts';
import { LONGER_THAN_USUAL } from './replies.ts';
import { LeaseLost } from './steps.ts';
import { storable } from './text.ts';
import type { TurnDeps } from './tutor.ts';

type PuttingOffDeps = Pick<TurnDeps, 'db' | 'log' | 'telemetry' | 'retryDelaysMs'>;

/**
 * Puts the turn off, tells the learner once, and gives up, visibly, when the delays are used up; a turn that was taken
 * up for one more attempt fails in silence. Throws when the turn is finished: then a commit that seemed to fail was
 * made, and what we know of the lesson is out of date.
 */
export async function postpone(
  deps: PuttingOffDeps,
  lesson: LessonRow,
  turn: TurnRow,
  failure: ModelFailure,
): Promise<void> {
  const plan = planAfter(failure, turn.attempts, deps.retryDelaysMs);
  const { reason, detail } = failure;
  const { givesUp, notice } = plan;
  deps.log.warn(
    { lessonId: lesson.id, turnId: turn.id, reason, detail, attempt: turn.attempts + 1 },
    givesUp ? 'turn given up' : 'turn postponed',
  );
  deps.telemetry.note(
    failure.notTried ? { type: 'turn_put_off', because: 'provider' } : { type: 'turn_failed', reason, givesUp },
  );
  const description = storable(`${reason}: ${detail}`).slice(0, 500);
  lesson.version = await deps.db.transaction().execute(async (tx) => {
    const version = await raiseFence(tx, lesson);
    if (version === null) throw new LeaseLost();
    const isOpen = givesUp
      ? await giveUpTurn(tx, turn.id, description)
      : await postponeTurn(tx, turn.id, { ...plan, failure: description });
    if (!isOpen) throw new Error(`turn ${turn.id} is finished already`);
    await recordEvents(tx, lesson.id, turn.id, [{ type: 'turn_failed', data: { reason, givesUp } }]);
    // A turn may be given up more than once: the fence sees to it that this is said once each time.
    const name = failure.notTried ? 'waiting' : `notice-${randomUUID()}`;
    const said = notice && reply('notice', NOTICES[notice]);
    if (said) await insertExcuse(tx, { lessonId: lesson.id, turnId: turn.id, name, reply: said });
    return version;
  });
}

/** However long a provider asks us to wait: the learner is waiting too. */
const MAX_WAIT_MS = 300_000;
/** Whoever asks to be left alone is, also when they say no time. */
const MIN_WAIT_MS = 250;
/** A shorter wait is over before one has read that there is one. */
const WORTH_SAYING_MS = 3_000;

interface Postponement {
  delayMs: number;
  /** Waiting until there is room for a call is none. */
  isAttempt: boolean;
  givesUp: boolean;
  notice: keyof typeof NOTICES | null;
}

function planAfter(failure: ModelFailure, attempts: number, delays: readonly number[]): Postponement {
  const asked = Math.min(failure.retryAfterMs ?? 0, MAX_WAIT_MS);
  if (failure.notTried) {
    const notice = asked >= WORTH_SAYING_MS ? 'waiting' : null;
    return { delayMs: Math.max(asked, MIN_WAIT_MS), isAttempt: false, givesUp: false, notice };
  }
  const delay = delays[attempts];
  const notice = attempts === delays.length ? 'givenUp' : attempts === 0 ? 'waiting' : null;
  return { delayMs: Math.max(delay ?? 0, asked), isAttempt: true, givesUp: delay === undefined, notice };
}

const NOTICES = {
  waiting: LONGER_THAN_USUAL,
  givenUp:
    'I still cannot answer, and I am sorry. Nothing is lost: your message is kept. Write anything in a little while and I take it up again.',
};
