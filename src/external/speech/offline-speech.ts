import type { Speech, SpeechRequest, SpokenPiece } from '../../core/ports.ts';
import type { Espeak } from './espeak.ts';
import { espeakBinary } from './espeak-binary.ts';
import { espeakPackage } from './espeak-package.ts';
import { espeakVoice, espeakVoices } from './espeak-voices.ts';
import { failed, inTurn, pieceOf, primary } from './in-turn.ts';
import { type Utterance, utterancesOf } from './utterances.ts';

interface Offline {
  /** Looked for when it is first needed. Null: this machine has none. */
  espeak(): Promise<Espeak | null>;
  configured: string | null;
  closed: boolean;
}

interface OfflineOptions {
  /** Over the default of its language, where it is one of espeak-ng's. */
  voice?: string | null;
  /** Where to look for espeak-ng, in this order. */
  builds?: readonly (() => Promise<Espeak | null>)[];
}

/** For one sentence. */
const LONGEST = { timeoutMs: 20_000 };
const BUILDS = [() => espeakBinary('espeak-ng', LONGEST), () => espeakPackage(LONGEST)];

/** It speaks faster than anyone asks: nothing is gained by joining sentences. */
const LIMITS = { mostBytes: 4_800, joinedBytes: 0 };
const NOBODY = 'there is no espeak-ng: install it, or the optional package @echogarden/espeak-ng-emscripten';

/** espeak-ng as Speech: needs no key and no network, and costs nothing. */
export function offlineSpeech(options: OfflineOptions = {}): Speech {
  const { voice: configured = null, builds = BUILDS } = options;
  let found: Promise<Espeak | null> | null = null;
  const offline: Offline = {
    espeak() {
      found ??= firstOf(builds);
      return found;
    },
    configured,
    closed: false,
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
    speak: (request) =>
      inTurn(
        utterancesOf(request.sentences, LIMITS),
        (utterance, stop) => say(offline, utterance, request, stop),
        request.signal,
      ),
    async close() {
      offline.closed = true;
      (await found)?.close();
    },
  };
}

async function firstOf(builds: readonly (() => Promise<Espeak | null>)[]): Promise<Espeak | null> {
  for (const build of builds) {
    const espeak = await build();
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

async function say(
  offline: Offline,
  utterance: Utterance,
  { language, voice: wish }: SpeechRequest,
  stop: AbortSignal,
): Promise<SpokenPiece> {
  if (offline.closed) return failed('unavailable', 'it is closed');
  const espeak = await offline.espeak();
  if (!espeak) return failed('unavailable', NOBODY);
  const voice = voiceOf(offline, espeak, language, wish);
  if (voice === null) return failed('unsupported_language', `espeak-ng cannot read ${JSON.stringify(language)}`);
  if (!espeak.voices.includes(voice)) {
    return failed('unknown_voice', `espeak-ng has no voice ${JSON.stringify(voice)}`);
  }
  // Two brackets would begin the names of sounds, which is its own language.
  const answer = await espeak.say(utterance.ssml.replaceAll('[[', '[ ['), voice, stop);
  if (!answer.ok) return answer;
  if (answer.sound.samples.length === 0) return failed('unavailable', 'espeak-ng answers without audio');
  return pieceOf(answer.sound, utterance, { characters: [...utterance.text].length, cost: 0 });
}
