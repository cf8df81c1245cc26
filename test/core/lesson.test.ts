import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Question } from '../../src/core/curriculum.ts';
import {
  applyEvent,
  applyEvents,
  currentStep,
  isOver,
  type LessonEvent,
  type LessonState,
  MAX_FAILURES,
  MAX_REPLANS,
  masteryOf,
  newLesson,
} from '../../src/core/lesson.ts';
import { MAX_STEPS } from '../../src/core/plan.ts';

/** Properties of the reducer that hold for every sequence of events, legal or not. */

const stepId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n');
const plannedStep = fc.record({
  id: stepId,
  title: fc.constant('A step'),
  objective: fc.constant('Know it'),
  approach: fc.constant(''),
  criteria: fc.constant(''),
  source: fc.constantFrom(null, 'a'),
  needed: fc.oneof(fc.integer({ min: -2, max: 9 }), fc.constant(Number.NaN)),
});
const steps = fc.array(plannedStep, { maxLength: 9 });
const question: fc.Arbitrary<Question> = fc.constantFrom('q1', 'q2', 'q3').map((id) => ({
  id,
  kind: 'numeric',
  prompt: 'How many?',
  difficulty: 'easy',
  hints: ['one', 'two', 'three'],
  explanation: 'Because.',
  answer: '3',
  tolerance: 0,
  wrong: [],
}));
const event: fc.Arbitrary<LessonEvent> = fc.oneof(
  fc.record({
    type: fc.constant('preferences_given' as const),
    preferences: fc.record({
      topic: fc.constantFrom(null, 'letters'),
      mode: fc.constantFrom(null, 'course', 'questions'),
    }),
    autostart: fc.boolean(),
  }),
  fc.record({ type: fc.constant('intake_asked' as const), field: fc.constantFrom('topic', 'mode', 'character') }),
  fc.record({ type: fc.constantFrom('planned' as const, 'replanned' as const), steps }),
  fc.record({ type: fc.constant('question_asked' as const), question }),
  fc.record({ type: fc.constant('mode_changed' as const), mode: fc.constantFrom('course', 'questions') }),
  fc.record({
    type: fc.constant('answered' as const),
    label: fc.constantFrom('correct', 'partially', 'incorrect', 'incorrect', 'incorrect'),
    misconception: fc.constantFrom(null, 'too big', 'too small'),
    quote: fc.string(),
  }),
  fc.record({ type: fc.constant('question_asked' as const), question }),
  fc.record({ type: fc.constant('side_question' as const), left: fc.constantFrom('open', 'closed') }),
  fc.record({ type: fc.constant('noted' as const), note: fc.string() }),
  fc.record({ type: fc.constant('question_left_open' as const), question: fc.string() }),
  fc.constantFrom<LessonEvent>(
    { type: 'intake_finished' },
    { type: 'plan_change_requested' },
    { type: 'plan_approved' },
    { type: 'topic_declined' },
    { type: 'step_explained' },
    { type: 'hint_given' },
    { type: 'answer_shown' },
    { type: 'step_skipped' },
    { type: 'replan_requested' },
    { type: 'replan_failed' },
    { type: 'paused' },
    { type: 'resumed' },
  ),
) as fc.Arbitrary<LessonEvent>;
const events = fc.array(event, { maxLength: 120 });

/** A lesson that is being taught, then anything at all. */
const anyLesson = fc.tuple(steps, events).map(([plan, after]) => {
  const begun = applyEvents(newLesson(), [
    { type: 'preferences_given', preferences: { topic: 'letters', mode: 'course' } },
    { type: 'intake_finished' },
    { type: 'planned', steps: plan },
    { type: 'plan_approved' },
  ]);
  return { begun, after };
});

/** Checks `holds` before and after each event of any lesson. */
function always(holds: (before: LessonState, after: LessonState, event: LessonEvent) => void) {
  fc.assert(
    fc.property(anyLesson, ({ begun, after }) => {
      let state = begun;
      for (const next of after) {
        const changed = applyEvent(state, next);
        holds(state, changed, next);
        state = changed;
      }
    }),
    { numRuns: 1500 },
  );
}

test('no event un-completes a step', () => {
  always((before, after) => {
    for (const step of before.steps.filter((each) => each.status === 'completed')) {
      // A plan that was never approved may be made anew; from the first approval on, steps only grow.
      expect(after.steps.find((each) => each.id === step.id)?.status).toBe('completed');
    }
  });
});

test('there are never more replans than allowed, and never more steps', () => {
  always((_, after) => {
    expect(after.replans).toBeLessThanOrEqual(MAX_REPLANS);
    expect(after.steps.length).toBeLessThanOrEqual(MAX_STEPS);
  });
});

test('at most one step is in progress, and no step fails more often in a row than blocks it', () => {
  always((_, after) => {
    expect(after.steps.filter((step) => step.status === 'in_progress').length).toBeLessThanOrEqual(1);
    for (const step of after.steps) {
      expect(step.failures).toBeLessThanOrEqual(MAX_FAILURES);
      expect(masteryOf(step)).toBeGreaterThan(0);
      expect(masteryOf(step)).toBeLessThan(1);
      expect(step.needed).toBeGreaterThanOrEqual(1);
    }
  });
});

test('teaching always has a step to teach, and a waiting question belongs to it', () => {
  always((_, after) => {
    if (after.phase === 'teaching') expect(currentStep(after)).not.toBeNull();
    if (after.pending) {
      expect(after.phase).toBe('teaching');
      expect(after.pending.stepId).toBe(currentStep(after)?.id);
    }
  });
});

test('single mistakes, hints and talk never ask for a replan', () => {
  always((before, after, event) => {
    if (before.phase !== 'replanning' && after.phase === 'replanning') {
      const isThird = event.type === 'answered' && after.steps.some((step) => step.failures === MAX_FAILURES);
      expect(isThird || event.type === 'replan_requested').toBe(true);
    }
  });
});

test('the state stays small', () => {
  fc.assert(
    fc.property(anyLesson, ({ begun, after }) => {
      const long = [...after, ...after, ...after].map((each) =>
        each.type === 'noted' ? { ...each, note: each.note.slice(0, 200) } : each,
      );
      expect(JSON.stringify(applyEvents(begun, long)).length).toBeLessThan(16_000);
    }),
    { numRuns: 100 },
  );
});

test('from any state, every lesson can be brought to its end by legal moves', () => {
  fc.assert(
    fc.property(anyLesson, fc.boolean(), ({ begun, after }, skips) => {
      let state = applyEvents(begun, after);
      for (let moves = 0; moves < 400 && !isOver(state); moves += 1) {
        const next = applyEvent(state, legalMove(state, skips));
        expect(next, `stuck in ${state.phase}`).not.toBe(state);
        state = next;
      }
      expect(isOver(state)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a learner who is always wrong is brought to an end too, and somebody is called', () => {
  fc.assert(
    fc.property(fc.array(plannedStep, { minLength: 1, maxLength: 5 }), (plan) => {
      let state = applyEvents(newLesson(), [
        { type: 'preferences_given', preferences: { topic: 'letters', mode: 'course' } },
        { type: 'intake_finished' },
        { type: 'planned', steps: plan },
        { type: 'plan_approved' },
      ]);
      for (let moves = 0; moves < 400 && !isOver(state); moves += 1) {
        state = applyEvent(state, wrongMove(state));
      }
      expect(state).toMatchObject({ phase: 'completed', intervention: true });
      expect(state.replans).toBeLessThanOrEqual(MAX_REPLANS);
    }),
  );
});

const QUESTION = fc.sample(question, 1)[0] as Question;
const PLAN = ['a', 'b', 'c'].map((id) => ({
  id,
  title: id,
  objective: '',
  approach: '',
  criteria: '',
  source: null,
  needed: 1,
}));

/** The move that the tutor or a well-meaning learner has in each phase. */
function legalMove(state: LessonState, skips: boolean): LessonEvent {
  switch (state.phase) {
    case 'intake':
      return state.preferences.topic
        ? { type: 'intake_finished' }
        : { type: 'preferences_given', preferences: { topic: 'letters' } };
    case 'planning':
      return { type: 'planned', steps: PLAN };
    case 'approving':
      return { type: 'plan_approved' };
    case 'replanning':
      return { type: 'replan_failed' };
    case 'answering':
      return { type: 'ended' };
    case 'teaching':
      if (skips) return { type: 'step_skipped' };
      if (!state.pending) return { type: 'question_asked', question: QUESTION };
      return { type: 'answered', label: 'correct', misconception: null, quote: '' };
    case 'completed':
    case 'ended':
      return { type: 'resumed' };
    default:
      return state.phase satisfies never;
  }
}

function wrongMove(state: LessonState): LessonEvent {
  if (state.phase === 'replanning') {
    const open = state.steps.filter((step) => step.status === 'pending' || step.status === 'blocked');
    return { type: 'replanned', steps: [{ ...(PLAN[0] as (typeof PLAN)[0]), id: `extra-${state.replans}` }, ...open] };
  }
  if (!state.pending) return { type: 'question_asked', question: QUESTION };
  return { type: 'answered', label: 'incorrect', misconception: null, quote: '' };
}
