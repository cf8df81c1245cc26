import { languageTag } from '../languages.ts';
import { applyEvents, type LessonState } from '../lesson.ts';
import type { VoiceWish } from '../messages.ts';
import { withContext } from '../replies.ts';
import { voicesFor } from '../voices.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

const OFF = 'Speech is switched off here, so I go on in writing.';
const NO_VOICE = 'I have no voice for the language of this lesson, so I go on in writing.';
const UNASKED = 'Nobody tells me now which voices there are, so nothing has changed. Try it again in a while.';
const OFFERED = 5;

/**
 * Whether the learner hears what is said from now on, and in which voice: in this lesson, and in those to come. Where
 * nobody could speak it, or nobody has such a voice, it says so, and changes nothing.
 */
export async function switchVoice(ctx: TurnContext, state: LessonState, wish: VoiceWish): Promise<PhaseResult> {
  const { on, name } = wish;
  const found = await findVoice(ctx, state, wish);
  if ('because' in found) {
    return draft(state, withContext(state, found.because), [{ type: 'voice', data: { ...wish, ...found } }]);
  }
  const { voice } = found;
  const next = applyEvents(state, [
    { type: 'voice_switched', on },
    {
      type: 'preferences_given',
      ...(voice
        ? { preferences: { voice } }
        : { preferences: {}, withdrawn: voice === '' ? (['voice'] as const) : [] }),
    },
  ]);
  const which = voice ? `, and it is **${voice}**` : voice === '' ? ', and it is the usual one' : '';
  const text = on ? `My voice is on${which}: you hear what I write. Say **voice off** to end it.` : 'My voice is off.';
  return {
    ...draft(next, withContext(next, text), [{ type: 'voice', data: { on, ...(voice && { voice }) } }]),
    voice: on,
    ...(voice !== undefined && name !== undefined && { wishes: { voice } }),
  };
}

/** The voice that is meant, as the engine writes it; '' and undefined as in the wish; or why there is none. */
async function findVoice(
  { speech, unspoken, locale }: TurnContext,
  state: LessonState,
  { on, name }: VoiceWish,
): Promise<{ voice: string | undefined } | { because: string }> {
  if (!on && !name) return { voice: name };
  if (!speech) return { because: unspoken ?? OFF };
  const language = languageTag(state.preferences.language, locale);
  if (language === null || (await speech.voiceFor(language, null)) === null) return { because: NO_VOICE };
  if (!name) return { voice: name };
  const voices = await voicesFor(speech, language);
  const voice = voices.find((each) => each.toLowerCase() === name.toLowerCase());
  if (voice) return { voice };
  const some = voices.slice(0, OFFERED).map((each) => `**${each}**`);
  return { because: some.length === 0 ? UNASKED : `I have no voice "${name}". Some that I have: ${some.join(', ')}.` };
}
