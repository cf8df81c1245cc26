import { sql } from 'kysely';
import type { Accepted } from '../core/accept.ts';
import type { Place } from '../core/fairness.ts';
import type { Platform } from '../core/messages.ts';
import { placeOf } from './backlog.ts';
import type { Queryable } from './database.ts';
import type { MessagePayload, TurnStatus } from './schema.ts';

/** What accepting a message reads and writes; inside accept's transaction, where a parameter is called tx. */

/** A thread's lesson, and whose it is. */
export interface ThreadRow {
  id: string;
  workspace_id: string;
  learner_id: string;
  queue: string;
  learner: string;
  learner_name: string;
  workspace: string;
  workspace_name: string;
}

/**
 * Locks the lesson of a thread until the transaction ends, so that its messages and turns keep one order; null when the
 * thread has none. Reads nothing else that may change: what was read while waiting for the lock could be out of date.
 */
export async function lockThread(tx: Queryable, platform: Platform, threadId: string): Promise<ThreadRow | null> {
  const row = await tx
    .selectFrom('lessons')
    .innerJoin('learners', 'learners.id', 'lessons.learner_id')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select([
      'lessons.id',
      'lessons.workspace_id',
      'lessons.learner_id',
      'lessons.queue',
      'learners.external_id as learner',
      'learners.name as learner_name',
      'workspaces.external_id as workspace',
      'workspaces.name as workspace_name',
    ])
    .where('lessons.platform', '=', platform)
    .where('lessons.thread_id', '=', threadId)
    .forUpdate('lessons')
    .executeTakeFirst();
  return row ?? null;
}

export interface Inbox {
  /** The turn that the message already belongs to, if it was stored before. */
  known: string | null;
  last: { id: string; status: TurnStatus; joinable: boolean } | null;
  hasFailed: boolean;
}

/** Call with the lesson locked. */
export async function readInbox(tx: Queryable, lessonId: string, messageId: string): Promise<Inbox> {
  const { rows } = await sql<Inbox>`
    select
      (select turn_id from messages where lesson_id = ${lessonId} and platform_message_id = ${messageId}) as known,
      (select jsonb_build_object('id', id, 'status', status, 'joinable', joinable)
        from turns where lesson_id = ${lessonId} order by seq desc limit 1) as last,
      exists (select from turns where lesson_id = ${lessonId} and status = 'failed') as "hasFailed"`.execute(tx);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

export interface NewMessage {
  thread: ThreadRow;
  /** The waiting turn that it joins; null: it opens a turn of its own. */
  turnId: string | null;
  /** Whether further messages may join the turn that it opens. */
  joinable: boolean;
  messageId: string;
  text: string;
  payload: MessagePayload | null;
  traceparent: string | null;
}

export interface Put extends Place {
  turnId: string;
  /** The message's place in its lesson. */
  seq: number;
}

/**
 * Stores a learner's message in its turn. Call with the lesson locked: its counters give both their places. Returns
 * the turn, and where it stands; `counted` is as far as turns ahead are counted.
 */
export async function putMessage(tx: Queryable, message: NewMessage, counted: number): Promise<Put> {
  const { thread, turnId } = message;
  const payload = message.payload && JSON.stringify(message.payload);
  const { rows } = await sql<Put>`
    with counted as (
      update lessons
      set message_count = message_count + 1, turn_count = turn_count + ${turnId ? 0 : 1}::int, updated_at = now()
      where id = ${thread.id}
      returning message_count, turn_count
    ), opened as (
      insert into turns (lesson_id, workspace_id, learner_id, seq, status, joinable, traceparent)
      select ${thread.id}, ${thread.workspace_id}, ${thread.learner_id}, turn_count, 'queued',
        ${message.joinable}, ${message.traceparent}
      from counted where ${turnId}::uuid is null
      returning id
    ), stored as (
      insert into messages (lesson_id, seq, turn_id, author, platform_message_id, text, payload)
      select ${thread.id}, message_count, coalesce(${turnId}::uuid, (select id from opened)), 'learner',
        ${message.messageId}, ${message.text}, ${payload}::jsonb
      from counted
    )
    select coalesce(${turnId}::uuid, (select id from opened)) as "turnId",
      (select message_count from counted) as seq,
      ${placeOf(thread.workspace_id, counted)}`.execute(tx);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

/**
 * Every turn that was given up is taken up again, before anything newer. Where a newer one has been answered
 * meanwhile, the fault is likely the turn's own: it gets one attempt, and cannot hold the lesson up each time.
 */
export async function reviveTurns(tx: Queryable, lessonId: string): Promise<void> {
  const isOvertaken = sql`exists (
    select from turns newer where newer.lesson_id = turns.lesson_id and newer.seq > turns.seq and newer.status = 'done'
  )`;
  await tx
    .updateTable('turns')
    .set({
      status: 'running',
      attempts: sql`case when ${isOvertaken} then attempts else 0 end`,
      retry_at: null,
      failure: null,
      told_at: null,
      finished_at: null,
    })
    .where('lesson_id', '=', lessonId)
    .where('status', '=', 'failed')
    .execute();
}

/** What was promised for a message when it came before; null when it is new. */
export async function acceptedBefore(
  db: Queryable,
  message: { platform: Platform; threadId: string; messageId: string },
): Promise<Pick<Accepted, 'lessonId' | 'turnId' | 'queue'> | null> {
  const row = await db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['lessons.id as lessonId', 'messages.turn_id as turnId', 'lessons.queue'])
    .where('lessons.platform', '=', message.platform)
    .where('lessons.thread_id', '=', message.threadId)
    .where('messages.platform_message_id', '=', message.messageId)
    .executeTakeFirst();
  return row ?? null;
}
