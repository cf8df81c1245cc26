import type { SpeechFailure } from '../../core/ports.ts';
import type { Sound } from './pcm.ts';

/** espeak-ng, whichever build of it there is. It is under the GPL, so it always runs in a process of its own. */
export interface Espeak {
  /** Languages, as it writes them: "en-us". */
  readonly voices: readonly string[];
  /**
   * The sound while it is made: the first of it is there in a fraction of the time that all of it takes. Must not
   * throw: a failure is the last that comes, also soon after the signal was aborted.
   */
  say(ssml: string, voice: string, signal: AbortSignal): AsyncIterable<EspeakAnswer>;
}

/** How it is begun: until the signal is aborted, also while it starts. Null: there is none here, or it does not run. */
export type OpenEspeak = (closing: AbortSignal) => Promise<Espeak | null>;

export type EspeakAnswer = { ok: true; sound: Sound } | SpeechFailure;
