import { type RawBuilder, sql } from 'kysely';
import type { Place } from '../core/fairness.ts';
import type { Database } from './database.ts';
import type { Waiting } from './schema.ts';
import type { Room } from './work.ts';

/** What waits: found from the unfinished work, which is little, never from the lessons, which are many. */

export interface Unattended extends Place {
  lessonId: string;
  queue: string;
}

const inMs = (moment: RawBuilder<unknown>) => sql`(extract(epoch from ${moment}) * 1000)::bigint`;

/**
 * When the oldest turn came that is in a queue, not in somebody's line for a place. At most a quarter of an hour ago:
 * one that nobody can work on, such as a closed terminal's, must not stop the clock.
 */
const oldestMs = sql`${inMs(sql`greatest(
  coalesce((select min(created_at) from turns where status = 'queued' and waits_for is null), now()),
  now() - interval '15 minutes'
)`)} as "oldestMs"`;

/** Columns: where the next turn of a workspace would stand. */
export function placeOf(workspaceId: string, counted: number): RawBuilder<Place> {
  return sql`${oldestMs}, (
    select count(*) from (
      select from turns where workspace_id = ${workspaceId} and status = 'queued' limit ${counted}
    ) queued
  ) as ahead`;
}

export async function readPlace(db: Database, workspaceId: string, counted: number): Promise<Place> {
  const { rows } = await sql<Place>`select ${placeOf(workspaceId, counted)}`.execute(db);
  return rows[0] ?? { oldestMs: 0, ahead: 0 };
}

/**
 * Lessons with something due that nobody holds, on the given queues: what a lost nudge leaves behind. Only the first
 * thing that a lesson has to do counts, because nothing overtakes it, and what is younger than `graceMs` has a nudge
 * under way. Takes some by chance, so that those that cannot be worked on do not keep the others from their turn.
 * Turns that wait for a place are left out: see `admissible`.
 */
export async function unattendedLessons(
  db: Database,
  queues: readonly string[],
  graceMs: number,
  limit: number,
): Promise<Unattended[]> {
  const { rows } = await sql<Unattended>`
    with work as (
      select lesson_id, 1 as kind, seq, coalesce(retry_at, created_at + ${graceMs} * interval '1 millisecond') as due,
        null as waits_for
      from deliveries where status = 'pending'
      union all
      select lesson_id, 2, seq, coalesce(retry_at, created_at + ${graceMs} * interval '1 millisecond'), waits_for
      from turns where status in ('queued', 'running')
    ), first_work as (
      select distinct on (lesson_id) lesson_id, due, waits_for from work order by lesson_id, kind, seq
    )
    select id as "lessonId", queue, ${oldestMs},
      (row_number() over (partition by workspace_id order by due) - 1)::int as ahead
    from first_work join lessons on lessons.id = first_work.lesson_id
    where queue = any(${queues}) and (lease_until is null or lease_until < now())
      and due <= now() and waits_for is null
    order by random() limit ${limit}`.execute(db);
  return rows;
}

/**
 * The first of those that wait for a place, as many as there are places free: in each workspace, and of each learner.
 * Who waits for their own other turns does not stand in a workspace's line before the rest.
 */
export async function admissible(
  db: Database,
  queues: readonly string[],
  room: Room,
  limit: number,
): Promise<Unattended[]> {
  const { rows } = await sql<Unattended>`
    with waiting as (
      select lesson_id, workspace_id, learner_id,
        row_number() over (partition by workspace_id order by waits_for = 'learner', created_at) as workspace_place,
        row_number() over (partition by learner_id order by created_at) as learner_place
      from turns where status in ('queued', 'running') and waits_for is not null and not exists (
        select from deliveries where deliveries.lesson_id = turns.lesson_id and deliveries.status = 'pending'
      )
    ), crowd as (
      select workspace_id, learner_id, count(*) as turns
      from turns where status = 'running' and in_hand_since is not null
      group by workspace_id, learner_id
    )
    select lessons.id as "lessonId", queue, ${oldestMs}, (workspace_place - 1)::int as ahead
    from waiting join lessons on lessons.id = waiting.lesson_id
    where queue = any(${queues}) and (lease_until is null or lease_until < now())
      and learner_place + coalesce((
        select sum(turns) from crowd where crowd.learner_id = waiting.learner_id), 0) <= ${room.learner}
      and workspace_place + coalesce((
        select sum(turns) from crowd where crowd.workspace_id = waiting.workspace_id), 0) <= ${room.workspace}
    order by workspace_place limit ${limit}`.execute(db);
  return rows;
}

/**
 * Takes the turn out of the line that waits longest for a place that one of this learner's turns has left; null when
 * none does. So two places that become free at once go to two turns. It is due from now on, as if it had not waited.
 */
export async function takeNextInLine(
  db: Database,
  workspaceId: string,
  learnerId: string,
): Promise<{ lessonId: string; queue: string } | null> {
  const { rows } = await sql<{ lessonId: string; queue: string }>`
    update turns set waits_for = null from lessons
    where lessons.id = turns.lesson_id and turns.id = (
      select id from turns
      where workspace_id = ${workspaceId} and status in ('queued', 'running')
        and (waits_for = 'workspace' or (waits_for = 'learner' and learner_id = ${learnerId}))
      order by learner_id = ${learnerId} desc, created_at limit 1
      for no key update skip locked
    )
    returning lessons.id as "lessonId", queue`.execute(db);
  return rows[0] ?? null;
}

export interface WaitingTurn {
  turnId: string;
  lessonId: string;
  waitsFor: Waiting | null;
  /** Turns that were accepted before it and are not answered: of its workspace, if that is what it waits for. */
  ahead: number;
}

/** Turns that nobody is at, that wait for longer than `sinceMs`, and whose learners have not been told. */
export async function untold(
  db: Database,
  queues: readonly string[],
  sinceMs: number,
  limit: number,
): Promise<WaitingTurn[]> {
  const { rows } = await sql<WaitingTurn>`
    with waiting as (
      select id, lesson_id, waits_for, told_at, in_hand_since, retry_at, created_at, case waits_for
        when 'workspace' then row_number() over (partition by workspace_id order by created_at)
        else row_number() over (order by created_at)
      end - 1 as ahead
      from turns where status in ('queued', 'running')
    )
    select waiting.id as "turnId", lesson_id as "lessonId", waits_for as "waitsFor", ahead::int
    from waiting join lessons on lessons.id = waiting.lesson_id
    where told_at is null and (in_hand_since is null or retry_at > now())
      and waiting.created_at < now() - ${sinceMs} * interval '1 millisecond'
      and queue = any(${queues}) and (lease_until is null or lease_until < now())
    order by waiting.created_at limit ${limit}`.execute(db);
  return rows;
}

/** For gauges. Ages are in seconds; 0 where nothing waits. */
export interface StoredBacklog {
  turns: { waiting: number; running: number; failed: number };
  oldestTurnSeconds: number;
  deliveriesPending: number;
  deliveriesFailed: number;
  oldestDeliverySeconds: number;
  /** Replies that were sent and are still to be heard. */
  speechPending: number;
  oldestSpeechSeconds: number;
}

export async function readBacklog(db: Database, queue: string): Promise<StoredBacklog> {
  const age = sql`coalesce(extract(epoch from now() - min(created_at)), 0)::float`;
  const { rows } = await sql<StoredBacklog>`
    with unfinished as (
      select turns.created_at, in_hand_since is not null and coalesce(retry_at, now()) <= now() as in_hand
      from turns join lessons on lessons.id = turns.lesson_id
      where status in ('queued', 'running') and queue = ${queue}
    ), undelivered as (
      select deliveries.created_at from deliveries join lessons on lessons.id = deliveries.lesson_id
      where status = 'pending' and queue = ${queue}
    ), unheard as (
      select greatest(utterances.created_at, sent_at) as created_at
      from utterances
      join deliveries on deliveries.id = delivery_id
      join lessons on lessons.id = utterances.lesson_id
      where utterances.status = 'pending' and deliveries.status = 'sent' and queue = ${queue}
    )
    select
      jsonb_build_object(
        'waiting', (select count(*) from unfinished where not in_hand),
        'running', (select count(*) from unfinished where in_hand),
        'failed', (
          select count(*) from turns join lessons on lessons.id = turns.lesson_id
          where status = 'failed' and queue = ${queue}
        )
      ) as turns,
      (select ${age} from unfinished where not in_hand) as "oldestTurnSeconds",
      (select count(*) from undelivered) as "deliveriesPending",
      (select ${age} from undelivered) as "oldestDeliverySeconds",
      (select count(*) from unheard) as "speechPending",
      (select ${age} from unheard) as "oldestSpeechSeconds",
      (
        select count(*) from deliveries join lessons on lessons.id = deliveries.lesson_id
        where status = 'failed' and queue = ${queue}
      ) as "deliveriesFailed"`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}
