import type { Question } from './curriculum.ts';
import type { Label } from './grading.ts';
import { TEACHING_WISHES, type TeachingWishes, type WishName } from './messages.ts';
import { distinct, newStep, replan } from './plan.ts';

/**
 * A lesson's state and the only function that may change it. The model proposes; `applyEvent` disposes:
 * an event that is not legal in the present state leaves the state as it is (the same object).
 * The state is a small document: nothing in it grows with the conversation.
 */

const MAX_PLANNED_STEPS = 5;
export const MAX_REPLANS = 3;
/** Wrong answers in a row on one step that block it. */
export const MAX_FAILURES = 3;
/** Exchanges on one side question, after which the lesson goes back to its plan. */
const MAX_SIDE_EXCHANGES = 3;
const KEPT_MISCONCEPTIONS = 12;
const KEPT_NOTES = 8;
const KEPT_OPEN_QUESTIONS = 5;

export type Phase =
  | 'intake'
  | 'planning'
  | 'approving'
  | 'teaching'
  | 'replanning'
  | 'answering'
  | 'completed'
  | 'ended';

export type Level = 'beginner' | 'intermediate' | 'advanced';

export interface Preferences {
  topic: string | null;
  mode: 'course' | 'questions' | null;
  /** A preset's name (see characters.ts) or the learner's own description. */
  character: string | null;
  level: Level | null;
  minutes: number | null;
  /** How the learner likes to learn, in their words: "with pictures", "football examples". */
  style: string | null;
  language: string | null;
  nickname: string | null;
  /** The name of the voice to be heard. Absent in lessons of before there was speech. */
  voice?: string | null;
}

export type IntakeField = 'topic' | 'mode' | 'character';

/** What a planner proposes. `source` names the pack step or refresher that teaches it, if there is one. */
export interface PlannedStep {
  id: string;
  title: string;
  objective: string;
  approach: string;
  criteria: string;
  source: string | null;
  /** Right answers that complete the step. */
  needed: number;
}

export type StepStatus = 'pending' | 'in_progress' | 'completed' | 'blocked' | 'skipped';

export interface Step extends PlannedStep {
  status: StepStatus;
  /** Explanations given so far. */
  explained: number;
  asked: string[];
  right: number;
  wrong: number;
  /** Wrong answers in a row. */
  failures: number;
  /** Beta distribution of the chance of a right answer, from a uniform prior (1, 1). */
  mastery: { alpha: number; beta: number };
}

export interface PendingQuestion {
  stepId: string;
  question: Question;
  /** 0 to 3. */
  hintsUsed: number;
  attempts: number;
}

export interface SeenMisconception {
  stepId: string;
  name: string;
  /** The learner's words that showed it. */
  quote: string;
  resolved: boolean;
}

export interface LessonState {
  phase: Phase;
  paused: boolean;
  preferences: Preferences;
  packId: string | null;
  autostart: boolean;
  /** What is said is to be heard as well. Absent in lessons of before there was speech. */
  voice?: boolean;
  /** Preferences that are the place's, where the learner has not said otherwise: they are not remembered as theirs. */
  lent: WishName[];
  /** Fields asked for so far, in order; the last one is being waited for. */
  intakeAsked: IntakeField[];
  planVersion: number;
  replans: number;
  steps: Step[];
  pending: PendingQuestion | null;
  /** A lesson that needs a person: the replan limit was reached and the learner is stuck again. */
  intervention: boolean;
  misconceptions: SeenMisconception[];
  /** Exchanges that the open side question has taken; 0 when there is none. */
  sideExchanges: number;
  /** Questions that could not be answered; they are handed back in the summary. */
  openQuestions: string[];
  /** Misconceptions that were open at the end of earlier lessons. */
  remembered: string[];
  /** The tutor's own assessment notes, newest last. */
  notes: string[];
}

export type LessonEvent =
  /** `withdrawn`: what the learner has said before, and takes back. */
  | {
      type: 'preferences_given';
      preferences: Partial<Preferences>;
      withdrawn?: readonly WishName[];
      packId?: string | null;
      autostart?: boolean;
    }
  /** What earlier lessons told, and what the place does where they told nothing. */
  | { type: 'remembered'; preferences: Partial<Preferences>; defaults: TeachingWishes; misconceptions: string[] }
  | { type: 'voice_switched'; on: boolean }
  | { type: 'intake_asked'; field: IntakeField }
  | { type: 'intake_finished' }
  | { type: 'planned'; steps: PlannedStep[] }
  | { type: 'plan_change_requested' }
  | { type: 'plan_approved' }
  /** Nobody can or will plan this topic: ask for another. */
  | { type: 'topic_declined' }
  | { type: 'step_explained' }
  | { type: 'question_asked'; question: Question }
  | { type: 'answered'; label: Label; misconception: string | null; quote: string }
  | { type: 'hint_given' }
  | { type: 'answer_shown' }
  /** Given up by the learner, in favour of an easier one; its answer stays untold. */
  | { type: 'question_withdrawn' }
  | { type: 'step_skipped' }
  /** The step in hand is the last one. */
  | { type: 'shortened' }
  | { type: 'replan_requested' }
  | { type: 'replanned'; steps: PlannedStep[] }
  | { type: 'replan_failed' }
  | { type: 'question_left_open'; question: string }
  | { type: 'side_question'; left: 'open' | 'closed' }
  | { type: 'noted'; note: string }
  | { type: 'mode_changed'; mode: 'course' | 'questions' }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'ended' };

export function newLesson(): LessonState {
  return {
    phase: 'intake',
    paused: false,
    preferences: {
      topic: null,
      mode: null,
      character: null,
      level: null,
      minutes: null,
      style: null,
      language: null,
      nickname: null,
      voice: null,
    },
    packId: null,
    autostart: false,
    voice: false,
    lent: [],
    intakeAsked: [],
    planVersion: 0,
    replans: 0,
    steps: [],
    pending: null,
    intervention: false,
    misconceptions: [],
    sideExchanges: 0,
    openQuestions: [],
    remembered: [],
    notes: [],
  };
}

/** The step in progress, else the first pending one, else null: the plan is done. Never stored. */
export function currentStep(state: Pick<LessonState, 'steps'>): Step | null {
  return (
    state.steps.find((step) => step.status === 'in_progress') ??
    state.steps.find((step) => step.status === 'pending') ??
    null
  );
}

/** 0 to 1: the mean of the step's Beta distribution. */
export function masteryOf(step: Step): number {
  return step.mastery.alpha / (step.mastery.alpha + step.mastery.beta);
}

export function isOver(state: LessonState): boolean {
  return state.phase === 'completed' || state.phase === 'ended';
}

export function applyEvents(state: LessonState, events: readonly LessonEvent[]): LessonState {
  return events.reduce(applyEvent, state);
}

export function applyEvent(state: LessonState, event: LessonEvent): LessonState {
  switch (event.type) {
    case 'paused':
      return state.paused || isOver(state) ? state : { ...state, paused: true };
    case 'resumed':
      return state.paused ? { ...state, paused: false } : state;
    case 'ended':
      return isOver(state) ? state : { ...state, phase: 'ended', paused: false, pending: null };
    case 'noted':
      return { ...state, notes: keepLast([...state.notes, event.note], KEPT_NOTES) };
    case 'question_left_open':
      return { ...state, openQuestions: keepLast([...state.openQuestions, event.question], KEPT_OPEN_QUESTIONS) };
    case 'side_question': {
      const open = event.left === 'open' && state.sideExchanges + 1 < MAX_SIDE_EXCHANGES;
      return { ...state, sideExchanges: open ? state.sideExchanges + 1 : 0 };
    }
    case 'preferences_given':
      return withPreferences(state, event);
    case 'remembered':
      return withMemory(state, event);
    case 'voice_switched':
      return { ...state, voice: event.on };
    case 'mode_changed':
      return changeMode(state, event.mode);
    case 'shortened':
      return { ...state, steps: state.steps.map((each) => (each.status === 'pending' ? left(each) : each)) };
    case 'intake_asked':
    case 'intake_finished':
      return duringIntake(state, event);
    case 'planned':
    case 'plan_change_requested':
    case 'plan_approved':
    case 'topic_declined':
      return duringPlanning(state, event);
    case 'replanned':
    case 'replan_failed':
      return duringReplanning(state, event);
    case 'step_explained':
    case 'question_asked':
    case 'answered':
    case 'hint_given':
    case 'answer_shown':
    case 'question_withdrawn':
    case 'step_skipped':
    case 'replan_requested':
      return state.phase === 'teaching' ? duringTeaching(state, event) : state;
    default:
      return event satisfies never;
  }
}

type EventOf<T extends LessonEvent['type']> = Extract<LessonEvent, { type: T }>;

function withPreferences(state: LessonState, event: EventOf<'preferences_given'>): LessonState {
  const given = Object.fromEntries(Object.entries(event.preferences).filter(([, value]) => value != null));
  const withdrawn = event.withdrawn ?? [];
  const none = Object.fromEntries(withdrawn.map((name) => [name, null]));
  return {
    ...state,
    preferences: { ...state.preferences, ...none, ...given },
    lent: state.lent.filter((name) => !(name in given) && !withdrawn.includes(name)),
    packId: event.packId === undefined ? state.packId : event.packId,
    autostart: event.autostart ?? state.autostart,
  };
}

/** What earlier lessons tell, wherever this one has not said otherwise. */
function withMemory(state: LessonState, event: EventOf<'remembered'>): LessonState {
  const given = Object.entries(state.preferences).filter(([, value]) => value !== null);
  const theirs = { ...event.preferences, ...Object.fromEntries(given) };
  return {
    ...state,
    preferences: { ...state.preferences, ...event.defaults, ...theirs },
    lent: TEACHING_WISHES.filter((name) => event.defaults[name] && !theirs[name]),
    remembered: event.misconceptions.slice(0, KEPT_NOTES),
  };
}

/** A planned course may become questions only, and back; the plan and its progress are kept. */
function changeMode(state: LessonState, mode: 'course' | 'questions'): LessonState {
  const isSettled = state.phase !== 'intake' && state.phase !== 'replanning' && !isOver(state);
  if (!isSettled || state.preferences.mode === mode) return state;
  const preferences = { ...state.preferences, mode };
  if (mode === 'questions') return { ...state, preferences, phase: 'answering', pending: null };
  return onwards({ ...state, preferences, phase: phaseOfPlan(state.steps) });
}

/** Where a course goes on: with making a plan, with its approval, or with teaching it. */
function phaseOfPlan(steps: readonly Step[]): Phase {
  if (steps.length === 0) return 'planning';
  return steps.every((step) => step.status === 'pending') ? 'approving' : 'teaching';
}

function duringIntake(state: LessonState, event: EventOf<'intake_asked' | 'intake_finished'>): LessonState {
  if (state.phase !== 'intake') return state;
  if (event.type === 'intake_asked') {
    return { ...state, intakeAsked: [...state.intakeAsked.filter((field) => field !== event.field), event.field] };
  }
  if (state.preferences.topic === null) return state;
  const mode = state.preferences.mode ?? 'course';
  return {
    ...state,
    preferences: { ...state.preferences, mode },
    phase: mode === 'questions' ? 'answering' : 'planning',
  };
}

function duringPlanning(
  state: LessonState,
  event: EventOf<'planned' | 'plan_change_requested' | 'plan_approved' | 'topic_declined'>,
): LessonState {
  if (event.type === 'topic_declined') {
    if (state.phase !== 'planning') return state;
    const preferences = { ...state.preferences, topic: null };
    return { ...state, phase: 'intake', preferences, packId: null, steps: [], intakeAsked: ['topic'] };
  }
  if (event.type === 'planned') {
    const steps = distinct(event.steps).slice(0, MAX_PLANNED_STEPS).map(newStep);
    if (state.phase !== 'planning' || steps.length === 0) return state;
    return { ...state, steps, planVersion: state.planVersion + 1, phase: state.autostart ? 'teaching' : 'approving' };
  }
  if (state.phase !== 'approving') return state;
  return { ...state, phase: event.type === 'plan_approved' ? 'teaching' : 'planning' };
}

type TeachingEvent =
  | EventOf<'step_explained' | 'question_asked' | 'answered' | 'hint_given'>
  | EventOf<'answer_shown' | 'question_withdrawn' | 'step_skipped' | 'replan_requested'>;

function duringTeaching(state: LessonState, event: TeachingEvent): LessonState {
  const step = currentStep(state);
  if (!step) return state;
  switch (event.type) {
    case 'step_explained':
      return withStep(state, { ...step, status: 'in_progress', explained: step.explained + 1 });
    case 'question_asked':
      return {
        ...withStep(state, {
          ...step,
          status: 'in_progress',
          asked: keepLast([...step.asked.filter((id) => id !== event.question.id), event.question.id], 20),
        }),
        pending: { stepId: step.id, question: event.question, hintsUsed: 0, attempts: 0 },
      };
    case 'answered':
      return state.pending ? withAnswer(state, step, state.pending, event) : state;
    case 'hint_given':
      if (!state.pending || state.pending.hintsUsed >= 3) return state;
      return { ...state, pending: { ...state.pending, hintsUsed: state.pending.hintsUsed + 1 } };
    case 'answer_shown':
    case 'question_withdrawn':
      if (!state.pending) return state;
      return { ...withStep(state, evidence(step, 0, 0.5)), pending: null };
    case 'step_skipped':
      return onwards(withStep({ ...state, pending: null }, left(step)));
    case 'replan_requested':
      return state.replans < MAX_REPLANS ? { ...state, phase: 'replanning', pending: null } : state;
    default:
      return event satisfies never;
  }
}

/** What a right answer is worth as evidence after 0 to 3 hints. */
const EVIDENCE_AFTER_HINTS = [1, 0.7, 0.5, 0.3];

function withAnswer(
  state: LessonState,
  step: Step,
  pending: PendingQuestion,
  answer: EventOf<'answered'>,
): LessonState {
  const tried = { ...pending, attempts: pending.attempts + 1 };
  if (answer.label === 'partially') return { ...withStep(state, evidence(step, 0.5, 0.5)), pending: tried };
  if (answer.label === 'correct') {
    const right = step.right + 1;
    const status = right >= step.needed ? 'completed' : 'in_progress';
    const solved = { ...evidence(step, EVIDENCE_AFTER_HINTS[pending.hintsUsed] ?? 0.3, 0), right, status, failures: 0 };
    return onwards({ ...withStep(state, solved as Step), pending: null, misconceptions: resolved(state, step.id) });
  }
  const failures = step.failures + 1;
  const failed: Step = { ...evidence(step, 0, 1), wrong: step.wrong + 1, failures };
  const seen = { ...withStep(state, failed), pending: tried, misconceptions: withMisconception(state, step, answer) };
  return failures < MAX_FAILURES ? seen : blocked(seen, failed);
}

/** Three failures in a row: ask for a replan, or, when none is left, go on and call for a person. */
function blocked(state: LessonState, step: Step): LessonState {
  const stopped = { ...withStep(state, { ...step, status: 'blocked' }), pending: null };
  if (state.replans < MAX_REPLANS) return { ...stopped, phase: 'replanning' };
  return onwards({ ...stopped, intervention: true });
}

function left(step: Step): Step {
  return { ...step, status: 'skipped' };
}

/** Teaching without a step left is a completed lesson. */
function onwards(state: LessonState): LessonState {
  return state.phase !== 'teaching' || currentStep(state) ? state : { ...state, phase: 'completed' };
}

function evidence(step: Step, alpha: number, beta: number): Step {
  return { ...step, mastery: { alpha: step.mastery.alpha + alpha, beta: step.mastery.beta + beta } };
}

function resolved(state: LessonState, stepId: string): SeenMisconception[] {
  return state.misconceptions.map((seen) => (seen.stepId === stepId ? { ...seen, resolved: true } : seen));
}

function withMisconception(state: LessonState, step: Step, answer: EventOf<'answered'>): SeenMisconception[] {
  if (!answer.misconception) return state.misconceptions;
  const others = state.misconceptions.filter((seen) => seen.stepId !== step.id || seen.name !== answer.misconception);
  const seen = { stepId: step.id, name: answer.misconception, quote: answer.quote.slice(0, 200), resolved: false };
  return keepLast([...others, seen], KEPT_MISCONCEPTIONS);
}

function duringReplanning(state: LessonState, event: EventOf<'replanned' | 'replan_failed'>): LessonState {
  if (state.phase !== 'replanning') return state;
  const steps = event.type === 'replanned' ? replan(state.steps, distinct(event.steps)) : null;
  const version = state.planVersion + (steps ? 1 : 0);
  return onwards({
    ...state,
    phase: 'teaching',
    pending: null,
    steps: steps ?? state.steps,
    planVersion: version,
    // A failed attempt counts too, so that a planner that always fails cannot keep the lesson replanning.
    replans: state.replans + 1,
    intervention: state.intervention || (!steps && state.steps.some((step) => step.status === 'blocked')),
  });
}

function withStep(state: LessonState, changed: Step): LessonState {
  return { ...state, steps: state.steps.map((step) => (step.id === changed.id ? changed : step)) };
}

function keepLast<T>(list: readonly T[], count: number): T[] {
  return list.slice(-count);
}
