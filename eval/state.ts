import type { Question } from '../src/core/curriculum.ts';
import {
  applyEvent,
  applyEvents,
  currentStep,
  type LessonState,
  newLesson,
  type PlannedStep,
} from '../src/core/lesson.ts';
import { type StateExpectation, type StateRow, stateSchema } from './data.ts';
import { NOTHING_USED } from './meter.ts';
import { type Entry, type Part, type Played, type Score, type Stage, shareOf } from './part.ts';

/** The rules of steps and replans, through the reducer alone: no model is asked. */

export interface StateResult {
  mismatches: string[];
}

export const state: Part<StateRow, StateResult> = {
  name: 'state',
  file: 'state_cases.jsonl',
  schema: stateSchema,
  needsJudge: false,
  async play(_stage: Stage, row: StateRow): Promise<Played<StateResult>> {
    return { result: { mismatches: mismatchesOf(row) }, used: NOTHING_USED };
  },
  score,
};

/** What of a row does not hold, one line each; empty when all of it does. */
export function mismatchesOf({ steps, events }: StateRow): string[] {
  let lesson = taught(steps);
  const mismatches: string[] = [];
  for (const [index, { outcome, expect }] of events.entries()) {
    // The same message id is stored once, before any turn begins (core/accept.ts): the reducer never sees it again.
    if (expect.duplicate_of !== undefined) continue;
    const before = currentStep(lesson)?.id ?? steps.at(-1) ?? '';
    lesson = afterMessage(lesson, outcome);
    const observed = observedIn(lesson, before);
    if (lesson.phase === 'replanning') lesson = replanned(lesson);
    mismatches.push(...differences(expect, { ...observed, ...plansOf(lesson) }).map((what) => `${index + 1}: ${what}`));
  }
  return mismatches;
}

const planned = (id: string): PlannedStep => ({
  ...{ id, title: id, objective: id, approach: '', criteria: '' },
  source: null,
  needed: 1,
});

function taught(steps: readonly string[]): LessonState {
  return applyEvents(newLesson(), [
    { type: 'preferences_given', preferences: { topic: 'letters', mode: 'course' } },
    { type: 'intake_finished' },
    { type: 'planned', steps: steps.map(planned) },
    { type: 'plan_approved' },
  ]);
}

/** A message with its judgement given: a question is waiting, and only graded outcomes are events of the plan. */
function afterMessage(lesson: LessonState, outcome: string): LessonState {
  const asked = lesson.pending ? lesson : applyEvent(lesson, { type: 'question_asked', question: QUESTION });
  if (outcome !== 'correct' && outcome !== 'partially' && outcome !== 'incorrect') return asked;
  const answered = applyEvent(asked, { type: 'answered', label: outcome, misconception: null, quote: 'x' });
  const opensNext = answered.phase === 'teaching' && answered.pending === null;
  return opensNext ? applyEvent(answered, { type: 'question_asked', question: QUESTION }) : answered;
}

const QUESTION: Question = {
  id: 'q',
  kind: 'short',
  prompt: 'Which letter?',
  difficulty: 'easy',
  hints: ['one', 'two', 'three'],
  explanation: 'Because.',
  accept: ['a'],
  strict: false,
  wrong: [],
};

function observedIn(lesson: LessonState, before: string): Partial<StateExpectation> {
  const isReplanning = lesson.phase === 'replanning';
  const current = isReplanning ? lesson.steps.find((step) => step.id === before) : currentStep(lesson);
  return {
    current_step: current?.id ?? null,
    step_status: current?.status ?? 'completed',
    consecutive_failures: current?.failures ?? 0,
    replan_needed: isReplanning,
    route: isReplanning ? 'replan' : lesson.phase === 'completed' ? 'end' : 'continue',
    completed: lesson.steps.filter((step) => step.status === 'completed').map((step) => step.id),
  };
}

function plansOf({ planVersion, replans }: LessonState): Partial<StateExpectation> {
  return { plan_version: planVersion, replan_count: replans };
}

function replanned(lesson: LessonState): LessonState {
  const steps = ['prereq', ...lesson.steps.map((step) => step.id)].map(planned);
  return applyEvent(lesson, { type: 'replanned', steps });
}

function differences(expected: StateExpectation, observed: Partial<StateExpectation>): string[] {
  return Object.entries(expected).flatMap(([field, value]) => {
    const seen = observed[field as keyof StateExpectation];
    const isSame = JSON.stringify(seen) === JSON.stringify(value);
    return isSame ? [] : [`${field} is ${JSON.stringify(seen)}, not ${JSON.stringify(value)}`];
  });
}

function score(entries: readonly Entry<StateRow, StateResult>[]): Score {
  const wrong = entries.filter(({ result }) => result.mismatches.length > 0);
  return {
    figures: [shareOf('passed', entries.length - wrong.length, entries.length)],
    findings: wrong.map(({ row, result }) => `${row.id}: ${result.mismatches.join('; ')}`),
  };
}
