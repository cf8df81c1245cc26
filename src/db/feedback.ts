import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';

/** What learners think of the tutor's messages: kept with the events of their lesson, and forgotten with it. */

const TYPE = 'feedback';

/** Who says it, and of what; ids are the platform's. */
export interface FeedbackOn {
  platform: Platform;
  threadId: string;
  learner: string;
  messageId: string;
}

/** Replaces what was said of the same message before. False when the thread has no lesson of this learner. */
export function replaceFeedback(db: Database, on: FeedbackOn, data: object): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // Under the lesson's lock: two presses at once are one, and no lesson is forgotten in between.
    const lesson = await tx
      .selectFrom('lessons')
      .innerJoin('learners', 'learners.id', 'lessons.learner_id')
      .select('lessons.id')
      .where('lessons.platform', '=', on.platform)
      .where('lessons.thread_id', '=', on.threadId)
      .where('learners.external_id', '=', on.learner)
      .forUpdate('lessons')
      .executeTakeFirst();
    if (!lesson) return false;
    await tx
      .deleteFrom('events')
      .where('lesson_id', '=', lesson.id)
      .where('type', '=', TYPE)
      .where(sql`data->>'messageId'`, '=', on.messageId)
      .execute();
    const row = { lesson_id: lesson.id, turn_id: null, type: TYPE, data: JSON.stringify(data) };
    await tx.insertInto('events').values(row).execute();
    return true;
  });
}
