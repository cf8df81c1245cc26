import { sql } from 'kysely';
import { spokenWords } from './conversations.ts';
import type { Queryable } from './database.ts';

/** The running summary of a lesson: everything up to a message, in a few sentences. */
export interface Summary {
  text: string;
  upToSeq: number;
}

export async function readSummary(db: Queryable, lessonId: string): Promise<Summary | null> {
  const row = await db
    .selectFrom('summaries')
    .select(['text', 'up_to_seq as upToSeq'])
    .where('lesson_id', '=', lessonId)
    .executeTakeFirst();
  return row ?? null;
}

/** False when the lesson was erased. It stays until the transaction ends. */
export async function keepLesson(tx: Queryable, lessonId: string): Promise<boolean> {
  const row = await tx.selectFrom('lessons').select('id').where('id', '=', lessonId).forKeyShare().executeTakeFirst();
  return row !== undefined;
}

/** Stores a summary made on top of the one that ended at `after`; nothing when another was stored meanwhile. */
export async function storeSummary(db: Queryable, lessonId: string, summary: Summary, after: number): Promise<void> {
  await db
    .insertInto('summaries')
    .values({ lesson_id: lessonId, text: summary.text, up_to_seq: summary.upToSeq })
    .onConflict((conflict) =>
      conflict
        .column('lesson_id')
        .doUpdateSet({ text: summary.text, up_to_seq: summary.upToSeq, updated_at: sql`now()` })
        .where('summaries.up_to_seq', '=', after),
    )
    .execute();
}

/** The oldest messages after `after` that have left the window of the `recent` newest ones. */
export async function unsummarised(db: Queryable, lessonId: string, after: number, recent: number, limit: number) {
  return db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select([
      'seq',
      'author',
      spokenWords.as('text'),
      'lessons.id as lessonId',
      'workspace_id as workspaceId',
      'spent',
      'settings',
    ])
    .where('messages.lesson_id', '=', lessonId)
    .where('seq', '>', after)
    .where('seq', '<=', sql<number>`lessons.message_count - ${recent}`)
    .orderBy('seq')
    .limit(limit)
    .execute();
}
