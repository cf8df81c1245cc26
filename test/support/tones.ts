import type { Speech, SpeechFailure, SpeechRequest, SpokenPiece } from '../../src/core/ports.ts';
import type { VoiceFrame } from '../twins/discord/voice/listener.ts';
import { type Sound, soundOf } from '../twins/discord/voice/sound.ts';

/** A voice that sings: each sentence is a tone of its own, so that a test hears which one it was. */

export interface Tones extends Speech {
  /** What was asked for, in order. */
  asked: string[];
  /** Sentences in the order in which the frames let them be heard, and for how long, in seconds. */
  heardIn(frames: readonly VoiceFrame[]): Heard[];
  /** How long a sentence takes to say. */
  seconds: number;
  /** Runs ahead of each sentence; may hold it up, or fail it. */
  before: (text: string) => Promise<SpeechFailure['reason'] | null> | SpeechFailure['reason'] | null;
}

const RATE = 48_000;
const LOWEST = 300;
const STEP = 45;
const LOUDNESS = 9_000;
/** After each sentence, and where it waits, so many frames say that nothing is said. */
const SILENT_FRAMES = 3;
/** What was cut off is followed by nothing for as long. What follows by its number goes on, however late it comes. */
const GAP_MS = 1_000;
/** Less is too short to tell what it is. */
const LEAST_FRAMES = 6;
/** A connection of another process begins to count anywhere. */
const MOST_LOST = 50;

export function toneSpeech({ seconds = 0.5, languages = ['en'] } = {}): Tones {
  const texts: string[] = [];
  const tones: Tones = {
    ...{ name: 'tones', asked: [], seconds, before: () => null },
    voiceFor: async (language) => (languages.includes(language.split('-')[0] ?? '') ? `${language}-tone` : null),
    voices: async () => [],
    estimate: () => 0.001,
    async *speak({ sentences, signal }: SpeechRequest): AsyncGenerator<SpokenPiece> {
      for (const { text } of sentences) {
        tones.asked.push(text);
        const reason = await tones.before(text);
        if (signal?.aborted) return;
        if (reason) return yield { ok: false, reason, detail: 'as the test wants it' };
        if (!texts.includes(text)) texts.push(text);
        const pcm = tone(LOWEST + STEP * texts.indexOf(text), tones.seconds);
        const usage = { characters: text.length, seconds: tones.seconds, cost: 0.001 };
        yield { ok: true, pcm, usage };
      }
    },
    async close() {},
    heardIn: (frames) =>
      together(
        soundsIn(frames).map((sound) => ({
          text: texts[Math.round((frequencyOf(sound) - LOWEST) / STEP)] ?? `something at ${frequencyOf(sound)} Hz`,
          seconds: sound.seconds,
        })),
        tones.seconds,
      ),
  };
  return tones;
}

interface Heard {
  text: string;
  seconds: number;
}

/** By what the frames say themselves: on a busy machine they may come late. */
export function soundsIn(frames: readonly VoiceFrame[]): Sound[] {
  const parts: VoiceFrame[][] = [[]];
  let silent = 0;
  let last: VoiceFrame | null = null;
  for (const frame of frames) {
    const ahead = last === null ? 1 : (frame.sequence - last.sequence) & 0xffff;
    const isElsewhere = ahead > MOST_LOST;
    const isLater = last !== null && ahead !== 1 && frame.at - last.at > GAP_MS;
    silent = frame.isSilence ? silent + 1 : silent;
    if (!frame.isSilence && (silent >= SILENT_FRAMES || isElsewhere || isLater)) parts.push([]);
    if (!frame.isSilence) {
      parts.at(-1)?.push(frame);
      silent = 0;
    }
    last = frame;
  }
  return parts.filter((part) => part.length >= LEAST_FRAMES).map(soundOf);
}

/** Where one sentence has waited, or was late. */
export function together(parts: readonly Heard[], most: number): Heard[] {
  const all: Heard[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.text === part.text && last.seconds + part.seconds <= most + 0.1) last.seconds += part.seconds;
    else all.push({ ...part });
  }
  return all;
}

function tone(frequency: number, seconds: number): Int16Array {
  return Int16Array.from({ length: Math.round(RATE * seconds) }, (_, at) =>
    Math.round(LOUDNESS * Math.sin((2 * Math.PI * frequency * at) / RATE)),
  );
}

/** By how often it crosses zero, away from its edges. */
export function frequencyOf({ pcm }: Sound): number {
  const middle = pcm.subarray(Math.round(pcm.length * 0.2), Math.round(pcm.length * 0.8));
  let crossings = 0;
  for (let at = 1; at < middle.length; at += 1) if ((middle[at - 1] ?? 0) < 0 !== (middle[at] ?? 0) < 0) crossings += 1;
  return (crossings * RATE) / (2 * middle.length);
}
