import { sql } from 'kysely';
import type { Phase } from '../core/lesson.ts';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';
import { unfinishedLessons } from './lessons.ts';

/** What a chat platform asks about its threads and the people in them. Ids are the platform's, but for lessonId. */

export interface ThreadLesson {
  lessonId: string;
  learner: string;
  learnerName: string;
  workspace: string;
  phase: Phase;
  paused: boolean;
  /** The id of the question that waits for an answer. */
  pendingQuestion: string | null;
  /** Of the learner's client. */
  locale: string | null;
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
      'phase',
      'locale',
      sql<boolean>`(state->'paused')::boolean`.as('paused'),
      sql<string | null>`state #>> '{pending,question,id}'`.as('pendingQuestion'),
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
): Promise<{ threadId: string; phase: Phase } | null> {
  const row = await db
    .selectFrom('workspaces')
    .innerJoin('learners', 'learners.workspace_id', 'workspaces.id')
    .innerJoin('lessons', 'lessons.learner_id', 'learners.id')
    .select(['thread_id as threadId', 'phase'])
    .where('workspaces.platform', '=', platform)
    .where('workspaces.external_id', '=', workspace)
    .where('learners.external_id', '=', learner)
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

export interface OpenThread {
  threadId: string;
  workspace: string;
  learner: string;
  learnerName: string;
  /** The greatest id of a message that was accepted there; null when none was that is a number. */
  lastMessageId: string | null;
}

/**
 * Lessons that were used since then and have not ended, the last used first: where messages may have been missed in an outage.
 * For platforms whose message ids are numbers that grow. Reads all lessons of the platform: not for every message.
 */
export async function openLessonsIn(
  db: Database,
  platform: Platform,
  since: Date,
  limit: number,
): Promise<OpenThread[]> {
  const { rows } = await sql<OpenThread>`
    select thread_id as "threadId", workspaces.external_id as workspace, learners.external_id as learner,
      learners.name as "learnerName", (
      select max(id::numeric)::text
      from messages, substring(platform_message_id from '^[0-9]+') as id
      where messages.lesson_id = lessons.id
    ) as "lastMessageId"
    from lessons join learners on learners.id = lessons.learner_id
    join workspaces on workspaces.id = lessons.workspace_id
    where lessons.platform = ${platform} and phase <> 'ended' and updated_at >= ${since}
    order by updated_at desc limit ${limit}`.execute(db);
  return rows;
}
