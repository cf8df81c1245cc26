import { applyEvent, type LessonState } from '../lesson.ts';
import { quoted, withContext } from '../replies.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/** What was understood of the recordings that came with a turn. */
interface Heard {
  /** '' where there were none, or nothing was understood. */
  heard: string;
  /** A sentence about each thing that was not. */
  excuses: readonly string[];
}

/** What stands above the reply while it is being written. */
export function aboveReply({ heard, excuses }: Heard): string {
  return [quoted(heard), ...excuses].flatMap((part) => (part ? [part, '\n\n'] : [])).join('');
}

/**
 * Answers what was said as if it had been typed: the text of the turn has it already. The learner reads first how they
 * were understood. Where nothing was, and there are no other words, there is nothing to answer.
 */
export async function withRecordings(
  ctx: TurnContext,
  stored: LessonState,
  { heard, excuses }: Heard,
  answer: (ctx: TurnContext, stored: LessonState) => Promise<PhaseResult> | PhaseResult,
): Promise<PhaseResult> {
  if (heard === '' && excuses.length === 0) return answer(ctx, stored);
  const excuse = excuses.join('\n\n');
  const isMute = ctx.text === '' && ctx.pictures.length === 0 && !ctx.action && !ctx.start;
  if (isMute) {
    const state = applyEvent(stored, { type: 'resumed' });
    return draft(state, withContext(state, excuse), [{ type: 'not_heard', data: {} }]);
  }
  const result = prefixed(await answer(ctx, stored), excuse);
  const [first, ...rest] = result.ok ? result.replies : [];
  return result.ok && first && heard ? { ...result, replies: [{ ...first, heard }, ...rest] } : result;
}
