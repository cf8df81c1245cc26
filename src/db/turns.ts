import { sql, type UpdateObject } from 'kysely';
import type { Exchange } from '../core/agents/teacher.ts';
import type { LessonState } from '../core/lesson.ts';
import type { Reply } from '../core/messages.ts';
import type { ModelUsage } from '../core/ports.ts';
import { spokenWords } from './conversations.ts';
import type { Database, Queryable } from './database.ts';
import type { LessonRow } from './leases.ts';
import type { MessagePayload, Schema } from './schema.ts';
import { AUDIBLE } from './utterances.ts';

/**
 * What a worker stores of a turn in hand, one statement a step: read, steps, commit; or that it is put off, or given
 * up. Each asks for the worker's version, under the lesson's lock: a claim waits until the step can be seen, and a
 * worker that was overtaken changes nothing.
 */

/** Everything stored that a turn is answered from. */
export interface TurnInput {
  /** The learner's, oldest first. */
  messages: { seq: number; text: string; payload: MessagePayload | null }[];
  /** Outputs of the steps that ran before, by name. */
  steps: Record<string, unknown>;
  /** The last messages before the turn's own, oldest first. */
  recent: Exchange[];
  /** It is the new text of a message that the lesson has moved on from since. */
  isSettled: boolean;
  /** What came before those; '' when nothing was summed up. */
  summary: string;
  /** US dollars that the turn has cost. */
  spent: number;
  /** Of the workspace, as they are stored. */
  settings: unknown;
}

export async function readTurn(db: Database, lessonId: string, turnId: string, recent: number): Promise<TurnInput> {
  const { rows } = await sql<TurnInput>`
    with own as (
      select seq, text, payload from messages where turn_id = ${turnId} and author = 'learner'
    ), before as (
      select seq, author, ${spokenWords} as text from messages
      where lesson_id = ${lessonId} and seq < (select min(seq) from own) order by seq desc limit ${recent}
    )
    select
      coalesce((select jsonb_agg(to_jsonb(own) order by seq) from own), '[]') as messages,
      coalesce((select jsonb_object_agg(name, output) from turn_steps where turn_id = ${turnId}), '{}') as steps,
      coalesce((select jsonb_agg(to_jsonb(before) - 'seq' order by seq) from before), '[]') as recent,
      coalesce((
        select moved_on from turns edited where edited.id = (select (payload->>'edits')::uuid from own limit 1)
      ), false) as "isSettled",
      coalesce((select text from summaries where lesson_id = ${lessonId}), '') as summary,
      coalesce((select sum(cost) from usage where turn_id = ${turnId}), 0) as spent,
      (
        select settings from lessons join workspaces on workspaces.id = workspace_id where lessons.id = ${lessonId}
      ) as settings`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

/** Where an attempt has begun to show the reply, while the lease is held. */
export async function recordDraft(db: Database, lesson: LessonRow, turnId: string, draftId: string): Promise<void> {
  await sql`
    with held as (select from lessons where id = ${lesson.id} and version = ${lesson.version} for share)
    update turns set draft_id = ${draftId} from held where id = ${turnId} and status = 'running'`.execute(db);
}

export interface StepRecord {
  name: string;
  agent: string;
  /** Null: the call failed, and only what it cost is stored. */
  output: object | null;
  usage: ModelUsage | null;
}

/**
 * Stores a step's output while the lease is held, and what it cost in any case but one: of a lesson that was erased
 * meanwhile there is nothing to store. False when the lease is lost.
 */
export async function storeStep(
  db: Queryable,
  lesson: Pick<LessonRow, 'id' | 'version' | 'workspace_id'>,
  turnId: string,
  step: StepRecord,
): Promise<boolean> {
  const { usage } = step;
  const output = step.output && JSON.stringify(step.output);
  const { rows } = await sql<{ is_held: boolean }>`
    with held as (
      select from lessons where id = ${lesson.id} and version = ${lesson.version} for share
    ), stored as (
      insert into turn_steps (turn_id, name, output)
      select ${turnId}, ${step.name}, ${output}::jsonb from held where ${output}::jsonb is not null
    ), paid as (
      insert into usage (workspace_id, lesson_id, turn_id, step, agent, model,
        input_tokens, cached_tokens, output_tokens, cost, latency_ms)
      select ${lesson.workspace_id}, ${lesson.id}, ${turnId}, ${step.name}, ${step.agent}, ${usage?.model ?? ''},
        ${usage?.inputTokens ?? 0}, ${usage?.cachedTokens ?? 0}, ${usage?.outputTokens ?? 0},
        ${usage?.cost ?? null}, ${Math.round(usage?.latencyMs ?? 0)}
      from (select from lessons where id = ${lesson.id} for key share) kept where ${usage !== null}
    )
    select exists (select from held) as is_held`.execute(db);
  return rows[0]?.is_held ?? false;
}

/** What a turn comes to, all of which is stored at once. */
export interface TurnOutcome {
  state: LessonState;
  /** What is to be delivered, and how the conversation remembers it. */
  said: { reply: Reply; transcript: string }[];
  /** The lesson's card shows something else now. */
  cardChanged: boolean;
  /** See TurnsTable. */
  movedOn: boolean;
  /** What is said is to be heard as well, unless speech has come to an end in the lesson. */
  isHeard: boolean;
  /** The learner asks for speech: whatever came in its way before counts no more. */
  unsilenced: boolean;
  /** For the audit. */
  events: { type: string; data: object }[];
}

export interface Committed {
  /** US dollars: the lesson's account after the turn. */
  spent: number;
  /** In the order of `said`; nothing else is owed. */
  deliveryIds: string[];
  /** Some turn of the workspace waits for this one's place. */
  othersWait: boolean;
}

/** Ends a turn and renews the lease. Null when the lease is lost: then nothing was written. */
export async function commitTurn(
  db: Queryable,
  lesson: LessonRow,
  turnId: string,
  outcome: TurnOutcome,
  leaseMs: number,
): Promise<Committed | null> {
  const { state } = outcome;
  const said = JSON.stringify(outcome.said);
  const { rows } = await sql<Committed>`
    with held as (
      update lessons set
        state = ${JSON.stringify(state)}, phase = ${state.phase}, updated_at = now(),
        message_count = message_count + ${outcome.said.length}::int,
        card_due_at = case when ${outcome.cardChanged} then now() else card_due_at end,
        silenced_at = case when ${outcome.unsilenced} then null else silenced_at end,
        spent = spent + coalesce((select sum(cost) from usage where turn_id = ${turnId}), 0),
        lease_until = now() + ${leaseMs} * interval '1 millisecond'
      where id = ${lesson.id} and version = ${lesson.version}
      returning message_count, spent, silenced_at
    ), words as (
      select value, place::int from jsonb_array_elements(${said}::jsonb) with ordinality as words (value, place)
    ), told as (
      insert into messages (lesson_id, seq, turn_id, author, text)
      select ${lesson.id}, message_count - ${outcome.said.length}::int + place, ${turnId}, 'tutor', value->>'transcript'
      from held, words
    ), owed as (
      insert into deliveries (lesson_id, turn_id, name, reply, draft_id)
      select ${lesson.id}, ${turnId}, 'reply-' || (place - 1), value->'reply',
        case when place = 1 then (select draft_id from turns where id = ${turnId}) end
      from held, words order by place
      returning id, seq, reply->>'kind' as kind
    ), audible as (
      insert into utterances (lesson_id, delivery_id)
      select ${lesson.id}, id from held, owed where ${outcome.isHeard} and silenced_at is null and kind in ${AUDIBLE}
      order by seq
    ), decided as (
      insert into events (lesson_id, turn_id, type, data)
      select ${lesson.id}, ${turnId}, value->>'type', value->'data'
      from held, jsonb_array_elements(${JSON.stringify(outcome.events)}::jsonb) with ordinality as events (value, place)
      order by place
    ), ended as (
      update turns set status = 'done', finished_at = now(), retry_at = null, failure = null,
        moved_on = ${outcome.movedOn}
      from held where turns.id = ${turnId}
    )
    select spent,
      (select coalesce(jsonb_agg(id order by seq), '[]') from owed) as "deliveryIds",
      exists (
        select from turns
        where workspace_id = ${lesson.workspace_id} and waits_for is not null and status in ('queued', 'running')
      ) as "othersWait"
    from held`.execute(db);
  return rows[0] ?? null;
}

// Not answered: call these with the fence raised, in one transaction.

/**
 * An attempt gives its place up; a turn that only waits for the provider keeps it, so that no more turns of its
 * workspace come to wait there than have places. False when the turn is finished already.
 */
export async function postponeTurn(
  db: Queryable,
  turnId: string,
  { delayMs, isAttempt, notice, failure }: { delayMs: number; isAttempt: boolean; notice: unknown; failure: string },
): Promise<boolean> {
  const retryAt = sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
  const told = notice ? { told_at: sql<Date>`now()` } : {};
  return endAttempt(db, turnId, { status: 'running', retry_at: retryAt, failure, ...told }, isAttempt);
}

/** False when the turn is finished already. */
export async function giveUpTurn(db: Queryable, turnId: string, failure: string): Promise<boolean> {
  return endAttempt(db, turnId, { status: 'failed', retry_at: null, failure, finished_at: sql<Date>`now()` }, true);
}

async function endAttempt(
  db: Queryable,
  turnId: string,
  outcome: UpdateObject<Schema, 'turns'>,
  isAttempt: boolean,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('turns')
    .set({ ...outcome, ...(isAttempt && { in_hand_since: null, attempts: sql`attempts + 1` }) })
    .where('id', '=', turnId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
