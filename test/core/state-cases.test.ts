import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Question } from '../../src/core/curriculum.ts';
import { applyEvent, applyEvents, currentStep, type LessonState, newLesson } from '../../src/core/lesson.ts';

/** The step and replan rules that graded tutoring data agrees on (authored, CC0): one row, one test. */

interface StateCase {
  id: string;
  name: string;
  steps: string[];
  max_replans: number;
  events: { outcome: string; expect: Expected }[];
}

interface Expected {
  current_step: string | null;
  step_status: string;
  consecutive_failures: number;
  replan_needed: boolean;
  route: 'continue' | 'replan' | 'end';
  completed?: string[];
  plan_version?: number;
  replan_count?: number;
  duplicate_of?: number;
}

const cases: StateCase[] = readFileSync(new URL('../fixtures/state-cases.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test('there are twelve cases', () => {
  expect(cases).toHaveLength(12);
});

test.each(cases)('$id: $name', ({ steps, events }) => {
  let state = taught(steps);
  for (const { outcome, expect: expected } of events) {
    // The same message id is stored once (accept.test.ts), so a duplicate never reaches the reducer.
    if (expected.duplicate_of !== undefined) continue;
    const before = currentStep(state);
    state = afterMessage(state, outcome);
    expect(observed(state, before?.id ?? steps.at(-1) ?? '')).toMatchObject(comparable(expected));
    if (state.phase === 'replanning') state = checkReplanned(state, expected);
  }
});

const planned = (id: string) => ({ id, title: id, objective: id, approach: '', criteria: '', source: null, needed: 1 });

function taught(steps: string[]): LessonState {
  return applyEvents(newLesson(), [
    { type: 'preferences_given', preferences: { topic: 'letters', mode: 'course' } },
    { type: 'intake_finished' },
    { type: 'planned', steps: steps.map(planned) },
    { type: 'plan_approved' },
  ]);
}

/** A message with the evaluator stubbed: a question is waiting, and only graded outcomes are events of the plan. */
function afterMessage(state: LessonState, outcome: string): LessonState {
  const asked = state.pending ? state : applyEvent(state, { type: 'question_asked', question: QUESTION });
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

function observed(state: LessonState, before: string) {
  const blocked = state.phase === 'replanning' ? state.steps.find((step) => step.id === before) : null;
  const current = blocked ?? currentStep(state);
  return {
    current_step: current?.id ?? null,
    step_status: current?.status ?? 'completed',
    consecutive_failures: current?.failures ?? 0,
    replan_needed: state.phase === 'replanning',
    route: state.phase === 'replanning' ? 'replan' : state.phase === 'completed' ? 'end' : 'continue',
    completed: state.steps.filter((step) => step.status === 'completed').map((step) => step.id),
  };
}

function comparable({ plan_version: _version, replan_count: _count, ...rest }: Expected) {
  return rest;
}

function checkReplanned(state: LessonState, expected: Expected): LessonState {
  const next = applyEvent(state, {
    type: 'replanned',
    steps: ['prereq', ...state.steps.map((step) => step.id)].map(planned),
  });
  if (expected.plan_version !== undefined) expect(next.planVersion).toBe(expected.plan_version);
  if (expected.replan_count !== undefined) expect(next.replans).toBe(expected.replan_count);
  return next;
}
