import type { LessonState } from '../core/lesson.ts';
import type { LearnerMemory } from '../core/memory.ts';
import type { CardPlace, Platform } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';

/** Workspaces, learners and lessons, as others see them; who works on a lesson is in leases.ts. */

/** Writes, and so locks, only what is new or renamed. */
export async function upsertWorkspace(
  db: Queryable,
  platform: Platform,
  workspace: { id: string; name: string },
): Promise<string> {
  const known = await db
    .selectFrom('workspaces')
    .select(['id', 'name'])
    .where('platform', '=', platform)
    .where('external_id', '=', workspace.id)
    .executeTakeFirst();
  if (known?.name === workspace.name) return known.id;
  const { id } = await db
    .insertInto('workspaces')
    .values({ platform, external_id: workspace.id, name: workspace.name })
    .onConflict((conflict) => conflict.columns(['platform', 'external_id']).doUpdateSet({ name: workspace.name }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Null: it is not known. */
export async function workspaceName(db: Queryable, platform: Platform, workspace: string): Promise<string | null> {
  const row = await db
    .selectFrom('workspaces')
    .select('name')
    .where('platform', '=', platform)
    .where('external_id', '=', workspace)
    .executeTakeFirst();
  return row?.name ?? null;
}

/** Writes, and so locks, only who is new or renamed. */
export async function upsertLearner(
  db: Queryable,
  workspaceId: string,
  learner: { id: string; name: string },
): Promise<string> {
  const known = await db
    .selectFrom('learners')
    .select(['id', 'name'])
    .where('workspace_id', '=', workspaceId)
    .where('external_id', '=', learner.id)
    .executeTakeFirst();
  if (known?.name === learner.name) return known.id;
  const { id } = await db
    .insertInto('learners')
    .values({ workspace_id: workspaceId, external_id: learner.id, name: learner.name })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'external_id']).doUpdateSet({ name: learner.name }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Makes the lesson of a thread, unless it has one. */
export async function insertLesson(
  db: Queryable,
  lesson: {
    workspaceId: string;
    learnerId: string;
    platform: Platform;
    threadId: string;
    queue: string;
    locale: string | null;
    card: CardPlace | null;
    state: LessonState;
  },
): Promise<void> {
  await db
    .insertInto('lessons')
    .values({
      workspace_id: lesson.workspaceId,
      learner_id: lesson.learnerId,
      platform: lesson.platform,
      thread_id: lesson.threadId,
      queue: lesson.queue,
      locale: lesson.locale,
      card: lesson.card && JSON.stringify(lesson.card),
      phase: lesson.state.phase,
      state: JSON.stringify(lesson.state),
    })
    .onConflict((conflict) => conflict.columns(['platform', 'thread_id']).doNothing())
    .execute();
}

export interface OpenLesson {
  id: string;
  threadId: string;
  state: LessonState;
}

/** A learner's lessons that are not over, the last used first. */
export async function unfinishedLessons(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
  limit = 20,
): Promise<OpenLesson[]> {
  return lessonsOf(db, platform, workspace, learner)
    .select(['lessons.id', 'lessons.thread_id as threadId', 'lessons.state'])
    .where('lessons.phase', 'not in', ['completed', 'ended'])
    .orderBy('lessons.updated_at', 'desc')
    .limit(limit)
    .execute();
}

/**
 * The lessons of a learner, by the platform's ids, for a query to go on with. By the learner's workspace, not the
 * lesson's, which is the same one: only so does an index lead to the learner.
 */
export function lessonsOf(db: Queryable, platform: Platform, workspace: string, learner: string) {
  return db
    .selectFrom('workspaces')
    .innerJoin('learners', 'learners.workspace_id', 'workspaces.id')
    .innerJoin('lessons', 'lessons.learner_id', 'learners.id')
    .where('workspaces.platform', '=', platform)
    .where('workspaces.external_id', '=', workspace)
    .where('learners.external_id', '=', learner);
}

/** True when nothing is left to answer or to send. */
export async function isSettled(db: Database, lessonId: string): Promise<boolean> {
  const row = await db
    .selectNoFrom((where) => [
      where
        .exists(
          where
            .selectFrom('turns')
            .select('id')
            .where('lesson_id', '=', lessonId)
            .where('status', 'in', ['queued', 'running']),
        )
        .as('unanswered'),
      where
        .exists(
          where.selectFrom('deliveries').select('id').where('lesson_id', '=', lessonId).where('status', '=', 'pending'),
        )
        .as('unsent'),
    ])
    .executeTakeFirstOrThrow();
  return !row.unanswered && !row.unsent;
}

export async function readMemory(db: Queryable, learnerId: string): Promise<LearnerMemory> {
  const row = await db.selectFrom('learners').select('memory').where('id', '=', learnerId).executeTakeFirst();
  return row?.memory ?? {};
}

/** By the platform's ids; null for somebody who is not known. */
export async function findLearner(
  db: Queryable,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<{ id: string; name: string; memory: LearnerMemory } | null> {
  const row = await db
    .selectFrom('workspaces')
    .innerJoin('learners', 'learners.workspace_id', 'workspaces.id')
    .select(['learners.id', 'learners.name', 'memory'])
    .where('platform', '=', platform)
    .where('workspaces.external_id', '=', workspace)
    .where('learners.external_id', '=', learner)
    .executeTakeFirst();
  return row ?? null;
}

/** Changes a learner's memory, one change at a time: their lessons may end at the same moment. */
export async function updateMemory(
  tx: Queryable,
  learnerId: string,
  change: (memory: LearnerMemory) => LearnerMemory,
): Promise<void> {
  const row = await tx
    .selectFrom('learners')
    .select('memory')
    .where('id', '=', learnerId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const memory = JSON.stringify(change(row.memory));
  await tx.updateTable('learners').set({ memory }).where('id', '=', learnerId).execute();
}
