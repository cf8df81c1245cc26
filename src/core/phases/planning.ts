import { type PlanReason, plannerAgent } from '../agents/planner.ts';
import { isApproval, parseCommand } from '../commands.ts';
import { findPack } from '../curriculum.ts';
import { applyEvent, currentStep, type Level, type LessonState } from '../lesson.ts';
import { type PlanLine, type Reply, reply } from '../messages.ts';
import type { ModelFailure } from '../ports.ts';
import type { PlannerOutput } from '../agents/planner.ts';
import { openForQuestions } from './answering.ts';
import { teach } from './teaching.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/** Makes a plan, shows it, and teaches only what the learner has approved. */

export async function makePlan(ctx: TurnContext, state: LessonState, reason: PlanReason): Promise<PhaseResult> {
  const plan = await askPlanner(ctx, state, reason);
  if (!plan.ok) return plan;
  const planned = applyEvent(state, { type: 'planned', steps: plan.output.steps });
  const decisions = [{ type: 'plan', data: { reason, steps: plan.output.steps.map((step) => step.id) } }];
  if (planned.phase === 'teaching') {
    return prefixed(await teach(ctx, planned, 'onwards'), `${plan.output.message}\n\n${planList(planned)}`, decisions);
  }
  return draft(planned, planReply(planned, plan.output.message), decisions);
}

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

/** The plan check: approve, easier, harder, another, questions only, or a change in the learner's words. */
export function checkPlan(ctx: TurnContext, state: LessonState): Promise<PhaseResult> | PhaseResult {
  const command = ctx.action?.type === 'choice' ? null : (ctx.action?.type ?? parseCommand(ctx.text));
  if (command === 'approve' || isApproval(ctx.text)) {
    return teach(ctx, applyEvent(state, { type: 'plan_approved' }), 'onwards');
  }
  if (command === 'questions') return openForQuestions(applyEvent(state, { type: 'mode_changed', mode: 'questions' }));
  const request = command === null ? ctx.text : (PLAN_REQUESTS[command] ?? ctx.text);
  const level = command === 'easier' ? lower(state) : command === 'harder' ? higher(state) : null;
  const wished = applyEvent(state, { type: 'preferences_given', preferences: { level } });
  return makePlan(ctx, applyEvent(wished, { type: 'plan_change_requested' }), { kind: 'change', request });
}

const PLAN_REQUESTS: Partial<Record<string, string>> = {
  easier: 'Make it easier.',
  harder: 'Make it harder.',
  another: 'Make another plan.',
};

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'advanced'];

export function lower(state: LessonState): Level {
  return LEVELS[Math.max(0, LEVELS.indexOf(state.preferences.level ?? 'beginner') - 1)] ?? 'beginner';
}

export function higher(state: LessonState): Level {
  return LEVELS[Math.min(2, LEVELS.indexOf(state.preferences.level ?? 'beginner') + 1)] ?? 'advanced';
}

/** The plan as it waits for approval. */
export function planReply(state: LessonState, intro: string): Reply {
  const text = `${intro}\n\nShall we start? Say **approve**, **easier**, **harder**, **questions only**, or tell me what to change.`;
  return reply('plan', text, { plan: planLines(state), commands: ['approve', 'easier', 'harder', 'another', 'questions'] });
}

export function planLines(state: LessonState): PlanLine[] {
  return state.steps.map(({ title, objective, status }) => ({ title, objective, status }));
}

function planList(state: LessonState): string {
  return state.steps.map((step, index) => `${index + 1}. ${step.title}`).join('\n');
}

/** Where the lesson stands, for the head of a reply. */
export function progressOf(state: LessonState): Reply['progress'] {
  const step = currentStep(state);
  if (!step || state.phase !== 'teaching') return null;
  const counted = state.steps.filter((other) => other.status !== 'skipped' && other.status !== 'blocked');
  return { step: counted.indexOf(step) + 1, of: counted.length, title: step.title };
}
