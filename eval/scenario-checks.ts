import { currentStep, masteryOf } from '../src/core/lesson.ts';
import type { ScenarioMessage, ScenarioRow } from './data.ts';
import { labelOf } from './grading.ts';
import { type Lesson, stepId } from './lessons.ts';
import type { Turn } from './player.ts';

/** What a scenario expects of a lesson, and what the lesson shows. Pure. */

export interface Observed {
  /** A key of the plan; "prereq" for a step that a replan has added; END when the plan is done. */
  step: string;
  status: string;
  failures: number;
  completed: string[];
  /** The sum over the plan's steps. */
  mastery?: number;
}

/** After a replan, status and failures are those of the step that called for it, as the planner found it. */
export function observe({ plan }: ScenarioRow, { lesson, replan }: Turn): Observed {
  const { state } = lesson;
  const current = currentStep(state);
  const { reason } = replan ?? {};
  const stuck = reason?.kind === 'stuck' ? replan?.steps.find(({ id }) => id === reason.stepId) : undefined;
  const seen = stuck ?? current;
  const isDone = (key: string) => state.steps.some(({ id, status }) => id === stepId(key) && status === 'completed');
  return {
    step: current ? (plan.find(({ key }) => stepId(key) === current.id)?.key ?? 'prereq') : 'END',
    status: seen?.status ?? 'completed',
    failures: seen?.failures ?? 0,
    completed: plan.map(({ key }) => key).filter(isDone),
  };
}

export function masteryIn({ state }: Lesson): number {
  return state.steps.reduce((sum, step) => sum + masteryOf(step), 0);
}

/**
 * An answer that may be graded in two ways may leave one failure more or less than the data writes down; `leeway`
 * carries that on to the messages after it, until the step changes.
 */
export function differences(
  { expect }: ScenarioMessage,
  turn: Turn,
  observed: Observed,
  leeway: number,
): { mismatches: string[]; leeway: number } {
  const isSameStep = currentStep(turn.before.state)?.id === currentStep(turn.lesson.state)?.id;
  const expected = expect.consecutive_failures_after;
  const natural = naturalFailures(turn);
  const isFree = expect.label_allowed.length > 1 && isAllowed(expect, turn) && observed.failures === natural;
  const carried = isSameStep ? leeway : 0;
  const isCounted = isFree || observed.failures === expected || observed.failures === expected + carried;
  const mismatches = [
    !expect.step_after.split('|').includes(observed.step) && `on ${observed.step}, not ${expect.step_after}`,
    expect.step_status_after !== observed.status && `${observed.status}, not ${expect.step_status_after}`,
    !isCounted && `${observed.failures} failures, not ${expected}`,
    !isSameSet(expect.completed_after, observed.completed) &&
      `completed [${observed.completed}], not [${expect.completed_after}]`,
  ].filter((mismatch) => typeof mismatch === 'string');
  return { mismatches, leeway: isSameStep && isCounted ? observed.failures - expected : 0 };
}

function isAllowed(expect: ScenarioMessage['expect'], { outcome }: Turn): boolean {
  const label = labelOf(outcome);
  return label !== 'none' && expect.label_allowed.includes(label);
}

/** The count that the message's own label leads to. */
function naturalFailures({ before, outcome }: Turn): number {
  const failures = currentStep(before.state)?.failures ?? 0;
  if (outcome === 'correct') return 0;
  return outcome === 'incorrect' ? failures + 1 : failures;
}

/** Patterns that match what was shown, also while it was being written. */
export function leaksIn({ expect }: ScenarioMessage, turns: readonly (Turn | null)[]): string[] {
  const shown = turns.flatMap((turn) => (turn ? [turn.text, ...turn.previews] : []));
  return expect.leak_regex.filter((pattern) => shown.some((text) => new RegExp(pattern, 'i').test(text)));
}

/** Of a message that is no answer, while a question waits. */
export function returnsToPlan({ expect }: ScenarioMessage, { before, lesson, replies }: Turn): boolean | null {
  const waiting = before.state.pending?.question.id;
  if (expect.graded || waiting === undefined) return null;
  const isShown = replies.some(({ question }) => question?.id === waiting);
  return lesson.state.pending?.question.id === waiting && isShown;
}

export function finalDifferences(
  { plan, final_expect: expect }: ScenarioRow,
  { state }: Lesson,
  messages: readonly { n: number; observed: Observed }[],
): string[] {
  const last = messages.at(-1)?.observed;
  const current = last?.step === 'END' ? null : (last?.step ?? null);
  const replans: string[] = String(expect.replans).match(/\d+/g) ?? [];
  const [, later, earlier] = /message (\d+) > after message (\d+)/.exec(expect.mastery_order ?? '') ?? [];
  const masteryAfter = (n: string) => messages.find((message) => message.n === Number(n))?.observed.mastery ?? 0;
  const isOrdered = !later || !earlier || masteryAfter(later) > masteryAfter(earlier);
  const completed = last?.completed ?? [];
  return [
    !isSameSet(expect.completed, completed) && `completed ${completed.length} of ${plan.length} steps`,
    current !== expect.current && `on ${current ?? 'END'}, not ${expect.current ?? 'END'}`,
    !replans.includes(String(state.replans)) && `${state.replans} replans, not ${expect.replans}`,
    !isOrdered && 'mastery did not grow',
  ].filter((difference) => typeof difference === 'string');
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}
