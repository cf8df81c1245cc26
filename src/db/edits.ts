import { sql } from 'kysely';
import type { Queryable } from './database.ts';
import type { MessagePayload, TurnStatus } from './schema.ts';

/** What became of a learner's message that is now edited or deleted. Call with the lesson locked. */
export interface StoredMessage {
  seq: number;
  text: string;
  payload: MessagePayload | null;
  turnId: string;
  status: TurnStatus;
  /** Nothing was said after it. */
  isLast: boolean;
  /** The lesson went on with it. */
  movedOn: boolean;
  /** Of its turn. */
  messages: number;
  /** The one message that answered it, by the platform's id; null where it was more, or none. */
  answer: string | null;
}

/** By the platform's id, also where its text was replaced before: then the latest. Null when it was never accepted. */
export async function findMessage(tx: Queryable, lessonId: string, messageId: string): Promise<StoredMessage | null> {
  const { rows } = await sql<StoredMessage>`
    select messages.seq, text, payload, turn_id as "turnId", turns.status, turns.moved_on as "movedOn",
      not exists (select from turns newer where newer.lesson_id = ${lessonId} and newer.seq > turns.seq) as "isLast",
      (select count(*)::int from messages own where own.turn_id = turns.id and author = 'learner') as messages,
      (
        select min(platform_message_ids[1]) from deliveries
        where turn_id = turns.id and name like 'reply-%'
        having count(*) = 1 and min(cardinality(platform_message_ids)) = 1
      ) as answer
    from messages join turns on turns.id = turn_id
    where messages.lesson_id = ${lessonId}
      and (platform_message_id = ${messageId} or starts_with(platform_message_id, ${`${messageId}#`}))
    order by messages.seq desc limit 1`.execute(tx);
  return rows[0] ?? null;
}

/** With `payload` null, what came with the text is forgotten too. */
export async function replaceText(
  tx: Queryable,
  lessonId: string,
  seq: number,
  words: { text: string; payload?: null },
): Promise<void> {
  await tx.updateTable('messages').set(words).where('lesson_id', '=', lessonId).where('seq', '=', seq).execute();
}

/** Takes a message out of its waiting turn; a turn that has no other is over, without an answer. */
export async function removeMessage(tx: Queryable, lessonId: string, message: StoredMessage): Promise<void> {
  await tx.deleteFrom('messages').where('lesson_id', '=', lessonId).where('seq', '=', message.seq).execute();
  if (message.messages > 1) return;
  await tx
    .updateTable('turns')
    .set({ status: 'done', finished_at: sql`now()`, retry_at: null, failure: null })
    .where('id', '=', message.turnId)
    .where('status', 'in', ['queued', 'failed'])
    .execute();
}

/** The turn's reply is to be written into a message that is there already. */
export async function takeOver(tx: Queryable, turnId: string, draftId: string): Promise<void> {
  await tx.updateTable('turns').set({ draft_id: draftId }).where('id', '=', turnId).execute();
}
