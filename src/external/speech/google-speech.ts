import type { TextToSpeechClient } from '@google-cloud/text-to-speech';
import type { SpeechConfig } from '../../config/speech.ts';
import { primary } from '../../core/languages.ts';
import type { Speech, SpeechFailure, SpeechRequest, SpokenPiece } from '../../core/ports.ts';
import { type GoogleConnection, googleConnection } from './google-client.ts';
import { explain, type Refused, unopened } from './google-failures.ts';
import { costOf, defaultVoice, languageOf } from './google-voices.ts';
import { readWav, type Sound, samplesIn } from './pcm.ts';
import { failed, inTurn, pieceOf } from './pieces.ts';
import { splitText, type Utterance, utterancesOf } from './utterances.ts';

interface Google {
  connection: GoogleConnection;
  configured: string | null;
  timeoutMs: number;
  /** Defaults of ours that Google does not have any more: it chooses instead. */
  missing: Set<string>;
  /** By language. */
  listed: Map<string, { voices: readonly string[]; at: number }>;
  closed: boolean;
}

/** Google takes 5,000; what is counted at its side and not here has room. */
const LIMITS = { mostBytes: 4_800, joinedBytes: 1_200 };
/** In characters, when Google has found a sentence too long: it likes clauses better. */
const SHORT = 160;
/** As its voices are made. */
const RATE = 24_000;
const ATTEMPTS = 3;
const LISTED_MS = 3_600_000;

/** Google Cloud Text-to-Speech as Speech. `timeoutMs`: for one piece, with all that the client tries again. */
export function googleSpeech(
  { endpoint, voice }: Pick<SpeechConfig, 'endpoint' | 'voice'>,
  { timeoutMs = 20_000 }: { timeoutMs?: number } = {},
): Speech {
  const google: Google = {
    connection: googleConnection(endpoint),
    configured: voice,
    timeoutMs,
    missing: new Set(),
    listed: new Map(),
    closed: false,
  };
  return {
    name: 'google',
    voiceFor: async (language, wish) => voiceOf(google, language, wish) ?? language,
    voices: (language) => voices(google, language),
    estimate({ sentences, language, voice: wish }) {
      const name = voiceOf(google, language, wish);
      const utterances = utterancesOf(sentences, LIMITS);
      return name === null
        ? null
        : costOf(
            name,
            utterances.reduce((sum, { ssml }) => sum + charactersIn(ssml), 0),
          );
    },
    speak: (request) =>
      inTurn(
        utterancesOf(request.sentences, LIMITS),
        (utterance, signal) => say(google, utterance, request, signal),
        request.signal,
      ),
    async close() {
      google.closed = true;
      await google.connection.close();
    },
  };
}

/** Null: Google chooses. */
function voiceOf({ configured, missing }: Google, language: string, wish: string | null): string | null {
  if (wish) return wish;
  if (configured && primary(configured) === primary(language)) return configured;
  const usual = defaultVoice(language);
  return usual && !missing.has(usual) ? usual : null;
}

/** Google's list seldom changes, and people want to choose from it while they type. */
async function voices(google: Google, language: string): Promise<readonly string[]> {
  const known = google.listed.get(language);
  if (known && performance.now() - known.at < LISTED_MS) return known.voices;
  try {
    const client = await google.connection.open();
    const [{ voices: all }] = await client.listVoices({ languageCode: language }, within(google.timeoutMs));
    const named = (all ?? []).flatMap(({ name }) => name ?? []);
    google.listed.set(language, { voices: named, at: performance.now() });
    return named;
  } catch {
    return known?.voices ?? [];
  }
}

type Input = { ssml: string } | { text: string };

interface Call {
  input: Input;
  /** Null: Google chooses. */
  voice: string | null;
  language: string;
  /** Stopped, or too late. */
  signal: AbortSignal;
  isLate(): boolean;
}

async function say(google: Google, utterance: Utterance, request: SpeechRequest, stop: AbortSignal) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), google.timeoutMs);
  const signal = AbortSignal.any([stop, late.signal]);
  try {
    return await sayOneWayOrAnother(google, utterance, request, { signal, isLate: () => late.signal.aborted });
  } finally {
    clearTimeout(timer);
  }
}

/** In SSML; where Google refuses that, or our default voice, once more in another way. */
async function sayOneWayOrAnother(
  google: Google,
  utterance: Utterance,
  { language, voice: wish }: SpeechRequest,
  limits: Pick<Call, 'signal' | 'isLate'>,
): Promise<SpokenPiece> {
  let input: Input = { ssml: utterance.ssml };
  for (let attempt = 1; ; attempt += 1) {
    const voice = voiceOf(google, language, wish);
    const answer = await synthesize(google, { ...limits, input, voice, language });
    if (answer.ok) {
      const characters = charactersIn(Object.values(input).join());
      return pieceOf(answer.sound, utterance, { characters, cost: voice === null ? null : costOf(voice, characters) });
    }
    if (attempt === ATTEMPTS) return answer.failure;
    if (answer.refused === 'voice' && !wish && voice !== null && voice === defaultVoice(language)) {
      google.missing.add(voice);
    } else if (answer.refused === 'ssml' && 'ssml' in input) input = { text: utterance.text };
    else if (answer.refused === 'sentence' && 'ssml' in input) input = { text: inShortSentences(utterance.text) };
    else return answer.failure;
  }
}

function inShortSentences(text: string): string {
  const parts = splitText(text, (part) => part.length <= SHORT);
  return parts
    .map((part) => part.replace(/[,;:–—、，；：]?$/, (end) => (/[.!?。！？]$/.test(part) ? end : '.')))
    .join(' ');
}

type Answer = { ok: true; sound: Sound } | { ok: false; failure: SpeechFailure; refused: Refused };

async function synthesize(google: Google, call: Call): Promise<Answer> {
  if (google.closed) return { ok: false, failure: failed('unavailable', 'it is closed'), refused: null };
  const stopped = aborted(call.signal);
  try {
    const client = await Promise.race([google.connection.open().catch(unopened), stopped]);
    if ('ok' in client) return { ok: false, failure: client, refused: null };
    const bytes = await Promise.race([audioOf(client, google, call), stopped]);
    if (bytes.length > 0) return { ok: true, sound: readWav(bytes) ?? { samples: samplesIn(bytes), rate: RATE } };
    return { ok: false, failure: failed('unavailable', 'the service answers without audio'), refused: null };
  } catch (error) {
    const { timeoutMs } = google;
    return { ok: false, ...explain(error, { timeoutMs, late: call.isLate(), voice: call.voice }) };
  }
}

async function audioOf(client: TextToSpeechClient, { timeoutMs }: Google, call: Call): Promise<Uint8Array> {
  const { input, voice, language, signal } = call;
  const [{ audioContent }] = await client.synthesizeSpeech(
    {
      input,
      voice: { languageCode: (voice && languageOf(voice)) ?? language, ...(voice && { name: voice }) },
      // Not Opus: several pieces become one sound, and each has a pause after it.
      audioConfig: { audioEncoding: 'LINEAR16', sampleRateHertz: RATE },
    },
    { ...within(timeoutMs), signal },
  );
  return typeof audioContent === 'string' ? Buffer.from(audioContent, 'base64') : (audioContent ?? new Uint8Array());
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('it was stopped'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

/** The client tries again by itself what may help. It ends before we do, and then says what it was waiting for. */
function within(timeoutMs: number) {
  const ms = Math.round(timeoutMs * 0.75);
  return {
    retry: {
      backoffSettings: {
        initialRetryDelayMillis: 100,
        retryDelayMultiplier: 1.3,
        maxRetryDelayMillis: 500,
        initialRpcTimeoutMillis: ms,
        rpcTimeoutMultiplier: 1,
        maxRpcTimeoutMillis: ms,
        totalTimeoutMillis: ms,
      },
    },
  };
}

/** As Google bills them: with the tags. */
function charactersIn(text: string): number {
  return [...text].length;
}
