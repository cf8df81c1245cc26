import { createHash, randomUUID } from 'node:crypto';
import {
  findAudio,
  leaveMaking,
  type Making,
  renewMaking,
  type StoredAudio,
  storeAudio,
  trimAudio,
} from '../db/audio.ts';
import type { Queryable } from '../db/database.ts';
import { recordSpeech } from '../db/records.ts';
import { keepLesson } from '../db/summaries.ts';
import { errorMessage } from '../errors.ts';
import { holdVoice, secondsOf } from './billing/voice-minutes.ts';
import { hold, withinMonth } from './budget.ts';
import type { Reply } from './messages.ts';
import type { SpeechUsage, SpokenSentence } from './ports.ts';
import { settingsOf } from './settings.ts';
import type { InHand, Obstacle, SpeakingDeps } from './speaking.ts';
import { spokenSentences } from './spoken/sentences.ts';

/** Replies as audio: made once, kept, and paid for. */

/** Makes a file of samples, without holding up anybody meanwhile. */
export interface Recorder {
  /** Ogg Opus. */
  encode(pcm: Int16Array): Promise<Buffer>;
  waveform(pcm: Int16Array): Promise<Uint8Array>;
  join(pieces: readonly Int16Array[]): Int16Array;
  /** Packets of Opus, 20 ms each, as they are asked for. */
  packets(pcm: AsyncIterable<Int16Array>): AsyncGenerator<Uint8Array>;
}

export interface AudioPart {
  /** The same for the same voice and words, in any process. */
  key: string;
  sentences: readonly SpokenSentence[];
}

/** What takes about a minute to say. */
const CHARACTERS_PER_PART = 900;

/** A reply as parts to be heard one after the other. Always the same ones, whoever asks. */
export function audioParts(
  reply: Reply,
  { engine, voice, language }: { engine: string; voice: string; language: string },
): AudioPart[] {
  const sentences = spokenSentences(reply, { language }).filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
  return partsOf(sentences).map((part) => {
    const content = [engine, voice, language, ...part.map(({ ssml, pauseMs }) => [ssml, pauseMs])];
    return { key: createHash('sha256').update(JSON.stringify(content)).digest('hex'), sentences: part };
  });
}

function partsOf(sentences: readonly SpokenSentence[]): SpokenSentence[][] {
  const parts: SpokenSentence[][] = [];
  let room = 0;
  for (const sentence of sentences) {
    const part = parts.at(-1);
    room -= sentence.text.length;
    if (part && room >= 0) part.push(sentence);
    else {
      parts.push([sentence]);
      room = CHARACTERS_PER_PART - sentence.text.length;
    }
  }
  return parts;
}

/** While somebody else makes the same. */
const THEIRS_MS = 300;

/** The audio of a part: what is kept of it, or made here and now. */
export async function audioFor(
  deps: SpeakingDeps,
  held: InHand,
  part: AudioPart,
  voice: string,
): Promise<StoredAudio | Obstacle> {
  const making: Making = { key: part.key, token: randomUUID(), leaseMs: deps.leaseMs };
  const found = await findAudio(deps.db, making);
  if (found === 'theirs') return { reason: 'later', delayMs: THEIRS_MS };
  if (found !== 'mine') {
    deps.telemetry.note({ type: 'audio_found', engine: deps.speech.name, usage: null });
    return found;
  }
  const beat = setInterval(() => void renewMaking(deps.db, making).catch(() => {}), deps.leaseMs / 3);
  let made: StoredAudio | Obstacle | null = null;
  try {
    made = await makeWithinBudget(deps, held, part, voice);
    return made;
  } finally {
    clearInterval(beat);
    if (!made || !('ogg' in made)) await leaveMaking(deps.db, making);
  }
}

async function makeWithinBudget(
  deps: SpeakingDeps,
  held: InHand,
  part: AudioPart,
  voice: string,
): Promise<StoredAudio | Obstacle> {
  const { db, speech } = deps;
  const estimate = speech.estimate({ sentences: part.sentences, language: held.language ?? '', voice: held.wish });
  const made = await paid(
    deps,
    held.utterance,
    { estimate, seconds: secondsOf(part.sentences), voice },
    () => make(deps, held, part),
    async (tx, { audio }) => {
      if (audio) await storeAudio(tx, part.key, audio);
    },
  );
  if (!('usage' in made)) return made;
  if (!made.audio) return made.obstacle;
  await trimAudio(db, deps.cacheBytes);
  return made.audio;
}

export type PayingDeps = Pick<SpeakingDeps, 'db' | 'speech' | 'budgets' | 'telemetry' | 'entitlements'>;

/** The lesson that something is spoken in. */
export type WhoseSpeech = Pick<InHand['utterance'], 'lessonId' | 'workspaceId' | 'settings'>;

/**
 * Makes speech if the budget allows, and puts what it came to on record, together with what `store` stores. Speech
 * counts in the workspace's month and in its plan's minutes, and in no lesson's account: a voice must not cut a lesson short.
 */
export async function paid<Result extends { usage: SpeechUsage }>(
  { db, budgets, speech, telemetry, entitlements }: PayingDeps,
  { lessonId, workspaceId, settings }: WhoseSpeech,
  { estimate, seconds, voice }: { estimate: number | null; seconds: number; voice: string },
  work: () => Promise<Result>,
  store: (tx: Queryable, result: Result) => Promise<void> = async () => {},
): Promise<Result | { reason: 'over_budget' | 'over_minutes'; detail: string }> {
  const { workspaceMonth } = withinMonth(budgets, settingsOf(settings).monthlyBudget);
  const month = { turn: null, lesson: null, workspaceMonth };
  const budget = await hold(db, month, workspaceId, { turn: 0, lesson: 0 }, estimate);
  if (!budget.ok) return { reason: 'over_budget', detail: budget.detail };
  const minutes = await holdVoice({ db, entitlements }, workspaceId, seconds);
  if (!minutes.ok) {
    await budget.settling(db, 0, async () => {});
    return { reason: 'over_minutes', detail: minutes.plan };
  }
  const startedAt = performance.now();
  const result = await work();
  const usage = { ...result.usage, voice, latencyMs: performance.now() - startedAt };
  const record = async (tx: Queryable) => {
    await minutes.settle(tx, usage.seconds);
    if (!(await keepLesson(tx, lessonId))) return;
    if (usage.characters > 0) await recordSpeech(tx, { lessonId, workspaceId }, usage);
    await store(tx, result);
  };
  await budget.settling(db, usage.cost ?? 0, (opened) =>
    opened.isTransaction ? record(opened) : opened.transaction().execute(record),
  );
  if (usage.characters > 0) telemetry.note({ type: 'audio_found', engine: speech.name, usage });
  return result;
}

type Made = { usage: SpeechUsage } & ({ audio: StoredAudio } | { audio: null; obstacle: Obstacle });

async function make({ speech, recorder }: SpeakingDeps, held: InHand, part: AudioPart): Promise<Made> {
  const { signal, language, wish } = held;
  const pieces: Int16Array[] = [];
  let usage: SpeechUsage = { characters: 0, seconds: 0, cost: null };
  const request = { sentences: part.sentences, language: language ?? '', voice: wish, signal };
  const without = (obstacle: Obstacle): Made => ({ usage, audio: null, obstacle });
  try {
    for await (const piece of speech.speak(request)) {
      if (!piece.ok) return without({ reason: piece.reason, detail: piece.detail });
      pieces.push(piece.pcm);
      usage = sum(usage, piece.usage);
    }
    if (signal.aborted) return without({ reason: 'later', delayMs: 0 });
    const pcm = recorder.join(pieces);
    if (pcm.length === 0) return without({ reason: 'unavailable', detail: 'there is no sound in what was made' });
    const [ogg, waveform] = await Promise.all([recorder.encode(pcm), recorder.waveform(pcm)]);
    return { usage, audio: { ogg, seconds: usage.seconds, waveform: Buffer.from(waveform) } };
  } catch (error) {
    // Whatever breaks: what was set aside for it is given back, and what was said of it is paid for.
    return without({ reason: 'unavailable', detail: errorMessage(error) });
  }
}

export function sum(one: SpeechUsage, other: SpeechUsage): SpeechUsage {
  const cost = one.cost === null && other.cost === null ? null : (one.cost ?? 0) + (other.cost ?? 0);
  return { characters: one.characters + other.characters, seconds: one.seconds + other.seconds, cost };
}
