import { applyEvent, type LessonState } from '../lesson.ts';
import { reply } from '../messages.ts';
import { settled } from '../replies.ts';
import { answer } from './answering.ts';
import { checkPlan, makePlan } from './approving.ts';
import { prefer, runCommand } from './commands.ts';
import { takeIn } from './intake.ts';
import { withPictures } from './pictures.ts';
import { teach } from './teaching.ts';
import { commandOf, draft, type PhaseResult, type TurnContext, voiceWishOf } from './turn.ts';
import { toldOfLimit, withinLimit } from './turn-limit.ts';
import { switchVoice } from './voice.ts';

/** A button of an earlier question. During intake, the questions themselves know. */
function isStale({ action }: TurnContext, state: LessonState): boolean {
  if (action?.type !== 'choice' || state.phase === 'intake') return false;
  return state.pending?.question.id !== action.questionId;
}

/**
 * Answers a turn: by its command, else by the phase that the lesson is in. Any message but "pause" ends a pause, and a
 * wish is no message.
 */
export async function answerTurn(ctx: TurnContext, stored: LessonState): Promise<PhaseResult> {
  if (ctx.isSettled) return draft(stored, []);
  const result = ctx.pictures.length > 0 ? withPictures(ctx, stored, answerMessage) : answerMessage(ctx, stored);
  return toldOfLimit(ctx, await result);
}

function answerMessage(ctx: TurnContext, stored: LessonState): Promise<PhaseResult> | PhaseResult {
  if (ctx.action?.type === 'prefer') return prefer(stored, ctx.action.preferences);
  const voice = voiceWishOf(ctx);
  if (voice !== null) return switchVoice(ctx, stored, voice);
  const command = commandOf(ctx);
  const allowed = withinLimit(ctx, stored, command);
  if ('ok' in allowed) return allowed;
  const state = command === 'pause' || command === 'resume' ? allowed : applyEvent(allowed, { type: 'resumed' });
  const done = command && runCommand(ctx, state, command);
  if (done) return done;
  if (isStale(ctx, state)) return draft(state, settled(state));
  switch (state.phase) {
    case 'intake':
      return takeIn(ctx, state);
    case 'planning':
      return makePlan(ctx, state, { kind: 'new' });
    case 'approving':
      return checkPlan(ctx, state);
    case 'teaching':
    case 'replanning':
      return teach(ctx, state, null);
    case 'answering':
    case 'completed':
      return answer(ctx, state);
    case 'ended':
      return draft(state, reply('message', 'This lesson has ended. Start a new one whenever you like.'));
    default:
      return state.phase satisfies never;
  }
}
