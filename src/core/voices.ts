import { primary } from './languages.ts';
import type { Speech } from './ports.ts';

/** Which voice a learner hears, where they wish for one. */

type Voices = Pick<Speech, 'voices'>;

/** What may be wished for in a language, in whichever country it is spoken: those of the language's own country first. */
export async function voicesFor(speech: Voices, language: string): Promise<string[]> {
  const isOwn = (voice: string) => voice.toLowerCase().startsWith(language.toLowerCase());
  const voices = await speech.voices(primary(language));
  return [...voices.filter(isOwn), ...voices.filter((voice) => !isOwn(voice))];
}

/**
 * The wish, if it can be met; null: the engine chooses. Learners take their wishes along to lessons in other
 * languages, and to other engines, which do not know the voice.
 */
export async function metWish(speech: Voices, language: string, wish: string | null): Promise<string | null> {
  if (!wish) return null;
  const voices = await voicesFor(speech, language);
  const isThere = voices.length > 0 ? voices.includes(wish) : primary(wish) === primary(language);
  return isThere ? wish : null;
}
