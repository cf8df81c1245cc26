import { errorMessage } from '../errors.ts';
import { secondsOf } from './billing/voice-minutes.ts';
import type { SpeechFailure, SpeechUsage, SpokenSentence } from './ports.ts';
import { type PayingDeps, paid, sum, type WhoseSpeech } from './speech-audio.ts';
import { metWish } from './voices.ts';

/** Speech that is heard while it is made: sentence by sentence, and kept for nobody. */

export type LiveDeps = PayingDeps;

/** Whose lesson it is, and how they want to hear it. */
export interface Listener extends WhoseSpeech {
  language: string;
  /** The voice that they wish for. */
  wish: string | null;
}

export interface SoundFailure {
  reason: SpeechFailure['reason'] | 'over_budget' | 'over_minutes';
  detail: string;
}

/** A sentence as sound. Its making goes on whether or not somebody listens, until it is aborted. */
export interface Sound {
  /** Whether there is any of it: known with its first piece. */
  begun: Promise<boolean>;
  /** Resolves with what came in its way; null: it is there as a whole, or it was aborted. */
  ended: Promise<SoundFailure | null>;
  /** As they come: 16-bit samples, mono, 48 kHz. */
  pieces(): AsyncGenerator<Int16Array>;
}

/** Makes a sentence's sound as soon as `after` is over: without the silence that follows it. */
export function beginSound(
  deps: LiveDeps,
  listener: Listener,
  sentence: SpokenSentence,
  { signal, after }: { signal: AbortSignal; after: Promise<unknown> },
): Sound {
  const pieces: Int16Array[] = [];
  let isDone = false;
  let change = Promise.withResolvers<void>();
  const tell = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const onPiece = (pcm: Int16Array) => {
    pieces.push(pcm);
    tell();
  };
  const make = async () => {
    await after;
    return signal.aborted ? null : speakOne(deps, listener, { ...sentence, pauseMs: 0 }, { signal, onPiece });
  };
  const ended = make()
    .catch((error): SoundFailure => ({ reason: 'unavailable', detail: errorMessage(error) }))
    .finally(() => {
      isDone = true;
      tell();
    });
  const moreThan = async (count: number) => {
    while (pieces.length <= count && !isDone) await change.promise;
    return pieces[count];
  };
  return {
    begun: moreThan(0).then((piece) => piece !== undefined),
    ended,
    async *pieces() {
      for (let at = 0; ; at += 1) {
        const piece = await moreThan(at);
        if (!piece) return;
        yield piece;
      }
    },
  };
}

async function speakOne(
  deps: LiveDeps,
  listener: Listener,
  sentence: SpokenSentence,
  { signal, onPiece }: { signal: AbortSignal; onPiece: (pcm: Int16Array) => void },
): Promise<SoundFailure | null> {
  const { speech } = deps;
  const { language } = listener;
  const wish = await metWish(speech, language, listener.wish);
  const voice = await speech.voiceFor(language, wish);
  if (!voice) return { reason: 'unsupported_language', detail: `no voice for ${language}` };
  const request = { sentences: [sentence], language, voice: wish, signal };
  const made = await paid(
    deps,
    listener,
    { estimate: speech.estimate(request), seconds: secondsOf([sentence]), voice },
    async () => {
      let usage: SpeechUsage = { characters: 0, seconds: 0, cost: null };
      let failure: SoundFailure | null = null;
      try {
        for await (const piece of speech.speak(request)) {
          if (!piece.ok) failure = piece;
          else {
            usage = sum(usage, piece.usage);
            onPiece(piece.pcm);
          }
        }
      } catch (error) {
        // Whatever breaks: what was set aside for it is given back.
        failure = { reason: 'unavailable', detail: errorMessage(error) };
      }
      return { usage, failure };
    },
  );
  return 'usage' in made ? made.failure : made;
}
