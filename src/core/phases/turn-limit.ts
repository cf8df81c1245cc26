import { applyEvent, isOver, type LessonState } from '../lesson.ts';
import { type CommandName, reply } from '../messages.ts';
import { end } from './commands.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

/** A lesson that may have only so many turns: its step is finished, and it ends with its summary. */

/** Told of when so many are left. */
const TOLD_AT = [10, 3];
/** What a step may still take when they are used up. */
const TO_FINISH = 20;
/** These cost nothing. */
const FREE: readonly CommandName[] = ['help', 'plan', 'progress', 'pause', 'end'];

/** How the lesson stands for the turn that begins; or how it ends, where it may have no more. */
export function withinLimit(
  ctx: TurnContext,
  state: LessonState,
  command: CommandName | null,
): LessonState | PhaseResult {
  const left = turnsLeft(ctx);
  if (left > 0 || state.phase === 'ended' || (command && FREE.includes(command))) return state;
  const isAtStep = state.phase === 'teaching' || state.phase === 'replanning';
  if (isAtStep && left > -TO_FINISH) return applyEvent(state, { type: 'shortened' });
  if (left === 0) return state;
  const text = `This lesson has had the ${ctx.turnLimit?.most} messages that a lesson may have here (${ctx.turnLimit?.plan}). Start a new one whenever you like: what you have learnt is remembered.`;
  if (isOver(state)) return draft(state, reply('message', text));
  return end(state, text);
}

/** Says in time how many are left. */
export function toldOfLimit(ctx: TurnContext, result: PhaseResult): PhaseResult {
  const left = turnsLeft(ctx);
  if (!result.ok || isOver(result.state) || !(left === 0 || TOLD_AT.includes(left))) return result;
  const { most, plan } = ctx.turnLimit ?? {};
  const text =
    left === 0
      ? `That was message ${most}, and a lesson here has so many (${plan}). We finish the step that you are at, and I sum up.`
      : `${left} more messages in this lesson, which has ${most} (${plan}). Then we finish the step that you are at, and I sum up.`;
  return { ...result, replies: [...result.replies, reply('notice', text)] };
}

/** After this one. */
function turnsLeft({ turnLimit, seq }: TurnContext): number {
  return turnLimit ? turnLimit.most - seq : Number.POSITIVE_INFINITY;
}
