import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/leases.ts';
import { type Outcome, recordingsOf, type StoredRecording, settleRecording, soundOf } from '../db/recordings.ts';
import type { TurnInput } from '../db/turns.ts';
import type { TurnRow } from '../db/work.ts';
import type { Logger } from '../log.ts';
import { type Budgets, budgetSentence, type Hold, hold } from './budget.ts';
import { languageTag } from './languages.ts';
import type { Leases } from './leases.ts';
import type { ModelFailure, Telemetry } from './ports.ts';
import { LeaseLost } from './steps.ts';
import { cleanInput, cleanStart, MAX_MESSAGE_CHARACTERS } from './text.ts';
import type { Transcriber, TranscriptUsage } from './transcriber.ts';

/**
 * What a learner says is what they would have typed: it becomes the text of their message before anything else is done
 * about it. Each recording is a step of its turn, stored with what it cost; what was understood is not paid for again.
 */

export interface TranscribingDeps {
  db: Database;
  /** Null: nobody listens. */
  transcriber: Transcriber | null;
  budgets: Budgets;
  leases: Leases;
  telemetry: Telemetry;
  log: Logger;
  /** See TurnDeps. */
  retryDelaysMs: readonly number[];
}

export interface Understood {
  ok: true;
  /** The turn's, with the words in them. */
  messages: TurnInput['messages'];
  /** What was said in recordings; '' where nothing was. */
  heard: string;
  /** About what was not understood, for the learner. */
  excuses: readonly string[];
  /** US dollars that the turn has cost. */
  spent: number;
}

const NO_WORDS = 'I could not make out any words in that recording. Say it again, or type it for me.';
const NOT_HEARD = 'I could not listen to that recording. Type it for me, and we go on from there.';
const CUT = 'That was more than I can take in at once, so I go by the first part of it.';

/** A learner can type instead: nobody waits for as long as a tutor without words would have to. */
const MOST_RETRIES = 2;

/** Listens to what came with a turn, if anything did. Throws LeaseLost. */
export async function understand(
  deps: TranscribingDeps,
  lesson: LessonRow,
  turn: TurnRow,
  stored: TurnInput,
): Promise<Understood | ModelFailure> {
  let [messages, spent] = [stored.messages, stored.spent];
  const [heard, excuses]: [string[], Set<string>] = [[], new Set()];
  const hasAny = messages.some(({ payload }) => payload?.recordings);
  const recordings = hasAny ? await recordingsOf(deps.db, lesson.id, turn.id) : [];
  for (const recording of recordings) {
    const isNew = recording.transcript === null && recording.failure === null;
    const room = MAX_MESSAGE_CHARACTERS - lengthOf(messages);
    const outcome = isNew ? await listen(deps, { lesson, turn, recording, spent, room }) : resultOf(recording);
    if (!outcome.ok) return outcome;
    if (isNew) messages = withWords(messages, recording.seq, outcome.text);
    if (outcome.text) heard.push(outcome.text);
    if (outcome.excuse) excuses.add(outcome.excuse);
    spent += outcome.cost;
  }
  return { ok: true, messages, heard: heard.join('\n'), excuses: [...excuses], spent };
}

function lengthOf(messages: TurnInput['messages']): number {
  return messages.reduce((sum, { text }) => sum + text.length, 0);
}

/** As settleRecording stores it. */
function withWords(messages: TurnInput['messages'], seq: number, words: string): TurnInput['messages'] {
  return messages.map((message) =>
    message.seq === seq ? { ...message, text: [message.text, words].filter(Boolean).join('\n') } : message,
  );
}

interface Result {
  ok: true;
  text: string;
  excuse: string | null;
  cost: number;
}

/** Of what was listened to by an earlier attempt. */
function resultOf({ transcript, failure }: Pick<StoredRecording, 'transcript' | 'failure'>): Result {
  const excuse = transcript ? null : transcript === '' ? NO_WORDS : excuseFor(failure ?? '');
  return { ok: true, text: transcript ?? '', excuse, cost: 0 };
}

const OVER_BUDGET = 'over_budget: ';

function excuseFor(failure: string): string {
  return failure.startsWith(OVER_BUDGET) ? budgetSentence(failure.slice(OVER_BUDGET.length)) : NOT_HEARD;
}

interface Listening {
  lesson: LessonRow;
  turn: TurnRow;
  recording: StoredRecording;
  /** By the turn so far. */
  spent: number;
  /** Characters that the turn can still take. */
  room: number;
}

/** A failure that may pass is handed on, so that the turn is put off; any other is stored, and the turn goes on. */
async function listen(deps: TranscribingDeps, listening: Listening): Promise<Result | ModelFailure> {
  const { lesson, turn, recording, spent, room } = listening;
  const { db, transcriber, leases, telemetry } = deps;
  // Nothing is paid for by a worker that knows that another one is at it.
  if (leases.isLost(lesson)) throw new LeaseLost();
  const { seconds, type } = recording;
  if (!transcriber) return settle(deps, listening, null, { failure: 'unavailable: nobody listens' });
  const soFar = { turn: spent, lesson: lesson.spent + spent };
  const held = await hold(db, deps.budgets, lesson.workspace_id, soFar, transcriber.estimate({ seconds }));
  if (!held.ok) return settle(deps, listening, null, { failure: `${OVER_BUDGET}${held.detail}` });
  const audio = await soundOf(db, lesson.id, recording);
  // Taken back a moment ago.
  if (!audio) return held.settling(db, 0, async () => ({ ok: true, text: '', excuse: null, cost: 0 }));
  const request = { audio, type, seconds, language: languageOf(lesson) };
  const result = await telemetry.step('transcribe', {}, () => transcriber.transcribe(request));
  const failure = result.ok ? null : result.reason;
  telemetry.note({ type: 'model_called', agent: 'transcriber', usage: result.usage ?? null, failure });
  if (!result.ok) {
    if (mayPass(deps, turn, result)) return held.settling(db, 0, async () => result);
    return settle(deps, listening, held, { failure: `${result.reason}: ${result.detail}` });
  }
  const whole = cleanInput(result.text);
  const text = cleanStart(whole, Math.max(room, 0));
  const settled = await settle(deps, listening, held, { transcript: text }, result.usage);
  return text.length < whole.length ? { ...settled, excuse: CUT } : settled;
}

async function settle(
  { db, telemetry, log }: TranscribingDeps,
  { lesson, turn, recording }: Listening,
  held: Hold | null,
  outcome: Outcome,
  usage: TranscriptUsage | null = null,
): Promise<Result> {
  const cost = usage?.cost ?? 0;
  const store = (tx: Parameters<typeof settleRecording>[0]) =>
    settleRecording(tx, lesson, turn.id, recording, outcome, usage);
  const isOurs = await telemetry.step('store', {}, () => (held ? held.settling(db, cost, store) : store(db)));
  if (!isOurs) throw new LeaseLost();
  if ('failure' in outcome) {
    const { failure } = outcome;
    log.warn({ lessonId: lesson.id, turnId: turn.id, failure }, 'a recording was not understood');
  }
  return { ...resultOf({ transcript: null, failure: null, ...outcome }), cost };
}

/** Waiting for the provider costs no attempt, and what is refused is refused the next time, too. */
function mayPass({ retryDelaysMs }: TranscribingDeps, { attempts }: TurnRow, failure: ModelFailure): boolean {
  if (failure.notTried) return true;
  return failure.reason !== 'refused' && attempts < Math.min(MOST_RETRIES, retryDelaysMs.length);
}

/** As the learner has wished to be taught; two letters. */
function languageOf({ state }: LessonRow): string | null {
  const { language } = state.preferences;
  const [code = ''] = (language && languageTag(language, null)?.split('-')) || [];
  return code.length === 2 ? code.toLowerCase() : null;
}
