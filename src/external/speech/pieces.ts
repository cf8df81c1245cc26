import type { SpeechFailure, SpeechUsage, SpokenPiece } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';
import { durationOf, joined, type Sound, silence } from './pcm.ts';
import { resampled } from './sound-work.ts';
import type { Utterance } from './utterances.ts';

/** Must not throw; settles soon after the signal was aborted, with whatever. */
type Say = (utterance: Utterance, signal: AbortSignal) => Promise<SpokenPiece>;

/**
 * Says one after the other. While a piece is being heard the next one is made, and no more than that: who stops
 * listening has paid for one piece at most that they did not hear.
 */
export async function* inTurn(
  utterances: readonly Utterance[],
  say: Say,
  signal?: AbortSignal,
): AsyncGenerator<SpokenPiece, void, undefined> {
  const gone = new AbortController();
  const stop = signal ? AbortSignal.any([gone.signal, signal]) : gone.signal;
  const stopped = new Promise<null>((resolve) => stop.addEventListener('abort', () => resolve(null), { once: true }));
  const begin = (index: number) => {
    const utterance = utterances[index];
    return utterance && !stop.aborted ? say(utterance, stop) : null;
  };
  try {
    let next = begin(0);
    for (let index = 1; next; index += 1) {
      const piece: SpokenPiece | null = await Promise.race([next, stopped]);
      if (!piece || stop.aborted) return;
      next = piece.ok ? begin(index) : null;
      yield piece;
    }
  } finally {
    gone.abort();
  }
}

/** What was said, with its pause. */
export async function pieceOf(
  sound: Sound,
  { pauseMs }: Utterance,
  usage: Omit<SpeechUsage, 'seconds'>,
): Promise<SpokenPiece> {
  try {
    return spoken(joined([await resampled(sound), silence(pauseMs)]), usage);
  } catch (error) {
    return failed('unavailable', `the sound could not be brought to 48 kHz: ${errorMessage(error)}`);
  }
}

export function spoken(pcm: Int16Array, usage: Omit<SpeechUsage, 'seconds'>): SpokenPiece {
  return { ok: true, pcm, usage: { ...usage, seconds: durationOf(pcm) } };
}

export function failed(reason: SpeechFailure['reason'], detail: string): SpeechFailure {
  return { ok: false, reason, detail };
}
