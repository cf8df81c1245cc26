import type { Platform } from './messages.ts';
import type { SpeechFailure, SpeechUsage } from './ports.ts';

/** What an operator may want to know of what is heard. Nothing in it tells what was said. */
export type SpeechHappening =
  /** A worker has taken it up for the first time. `waitedMs`: since its text was sent, or since it was asked for. */
  | { type: 'speech_begun'; platform: Platform; waitedMs: number }
  /** Its first part is there; `waitedMs` as above, earlier attempts included. */
  | { type: 'speech_heard'; platform: Platform; waitedMs: number }
  /** All of it is there. */
  | { type: 'speech_done'; platform: Platform }
  /** `gone`: nothing can be heard there any more; `surface`: the platform did not take it; `refused`: nor will it take others. */
  | {
      type: 'speech_failed';
      reason: SpeechFailure['reason'] | 'surface' | 'refused' | 'over_budget' | 'over_minutes' | 'gone';
      givesUp: boolean;
    }
  /** Of one part, or of a sentence in a voice channel. `usage`: what was paid for; null: it was kept from before. */
  | { type: 'audio_found'; engine: string; usage: SpeechUsage | null };
