import type { Question } from './curriculum.ts';
import { type Grade, revealsAnswer } from './grading.ts';
import type { Outcome } from './judgement.ts';
import { applyEvent, applyEvents, currentStep, type LessonEvent, type LessonState, type Step } from './lesson.ts';
import { SKILLS, type SkillName } from './skills.ts';

/**
 * Decides, before the model is asked, which skill answers which outcome: a pure function that plays each
 * outcome through the reducer and looks where the lesson would stand.
 */

export interface Move {
  outcome: Outcome;
  skill: SkillName;
  /** Why this skill, for the audit. */
  because: string;
  /** The step that the message is about; null when the plan is done or about to change. */
  step: Step | null;
  /** An authored question that must follow the message. */
  question: Question | null;
  /** True when a question must follow and the model has to write it, because none is authored. */
  needsQuestion: boolean;
  /** The waiting question is given up for an easier one, and its answer stays untold. */
  withdraws: boolean;
}

export type Moves = Partial<Record<Outcome, Move>>;

/** Every outcome that a message may have; `onwards` is never judged, only known. */
const JUDGED: readonly Outcome[] = [
  'correct',
  'partially',
  'incorrect',
  'question',
  'wants_answer',
  'lost',
  'off_topic',
  'no_answer',
  'manipulation',
];

/** The authored questions of a step, by its source; empty when the model has to write them. */
export type QuestionBank = (step: Step) => readonly Question[];

/**
 * The moves for the outcomes that are still open: all of them, or the one that code already knows. Under the homework
 * guard none of them shows an answer.
 */
export function movesFor(state: LessonState, bank: QuestionBank, known: Outcome | null, isGuarded = false): Moves {
  const open = known ? [known] : JUDGED.filter((outcome) => state.pending || !isAnswer(outcome));
  return Object.fromEntries(open.map((outcome) => [outcome, moveFor(state, bank, outcome, isGuarded)]));
}

function moveFor(state: LessonState, bank: QuestionBank, outcome: Outcome, isGuarded: boolean): Move {
  const answered = isAnswer(outcome)
    ? applyEvent(state, { type: 'answered', label: outcome, misconception: null, quote: '' })
    : state;
  const before = currentStep(state);
  const step = currentStep(answered);
  const chosen = chooseSkill(answered, outcome, before, step);
  const withdraws = isGuarded && chosen.skill === 'show_answer';
  const { skill, because } = withdraws ? GUARDED : chosen;
  const after = applyEvents(answered, [...withdrawal(withdraws), ...effectOf(skill)]);
  const asks = SKILLS[skill].asks && step !== null && after.pending === null;
  const question = asks && step ? nextQuestion(state, step, bank(step), withdraws) : null;
  return {
    outcome,
    skill,
    because,
    step,
    question,
    needsQuestion: asks && question === null,
    withdraws,
  };
}

const GUARDED = { skill: 'remediate_concept', because: 'asks for the answer, which is not shown here' } as const;

function withdrawal(withdraws: boolean): LessonEvent[] {
  return withdraws ? [{ type: 'question_withdrawn' }] : [];
}

/** In place of a withdrawn question: the easiest that is left. */
function nextQuestion(state: LessonState, step: Step, bank: readonly Question[], withdraws: boolean): Question | null {
  if (withdraws) return pickQuestion({ ...step, right: 0 }, bank, 'beginner');
  return pickQuestion(step, bank, state.preferences.level, state.pending?.question.explanation);
}

function chooseSkill(
  state: LessonState,
  outcome: Outcome,
  before: Step | null,
  step: Step | null,
): { skill: SkillName; because: string } {
  if (state.phase === 'replanning') return { skill: 'announce_replan', because: 'three wrong answers in a row' };
  if (!step) return { skill: 'celebrate', because: 'no step is left' };
  if (step.explained === 0) {
    return { skill: 'explain_concept', because: step.id === before?.id ? 'nothing explained yet' : 'a new step' };
  }
  const hintsLeft = state.pending !== null && state.pending.hintsUsed < 3;
  switch (outcome) {
    case 'correct':
      return { skill: 'create_quiz', because: 'right; the step needs one more' };
    case 'partially':
      return hintsLeft
        ? { skill: 'give_hint', because: 'partly right' }
        : { skill: 'remediate_concept', because: 'partly right and no hint left' };
    case 'incorrect':
      return step.failures < 2 && hintsLeft
        ? { skill: 'give_hint', because: 'a first wrong answer' }
        : { skill: 'remediate_concept', because: 'wrong again' };
    case 'wants_answer':
      if (!state.pending) return { skill: 'create_quiz', because: 'no question is waiting' };
      return hintsLeft
        ? { skill: 'give_hint', because: 'asks for the answer while hints are left' }
        : { skill: 'show_answer', because: 'asks for the answer after three hints' };
    case 'question':
      return { skill: 'answer_question', because: 'a side question' };
    case 'lost':
      return { skill: 'work_example', because: 'does not know' };
    case 'off_topic':
    case 'manipulation':
      return { skill: 'redirect', because: outcome === 'off_topic' ? 'off topic' : 'tries to steer the tutor' };
    case 'no_answer':
      return { skill: 'encourage', because: 'no answer in it' };
    case 'onwards':
      return { skill: 'create_quiz', because: 'the lesson goes on' };
    default:
      return outcome satisfies never;
  }
}

/** What an outcome and its move do to the lesson. */
export function eventsFor(move: Move, grade: Pick<Grade, 'misconception'> | null, quote: string): LessonEvent[] {
  const answered: LessonEvent[] = isAnswer(move.outcome)
    ? [{ type: 'answered', label: move.outcome, misconception: grade?.misconception ?? null, quote }]
    : [];
  const asked: LessonEvent[] = move.question ? [{ type: 'question_asked', question: move.question }] : [];
  return [...answered, ...withdrawal(move.withdraws), ...effectOf(move.skill), ...asked];
}

function effectOf(skill: SkillName): LessonEvent[] {
  switch (SKILLS[skill].effect) {
    case 'explains':
      return [{ type: 'step_explained' }];
    case 'hints':
      return [{ type: 'hint_given' }];
    case 'shows':
      return [{ type: 'answer_shown' }];
    default:
      return [];
  }
}

function isAnswer(outcome: Outcome): outcome is 'correct' | 'partially' | 'incorrect' {
  return outcome === 'correct' || outcome === 'partially' || outcome === 'incorrect';
}

const DIFFICULTIES = ['easy', 'medium', 'hard'] as const;
const FIRST_DIFFICULTY = { beginner: 0, intermediate: 0.5, advanced: 2 } as const;

/**
 * The unasked question nearest to what the learner should manage now: one grade harder with every right answer,
 * one easier with every failure. When all were asked, the one asked longest ago. One whose answer was told
 * with the last one waits for its turn. Null for an empty bank.
 */
export function pickQuestion(
  step: Step,
  bank: readonly Question[],
  level: LessonState['preferences']['level'],
  told = '',
): Question | null {
  const unasked = bank.filter((question) => !step.asked.includes(question.id));
  const untold = unasked.filter((question) => !revealsAnswer(question, told));
  const fresh = untold.length > 0 ? untold : unasked;
  if (fresh.length === 0) {
    return bank.toSorted((a, b) => step.asked.indexOf(a.id) - step.asked.indexOf(b.id))[0] ?? null;
  }
  const target = FIRST_DIFFICULTY[level ?? 'beginner'] + step.right - step.failures;
  const distance = (question: Question) => Math.abs(DIFFICULTIES.indexOf(question.difficulty) - target);
  return fresh.toSorted((a, b) => distance(a) - distance(b))[0] ?? null;
}
