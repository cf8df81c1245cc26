import { sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { LearnerMemory } from '../core/memory.ts';
import type { Platform } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';

/** Workspaces, learners and lessons; the lease that makes one worker at a time a lesson's owner. */

export interface LessonRow {
  id: string;
  workspace_id: string;
  learner_id: string;
  thread_id: string;
  platform: Platform;
  queue: string;
  state: LessonState;
  version: number;
  turn_count: number;
}

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

/** Locks the lesson of a thread until the transaction ends; null when the thread has none. */
export async function lockLesson(db: Queryable, platform: Platform, threadId: string) {
  const row = await db
    .selectFrom('lessons')
    .select(['id', 'learner_id', 'queue', 'message_count', 'turn_count'])
    .where('platform', '=', platform)
    .where('thread_id', '=', threadId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Makes the lesson of a thread, unless another transaction just did; lock it afterwards. */
export async function insertLesson(
  db: Queryable,
  lesson: {
    workspaceId: string;
    learnerId: string;
    platform: Platform;
    threadId: string;
    queue: string;
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
      phase: lesson.state.phase,
      state: JSON.stringify(lesson.state),
    })
    .onConflict((conflict) => conflict.columns(['platform', 'thread_id']).doNothing())
    .execute();
}

/**
 * Takes the lesson for `owner`, or null when another worker holds it. Raises the version, so that whoever held it
 * before can write nothing more.
 */
export async function claimLesson(
  db: Database,
  lessonId: string,
  owner: string,
  leaseMs: number,
): Promise<LessonRow | null> {
  const row = await db
    .updateTable('lessons')
    .set({
      version: sql`version + 1`,
      lease_owner: owner,
      lease_until: sql`now() + ${leaseMs} * interval '1 millisecond'`,
    })
    .where('id', '=', lessonId)
    .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<', sql<Date>`now()`)]))
    .returning(['id', 'workspace_id', 'learner_id', 'thread_id', 'platform', 'queue', 'state', 'version', 'turn_count'])
    .executeTakeFirst();
  return row ?? null;
}

/** False when the lease is lost, or was given back: a late heartbeat must not take what nobody holds. */
export async function extendLease(db: Database, lesson: LessonRow, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('lessons')
    .set({ lease_until: sql`now() + ${leaseMs} * interval '1 millisecond'` })
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .where('lease_until', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives the lesson back. */
export async function releaseLesson(db: Queryable, lesson: LessonRow): Promise<void> {
  await db
    .updateTable('lessons')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .execute();
}

/**
 * For a process that knows that it is the only one on this database: the leases of dead processes end now, and so do
 * the waits for what may work again after a new start.
 */
export async function startAfresh(db: Database): Promise<void> {
  await db.updateTable('turns').set({ retry_at: null }).where('status', '=', 'running').execute();
  await db.updateTable('deliveries').set({ retry_at: null }).where('status', '=', 'pending').execute();
  await db
    .updateTable('lessons')
    .set({ lease_owner: null, lease_until: null })
    .where('lease_until', 'is not', null)
    .execute();
}

/** Locks the lesson while the fence stands. False when another worker has taken it. */
export async function lockHeld(tx: Queryable, lesson: LessonRow): Promise<boolean> {
  const held = await tx
    .selectFrom('lessons')
    .select('id')
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .forUpdate()
    .executeTakeFirst();
  return held !== undefined;
}

/** Stores the new state. False when the lease is lost: then nothing may be written. */
export async function saveState(db: Queryable, lesson: LessonRow, state: LessonState): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('lessons')
    .set({ state: JSON.stringify(state), phase: state.phase, updated_at: sql`now()` })
    .where('id', '=', lesson.id)
    .where('version', '=', lesson.version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
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
): Promise<OpenLesson[]> {
  const rows = await db
    .selectFrom('lessons')
    .innerJoin('learners', 'learners.id', 'lessons.learner_id')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select(['lessons.id', 'lessons.thread_id as threadId', 'lessons.state'])
    .where('workspaces.platform', '=', platform)
    .where('workspaces.external_id', '=', workspace)
    .where('learners.external_id', '=', learner)
    .where('lessons.phase', 'not in', ['completed', 'ended'])
    .orderBy('lessons.updated_at', 'desc')
    .limit(20)
    .execute();
  return rows;
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
