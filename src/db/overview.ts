import { sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';
import { lessonsOf } from './lessons.ts';

/** Lessons at a glance: for the learner who has them, and for who runs a workspace. Ids are the platform's. */

export interface LessonAtAGlance {
  threadId: string;
  state: LessonState;
  lastUsedAt: Date;
}

/** A learner's lessons, the last used first. */
export async function latestLessons(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
  limit: number,
): Promise<LessonAtAGlance[]> {
  return lessonsOf(db, platform, workspace, learner)
    .select(['lessons.thread_id as threadId', 'lessons.state', 'lessons.updated_at as lastUsedAt'])
    .orderBy('lessons.updated_at', 'desc')
    .orderBy('lessons.id')
    .limit(limit)
    .execute();
}

export interface MonthOfWorkspace {
  /** US dollars. */
  spent: number;
  /** That were begun in it. */
  lessons: number;
  /** Who used a lesson in it. */
  learners: number;
}

/** The month that is under way, by UTC; zeros for a workspace that is not known. */
export async function monthOf(db: Database, platform: Platform, workspace: string): Promise<MonthOfWorkspace> {
  const { rows } = await sql<MonthOfWorkspace>`
    with month as (select date_trunc('month', now() at time zone 'utc') as begins),
      here as (select id from workspaces where platform = ${platform} and external_id = ${workspace})
    select
      coalesce((select spent from workspace_months, month
        where workspace_id in (select id from here) and workspace_months.month = begins::date), 0)::float8 as spent,
      count(*) filter (where lessons.created_at at time zone 'utc' >= begins) as lessons,
      count(distinct lessons.learner_id) as learners
    from month
    left join (learners join lessons on lessons.learner_id = learners.id)
      on learners.workspace_id in (select id from here) and lessons.updated_at at time zone 'utc' >= begins
    group by begins`.execute(db);
  const { spent = 0, lessons = 0, learners = 0 } = rows[0] ?? {};
  return { spent, lessons, learners };
}
