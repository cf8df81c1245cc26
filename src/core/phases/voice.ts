import { languageTag } from '../languages.ts';
import { applyEvent, type LessonState } from '../lesson.ts';
import { withContext } from '../replies.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

const OFF = 'Speech is switched off here, so I go on in writing.';
const NO_VOICE = 'I have no voice for the language of this lesson, so I go on in writing.';

/**
 * Whether the learner hears what is said from now on: in this lesson, and in those to come. Where nobody could speak it
 * says so, and changes nothing.
 */
export async function switchVoice(ctx: TurnContext, state: LessonState, on: boolean): Promise<PhaseResult> {
  const because = on ? await obstacle(ctx, state) : null;
  if (because) return draft(state, withContext(state, because), [{ type: 'voice', data: { on, because } }]);
  const next = applyEvent(state, { type: 'voice_switched', on });
  const text = on ? 'My voice is on: you hear what I write. Say **voice off** to end it.' : 'My voice is off.';
  return { ...draft(next, withContext(next, text), [{ type: 'voice', data: { on } }]), voice: on };
}

async function obstacle({ speech, locale }: TurnContext, state: LessonState): Promise<string | null> {
  if (!speech) return OFF;
  const language = languageTag(state.preferences.language, locale);
  return language !== null && (await speech.voiceFor(language, null)) !== null ? null : NO_VOICE;
}
