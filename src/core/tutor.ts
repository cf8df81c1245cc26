import type { Database, Queryable } from '../db/database.ts';
import type { Owed } from '../db/deliveries.ts';
import type { LessonRow } from '../db/leases.ts';
import { readMemory, updateMemory } from '../db/lessons.ts';
import { endNarrationOfLesson } from '../db/narrations.ts';
import { type Committed, commitTurn, readTurn, type TurnInput } from '../db/turns.ts';
import { takeBackRequests } from '../db/utterances.ts';
import type { TurnRow } from '../db/work.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Entitlement, SELF_HOST } from './billing/entitled.ts';
import type { Entitlements } from './billing/entitlements.ts';
import { type Budgets, budgetSentence, NO_BUDGETS, withinMonth } from './budget.ts';
import { CAPS, RECENT_MESSAGES } from './context.ts';
import type { Curriculum } from './curriculum.ts';
import type { Surfaces } from './deliver.ts';
import { openDraft } from './drafts.ts';
import { hasMovedOn } from './edits.ts';
import { type HandingOver, handingOver } from './handing-over.ts';
import { type Leases, now } from './leases.ts';
import type { LessonState } from './lesson.ts';
import { memoryChange } from './memory.ts';
import { type Reply, reply } from './messages.ts';
import { aboveReply, withRecordings } from './phases/recordings.ts';
import { answerTurn } from './phases/routing.ts';
import { draft as asDraft, type TurnContext, type TurnDraft, type TurnLimit } from './phases/turn.ts';
import type { Draft, Model, ModelFailure, Nudger, Speech, Telemetry } from './ports.ts';
import type { Prompts } from './prompts.ts';
import { postpone } from './putting-off.ts';
import { isCardChanged } from './replies.ts';
import { settingsOf } from './settings.ts';
import { LeaseLost, turnSteps } from './steps.ts';
import type { Transcriber } from './transcriber.ts';
import { understand } from './transcribing.ts';

export interface TurnDeps {
  db: Database;
  model: Model;
  prompts: Prompts;
  curriculum: Curriculum;
  surfaces: Surfaces;
  leases: Leases;
  telemetry: Telemetry;
  log: Logger;
  /** True: evaluate and answer in two calls, for comparison. */
  separate?: boolean;
  budgets?: Budgets;
  /** What workspaces may; absent: everything. */
  entitlements?: Entitlements;
  /** Who lets learners hear what is said; absent or null: nobody. */
  speech?: Speech | null;
  /** Who listens to what learners say; absent or null: nobody. */
  transcriber?: Transcriber | null;
  nudger: Nudger;
  /** Waits before the 2nd, 3rd … attempt at a turn; when they are used up, the turn is given up. */
  retryDelaysMs: readonly number[];
}

export interface TurnEnd {
  /** Replies that are committed and not yet sent; none when the turn was put off, or given up. */
  owed: Owed[];
  /** The lesson's card shows something else now. */
  cardChanged: boolean;
  /** Other turns may be waiting for the place that this one had. */
  othersWait: boolean;
}

/** Platforms show that somebody is typing for ten seconds or so. */
const TYPING_MS = 8_000;

/**
 * One turn that has been started, from the learner's message to the reply that is promised: read, decide, commit.
 * Until the commit nothing is sent, only previewed, and read out where the lesson is narrated; sending is the mailbox's
 * next move. Throws LeaseLost.
 */
export async function runTurn(deps: TurnDeps, lesson: LessonRow, turn: TurnRow): Promise<TurnEnd> {
  const surface = deps.surfaces.get(lesson.platform);
  const typing = () => {
    if (!deps.leases.isLost(lesson)) surface?.typing(lesson.thread_id);
  };
  typing();
  const timer = setInterval(typing, TYPING_MS);
  try {
    return await attempt(deps, lesson, turn);
  } finally {
    clearInterval(timer);
  }
}

/** Answers and commits, or puts the turn off. An error of ours is treated like an outage: logged, and tried again. */
async function attempt(deps: TurnDeps, lesson: LessonRow, turn: TurnRow): Promise<TurnEnd> {
  let failure: ModelFailure;
  const draft = openDraft(deps, lesson, turn);
  const narrator = handingOver(deps, lesson, turn);
  try {
    const result = await answer(deps, lesson, turn, { draft, narrator });
    if (result.ok) {
      // Whoever wants quiet hears no farewell.
      const isHeard = !result.state.paused && result.voice !== false && !deps.leases.isLost(lesson);
      if (isHeard) narrator.decided(result.replies);
      const end = await commit(deps, lesson, turn, result, draft);
      narrator.finished();
      return end;
    }
    failure = result;
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    deps.log.error({ err: error, lessonId: lesson.id, turnId: turn.id }, 'a turn failed');
    failure = { ok: false, reason: 'unavailable', detail: errorMessage(error) };
  }
  await deps.telemetry.step('commit', {}, () => postpone(deps, lesson, turn, failure));
  return { owed: [], cardChanged: false, othersWait: !failure.notTried };
}

/** A used-up budget is an answer, not an outage: trying again would not help. */
function withinBudget(result: TurnDraft | ModelFailure, state: LessonState): TurnDraft | ModelFailure {
  if (result.ok || result.reason !== 'over_budget') return result;
  return asDraft(state, reply('notice', budgetSentence(result.detail)), [
    { type: 'over_budget', data: { scope: result.detail } },
  ]);
}

/** Where a reply is shown while it is written, and where it is handed over to be narrated. */
interface Audience {
  draft: Draft;
  narrator: HandingOver;
}

async function answer(
  deps: TurnDeps,
  lesson: LessonRow,
  turn: TurnRow,
  audience: Audience,
): Promise<TurnDraft | ModelFailure> {
  const { db, telemetry, transcriber = null } = deps;
  const [stored, entitlement] = await telemetry.step('read', {}, () =>
    Promise.all([
      readTurn(db, lesson.id, turn.id, RECENT_MESSAGES),
      deps.entitlements?.of(lesson.workspace_id) ?? SELF_HOST,
    ]),
  );
  // A turn is made with its message: both were erased since it was claimed.
  if (stored.messages.length === 0) throw new LeaseLost();
  const { monthlyBudget } = settingsOf(stored.settings);
  const budgets = withinMonth(deps.budgets ?? NO_BUDGETS, monthlyBudget);
  const understood = await understand({ ...deps, transcriber, budgets }, lesson, turn, stored);
  if (!understood.ok) return understood;
  const { messages, spent } = understood;
  const showing = { ...audience, above: aboveReply(understood), entitlement };
  const context = contextOf({ ...deps, budgets }, lesson, turn, { ...stored, messages, spent }, showing);
  return withRecordings(context, lesson.state, understood, async (ctx, state) =>
    withinBudget(await answerTurn(ctx, state), state),
  );
}

function contextOf(
  deps: TurnDeps,
  lesson: LessonRow,
  turn: TurnRow,
  stored: TurnInput,
  { draft, narrator, above, entitlement }: Audience & { above: string; entitlement: Entitlement },
): TurnContext {
  const { db, model, curriculum } = deps;
  const [first] = stored.messages;
  const { homeworkGuard } = settingsOf(stored.settings);
  return {
    text: stored.messages
      .map(({ text }) => text)
      .filter(Boolean)
      .join('\n'),
    isSettled: stored.isSettled,
    pictures: stored.messages.flatMap(({ payload }) => payload?.pictures ?? []).slice(0, CAPS.pictures),
    seesPictures: model.seesPictures ?? false,
    action: first?.payload?.action ?? null,
    start: first?.payload?.start ?? null,
    curriculum,
    teachesAnyTopic: model.teachesAnyTopic,
    seq: turn.seq,
    ask: turnSteps({ ...deps, mostTier: entitlement.limits.model }, lesson, turn.id, stored),
    homeworkGuard,
    recent: stored.recent,
    summary: stored.summary,
    memory: () => readMemory(db, lesson.learner_id),
    separate: deps.separate ?? false,
    ...heardBy(deps, lesson, entitlement),
    turnLimit: turnLimitOf(entitlement),
    locale: lesson.locale,
    moderate: (text) => model.moderate?.(text) ?? Promise.resolve(null),
    preview(text) {
      if (deps.leases.isLost(lesson)) return;
      deps.surfaces.get(lesson.platform)?.preview(lesson.thread_id, above + text, draft);
      narrator.written(text);
    },
  };
}

/** Null: what is said in the lesson is not to be heard, whatever its learner wishes. */
function speechFor({ speech = null, surfaces }: TurnDeps, { platform }: LessonRow): Speech | null {
  return surfaces.get(platform)?.speak ? speech : null;
}

/** What its plan has no minutes for is not offered either. */
function heardBy(deps: TurnDeps, lesson: LessonRow, { plan, limits }: Entitlement) {
  if (!plan || limits.voiceMinutesPerMonth !== 0) return { speech: speechFor(deps, lesson), unspoken: null };
  const unspoken = `My voice is not part of the ${plan.title} plan of this place, so I go on in writing. Whoever runs this place can choose another plan.`;
  return { speech: null, unspoken };
}

function turnLimitOf({ plan, limits: { turnsPerLesson } }: Entitlement): TurnLimit | null {
  return plan && turnsPerLesson !== null ? { most: turnsPerLesson, plan: `${plan.title} plan` } : null;
}

async function commit(
  deps: TurnDeps,
  lesson: LessonRow,
  turn: TurnRow,
  result: TurnDraft,
  draft: Draft,
): Promise<TurnEnd> {
  const { db, telemetry, leases } = deps;
  const said = result.replies.map((each) => ({ reply: each, transcript: transcriptText(each) }));
  const cardChanged = lesson.card !== null && isCardChanged(lesson.state, result.state);
  // What was settled before says nothing, and stays settled.
  const movedOn = result.replies.length === 0 || hasMovedOn(lesson.state, result.state);
  const isHeard = result.state.voice === true && speechFor(deps, lesson) !== null;
  const more = { isHeard, unsilenced: result.voice === true };
  const outcome = { state: result.state, said, cardChanged, movedOn, ...more, events: result.decisions };
  const store = (tx: Queryable) => commitTurn(tx, lesson, turn.id, outcome, leases.leaseMs);
  let since = 0;
  const committed = await telemetry.step('commit', {}, () => {
    since = now();
    const change = memoryChange(lesson.state, result.state, result);
    if (!change) return store(db);
    return db.transaction().execute(async (tx) => {
      const stored = await store(tx);
      if (stored) await updateMemory(tx, lesson.learner_id, change);
      if (stored && result.voice === false) {
        await takeBackRequests(tx, lesson.id);
        await endNarrationOfLesson(tx, lesson.id);
      }
      return stored;
    });
  });
  if (!committed) throw new LeaseLost();
  leases.renewed(lesson, since);
  lesson.state = result.state;
  lesson.spent = committed.spent;
  telemetry.note({ type: 'turn_answered', platform: lesson.platform });
  const owed = owedBy(result.replies, committed, draft, turn.begun);
  return { owed, cardChanged, othersWait: committed.othersWait };
}

/** Of a turn that was begun before, a draft may be shown whose id is not known. */
function owedBy(replies: readonly Reply[], { deliveryIds }: Committed, draft: Draft, begun: boolean): Owed[] {
  return replies.flatMap((each, index) => {
    const id = deliveryIds[index];
    const isFirst = index === 0;
    const fresh = { attempts: 0, posted: [], mayBeShown: isFirst && begun, draft: isFirst ? draft : null };
    return id ? [{ id, reply: each, ...fresh }] : [];
  });
}

/** A reply as the conversation remembers it. */
function transcriptText(said: Reply): string {
  const choices = said.question?.choices.map((choice) => `${choice.id}) ${choice.text}`) ?? [];
  return [said.text, said.question?.prompt, ...choices].filter(Boolean).join('\n');
}
