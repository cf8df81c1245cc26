import type { VoiceFrame } from '../twins/discord/voice/listener.ts';
import { frequencyOf, soundsIn } from './tones.ts';

/** What the twin of Google says: a tone for each character, by which a test reads sentences of one letter each. */

export interface Spelled {
  text: string;
  /** It was heard to its end. */
  isWhole: boolean;
}

const PER_CHARACTER = 0.06;
const LENGTH = 25;

/** Sentences that sound different. */
export const SPELLED = ['A', 'F', 'K', 'P'].map((letter) => `${letter}${letter.toLowerCase().repeat(LENGTH - 2)}.`);

/** Which of them were heard, in order. */
export function spelledIn(frames: readonly VoiceFrame[]): Spelled[] {
  return soundsIn(frames).flatMap((sound) => {
    const text = SPELLED.find((each) => Math.abs(toneOf(each) - frequencyOf(sound)) < 20);
    return text ? [{ text, isWhole: sound.seconds >= (LENGTH - 2) * PER_CHARACTER }] : [];
  });
}

function toneOf(text: string): number {
  return 200 + ((text.codePointAt(2) ?? 0) % 60) * 10;
}
