import type { PlanReason } from '../agents/planner.ts';
import { isApproval, levelWish } from '../commands.ts';
import { matchTopic } from '../curriculum.ts';
import { applyEvent, type LessonState } from '../lesson.ts';
import { reply } from '../messages.ts';
import { planList, planReply } from '../replies.ts';
import { openForQuestions } from './answering.ts';
import { askPlanner, higher, lower } from './planning.ts';
import { teach } from './teaching.ts';
import { commandOf, draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/** Makes a plan, shows it, and teaches only what the learner has approved. */

export async function makePlan(ctx: TurnContext, state: LessonState, reason: PlanReason): Promise<PhaseResult> {
  const plan = await askPlanner(ctx, state, reason);
  if (!plan.ok && plan.reason === 'refused') {
    const text = "I'd rather not teach that. Tell me another topic, and I make a plan for it.";
    return draft(applyEvent(state, { type: 'topic_declined' }), reply('message', text));
  }
  if (!plan.ok) return plan;
  const planned = applyEvent(state, { type: 'planned', steps: plan.output.steps });
  const decisions = [{ type: 'plan', data: { reason, steps: plan.output.steps.map((step) => step.id) } }];
  if (planned.phase === 'teaching') {
    return prefixed(await teach(ctx, planned, 'onwards'), `${plan.output.message}\n\n${planList(planned)}`, decisions);
  }
  return draft(planned, planReply(planned, plan.output.message), decisions);
}

/** The plan check: approve, easier, harder, another, questions only, or a change in the learner's words. */
export function checkPlan(ctx: TurnContext, state: LessonState): Promise<PhaseResult> | PhaseResult {
  const command = commandOf(ctx);
  if (command === 'approve' || isApproval(ctx.text)) {
    return teach(ctx, applyEvent(state, { type: 'plan_approved' }), 'onwards');
  }
  if (command === 'questions') return openForQuestions(applyEvent(state, { type: 'mode_changed', mode: 'questions' }));
  const other = command === null ? otherTopic(ctx, state) : null;
  if (other) return makePlan(ctx, applyEvent(other, { type: 'plan_change_requested' }), { kind: 'new' });
  const request = command === null ? ctx.text : (PLAN_REQUESTS[command] ?? ctx.text);
  const wish = command ?? levelWish(ctx.text);
  const level = wish === 'easier' ? lower(state) : wish === 'harder' ? higher(state) : null;
  const wished = applyEvent(state, { type: 'preferences_given', preferences: { level } });
  return makePlan(ctx, applyEvent(wished, { type: 'plan_change_requested' }), { kind: 'change', request });
}

/** "Spanish instead": another course of the curriculum, named by somebody who changed their mind. */
function otherTopic(ctx: TurnContext, state: LessonState): LessonState | null {
  const pack = matchTopic(ctx.curriculum, ctx.text).find(({ score }) => score === 1)?.pack;
  if (!pack || pack.id === state.packId || !/\b(instead|rather|changed my mind|switch to)\b/i.test(ctx.text))
    return null;
  const preferences = { topic: pack.title, level: pack.level };
  return applyEvent(state, { type: 'preferences_given', preferences, packId: pack.id });
}

const PLAN_REQUESTS: Partial<Record<string, string>> = {
  easier: 'Make it easier.',
  harder: 'Make it harder.',
  another: 'Make another plan.',
};
