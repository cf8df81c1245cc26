import { sql } from 'kysely';
import type { LessonState } from '../core/lesson.ts';
import type { CardPlace, Platform } from '../core/messages.ts';
import type { Database } from './database.ts';

/** Cards that are not as their lessons are: since when, and what became of showing them. */

export interface DueCard {
  threadId: string;
  platform: Platform;
  queue: string;
  state: LessonState;
  locale: string | null;
  card: CardPlace;
  /** As the database writes it: the same until something changes the card again. */
  due: string;
}

/** Null when the card is as it should be, or not to be tried again yet, or when there is none. */
export async function readDueCard(db: Database, lessonId: string): Promise<DueCard | null> {
  const { rows } = await sql<DueCard>`
    select thread_id as "threadId", platform, queue, state, locale, card, card_due_at::text as due
    from lessons where id = ${lessonId} and card is not null and card_due_at <= now()`.execute(db);
  return rows[0] ?? null;
}

/** One that changed while it was shown, or that somebody else has shown meanwhile, is to be shown once more. */
export async function cardShown(db: Database, lessonId: string, due: string): Promise<void> {
  await sql`
    update lessons set card_due_at = case when card_due_at::text = ${due} then null else now() end
    where id = ${lessonId}`.execute(db);
}

export async function postponeCard(db: Database, lessonId: string, delayMs: number): Promise<void> {
  await sql`
    update lessons set card_due_at = now() + ${delayMs} * interval '1 millisecond'
    where id = ${lessonId} and card_due_at is not null`.execute(db);
}

/** Lessons whose cards have been due for so long that nobody is at them, the longest first. */
export async function unattendedCards(
  db: Database,
  queues: readonly string[],
  graceMs: number,
  limit: number,
): Promise<{ lessonId: string; queue: string }[]> {
  const { rows } = await sql<{ lessonId: string; queue: string }>`
    select id as "lessonId", queue from lessons
    where card_due_at <= now() - ${graceMs} * interval '1 millisecond' and queue = any(${queues})
    order by card_due_at limit ${limit}`.execute(db);
  return rows;
}
