import { type RawBuilder, sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { Queryable } from './database.ts';
import type { MessagePayload } from './schema.ts';

/** What was said, as it is read again later. */

/** Column of `messages`: its words, and in place of pictures their names. What nobody has understood has no words. */
export const spokenWords: RawBuilder<string> = sql<string>`concat_ws(
  E'\\n', nullif(messages.text, ''),
  (select string_agg(format('[picture: %s]', picture->>'name'), E'\\n' order by place)
    from jsonb_array_elements(messages.payload->'pictures') with ordinality pictures (picture, place)),
  case when messages.text = '' and messages.payload ? 'recordings' then '[recording]' end
)`;

export interface StoredLesson {
  id: string;
  state: LessonState;
  startedAt: Date;
  lastUsedAt: Date;
}

/** Of a learner, the oldest first. */
export async function lessonsOf(db: Queryable, learnerId: string): Promise<StoredLesson[]> {
  return db
    .selectFrom('lessons')
    .select(['id', 'state', 'created_at as startedAt', 'updated_at as lastUsedAt'])
    .where('learner_id', '=', learnerId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export interface StoredMessage {
  author: 'learner' | 'tutor';
  text: string;
  payload: MessagePayload | null;
  at: Date;
}

/** In order. */
export async function conversationOf(db: Queryable, lessonId: string): Promise<StoredMessage[]> {
  return db
    .selectFrom('messages')
    .select(['author', spokenWords.as('text'), 'payload', 'created_at as at'])
    .where('lesson_id', '=', lessonId)
    .orderBy('seq')
    .execute();
}
