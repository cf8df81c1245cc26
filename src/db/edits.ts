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
  /** Nobody is at its turn: it is queued, put off, or given up. */
  isWaiting: boolean;
  /** Nothing was said after it. */
  isLast: boolean;
  /** The lesson went on with it. */
  movedOn: boolean;
  /** Of its turn. */
  messages: number;
  /** The one message that answered it alone, by the platform's id; null where it was more, or none. */
  answer: string | null;
}

/** By the platform's id: with each text that it had, and what was kept under an id made of it; the newest first. */
export async function findMessages(tx: Queryable, lessonId: string, messageId: string): Promise<StoredMessage[]> {
  const { rows } = await sql<StoredMessage>`
    select messages.seq, text, payload, turn_id as "turnId", turns.status, turns.moved_on as "movedOn",
      turns.status in ('queued', 'failed') or (turns.status = 'running' and coalesce(turns.retry_at > now(), false))
        as "isWaiting",
      not exists (select from turns newer where newer.lesson_id = ${lessonId} and newer.seq > turns.seq) as "isLast",
      own.messages,
      case when own.messages = 1 then (
        select min(platform_message_ids[1]) from deliveries
        where turn_id = turns.id and name like 'reply-%'
        having count(*) = 1 and min(cardinality(platform_message_ids)) = 1
      ) end as answer
    from messages join turns on turns.id = turn_id,
      lateral (select count(*)::int as messages from messages own where own.turn_id = turns.id and author = 'learner') own
    where messages.lesson_id = ${lessonId}
      and (platform_message_id = ${messageId} or starts_with(platform_message_id, ${`${messageId}#`}))
    order by messages.seq desc`.execute(tx);
  return rows;
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

/** Takes a message out of its turn, which waits; a turn that has no other is over, without an answer. */
export async function removeMessage(tx: Queryable, lessonId: string, message: StoredMessage): Promise<void> {
  await tx.deleteFrom('messages').where('lesson_id', '=', lessonId).where('seq', '=', message.seq).execute();
  if (message.messages > 1) return;
  await tx
    .updateTable('turns')
    .set({ status: 'done', finished_at: sql`now()`, retry_at: null, failure: null })
    .where('id', '=', message.turnId)
    .where('status', '<>', 'done')
    .execute();
}

/** The turn's reply is to be written into a message that is there already. */
export async function takeOver(tx: Queryable, turnId: string, draftId: string): Promise<void> {
  await tx.updateTable('turns').set({ draft_id: draftId }).where('id', '=', turnId).execute();
}
