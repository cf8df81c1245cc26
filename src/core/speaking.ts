import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database.ts';
import {
  type ClaimedUtterance,
  claimUtterance,
  dropUnheard,
  failUtterance,
  type Hand,
  markUnheard,
  planUtterance,
  postponeUtterance,
  recordShown,
  renewUtterance,
} from '../db/utterances.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Entitlements } from './billing/entitlements.ts';
import type { Budgets } from './budget.ts';
import type { Surfaces } from './deliver.ts';
import { languageTag } from './languages.ts';
import { reply } from './messages.ts';
import type { Nudger, SpeakResult, Speech, SpeechFailure, Surface, Telemetry } from './ports.ts';
import { type AudioPart, audioFor, audioParts, type Recorder } from './speech-audio.ts';
import { nudgeSpeech } from './speech-requests.ts';
import { metWish } from './voices.ts';

/**
 * Lets learners hear what they were sent. Beside the lesson, on a queue of its own: no text waits for it. Each step is
 * stored before the next one, as with deliveries, so that a worker that dies leaves the rest to another.
 */

export interface SpeakingDeps {
  db: Database;
  speech: Speech;
  recorder: Recorder;
  surfaces: Surfaces;
  nudger: Nudger;
  telemetry: Telemetry;
  log: Logger;
  budgets: Budgets;
  /** What workspaces may; absent: everything. */
  entitlements?: Entitlements;
  /** Of what is kept of the audio that was made. */
  cacheBytes: number;
  leaseMs: number;
  /** Waits before the 2nd, 3rd … attempt; when they are used up, the learner reads that it could not be spoken. */
  retryDelaysMs: readonly number[];
  /** Aborted when the process shuts down. */
  stopping: AbortSignal;
}

/** What keeps an utterance from being heard to its end. */
export type Obstacle =
  /** Another worker has it, or nobody wants to hear it any more. */
  | { reason: 'lost' }
  /** It is taken up again after so long, and that is no attempt. */
  | { reason: 'later'; delayMs: number }
  | {
      reason: SpeechFailure['reason'] | 'surface' | 'refused' | 'over_budget' | 'over_minutes';
      detail: string;
      retryAfterMs?: number;
    }
  | { reason: 'gone'; detail: string };

export interface InHand {
  utterance: ClaimedUtterance;
  hand: Hand;
  surface: Surface;
  language: string | null;
  /** The voice that its learner wishes for and that there is; null: the engine chooses. */
  wish: string | null;
  /** When it was taken up here, by the process's clock. */
  since: number;
  /** Aborted when it is lost, or when the process shuts down. */
  signal: AbortSignal;
}

/** Speaks what is owed to the ear in a lesson, in the order in which it was written. Safe to run at any time. */
export async function speakLesson(deps: SpeakingDeps, lessonId: string): Promise<void> {
  while (!deps.stopping.aborted) {
    await dropUnheard(deps.db, lessonId);
    const token = randomUUID();
    const utterance = await claimUtterance(deps.db, lessonId, { token, leaseMs: deps.leaseMs });
    if (!utterance) return;
    if (!(await inHand(deps, utterance, { id: utterance.id, token, leaseMs: deps.leaseMs }))) return;
  }
}

/** Keeps it in hand while it is spoken. False when the next one has to wait. */
async function inHand(deps: SpeakingDeps, utterance: ClaimedUtterance, hand: Hand): Promise<boolean> {
  const lost = new AbortController();
  const { platform, waitedMs } = utterance;
  if (!utterance.begun) deps.telemetry.note({ type: 'speech_begun', platform, waitedMs });
  const beat = setInterval(async () => {
    const isMine = await renewUtterance(deps.db, hand).catch(() => true);
    if (!isMine) lost.abort();
  }, deps.leaseMs / 3);
  try {
    const surface = deps.surfaces.get(utterance.platform);
    const { preferences } = utterance.state;
    const language = languageTag(preferences.language, utterance.locale);
    const obstacle: Obstacle | null = surface?.speak
      ? await speak(deps, {
          ...{ utterance, hand, surface, language, since: performance.now() },
          wish: language && (await metWish(deps.speech, language, preferences.voice ?? null)),
          signal: AbortSignal.any([lost.signal, deps.stopping]),
        })
      : { reason: 'gone', detail: `nothing can be heard on ${utterance.platform} here` };
    if (obstacle) return await putAside(deps, utterance, hand, obstacle);
    deps.telemetry.note({ type: 'speech_done', platform });
    return true;
  } catch (error) {
    deps.log.error({ err: error, lessonId: utterance.lessonId }, 'speaking failed');
    return putAside(deps, utterance, hand, { reason: 'unavailable', detail: errorMessage(error) });
  } finally {
    clearInterval(beat);
  }
}

/** Makes and shows its parts one after the other, from the first that was not shown yet. */
async function speak(deps: SpeakingDeps, held: InHand): Promise<Obstacle | null> {
  const { utterance, hand, language, wish } = held;
  const voice = language && (await deps.speech.voiceFor(language, wish));
  if (!language || !voice) return { reason: 'unsupported_language', detail: `no voice for ${language}` };
  const parts = audioParts(utterance.reply, { engine: deps.speech.name, voice, language });
  const keys = parts.map(({ key }) => key);
  if (!(await planUtterance(deps.db, hand, keys))) return { reason: 'lost' };
  const { posted } = utterance;
  for (let part = utterance.shown; part < parts.length; part += 1) {
    const obstacle = await speakPart(deps, held, { parts, part, posted, voice });
    if (obstacle) return obstacle;
  }
  if (parts.length > utterance.shown) return null;
  // There is nothing in it to be said, or all of it was said before.
  const isRecorded = await recordShown(deps.db, hand, { shown: parts.length, posted, isLast: true });
  return isRecorded ? null : { reason: 'lost' };
}

interface Place {
  parts: readonly AudioPart[];
  part: number;
  /** Grows with each part. */
  posted: string[];
  voice: string;
}

async function speakPart(deps: SpeakingDeps, held: InHand, place: Place): Promise<Obstacle | null> {
  const { utterance, hand, surface } = held;
  const { parts, part, posted, voice } = place;
  const made = parts[part];
  if (!made) throw new Error(`there is no part ${part}`);
  // Who has said "be quiet" meanwhile does not hear the rest.
  await dropUnheard(deps.db, utterance.lessonId);
  if (!(await renewUtterance(deps.db, hand))) return { reason: 'lost' };
  const audio = await deps.telemetry.step('synthesize', {}, () => audioFor(deps, held, made, voice));
  if (!('ogg' in audio)) return audio;
  // At the last moment: nobody else is to begin the same part meanwhile.
  if (!(await renewUtterance(deps.db, hand))) return { reason: 'lost' };
  const shown = await deps.telemetry.step('speak', { platform: utterance.platform }, () =>
    show(surface, {
      key: `${utterance.id}-${part}`,
      ...{ threadId: utterance.threadId, part, of: parts.length, locale: utterance.locale },
      ...{ audio: audio.ogg, seconds: audio.seconds, waveform: audio.waveform },
      transcript: made.sentences.map(({ text }) => text).join(' '),
      mayBeShown: utterance.begun && part === utterance.shown,
    }),
  );
  if (!shown.ok) return obstacleOf(shown);
  posted.push(...shown.platformMessageIds);
  const record = { shown: part + 1, posted, isLast: part + 1 === parts.length };
  if (part === 0) noteHeard(deps, held);
  const isRecorded = await deps.telemetry.step('spoken', {}, () => recordShown(deps.db, hand, record));
  return isRecorded ? null : { reason: 'lost' };
}

function noteHeard({ telemetry }: SpeakingDeps, { utterance: { platform, waitedMs }, since }: InHand): void {
  telemetry.note({ type: 'speech_heard', platform, waitedMs: waitedMs + performance.now() - since });
}

async function show(surface: Surface, utterance: Parameters<NonNullable<Surface['speak']>>[0]): Promise<SpeakResult> {
  try {
    return (await surface.speak?.(utterance)) ?? { ok: false, reason: 'gone', detail: 'nothing can be heard there' };
  } catch (error) {
    return { ok: false, reason: 'retry', detail: errorMessage(error) };
  }
}

function obstacleOf(failure: Extract<SpeakResult, { ok: false }>): Obstacle {
  const { reason, detail } = failure;
  if (reason !== 'retry') return { reason, detail };
  const { retryAfterMs } = failure;
  return { reason: 'surface', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const MIN_LATER_MS = 250;
const MAX_WAIT_MS = 600_000;
/** These will not go away by themselves: the lesson goes on in writing, until its learner asks for the voice again. */
const SILENCING = {
  quota:
    'My voice has used up what its service allows for now, so I go on in writing. Say **voice on** to try again later.',
  unknown_voice:
    'The voice that is set for me is not known to its service, so I go on in writing. Whoever runs me can correct it.',
  unsupported_language: 'I have no voice for the language of this lesson, so I go on in writing.',
  refused:
    'Audio may not be sent here, so I go on in writing. Once whoever runs this place has allowed it, say **voice on**.',
  over_budget:
    'The budget of this place for the month is used up, so I go on in writing. Whoever runs me can raise it; otherwise say **voice on** next month.',
  over_minutes:
    'The plan of this place leaves me no more minutes to speak this month, so I go on in writing. Whoever runs this place can choose another plan.',
};
const UNSPOKEN = 'I could not speak that one; the text is above.';

/** True when the next one may follow. */
async function putAside(
  deps: SpeakingDeps,
  utterance: ClaimedUtterance,
  hand: Hand,
  obstacle: Obstacle,
): Promise<boolean> {
  const { db, log } = deps;
  const { reason } = obstacle;
  if (reason === 'lost') return true;
  if (reason === 'later') return postpone(deps, utterance, hand, { ...obstacle, isAttempt: false, failure: reason });
  const failure = `${reason}: ${obstacle.detail}`.slice(0, 500);
  log.warn({ lessonId: utterance.lessonId, utteranceId: hand.id, reason, detail: obstacle.detail }, 'not spoken');
  const silencing = reason in SILENCING ? SILENCING[reason as keyof typeof SILENCING] : null;
  const delay = deps.retryDelaysMs[utterance.attempts];
  // A quota may be one of each minute.
  const mayPass = reason === 'quota' || (!silencing && reason !== 'too_long' && reason !== 'gone');
  const isPutOff = mayPass && delay !== undefined;
  deps.telemetry.note({ type: 'speech_failed', reason, givesUp: !isPutOff });
  if (reason === 'gone') return markUnheard(db, hand, failure);
  if (isPutOff) {
    const delayMs = Math.min(Math.max(delay, obstacle.retryAfterMs ?? 0), MAX_WAIT_MS);
    return postpone(deps, utterance, hand, { delayMs, isAttempt: true, failure });
  }
  const notice = reply('notice', silencing ?? UNSPOKEN);
  await failUtterance(db, hand, { failure, notice, silences: silencing !== null });
  await deps.nudger.nudge(utterance.queue, utterance.lessonId).catch((error) => {
    log.warn({ err: error, lessonId: utterance.lessonId }, 'the nudge was lost; the sweep will find what is owed');
  });
  return true;
}

async function postpone(
  deps: SpeakingDeps,
  { queue, lessonId }: ClaimedUtterance,
  hand: Hand,
  how: { delayMs: number; isAttempt: boolean; failure: string },
): Promise<false> {
  const delayMs = deps.stopping.aborted ? 0 : Math.max(how.delayMs, MIN_LATER_MS);
  const isMine = await postponeUtterance(deps.db, hand, { ...how, delayMs });
  if (isMine) await nudgeSpeech(deps, queue, lessonId, delayMs);
  return false;
}
