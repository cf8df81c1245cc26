import { type PlannerOutput, type PlanReason, plannerAgent } from '../agents/planner.ts';
import { authoredPlan, findPack, packPart } from '../curriculum.ts';
import type { LessonState, Level, PlannedStep } from '../lesson.ts';
import type { ModelFailure } from '../ports.ts';
import { normalise } from '../text.ts';
import type { TurnContext } from './turn.ts';

/**
 * Asks for a plan, the first or a changed one; what becomes of it is the reducer's business. A first plan that the
 * model cannot put in form falls back to the course's own, where there is one.
 */
export async function askPlanner(
  ctx: TurnContext,
  state: LessonState,
  reason: PlanReason,
): Promise<{ ok: true; output: PlannerOutput } | ModelFailure> {
  const pack = findPack(ctx.curriculum, state.packId);
  const step = reason.kind === 'stuck' || reason.kind === 'excelling' ? 'replan' : 'plan';
  const result = await ctx.ask(step, plannerAgent, {
    preferences: state.preferences,
    pack,
    reason,
    steps: state.steps,
    misconceptions: state.misconceptions,
    remembered: state.remembered,
  });
  if (result.ok) {
    const steps = result.output.steps.map((planned, index) => tidied(planned, index, state, ctx));
    return { ok: true, output: { ...result.output, steps } };
  }
  const isFormless = result.reason === 'invalid_output' && step === 'plan' && pack !== null;
  return isFormless ? { ok: true, output: { steps: authoredPlan(pack), message: pack.summary } } : result;
}

/** A model's step within our bounds: an id that can be named again, texts of a readable length, a source that exists. */
function tidied(planned: PlannedStep, index: number, state: LessonState, ctx: TurnContext): PlannedStep {
  const pack = findPack(ctx.curriculum, state.packId);
  const isKnown = pack !== null && planned.source !== null && packPart(pack, planned.source) !== null;
  return {
    ...planned,
    id:
      normalise(planned.id)
        .replace(/[^a-z0-9]+/g, '-')
        .slice(0, 60) || `step-${state.planVersion + 1}-${index + 1}`,
    title: planned.title.slice(0, 100),
    objective: planned.objective.slice(0, 400),
    approach: planned.approach.slice(0, 400),
    criteria: planned.criteria.slice(0, 400),
    source: isKnown ? planned.source : null,
  };
}

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'advanced'];

export function lower(state: LessonState): Level {
  return LEVELS[Math.max(0, LEVELS.indexOf(state.preferences.level ?? 'beginner') - 1)] ?? 'beginner';
}

export function higher(state: LessonState): Level {
  return LEVELS[Math.min(2, LEVELS.indexOf(state.preferences.level ?? 'beginner') + 1)] ?? 'advanced';
}
