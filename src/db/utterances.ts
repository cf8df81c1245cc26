import { sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { Platform, Reply } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';

/**
 * What is owed to the ear. The first that is pending in a lesson is in the hands of one worker at a time, for as long
 * as its lease lasts; every write asks for the worker's token, so that who was overtaken changes nothing.
 */

export interface ClaimedUtterance {
  id: string;
  lessonId: string;
  workspaceId: string;
  deliveryId: string;
  platform: Platform;
  threadId: string;
  queue: string;
  locale: string | null;
  state: LessonState;
  /** Of the workspace, as they are stored. */
  settings: unknown;
  reply: Reply;
  /** Of its parts. */
  shown: number;
  posted: string[];
  attempts: number;
  /** It was in hand before: a part may have been shown, unrecorded. */
  begun: boolean;
  /** Since its text was sent, or since it was asked for. */
  waitedMs: number;
}

/** A worker that has an utterance in hand. */
export interface Hand {
  id: string;
  token: string;
  leaseMs: number;
}

/** What may be heard; the rest is about the tutor, or is no message. */
export const AUDIBLE = sql`('message', 'plan', 'progress', 'summary')`;

const inMs = (ms: number) => sql`now() + ${ms} * interval '1 millisecond'`;

/**
 * Lets go of what nobody is to hear any more: its text was not delivered, another stands in its place since its message
 * was answered anew, or the voice was switched off.
 */
export async function dropUnheard(db: Database, lessonId: string): Promise<void> {
  await sql`
    update utterances set status = 'gone' from deliveries, lessons
    where utterances.lesson_id = ${lessonId} and utterances.status = 'pending'
      and deliveries.id = delivery_id and lessons.id = utterances.lesson_id
      and (
        deliveries.status in ('gone', 'failed')
        or not asked and (silenced_at is not null or not coalesce((state->>'voice')::boolean, false))
        or exists (
          select from turns its
          join turns later on later.lesson_id = its.lesson_id and later.seq > its.seq
          join deliveries newer on newer.turn_id = later.id and newer.status = 'sent'
          where its.id = deliveries.turn_id and newer.platform_message_ids && deliveries.platform_message_ids
        )
      )`.execute(db);
}

/** Who has asked for single replies wants quiet now: they are not more wanted than the others. Holding the lesson. */
export async function takeBackRequests(tx: Queryable, lessonId: string): Promise<void> {
  await sql`
    update utterances set asked = false where lesson_id = ${lessonId} and status = 'pending' and asked`.execute(tx);
}

/**
 * Takes the first utterance of a lesson. Null where nothing is to be said now: all is said, the text is not sent yet,
 * somebody else has it in hand, or it is to be tried again later. Nothing overtakes it.
 */
export async function claimUtterance(
  db: Database,
  lessonId: string,
  { token, leaseMs }: Pick<Hand, 'token' | 'leaseMs'>,
): Promise<ClaimedUtterance | null> {
  const { rows } = await sql<ClaimedUtterance>`
    with first as (
      select utterances.id, taken_by is not null as begun
      from utterances join deliveries on deliveries.id = delivery_id
      where utterances.lesson_id = ${lessonId} and utterances.status = 'pending'
      order by deliveries.seq limit 1
    ), taken as (
      update utterances set taken_by = ${token}, taken_until = ${inMs(leaseMs)}
      from first, deliveries
      where utterances.id = first.id and deliveries.id = delivery_id and deliveries.status = 'sent'
        and utterances.status = 'pending' and (taken_until is null or taken_until < now())
        and coalesce(utterances.retry_at, now()) <= now()
      returning utterances.*, begun, reply,
        (extract(epoch from now() - greatest(utterances.created_at, deliveries.sent_at)) * 1000)::float as waited_ms
    )
    select taken.id, lesson_id as "lessonId", lessons.workspace_id as "workspaceId", delivery_id as "deliveryId",
      lessons.platform, thread_id as "threadId", queue, locale, state, settings, reply, shown, posted, attempts, begun,
      waited_ms as "waitedMs"
    from taken join lessons on lessons.id = lesson_id join workspaces on workspaces.id = lessons.workspace_id
  `.execute(db);
  return rows[0] ?? null;
}

const mine = ({ id, token }: Hand) => sql`id = ${id} and taken_by = ${token} and status = 'pending'`;

async function isChanged(db: Queryable, change: ReturnType<typeof sql>): Promise<boolean> {
  const { numAffectedRows = 0n } = await change.execute(db);
  return numAffectedRows > 0n;
}

/** These are false where the utterance is not in this hand any more, or was let go of. */
export function renewUtterance(db: Database, hand: Hand): Promise<boolean> {
  return isChanged(db, sql`update utterances set taken_until = ${inMs(hand.leaseMs)} where ${mine(hand)}`);
}

/** What an earlier plan had made, in another voice, is kept in mind: it is erased with the rest. */
export function planUtterance(db: Database, hand: Hand, audio: readonly string[]): Promise<boolean> {
  const keys = sql`${[...audio]}::text[]`;
  return isChanged(
    db,
    sql`
      update utterances set parts = ${audio.length},
        audio = ${keys} || array(select unnest(audio) except select unnest(${keys}))
      where ${mine(hand)}`,
  );
}

/** So many parts are shown now; with the last it is said. */
export function recordShown(
  db: Database,
  hand: Hand,
  { shown, posted, isLast }: { shown: number; posted: readonly string[]; isLast: boolean },
): Promise<boolean> {
  return isChanged(
    db,
    sql`
      update utterances set shown = ${shown}, posted = ${[...posted]}::text[], failure = null,
        status = case when ${isLast} then 'spoken' else status end,
        taken_until = case when ${isLast} then null else taken_until end
      where ${mine(hand)}`,
  );
}

/** To be taken up again later, by anybody. */
export function postponeUtterance(
  db: Database,
  hand: Hand,
  { delayMs, isAttempt, failure }: { delayMs: number; isAttempt: boolean; failure: string },
): Promise<boolean> {
  return isChanged(
    db,
    sql`
      update utterances set taken_until = null, retry_at = ${inMs(delayMs)}, failure = ${failure},
        attempts = attempts + ${isAttempt ? 1 : 0}
      where ${mine(hand)}`,
  );
}

export function markUnheard(db: Database, hand: Hand, failure: string): Promise<boolean> {
  return isChanged(db, sql`update utterances set status = 'gone', failure = ${failure} where ${mine(hand)}`);
}

/**
 * Gives it up, and owes the learner a line about it. `silences`: so does all speech in the lesson, and then the line
 * is owed once, unless just this one was asked for. The lesson is locked first, as everywhere.
 */
export async function failUtterance(
  db: Database,
  hand: Hand,
  { failure, notice, silences }: { failure: string; notice: Reply; silences: boolean },
): Promise<void> {
  await sql`
    with held as (
      select lessons.id as held_id from lessons join utterances on lesson_id = lessons.id
      where utterances.id = ${hand.id} for no key update of lessons
    ), failed as (
      update utterances set status = 'failed', taken_until = null, attempts = attempts + 1, failure = ${failure}
      from held where lesson_id = held_id and ${mine(hand)}
      returning lesson_id, delivery_id, asked
    ), silenced as (
      update lessons set silenced_at = now() from failed
      where ${silences} and lessons.id = lesson_id and silenced_at is null
      returning lessons.id
    )
    insert into deliveries (lesson_id, turn_id, name, reply)
    select failed.lesson_id, turn_id, 'speech-' || gen_random_uuid(), ${JSON.stringify(notice)}::jsonb
    from failed join deliveries on deliveries.id = delivery_id
    where not ${silences} or asked or exists (select from silenced)`.execute(db);
}

/** The reply that a platform shows as this message, the last that it has shown there; null where there is none, or where it is not to be heard. */
export async function deliveryOfMessage(
  db: Queryable,
  platform: Platform,
  threadId: string,
  platformMessageId: string,
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select deliveries.id from lessons
    join turns on turns.lesson_id = lessons.id
    join deliveries on deliveries.turn_id = turns.id
    where platform = ${platform} and thread_id = ${threadId} and platform_message_ids @> ${[platformMessageId]}::text[]
      and reply->>'kind' in ${AUDIBLE}
    order by deliveries.seq desc limit 1`.execute(db);
  return rows[0]?.id ?? null;
}

export interface RequestedUtterance {
  lessonId: string;
  queue: string;
  /** As it was before: null where nobody had asked for it. */
  before: 'pending' | 'spoken' | null;
}

/**
 * Owes a reply to the ear, once: what was spoken stays so, and what failed is tried again. Null where there is no such
 * reply, or nothing in it to be heard.
 */
export async function requestUtterance(db: Queryable, deliveryId: string): Promise<RequestedUtterance | null> {
  const { rows } = await sql<RequestedUtterance>`
    with known as (
      select status from utterances where delivery_id = ${deliveryId}
    ), owed as (
      insert into utterances (lesson_id, delivery_id, asked)
      select lesson_id, id, true from deliveries
      where id = ${deliveryId} and status in ('pending', 'sent') and reply->>'kind' in ${AUDIBLE}
      on conflict (delivery_id) do update set asked = true,
        status = case when utterances.status in ('failed', 'gone') then 'pending' else utterances.status end,
        attempts = case when utterances.status in ('failed', 'gone') then 0 else utterances.attempts end,
        retry_at = case when utterances.status in ('failed', 'gone') then null else utterances.retry_at end,
        created_at = case when utterances.status in ('failed', 'gone') then now() else utterances.created_at end
      returning lesson_id
    )
    select lesson_id as "lessonId", queue,
      (select status from known where status in ('pending', 'spoken')) as before
    from owed join lessons on lessons.id = lesson_id`.execute(db);
  return rows[0] ?? null;
}

/** True when nothing that was sent waits to be heard. */
export async function isSpoken(db: Database, lessonId: string): Promise<boolean> {
  const { rows } = await sql`
    select from utterances join deliveries on deliveries.id = delivery_id
    where utterances.lesson_id = ${lessonId} and utterances.status = 'pending' and deliveries.status = 'sent'
    limit 1`.execute(db);
  return rows.length === 0;
}

/** Lessons with something to be said that nobody is at. What is younger than `graceMs` has a nudge under way. */
export async function unattendedUtterances(
  db: Database,
  queues: readonly string[],
  graceMs: number,
  limit: number,
): Promise<{ lessonId: string; queue: string }[]> {
  const { rows } = await sql<{ lessonId: string; queue: string }>`
    with waiting as (
      select lesson_id, delivery_id, taken_until from utterances
      where status = 'pending' and coalesce(retry_at, created_at + ${graceMs} * interval '1 millisecond') <= now()
    )
    select lessons.id as "lessonId", queue
    from waiting join deliveries on deliveries.id = delivery_id join lessons on lessons.id = waiting.lesson_id
    where deliveries.status <> 'pending' and (taken_until is null or taken_until < now()) and queue = any(${queues})
    group by lessons.id, queue
    limit ${limit}`.execute(db);
  return rows;
}

export interface StoredUtterance {
  at: Date;
  status: 'pending' | 'spoken' | 'failed' | 'gone';
}

/** The oldest first. */
export async function spokenIn(db: Queryable, lessonId: string): Promise<StoredUtterance[]> {
  return db
    .selectFrom('utterances')
    .innerJoin('deliveries', 'deliveries.id', 'delivery_id')
    .select(['utterances.created_at as at', 'utterances.status'])
    .where('utterances.lesson_id', '=', lessonId)
    .orderBy('deliveries.seq')
    .execute();
}
