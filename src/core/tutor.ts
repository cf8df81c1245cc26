import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../db/database.ts';
import { insertDelivery } from '../db/deliveries.ts';
import { type LessonRow, lockHeld, readMemory, saveState, updateMemory } from '../db/lessons.ts';
import { recordEvents } from '../db/records.ts';
import { readSummary } from '../db/summaries.ts';
import {
  appendMessage,
  finishTurn,
  giveUpTurn,
  messagesOfTurn,
  postponeTurn,
  recentMessages,
  startTurn,
  type TurnRow,
} from '../db/turns.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Budgets, budgetSentence } from './budget.ts';
import { RECENT_MESSAGES } from './context.ts';
import type { Curriculum } from './curriculum.ts';
import type { Surfaces } from './deliver.ts';
import { isOver, type LessonState } from './lesson.ts';
import { remember } from './memory.ts';
import { type Reply, reply } from './messages.ts';
import { answerTurn } from './phases/routing.ts';
import { draft, type PhaseResult, type TurnContext, type TurnDraft } from './phases/turn.ts';
import type { Model, ModelFailure, Nudger } from './ports.ts';
import type { Prompts } from './prompts.ts';
import { LeaseLost, turnSteps } from './steps.ts';
import { storable } from './text.ts';

export interface TurnDeps {
  db: Database;
  model: Model;
  prompts: Prompts;
  curriculum: Curriculum;
  surfaces: Surfaces;
  log: Logger;
  /** True: evaluate and answer in two calls, for comparison. */
  separate?: boolean;
  budgets?: Budgets;
  nudger: Nudger;
  /** Waits before the 2nd, 3rd … attempt at a turn; when they are used up, the turn is given up. */
  retryDelaysMs: readonly number[];
}

/**
 * One turn, from the learner's message to the reply that is promised: read, decide, commit in one transaction.
 * Until the commit nothing is said, only previewed; sending is the mailbox's next move. Throws LeaseLost.
 */
export async function runTurn(deps: TurnDeps, lesson: LessonRow, turn: TurnRow): Promise<void> {
  if (!(await startTurn(deps.db, lesson, turn.id))) throw new LeaseLost();
  const surface = deps.surfaces.get(lesson.platform);
  surface?.typing(lesson.thread_id);
  const result = await attempt(deps, lesson, turn);
  if (!result.ok) await postpone(deps, lesson, turn, result);
}

/** Answers and commits, or says why not. An error of ours is treated like an outage: logged, and tried again. */
async function attempt(deps: TurnDeps, lesson: LessonRow, turn: TurnRow): Promise<PhaseResult> {
  try {
    const result = withinBudget(await answerTurn(await readTurn(deps, lesson, turn), lesson.state), lesson.state);
    if (result.ok) await commit(deps.db, lesson, turn, result);
    return result;
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    deps.log.error({ err: error, lessonId: lesson.id, turnId: turn.id }, 'a turn failed');
    return { ok: false, reason: 'unavailable', detail: errorMessage(error) };
  }
}

/** A used-up budget is an answer, not an outage: trying again would not help. */
function withinBudget(result: PhaseResult, state: LessonState): PhaseResult {
  if (result.ok || result.reason !== 'over_budget') return result;
  return draft(state, reply('notice', budgetSentence(result.detail)), [
    { type: 'over_budget', data: { scope: result.detail } },
  ]);
}

async function readTurn(deps: TurnDeps, lesson: LessonRow, turn: TurnRow): Promise<TurnContext> {
  const messages = await messagesOfTurn(deps.db, turn.id);
  const first = messages[0];
  if (!first) throw new Error(`turn ${turn.id} has no message`);
  return {
    text: messages.map((message) => message.text).join('\n'),
    action: first.payload?.action ?? null,
    start: first.payload?.start ?? null,
    curriculum: deps.curriculum,
    teachesAnyTopic: deps.model.teachesAnyTopic,
    seq: turn.seq,
    ask: await turnSteps(deps, lesson, turn.id),
    recent: () => recentMessages(deps.db, lesson.id, first.seq, RECENT_MESSAGES),
    summary: async () => (await readSummary(deps.db, lesson.id))?.text ?? '',
    memory: () => readMemory(deps.db, lesson.learner_id),
    separate: deps.separate ?? false,
    moderate: (text) => deps.model.moderate?.(text) ?? Promise.resolve(null),
    preview: (text) => deps.surfaces.get(lesson.platform)?.preview(lesson.thread_id, text),
  };
}

async function commit(db: Database, lesson: LessonRow, turn: TurnRow, result: TurnDraft): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (!(await saveState(tx, lesson, result.state))) throw new LeaseLost();
    for (const [index, said] of result.replies.entries()) {
      await appendMessage(tx, {
        lessonId: lesson.id,
        turnId: turn.id,
        author: 'tutor',
        messageId: null,
        text: transcriptText(said),
        payload: null,
      });
      await insertDelivery(tx, { lessonId: lesson.id, turnId: turn.id, name: `reply-${index}`, reply: said });
    }
    await recordEvents(tx, lesson.id, turn.id, result.decisions);
    await rememberLearner(tx, lesson, result.state);
    await finishTurn(tx, turn.id);
  });
  lesson.state = result.state;
}

/** Keeps what this turn told about the learner: their wishes when the intake is over, their record when the lesson is. */
async function rememberLearner(tx: Queryable, lesson: LessonRow, next: LessonState): Promise<void> {
  const isOverNow = isOver(next) && !isOver(lesson.state);
  const isTakenIn = lesson.state.phase === 'intake' && next.phase !== 'intake';
  if (!isOverNow && !isTakenIn) return;
  await updateMemory(tx, lesson.learner_id, (memory) => remember(memory, next, isOverNow));
}

/** A reply as the conversation remembers it. */
function transcriptText(said: Reply): string {
  const choices = said.question?.choices.map((choice) => `${choice.id}) ${choice.text}`) ?? [];
  return [said.text, said.question?.prompt, ...choices].filter(Boolean).join('\n');
}

/**
 * Puts the turn off, tells the learner once, and gives up, visibly, when the delays are used up; a turn that was taken
 * up for one more attempt fails in silence. Throws when the turn is finished: then a commit that seemed to fail was
 * made, and what we know of the lesson is out of date.
 */
async function postpone(deps: TurnDeps, lesson: LessonRow, turn: TurnRow, failure: ModelFailure): Promise<void> {
  const delay = deps.retryDelaysMs[turn.attempts];
  const givesUp = delay === undefined;
  deps.log.warn(
    {
      lessonId: lesson.id,
      turnId: turn.id,
      reason: failure.reason,
      detail: failure.detail,
      attempt: turn.attempts + 1,
    },
    givesUp ? 'turn given up' : 'turn postponed',
  );
  const description = storable(`${failure.reason}: ${failure.detail}`).slice(0, 500);
  const wait = Math.max(delay ?? 0, Math.min(failure.retryAfterMs ?? 0, MAX_WAIT_MS));
  await deps.db.transaction().execute(async (tx) => {
    if (!(await lockHeld(tx, lesson))) throw new LeaseLost();
    const isOpen = givesUp
      ? await giveUpTurn(tx, turn.id, description)
      : await postponeTurn(tx, turn.id, wait, description);
    if (!isOpen) throw new Error(`turn ${turn.id} is finished already`);
    await recordEvents(tx, lesson.id, turn.id, [{ type: 'turn_failed', data: { reason: failure.reason, givesUp } }]);
    const notice = noticeAfter(turn.attempts, deps.retryDelaysMs.length);
    if (!notice) return;
    // A turn may be given up more than once: the fence sees to it that this is said once each time.
    const name = `notice-${randomUUID()}`;
    await insertDelivery(tx, { lessonId: lesson.id, turnId: turn.id, name, reply: reply('notice', NOTICES[notice]) });
  });
}

/** However long a provider asks us to wait: the learner is waiting too. */
const MAX_WAIT_MS = 300_000;

function noticeAfter(attempts: number, delays: number): keyof typeof NOTICES | null {
  if (attempts === delays) return 'givenUp';
  return attempts === 0 ? 'waiting' : null;
}

const NOTICES = {
  waiting: 'I need a moment longer than usual. Your message is safe, and I answer as soon as I can.',
  givenUp:
    'I still cannot answer, and I am sorry. Nothing is lost: your message is kept. Write anything in a little while and I take it up again.',
};
