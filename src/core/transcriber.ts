import type { ModelFailure, ModelUsage } from './ports.ts';

/** A port, like those of ports.ts. */

export interface TranscriptRequest {
  audio: Buffer;
  /** Such as "audio/ogg". */
  type: string;
  /** Null where nobody knows. */
  seconds: number | null;
  /** What is probably spoken: two letters, as in "de". Null: it is to find out. */
  language: string | null;
}

export interface TranscriptUsage extends ModelUsage {
  seconds: number;
}

/** Makes words of what somebody said. Must not throw: failure is a value. */
export interface Transcriber {
  /** The most that a call may cost, in US dollars; null where no price is known. */
  estimate(request: Pick<TranscriptRequest, 'seconds'>): number | null;
  /** The text is empty where nobody speaks. `refused`: this sound will never be understood, however often it is tried. */
  transcribe(request: TranscriptRequest): Promise<{ ok: true; text: string; usage: TranscriptUsage } | ModelFailure>;
}
