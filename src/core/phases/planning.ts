import { type PlannerOutput, type PlanReason, plannerAgent } from '../agents/planner.ts';
import { findPack } from '../curriculum.ts';
import type { LessonState, Level } from '../lesson.ts';
import type { ModelFailure } from '../ports.ts';
import type { TurnContext } from './turn.ts';

/** Asks for a plan, the first or a changed one. What becomes of it is the reducer's business. */
export function askPlanner(
  ctx: TurnContext,
  state: LessonState,
  reason: PlanReason,
): Promise<{ ok: true; output: PlannerOutput } | ModelFailure> {
  return ctx.ask(reason.kind === 'stuck' || reason.kind === 'excelling' ? 'replan' : 'plan', plannerAgent, {
    preferences: state.preferences,
    pack: findPack(ctx.curriculum, state.packId),
    reason,
    steps: state.steps,
    misconceptions: state.misconceptions,
  });
}

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'advanced'];

export function lower(state: LessonState): Level {
  return LEVELS[Math.max(0, LEVELS.indexOf(state.preferences.level ?? 'beginner') - 1)] ?? 'beginner';
}

export function higher(state: LessonState): Level {
  return LEVELS[Math.min(2, LEVELS.indexOf(state.preferences.level ?? 'beginner') + 1)] ?? 'advanced';
}
