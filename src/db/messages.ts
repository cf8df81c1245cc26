import type { Accepted } from '../core/accept.ts';
import type { Platform } from '../core/messages.ts';
import type { Queryable } from './database.ts';

/** What was promised for a message when it came before; null when it is new. */
export async function acceptedBefore(
  db: Queryable,
  message: { platform: Platform; threadId: string; messageId: string },
): Promise<Accepted | null> {
  const row = await db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['lessons.id as lessonId', 'messages.turn_id as turnId', 'lessons.queue'])
    .where('lessons.platform', '=', message.platform)
    .where('lessons.thread_id', '=', message.threadId)
    .where('messages.platform_message_id', '=', message.messageId)
    .executeTakeFirst();
  return row ? { ...row, created: false } : null;
}
