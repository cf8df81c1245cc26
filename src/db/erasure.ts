import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';

/**
 * Forgetting somebody: lesson by lesson, and each under its own lock alone, because workers lock several at once in
 * any order. What a workspace spent in a month stays: a sum names nobody.
 */

/** Erases a lesson and everything in it. False when it is gone already. A worker that holds it loses its lease. */
export function eraseLesson(db: Database, lessonId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const lesson = await tx
      .selectFrom('lessons')
      .select('id')
      .where('id', '=', lessonId)
      .forUpdate()
      .executeTakeFirst();
    if (!lesson) return false;
    const turns = tx.selectFrom('turns').select('id').where('lesson_id', '=', lessonId);
    await tx.deleteFrom('summaries').where('lesson_id', '=', lessonId).execute();
    await tx.deleteFrom('events').where('lesson_id', '=', lessonId).execute();
    await tx.deleteFrom('usage').where('turn_id', 'in', turns).execute();
    await tx.deleteFrom('usage').where('lesson_id', '=', lessonId).where('turn_id', 'is', null).execute();
    await tx.deleteFrom('turn_steps').where('turn_id', 'in', turns).execute();
    // What was spoken may name them. It is made again for whoever else hears the same.
    const spoken = sql<string>`(select unnest(audio) from utterances where lesson_id = ${lessonId})`;
    await tx.deleteFrom('audio').where('key', 'in', spoken).execute();
    await tx.deleteFrom('deliveries').where('turn_id', 'in', turns).execute();
    await tx.deleteFrom('messages').where('lesson_id', '=', lessonId).execute();
    await tx.deleteFrom('turns').where('lesson_id', '=', lessonId).execute();
    await tx.deleteFrom('lessons').where('id', '=', lessonId).execute();
    return true;
  });
}

/** False when they have a lesson, such as one that was begun a moment ago: then nothing is erased. */
export function eraseLearner(db: Database, learnerId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // No lesson of theirs can be made while this is held.
    await tx.selectFrom('learners').select('id').where('id', '=', learnerId).forUpdate().execute();
    const lesson = await tx.selectFrom('lessons').select('id').where('learner_id', '=', learnerId).executeTakeFirst();
    if (!lesson) await tx.deleteFrom('learners').where('id', '=', learnerId).execute();
    return !lesson;
  });
}

/** Lessons that were asked for and are not open, wherever in the request the learner is named. */
export async function eraseOpenings(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<void> {
  await sql`
    delete from openings where platform = ${platform} and workspace = ${workspace}
      and jsonb_path_exists(request, '$.** ? (@ == $learner)', jsonb_build_object('learner', ${learner}::text))
  `.execute(db);
}
