import type { PlannedStep, Step } from './lesson.ts';

/** How a planner's steps become the steps of a lesson: pure. */

/** With every step that replans inserted. */
export const MAX_STEPS = 12;

/**
 * The new plan: finished steps stay finished, steps that are named again start afresh but keep their record,
 * new ones join, and unfinished ones that are no longer named are dropped. Null when nothing is left to teach.
 */
export function replan(old: readonly Step[], planned: readonly PlannedStep[]): Step[] | null {
  const finished = old.filter((step) => step.status === 'completed' || step.status === 'skipped');
  const open = planned.filter((step) => !finished.some((done) => done.id === step.id));
  const dropped = old
    .filter((step) => !finished.includes(step) && !open.some((next) => next.id === step.id))
    .map((step): Step => (step.status === 'blocked' ? step : { ...step, status: 'skipped' }));
  const room = MAX_STEPS - finished.length - dropped.length;
  const next = open.slice(0, room).map((step): Step => {
    const before = old.find((known) => known.id === step.id);
    return before ? { ...before, ...withinBounds(step), status: 'pending', failures: 0 } : newStep(step);
  });
  return next.length === 0 ? null : [...finished, ...dropped, ...next];
}

export function newStep(planned: PlannedStep): Step {
  return {
    ...withinBounds(planned),
    status: 'pending',
    explained: 0,
    asked: [],
    right: 0,
    wrong: 0,
    failures: 0,
    mastery: { alpha: 1, beta: 1 },
  };
}

function withinBounds(planned: PlannedStep): PlannedStep {
  return { ...planned, needed: Math.max(1, Math.min(5, Math.round(planned.needed) || 1)) };
}

export function distinct(steps: readonly PlannedStep[]): PlannedStep[] {
  return steps.filter((step, index) => steps.findIndex((other) => other.id === step.id) === index);
}
