import { type RawBuilder, sql } from 'kysely';
import type { Phase } from '../core/lesson.ts';
import type { CardPlace, Platform } from '../core/messages.ts';
import type { Database } from './database.ts';
import { lessonsOf, unfinishedLessons } from './lessons.ts';

/** What a chat platform asks about its threads and the people in them. Ids are the platform's, but for lessonId. */

export interface ThreadLesson {
  lessonId: string;
  learner: string;
  learnerName: string;
  workspace: string;
  workspaceName: string;
  queue: string;
  phase: Phase;
  isPaused: boolean;
  /** The id of the question that waits for an answer. */
  pendingQuestion: string | null;
  /** Of the learner's client. */
  locale: string | null;
  /** The language of the lesson, as its learner said it. */
  language: string | null;
}

/** Null when the thread has no lesson. */
export async function lessonOfThread(db: Database, platform: Platform, threadId: string): Promise<ThreadLesson | null> {
  const row = await db
    .selectFrom('lessons')
    .innerJoin('learners', 'learners.id', 'lessons.learner_id')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select([
      'lessons.id as lessonId',
      'learners.external_id as learner',
      'learners.name as learnerName',
      'workspaces.external_id as workspace',
      'workspaces.name as workspaceName',
      'lessons.queue',
      'phase',
      'locale',
      sql<boolean>`(state->>'paused')::boolean`.as('isPaused'),
      sql<string | null>`state #>> '{pending,question,id}'`.as('pendingQuestion'),
      sql<string | null>`state #>> '{preferences,language}'`.as('language'),
    ])
    .where('lessons.platform', '=', platform)
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row ?? null;
}

/** The thread of the learner's unfinished lesson that was used last; null when there is none. */
export async function currentLesson(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<string | null> {
  const [lesson] = await unfinishedLessons(db, platform, workspace, learner, 1);
  return lesson?.threadId ?? null;
}

/** The learner's lesson that was used last, also when it is over; null when there was none. */
export async function lastLesson(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<{ threadId: string; phase: Phase; locale: string | null } | null> {
  const row = await lessonsOf(db, platform, workspace, learner)
    .select(['thread_id as threadId', 'phase', 'locale'])
    .orderBy('lessons.updated_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** What a learner had lessons about, each topic once, the last used first. */
export async function recentTopics(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ topic: string }>`
    select state->'preferences'->>'topic' as topic
    from workspaces
    join learners on learners.workspace_id = workspaces.id
    join lessons on lessons.learner_id = learners.id
    where workspaces.platform = ${platform} and workspaces.external_id = ${workspace}
      and learners.external_id = ${learner} and state->'preferences'->>'topic' is not null
    group by 1 order by max(lessons.updated_at) desc, 1 limit ${limit}`.execute(db);
  return rows.map(({ topic }) => topic);
}

/** Channels of direct messages in which a lesson was used since then. */
export async function directChannels(db: Database, platform: Platform, since: Date): Promise<string[]> {
  const { rows } = await sql<{ channel: string }>`
    select distinct split_part(thread_id, '/', 1) as channel from lessons
    where platform = ${platform} and strpos(thread_id, '/') > 0 and updated_at >= ${since}`.execute(db);
  return rows.map(({ channel }) => channel);
}

/** The threads of the lessons that were held in a channel of direct messages. */
export async function threadsInDirect(db: Database, platform: Platform, channelId: string): Promise<string[]> {
  const { rows } = await sql<{ thread_id: string }>`
    select thread_id from lessons
    where platform = ${platform} and strpos(thread_id, '/') > 0
      and split_part(thread_id, '/', 1) = ${channelId}`.execute(db);
  return rows.map((row) => row.thread_id);
}

/** The greatest id of what was typed in a thread, as a number; null where nothing was. Reads the whole lesson. */
export async function newestTyped(db: Database, platform: Platform, threadId: string): Promise<string | null> {
  const { rows } = await sql<{ newest: string | null }>`
    select max(platform_message_id::numeric)::text as newest
    from messages join lessons on lessons.id = messages.lesson_id
    where lessons.platform = ${platform} and lessons.thread_id = ${threadId} and author = 'learner'
      and platform_message_id ~ '^[0-9]+$' and payload->'action' is null`.execute(db);
  return rows[0]?.newest ?? null;
}

/** Whether some lesson of the learner has the message: in direct messages, they share a channel. */
export async function hasMessage(
  db: Database,
  platform: Platform,
  { workspace, learner }: { workspace: string; learner: string },
  messageId: string,
): Promise<boolean> {
  const row = await lessonsOf(db, platform, workspace, learner)
    .innerJoin('messages', 'messages.lesson_id', 'lessons.id')
    .select('messages.seq')
    .where('messages.platform_message_id', '=', messageId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The threads whose cards are in a channel, and whose lessons have not ended. */
export async function threadsWithCardIn(db: Database, platform: Platform, channelId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('lessons')
    .select('thread_id')
    .where(sql`card->>'channelId'`, '=', channelId)
    .where('platform', '=', platform)
    .where('phase', 'not in', ['completed', 'ended'])
    .execute();
  return rows.map((row) => row.thread_id);
}

/** The lessons that stand on a message: their threads are on it, or it is their card. */
export async function threadsOnMessage(
  db: Database,
  platform: Platform,
  threadId: string,
  card: CardPlace,
): Promise<string[]> {
  const { rows } = await sql<{ thread_id: string }>`
    select thread_id from lessons where platform = ${platform} and thread_id = ${threadId}
    union
    select thread_id from lessons
    where platform = ${platform} and card is not null and card->>'channelId' = ${card.channelId}
      and card->>'messageId' = ${card.messageId}`.execute(db);
  return rows.map((row) => row.thread_id);
}

/** Of what was said last: more would be read for nothing. */
const TURNS_LOOKED_AT = 5_000;

/** The threads of lessons in which something was said since then, the last used first. Of the last so many turns. */
export async function recentThreads(
  db: Database,
  platform: Platform,
  since: Date,
  limit: number,
): Promise<{ workspace: string; workspaceName: string; threadId: string }[]> {
  const { rows } = await sql<{ workspace: string; workspaceName: string; threadId: string }>`
    with latest as (
      select lesson_id, turns.created_at from turns join lessons on lessons.id = lesson_id
      where turns.created_at >= ${since} and platform = ${platform}
      order by turns.created_at desc limit ${TURNS_LOOKED_AT}
    ), used as (
      select lesson_id, max(created_at) as at from latest group by lesson_id
    )
    select workspaces.external_id as workspace, workspaces.name as "workspaceName", thread_id as "threadId"
    from used
    join lessons on lessons.id = used.lesson_id
    join workspaces on workspaces.id = lessons.workspace_id
    order by used.at desc limit ${limit}`.execute(db);
  return rows;
}

/** Of ids that are decimal numbers; what is none comes out as null. */
const decimal = (id: RawBuilder<unknown>) => sql`case when ${id} ~ '^[0-9]+[.][0-9]+$' then (${id})::numeric end`;

/**
 * Whether something was taken in of a thread, before the time `by`, that was typed after the message. Reads the whole
 * lesson.
 */
export async function wasOvertaken(
  db: Database,
  platform: Platform,
  threadId: string,
  messageId: string,
  by: Date,
): Promise<boolean> {
  const { rows } = await sql`
    select from messages join lessons on lessons.id = messages.lesson_id
    where lessons.platform = ${platform} and lessons.thread_id = ${threadId} and author = 'learner'
      and payload->'action' is null and messages.created_at < ${by}
      and ${decimal(sql.ref('platform_message_id'))} > ${messageId}::numeric
    limit 1`.execute(db);
  return rows.length > 0;
}

/** Whether a lesson of a channel began, before the time `by`, in the thread of something that was typed after the message. */
export async function wasOvertakenIn(
  db: Database,
  platform: Platform,
  channelId: string,
  messageId: string,
  by: Date,
): Promise<boolean> {
  const { rows } = await sql`
    select from lessons
    where platform = ${platform} and card is not null and card->>'channelId' = ${channelId}
      and created_at < ${by} and ${decimal(sql`split_part(thread_id, ':', 2)`)} > ${messageId}::numeric
    limit 1`.execute(db);
  return rows.length > 0;
}
