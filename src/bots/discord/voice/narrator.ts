import { setTimeout as delay } from 'node:timers/promises';
import { beginSound, type LiveDeps, type Sound, type SoundFailure } from '../../../core/live-speech.ts';
import { type ToSay, whatToSay } from '../../../core/narrating.ts';
import { oneAtATime } from '../../../core/one-at-a-time.ts';
import type { SpokenSentence } from '../../../core/ports.ts';
import type { Recorder } from '../../../core/speech-audio.ts';
import {
  type Narration,
  readNarration,
  recordHeard,
  recordOver,
  type Speaker,
  type WrittenSoFar,
} from '../../../db/narrations.ts';
import type { Logger } from '../../../log.ts';
import type { WordKey } from '../../words.ts';
import type { Link } from './link.ts';

/** Says what is written in a lesson, sentence by sentence, while it is written. */

export interface NarratorDeps extends LiveDeps {
  recorder: Pick<Recorder, 'packets'>;
  speaker: Speaker;
  log: Logger;
  timing: { typingMs: number; retryMs: number };
  /** One line in the lesson. Must not throw. */
  tell(narration: Narration, key: WordKey): Promise<void>;
}

export type Ending =
  /** It is in other hands, or was ended elsewhere. */
  | 'lost'
  /** The lesson is over, or was stopped. */
  | 'over'
  /** Speech came to an end, and the learner was told. */
  | 'silenced'
  | 'ended';

export interface Narrator {
  /** There may be more to say. Must not throw. */
  look(): void;
  /** The learner is about to write: the tutor waits. */
  typing(): void;
  /** Nobody may hear it now, or may again. */
  muted(isMuted: boolean): void;
  /** The learner has answered: nothing more of what was said before. */
  interrupt(): void;
  /** Cuts what is being said. Safe to call twice. */
  end(): void;
  done: Promise<Ending>;
}

/** How many sentences are made ahead of the one that is heard. */
const LOOK_AHEAD = 2;
const ATTEMPTS = 2;

/** These will not go away by themselves. */
const SILENCING: Partial<Record<SoundFailure['reason'], WordKey>> = {
  quota: 'voice.quota',
  unknown_voice: 'voice.unknownVoice',
  unsupported_language: 'voice.noLanguage',
  over_budget: 'voice.overBudget',
  over_minutes: 'voice.overMinutes',
};

const BROKEN: SoundFailure = { reason: 'unavailable', detail: 'it could not be played to its end' };

interface Prepared {
  sentence: SpokenSentence;
  sound: Sound;
  giving: AbortController;
}

interface Telling {
  deps: NarratorDeps;
  narration: Narration;
  link: Link;
  ending: PromiseWithResolvers<Ending>;
  stopped: AbortController;
  /** How far it has come, ahead of what is stored. */
  place: { turn: number; said: string[]; isOver: boolean } | null;
  lesson: WrittenSoFar | null;
  language: string;
  /** What is to be said, the first of it being heard; and the sounds of the first ones. */
  rest: SpokenSentence[];
  line: Prepared[];
  isEnding: boolean;
  /** What nobody may hear is not made either. */
  isMuted: boolean;
  change: PromiseWithResolvers<void>;
  typing: NodeJS.Timeout | null;
  attempts: number;
  /** That the engine fails was said, and it has failed since. */
  isTold: boolean;
}

export function openNarrator(deps: NarratorDeps, narration: Narration, link: Link): Narrator {
  const telling: Telling = {
    ...{ deps, narration, link, ending: Promise.withResolvers(), stopped: new AbortController() },
    ...{ place: null, lesson: null, language: '', rest: [], line: [], isEnding: false, isMuted: false },
    ...{ change: Promise.withResolvers(), typing: null, attempts: 0, isTold: false },
  };
  const look = oneAtATime(() => lookAt(telling));
  void speak(telling);
  look();
  return {
    look,
    typing: () => wait(telling),
    muted: (isMuted) => mute(telling, isMuted),
    interrupt: () => interrupt(telling),
    end: () => end(telling, 'ended'),
    done: telling.ending.promise,
  };
}

function end(telling: Telling, why: Ending): void {
  telling.stopped.abort();
  cut(telling, 0);
  if (telling.typing) clearTimeout(telling.typing);
  wake(telling);
  telling.ending.resolve(why);
}

function wake(telling: Telling): void {
  telling.change.resolve();
  telling.change = Promise.withResolvers();
}

/** Gives up what was prepared from there on, also while it is heard. */
function cut({ line }: Telling, from: number): void {
  for (const each of line.splice(from)) each.giving.abort();
}

async function lookAt(telling: Telling): Promise<void> {
  const { deps, narration, stopped } = telling;
  if (stopped.signal.aborted) return;
  let written: WrittenSoFar | null;
  try {
    written = await readNarration(deps.db, narration.id, deps.speaker);
  } catch (error) {
    return deps.log.warn({ err: error, lessonId: narration.lessonId }, 'what is to be said could not be read');
  }
  if (stopped.signal.aborted) return;
  if (!written) return end(telling, 'lost');
  // Stopped by its learner: there is nothing more to hear, and no farewell either.
  if (written.state.paused) return end(telling, 'over');
  telling.place ??= { turn: written.turn, said: written.said, isOver: written.isOver };
  telling.lesson = written;
  take(telling, whatToSay({ ...written, ...telling.place }));
}

function take(telling: Telling, next: ToSay): void {
  const { place, line } = telling;
  if (next.language === null) return void silence(telling, 'voice.noLanguage');
  if (place?.turn !== next.turn) {
    cut(telling, 0);
    telling.place = { turn: next.turn, said: [], isOver: false };
    telling.attempts = 0;
  }
  telling.language = next.language;
  telling.rest = next.sentences;
  telling.isEnding = next.isEnding;
  let kept = 0;
  while (kept < line.length && line[kept]?.sentence.text === next.sentences[kept]?.text) kept += 1;
  cut(telling, kept);
  goAhead(telling);
}

/** With what there is to say now. */
function goAhead(telling: Telling): void {
  // Nobody waits for the last words of a lesson that is over.
  if (telling.isMuted && telling.isEnding) return void end(telling, 'over');
  prepare(telling);
  wake(telling);
}

/** One sentence is made after the other, the next ones while the first is heard. */
function prepare(telling: Telling): void {
  const { deps, narration, lesson, rest, line, language } = telling;
  if (!lesson || telling.isMuted) return;
  const { workspaceId, settings, state } = lesson;
  const wish = state.preferences.voice ?? null;
  const listener = { lessonId: narration.lessonId, workspaceId, settings, language, wish };
  while (line.length <= LOOK_AHEAD) {
    const sentence = rest[line.length];
    if (!sentence) return;
    const giving = new AbortController();
    const after = line.at(-1)?.sound.ended ?? Promise.resolve();
    line.push({ sentence, giving, sound: beginSound(deps, listener, sentence, { signal: giving.signal, after }) });
  }
}

async function speak(telling: Telling): Promise<void> {
  const { stopped } = telling;
  while (!stopped.signal.aborted) {
    const [next] = telling.line;
    const { promise: change } = telling.change;
    try {
      if (next) await sayOne(telling, next);
      else if (telling.isEnding) end(telling, 'over');
      else await change;
    } catch (error) {
      telling.deps.log.error({ err: error, lessonId: telling.narration.lessonId }, 'narrating failed');
      await pause(telling, telling.deps.timing.retryMs);
    }
  }
}

async function sayOne(telling: Telling, next: Prepared): Promise<void> {
  const { deps, link, line } = telling;
  const { sentence, sound, giving } = next;
  const isSound = await sound.begun;
  const isWhole = !isSound || (await link.play(deps.recorder.packets(sound.pieces()), giving.signal));
  const failure = isWhole ? await sound.ended : BROKEN;
  // Where the link is gone, so is the narration.
  if (giving.signal.aborted || line[0] !== next) return;
  if (failure && failure.reason !== 'too_long') return failed(telling, failure);
  await heard(telling, sentence);
}

async function heard(telling: Telling, sentence: SpokenSentence): Promise<void> {
  const { deps, narration, line, rest, place } = telling;
  if (!place) return;
  place.said.push(sentence.text);
  line.shift();
  rest.shift();
  telling.attempts = 0;
  telling.isTold = false;
  prepare(telling);
  const silence = pause(telling, sentence.pauseMs);
  try {
    const isMine = await recordHeard(deps.db, narration.id, deps.speaker, place);
    if (!isMine) end(telling, 'lost');
  } catch (error) {
    deps.log.warn({ err: error, lessonId: narration.lessonId }, 'that a sentence was heard could not be stored');
  }
  await silence;
}

async function failed(telling: Telling, { reason, detail }: SoundFailure): Promise<void> {
  const { deps, narration } = telling;
  deps.log.warn({ lessonId: narration.lessonId, reason, detail }, 'a sentence was not spoken');
  const silencing = SILENCING[reason];
  if (silencing) return silence(telling, silencing);
  telling.attempts += 1;
  cut(telling, 0);
  if (telling.attempts < ATTEMPTS) {
    await pause(telling, deps.timing.retryMs);
    return prepare(telling);
  }
  // The text is there. The next reply is tried again, and told of no more until one was heard.
  interrupt(telling);
  if (telling.isTold) return;
  telling.isTold = true;
  await deps.tell(narration, 'voice.failing');
}

async function silence(telling: Telling, key: WordKey): Promise<void> {
  const { deps, narration, stopped } = telling;
  if (stopped.signal.aborted) return;
  end(telling, 'silenced');
  await deps.tell(narration, key);
}

function interrupt(telling: Telling): void {
  const { deps, narration, place } = telling;
  goOn(telling);
  cut(telling, 0);
  telling.rest = [];
  telling.attempts = 0;
  if (!place) return;
  place.isOver = true;
  recordOver(deps.db, narration.id, deps.speaker, place.turn).catch((error) => {
    deps.log.warn({ err: error, lessonId: narration.lessonId }, 'that the rest is not to be said could not be stored');
  });
}

/** Each sign of typing counts for some seconds; Discord repeats it for as long as somebody types. */
function wait(telling: Telling): void {
  if (telling.typing) clearTimeout(telling.typing);
  telling.link.pause('typing', true);
  telling.typing = setTimeout(() => goOn(telling), telling.deps.timing.typingMs).unref();
}

function mute(telling: Telling, isMuted: boolean): void {
  telling.isMuted = isMuted;
  telling.link.pause('muted', isMuted);
  goAhead(telling);
}

function goOn(telling: Telling): void {
  if (telling.typing) clearTimeout(telling.typing);
  telling.typing = null;
  telling.link.pause('typing', false);
}

/** Ends when the narration does. */
function pause({ stopped }: Telling, ms: number): Promise<void> {
  return delay(ms, undefined, { signal: stopped.signal }).catch(() => {});
}
