import { type RawBuilder, sql } from 'kysely';
import type { Exchange } from '../core/agents/teacher.ts';
import type { LessonState } from '../core/lesson.ts';
import type { Reply } from '../core/messages.ts';
import type { ModelUsage } from '../core/ports.ts';
import { type Database, type Queryable, waitMs } from './database.ts';
import type { DeliveryRow } from './deliveries.ts';
import type { LessonRow } from './leases.ts';
import type { MessagePayload, Waiting } from './schema.ts';

/**
 * What a worker does with a lesson that it holds, one statement a step. Each asks for the worker's version, under the
 * lesson's lock: a claim waits until the step can be seen, and a worker that was overtaken changes nothing.
 */

export interface TurnRow {
  id: string;
  seq: number;
  attempts: number;
  traceparent: string | null;
  /** Since its first message was accepted. */
  waited_ms: number;
}

export interface Work {
  /** What `releaseUnchanged` asks for. */
  messageCount: number;
  /** The oldest reply that is still owed. It goes ahead of any turn. */
  delivery: DeliveryRow | null;
  /** A turn that is now running: its messages are fixed, and new ones open the next turn. */
  turn: TurnRow | null;
  /** Nothing waits behind that turn. */
  isLast: boolean;
  /** A turn has to wait because so many of its learner's or its workspace's are in hand; told to whom it belongs. */
  refused: Waiting | null;
  /** When there is something to do again, in ms; null when nothing is known of. */
  waitMs: number | null;
}

export interface Look {
  /** How many turns may be in hand at the same time. */
  room: { workspace: number; learner: number };
  mayStart: boolean;
}

interface WorkColumns {
  seen_count: number;
  delivery: DeliveryRow | null;
  turn: (TurnRow & { wait_ms: number }) | null;
  is_last: boolean;
  is_started: boolean;
  refused: Waiting | null;
}

/**
 * Takes the lesson for `owner`, and with it what comes next in it. Null when another worker holds it, or when it does
 * not exist.
 */
export async function claimWork(
  db: Database,
  lessonId: string,
  lease: { owner: string; ms: number },
  look: Look,
): Promise<{ lesson: LessonRow; work: Work } | null> {
  const held = sql`
    update lessons set
      version = version + 1,
      lease_owner = ${lease.owner},
      lease_until = now() + ${lease.ms} * interval '1 millisecond'
    where id = ${lessonId} and (lease_until is null or lease_until < now())
    returning id, workspace_id, learner_id, thread_id, platform, queue, state, version, spent, message_count`;
  const { rows } = await lookInto<LessonRow & WorkColumns>(held, lessonId, look).execute(db);
  const [row] = rows;
  if (!row) return null;
  const { id, workspace_id, learner_id, thread_id, platform, queue, state, version, spent } = row;
  const lesson = { id, workspace_id, learner_id, thread_id, platform, queue, state, version, spent };
  return { lesson, work: workOf(row) };
}

/** What comes next in a lesson that is held. Null when the lease is lost. */
export async function takeWork(db: Database, lesson: LessonRow, look: Look): Promise<Work | null> {
  const held = sql`
    select workspace_id, learner_id, message_count from lessons
    where id = ${lesson.id} and version = ${lesson.version} for no key update`;
  const { rows } = await lookInto<WorkColumns>(held, lesson.id, look).execute(db);
  const [row] = rows;
  return row ? workOf(row) : null;
}

/**
 * The oldest delivery, else the oldest unfinished turn, which is started if it is due, if it may be, and if there is
 * room for it. A turn that was in hand when its worker died has its place already; two that start at the same moment
 * may both take the last one.
 *
 * `held` locks the lesson, as whoever accepts a message does. What is read here, `seen` included, is as it was before
 * waiting for that lock, and only `held` is of after it: where the two differ, nothing is started, and
 * `releaseUnchanged` will not release, so that the next look begins with the new message.
 */
function lookInto<Row>(held: RawBuilder<unknown>, lessonId: string, { room, mayStart }: Look): RawBuilder<Row> {
  return sql<Row>`
    with seen as (
      select message_count from lessons where id = ${lessonId}
    ), held as (${held}), owed as (
      select id, reply, attempts, ${waitMs} from deliveries
      where lesson_id = ${lessonId} and status = 'pending' order by seq limit 1
    ), next as (
      select id, seq, attempts, traceparent, in_hand_since, ${waitMs},
        (extract(epoch from now() - created_at) * 1000)::int as waited_ms
      from turns where lesson_id = ${lessonId} and status in ('queued', 'running') order by seq limit 1
    ), crowd as (
      select count(*) as workspace, count(*) filter (where turns.learner_id = held.learner_id) as learner
      from held join turns on turns.workspace_id = held.workspace_id
      where status = 'running' and in_hand_since is not null and lesson_id <> ${lessonId}
    ), place as (
      select next.id, case
        when next.in_hand_since is not null then null
        when crowd.learner >= ${room.learner} then 'learner'
        when crowd.workspace >= ${room.workspace} then 'workspace'
      end as waits_for
      from held join seen using (message_count), next, crowd
      where ${mayStart} and next.wait_ms = 0 and not exists (select from owed)
    ), started as (
      update turns set
        status = case when place.waits_for is null then 'running' else turns.status end,
        in_hand_since = case when place.waits_for is null then now() end,
        waits_for = place.waits_for
      from place where turns.id = place.id
      returning place.waits_for
    )
    select held.*, seen.message_count as seen_count,
      (select to_jsonb(owed) from owed) as delivery,
      (select to_jsonb(next) from next) as turn,
      not exists (
        select from turns, next
        where lesson_id = ${lessonId} and status in ('queued', 'running') and turns.seq > next.seq
      ) as is_last,
      exists (select from started where waits_for is null) as is_started,
      (select waits_for from started) as refused
    from held, seen`;
}

function workOf({ seen_count, delivery, turn, is_last, is_started, refused }: WorkColumns): Work {
  const isDue = delivery?.wait_ms === 0;
  return {
    messageCount: seen_count,
    delivery: isDue ? delivery : null,
    turn: is_started ? turn : null,
    isLast: is_last,
    refused,
    waitMs: isDue || is_started || refused ? null : ((delivery ?? turn)?.wait_ms ?? null),
  };
}

/** Everything stored that a turn is answered from. */
export interface TurnInput {
  /** The learner's, oldest first. */
  messages: { text: string; payload: MessagePayload | null }[];
  /** Outputs of the steps that ran before, by name. */
  steps: Record<string, unknown>;
  /** The last messages before the turn's own, oldest first. */
  recent: Exchange[];
  /** What came before those; '' when nothing was summed up. */
  summary: string;
  /** US dollars that the turn has cost. */
  spent: number;
}

export async function readTurn(db: Database, lessonId: string, turnId: string, recent: number): Promise<TurnInput> {
  const { rows } = await sql<TurnInput>`
    with own as (
      select seq, text, payload from messages where turn_id = ${turnId} and author = 'learner'
    ), before as (
      select seq, author, text from messages
      where lesson_id = ${lessonId} and seq < (select min(seq) from own) order by seq desc limit ${recent}
    )
    select
      coalesce((select jsonb_agg(to_jsonb(own) order by seq) from own), '[]') as messages,
      coalesce((select jsonb_object_agg(name, output) from turn_steps where turn_id = ${turnId}), '{}') as steps,
      coalesce((select jsonb_agg(to_jsonb(before) - 'seq' order by seq) from before), '[]') as recent,
      coalesce((select text from summaries where lesson_id = ${lessonId}), '') as summary,
      coalesce((select sum(cost) from usage where turn_id = ${turnId}), 0) as spent`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

export interface StepRecord {
  name: string;
  agent: string;
  /** Null: the call failed, and only what it cost is stored. */
  output: object | null;
  usage: ModelUsage | null;
}

/**
 * Stores a step's output while the lease is held, and what it cost in any case. False when the lease is lost.
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
      where ${usage !== null}
    )
    select exists (select from held) as is_held`.execute(db);
  return rows[0]?.is_held ?? false;
}

/** What a turn comes to, all of which is stored at once. */
export interface TurnOutcome {
  state: LessonState;
  /** What is to be delivered, and how the conversation remembers it. */
  said: { reply: Reply; transcript: string }[];
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
        spent = spent + coalesce((select sum(cost) from usage where turn_id = ${turnId}), 0),
        lease_until = now() + ${leaseMs} * interval '1 millisecond'
      where id = ${lesson.id} and version = ${lesson.version}
      returning message_count, spent
    ), words as (
      select value, place::int from jsonb_array_elements(${said}::jsonb) with ordinality as words (value, place)
    ), told as (
      insert into messages (lesson_id, seq, turn_id, author, text)
      select ${lesson.id}, message_count - ${outcome.said.length}::int + place, ${turnId}, 'tutor', value->>'transcript'
      from held, words
    ), owed as (
      insert into deliveries (lesson_id, turn_id, name, reply)
      select ${lesson.id}, ${turnId}, 'reply-' || (place - 1), value->'reply' from held, words order by place
      returning id, seq
    ), decided as (
      insert into events (lesson_id, turn_id, type, data)
      select ${lesson.id}, ${turnId}, value->>'type', value->'data'
      from held, jsonb_array_elements(${JSON.stringify(outcome.events)}::jsonb) with ordinality as events (value, place)
      order by place
    ), ended as (
      update turns set status = 'done', finished_at = now(), retry_at = null, failure = null
      from held where turns.id = ${turnId}
    )
    select spent,
      (select coalesce(jsonb_agg(id order by seq), '[]') from owed) as "deliveryIds",
      exists (
        select from turns
        where workspace_id = ${lesson.workspace_id} and status = 'queued' and waits_for is not null
      ) as "othersWait"
    from held`.execute(db);
  return rows[0] ?? null;
}
