import { applyEvent, type LessonState } from '../lesson.ts';
import { withContext } from '../replies.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

const CANNOT_SEE = 'I cannot see pictures here. Tell me in words what it shows.';
const NOT_SEEN = 'I cannot see the picture that came with this, so I go by your words.';

/**
 * A message that came with pictures. Where nobody sees them, its words count, and the reply says so first; without
 * words there is nothing to answer. `answer` gets the message as it is to be read.
 */
export async function withPictures(
  ctx: TurnContext,
  stored: LessonState,
  answer: (ctx: TurnContext, stored: LessonState) => Promise<PhaseResult> | PhaseResult,
): Promise<PhaseResult> {
  const isMute = ctx.text === '' && !ctx.action && !ctx.start;
  if (ctx.seesPictures) return answer(isMute ? { ...ctx, text: namesOf(ctx) } : ctx, stored);
  if (!isMute) return prefixed(await answer({ ...ctx, pictures: [] }, stored), NOT_SEEN);
  const state = applyEvent(stored, { type: 'resumed' });
  return draft(state, withContext(state, CANNOT_SEE));
}

/** As the conversation keeps them: see db/conversations.ts. */
function namesOf({ pictures }: TurnContext): string {
  return pictures.map(({ name }) => `[picture: ${name}]`).join('\n');
}
