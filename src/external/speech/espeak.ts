import type { SpeechFailure } from '../../core/ports.ts';
import type { Sound } from './pcm.ts';

/** espeak-ng, whichever build of it there is. It is under the GPL, so it always runs in a process of its own. */
export interface Espeak {
  /** Languages, as it writes them: "en-us". */
  readonly voices: readonly string[];
  /** Must not throw; settles soon after the signal was aborted, with whatever. */
  say(ssml: string, voice: string, signal: AbortSignal): Promise<EspeakAnswer>;
  close(): void;
}

export type EspeakAnswer = { ok: true; sound: Sound } | SpeechFailure;
