import { type RawBuilder, sql } from 'kysely';
import { type Database, waitMs } from './database.ts';
import type { DeliveryRow } from './deliveries.ts';
import type { LessonRow } from './leases.ts';
import type { Waiting } from './schema.ts';

/** What comes next in a lesson: claimed with the lesson, or looked for while it is held. */

export interface TurnRow {
  id: string;
  seq: number;
  attempts: number;
  traceparent: string | null;
  /** The platform's id of the message in which an earlier attempt has begun to show the reply. */
  draft_id: string | null;
  /** Since its first message was accepted. */
  waited_ms: number;
  /** It was taken in hand before: something of a reply may have been shown. */
  begun: boolean;
}

export interface Work {
  /** That were seen; the release tells whether there are more. */
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

/** How many turns may be in hand at the same time, in all workers. */
export interface Room {
  workspace: number;
  learner: number;
}

export interface Look {
  room: Room;
  mayStart: boolean;
}

interface WorkColumns {
  seen_count: number;
  delivery: DeliveryRow | null;
  turn: (TurnRow & { wait_ms: number }) | null;
  is_last: boolean;
  is_current: boolean;
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
    returning id, workspace_id, learner_id, thread_id, platform, queue, state, locale, card, version, spent,
      message_count,
      (select narrations.id from narrations where lesson_id = lessons.id and status = 'speaking') as narration`;
  const { rows } = await lookInto<LessonRow & WorkColumns>(held, 1, lessonId, look).execute(db);
  const [row] = rows;
  if (!row) return null;
  const { id, workspace_id, learner_id, thread_id, platform, queue, state, locale, card, version, spent } = row;
  const lesson = { id, workspace_id, learner_id, thread_id, platform, queue, state, locale, card, version, spent };
  return { lesson: { ...lesson, narration: row.narration }, work: workOf(row) };
}

/** What comes next in a lesson that is held. Null when the lease is lost. */
export async function takeWork(db: Database, lesson: LessonRow, look: Look): Promise<Work | null> {
  const held = sql`
    select workspace_id, learner_id, version, message_count from lessons
    where id = ${lesson.id} and version = ${lesson.version} for no key update`;
  const { rows } = await lookInto<WorkColumns>(held, 0, lesson.id, look).execute(db);
  const [row] = rows;
  return row ? workOf(row) : null;
}

/**
 * The oldest delivery, else the oldest unfinished turn, which is started if it is due, if it may be, and if there is
 * room for it. A turn that was in hand when its worker died has its place already; two that start at the same moment
 * may both take the last one.
 *
 * `held` locks the lesson, as whoever accepts a message or puts a turn off does, and raises its version by `raised`.
 * What is read here, `seen` included, is as it was before
 * waiting for that lock, and only `held` is of after it: where the two differ, nothing is started or sent, and whoever
 * releases the lesson comes again.
 */
function lookInto<Row>(
  held: RawBuilder<unknown>,
  raised: number,
  lessonId: string,
  { room, mayStart }: Look,
): RawBuilder<Row> {
  return sql<Row>`
    with seen as (
      select version + ${raised} as version, message_count from lessons where id = ${lessonId}
    ), held as (${held}), owed as (
      select id, reply, attempts, ${waitMs}, coalesce(platform_message_ids, '{}') as posted,
        true as "mayBeShown",
        case when name = 'reply-0' or draft_id is not null
          then jsonb_build_object('key', turn_id || '-0', 'id', draft_id) end as draft
      from deliveries
      where lesson_id = ${lessonId} and status = 'pending' order by seq limit 1
    ), next as (
      select id, seq, attempts, traceparent, draft_id, in_hand_since, status = 'running' or attempts > 0 as begun,
        ${waitMs},
        (extract(epoch from now() - created_at) * 1000)::bigint as waited_ms
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
      from held join seen using (version, message_count), next, crowd
      where ${mayStart} and next.wait_ms = 0 and not exists (select from owed)
    ), started as (
      update turns set
        status = case when place.waits_for is null then 'running' else turns.status end,
        in_hand_since = case when place.waits_for is null then now() end,
        waits_for = place.waits_for
      from place
      where turns.id = place.id and turns.status in ('queued', 'running')
        and (turns.retry_at is null or turns.retry_at <= now())
      returning place.waits_for
    )
    select held.*, seen.message_count as seen_count,
      (select to_jsonb(owed) from owed) as delivery,
      (select to_jsonb(next) from next) as turn,
      not exists (
        select from turns, next
        where lesson_id = ${lessonId} and status in ('queued', 'running') and turns.seq > next.seq
      ) as is_last,
      held.version = seen.version as is_current,
      exists (select from started where waits_for is null) as is_started,
      (select waits_for from started) as refused
    from held, seen`;
}

function workOf({ seen_count, delivery, turn, is_last, is_current, is_started, refused }: WorkColumns): Work {
  const isDue = is_current && delivery?.wait_ms === 0;
  return {
    messageCount: seen_count,
    delivery: isDue ? delivery : null,
    turn: is_started ? turn : null,
    isLast: is_last,
    refused,
    waitMs: isDue || is_started || refused ? null : ((delivery ?? turn)?.wait_ms ?? null),
  };
}
