import type { VoiceFrame } from '../twins/discord/voice/listener.ts';
import { frequencyOf, soundsIn, together } from './tones.ts';

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
  const parts = soundsIn(frames).flatMap((sound) => {
    const middle = sound.pcm.length >> 1;
    const halves = [sound.pcm.subarray(0, middle), sound.pcm.subarray(middle)];
    const tones = halves.map((pcm) => frequencyOf({ ...sound, pcm }));
    // What has other letters is none of them, whatever it comes to on the whole.
    const text = SPELLED.find((each) => tones.every((tone) => Math.abs(toneOf(each) - tone) < 20));
    return text ? [{ text, seconds: sound.seconds }] : [];
  });
  return together(parts, LENGTH * PER_CHARACTER).map(({ text, seconds }) => ({
    text,
    isWhole: seconds >= (LENGTH - 2) * PER_CHARACTER,
  }));
}

function toneOf(text: string): number {
  return 200 + ((text.codePointAt(2) ?? 0) % 60) * 10;
}
