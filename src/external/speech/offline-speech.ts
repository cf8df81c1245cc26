import { primary } from '../../core/languages.ts';
import type { Speech, SpeechFailure, SpeechRequest, SpokenPiece } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';
import type { Espeak, EspeakAnswer, OpenEspeak } from './espeak.ts';
import { espeakBinary } from './espeak-binary.ts';
import { espeakPackage } from './espeak-package.ts';
import { espeakVoice, espeakVoices } from './espeak-voices.ts';
import { silence } from './pcm.ts';
import { failed, spoken } from './pieces.ts';
import { resampledAsItComes } from './resample-growing.ts';
import { type Utterance, utterancesOf } from './utterances.ts';

interface Offline {
  /** Looked for when it is first needed. Null: this machine has none. */
  espeak(): Promise<Espeak | null>;
  configured: string | null;
  closing: AbortSignal;
}

interface OfflineOptions {
  /** Over the default of its language, where it is one of espeak-ng's. */
  voice?: string | null;
  /** Where to look for espeak-ng, in this order. */
  builds?: readonly OpenEspeak[];
}

/** For one sentence. */
const LONGEST = { timeoutMs: 20_000 };
const BUILDS = [espeakBinary('espeak-ng', LONGEST), espeakPackage(LONGEST)];

/** It speaks faster than anyone asks: nothing is gained by joining sentences. */
const LIMITS = { mostBytes: 4_800, joinedBytes: 0 };
const NOBODY = 'there is no espeak-ng: install it, or the optional package @echogarden/espeak-ng-emscripten';

/** espeak-ng as Speech: needs no key and no network, and costs nothing. */
export function offlineSpeech(options: OfflineOptions = {}): Speech {
  const { voice: configured = null, builds = BUILDS } = options;
  const closing = new AbortController();
  let found: Promise<Espeak | null> | null = null;
  const offline: Offline = {
    espeak() {
      found ??= firstOf(builds, closing.signal).then((espeak) => {
        // It may have been the machine's bad moment: the next one looks again.
        if (!espeak) found = null;
        return espeak;
      });
      return found;
    },
    configured,
    closing: closing.signal,
  };
  return {
    name: 'espeak-ng',
    async voiceFor(language, wish) {
      const espeak = await offline.espeak();
      return espeak && voiceOf(offline, espeak, language, wish);
    },
    async voices(language) {
      const espeak = await offline.espeak();
      return espeak ? espeakVoices(language, espeak.voices) : [];
    },
    estimate: () => 0,
    speak: (request) => speak(offline, request),
    async close() {
      closing.abort();
      await found;
    },
  };
}

async function firstOf(builds: readonly OpenEspeak[], closing: AbortSignal): Promise<Espeak | null> {
  for (const open of builds) {
    const espeak = await open(closing);
    if (espeak) return espeak;
  }
  return null;
}

function voiceOf({ configured }: Offline, espeak: Espeak, language: string, wish: string | null): string | null {
  if (wish) return wish;
  const isMeant = configured !== null && primary(configured) === primary(language);
  if (isMeant && espeak.voices.includes(configured)) return configured;
  return espeakVoice(language, espeak.voices);
}

/** One after the other: it speaks faster than anybody listens. */
async function* speak(offline: Offline, request: SpeechRequest): AsyncGenerator<SpokenPiece, void> {
  const stop = request.signal ?? new AbortController().signal;
  const stopped = aborted(stop);
  for (const utterance of utterancesOf(request.sentences, LIMITS)) {
    for await (const piece of say(offline, utterance, request, { stop, stopped })) {
      if (stop.aborted) return;
      yield piece;
      if (!piece.ok) return;
    }
  }
}

async function* say(
  offline: Offline,
  utterance: Utterance,
  { language, voice: wish }: SpeechRequest,
  { stop, stopped }: { stop: AbortSignal; stopped: Promise<null> },
): AsyncGenerator<SpokenPiece, void> {
  if (offline.closing.aborted) return yield failed('unavailable', 'it is closed');
  // It may take its time to start.
  const espeak = await Promise.race([offline.espeak(), stopped]);
  if (!espeak) return yield failed('unavailable', NOBODY);
  const voice = voiceOf(offline, espeak, language, wish);
  if (voice === null) return yield failed('unsupported_language', `espeak-ng cannot read ${JSON.stringify(language)}`);
  if (!espeak.voices.includes(voice)) {
    return yield failed('unknown_voice', `espeak-ng has no voice ${JSON.stringify(voice)}`);
  }
  yield* piecesOf(utterance, (ssml) => espeak.say(ssml, voice, stop));
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

async function* piecesOf(
  { text, ssml, pauseMs }: Utterance,
  make: (ssml: string) => AsyncIterable<EspeakAnswer>,
): AsyncGenerator<SpokenPiece, void> {
  const end: { failure?: SpeechFailure } = {};
  async function* sounds() {
    // Two brackets would begin the names of sounds, which is its own language.
    for await (const answer of make(ssml.replaceAll('[[', '[ ['))) {
      if (answer.ok) yield answer.sound;
      else end.failure = answer;
    }
  }
  /** Counted with the first piece: whoever stops listening has had them made. */
  let characters = [...text].length;
  try {
    for await (const pcm of resampledAsItComes(sounds())) {
      yield spoken(pcm, { characters, cost: 0 });
      characters = 0;
    }
  } catch (error) {
    end.failure = failed('unavailable', `the sound could not be brought to 48 kHz: ${errorMessage(error)}`);
  }
  if (end.failure) yield end.failure;
  else if (characters > 0) yield failed('unavailable', 'espeak-ng answers without audio');
  else if (pauseMs > 0) yield spoken(silence(pauseMs), { characters, cost: 0 });
}
