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

interface Kept extends Heard {
  /** False: the learner has taken back what they said. */
  isKept(): Promise<boolean>;
}

/** What stands above the reply while it is being written. */
export function aboveReply({ heard, excuses }: Heard): string {
  return [quoted(heard), ...excuses].flatMap((part) => (part ? [part, '\n\n'] : [])).join('');
}

/**
 * Answers what was said as if it had been typed: the text of the turn has it already. The learner reads first how they
 * were understood. Where nothing was, and there are no other words, there is nothing to answer; where they have taken it
 * back, there is nothing to say either. What is taken back while it is answered is not quoted.
 */
export async function withRecordings(
  ctx: TurnContext,
  stored: LessonState,
  { heard, excuses, isKept }: Kept,
  answer: (ctx: TurnContext, stored: LessonState) => Promise<PhaseResult> | PhaseResult,
): Promise<PhaseResult> {
  const excuse = excuses.join('\n\n');
  const isMute = ctx.text === '' && ctx.pictures.length === 0 && !ctx.action && !ctx.start;
  if (isMute && excuse === '') return draft(stored, []);
  if (isMute) {
    const state = applyEvent(stored, { type: 'resumed' });
    return draft(state, withContext(state, excuse), [{ type: 'not_heard', data: {} }]);
  }
  const result = prefixed(await answer(ctx, stored), excuse);
  const [first, ...rest] = result.ok ? result.replies : [];
  if (!result.ok || !first || heard === '' || !(await isKept())) return result;
  return { ...result, replies: [{ ...first, heard }, ...rest] };
}
