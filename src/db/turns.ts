import { sql, type UpdateObject } from 'kysely';
import { type Database, type Queryable, waitMs } from './database.ts';
import type { LessonRow } from './lessons.ts';
import type { MessagePayload, Schema, TurnStatus } from './schema.ts';

/** Turns, their messages and their stored steps. */

export interface TurnRow {
  id: string;
  lesson_id: string;
  seq: number;
  status: TurnStatus;
  joinable: boolean;
  attempts: number;
  /** Until it may be tried again, in ms by the database's clock; 0 when it is due. */
  wait_ms: number;
}

const TURN_COLUMNS = ['id', 'lesson_id', 'seq', 'status', 'joinable', 'attempts', waitMs] as const;

/** The turn that a message already belongs to, if it was stored before. */
export async function turnOfMessage(db: Queryable, lessonId: string, messageId: string): Promise<string | null> {
  const row = await db
    .selectFrom('messages')
    .select('turn_id')
    .where('lesson_id', '=', lessonId)
    .where('platform_message_id', '=', messageId)
    .executeTakeFirst();
  return row?.turn_id ?? null;
}

export async function lastTurn(db: Queryable, lessonId: string): Promise<TurnRow | null> {
  const row = await db
    .selectFrom('turns')
    .select(TURN_COLUMNS)
    .where('lesson_id', '=', lessonId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Call with the lesson locked: its counter gives the turn its place. */
export async function insertTurn(db: Queryable, lessonId: string, joinable: boolean): Promise<string> {
  const { id } = await db
    .with('counted', (cte) =>
      cte
        .updateTable('lessons')
        .set({ turn_count: sql`turn_count + 1` })
        .where('id', '=', lessonId)
        .returning('turn_count'),
    )
    .insertInto('turns')
    .columns(['lesson_id', 'seq', 'status', 'joinable'])
    .expression((from) =>
      from
        .selectFrom('counted')
        .select([
          sql<string>`${lessonId}::uuid`.as('lesson_id'),
          'turn_count as seq',
          sql<TurnStatus>`'queued'`.as('status'),
          sql<boolean>`${joinable}::boolean`.as('joinable'),
        ]),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Every turn that was given up is taken up again, before anything newer. Where a newer one has been answered
 * meanwhile, the fault is likely the turn's own: it gets one attempt, and cannot hold the lesson up each time.
 */
export async function reviveTurns(db: Queryable, lessonId: string): Promise<void> {
  const isOvertaken = sql`exists (
    select from turns newer where newer.lesson_id = turns.lesson_id and newer.seq > turns.seq and newer.status = 'done'
  )`;
  await db
    .updateTable('turns')
    .set({
      status: 'running',
      attempts: sql`case when ${isOvertaken} then attempts else 0 end`,
      retry_at: null,
      failure: null,
      finished_at: null,
    })
    .where('lesson_id', '=', lessonId)
    .where('status', '=', 'failed')
    .execute();
}

/** Call with the lesson locked or leased: its counter gives the message its place. */
export async function appendMessage(
  db: Queryable,
  message: {
    lessonId: string;
    turnId: string;
    author: 'learner' | 'tutor';
    messageId: string | null;
    text: string;
    payload: MessagePayload | null;
  },
): Promise<void> {
  const { lessonId, turnId, author, messageId, text, payload } = message;
  await db
    .with('counted', (cte) =>
      cte
        .updateTable('lessons')
        .set({ message_count: sql`message_count + 1`, updated_at: sql`now()` })
        .where('id', '=', lessonId)
        .returning('message_count'),
    )
    .insertInto('messages')
    .columns(['lesson_id', 'seq', 'turn_id', 'author', 'platform_message_id', 'text', 'payload'])
    .expression((from) =>
      from
        .selectFrom('counted')
        .select([
          sql<string>`${lessonId}::uuid`.as('lesson_id'),
          'message_count as seq',
          sql<string>`${turnId}::uuid`.as('turn_id'),
          sql<typeof author>`${author}::text`.as('author'),
          sql<string | null>`${messageId}::text`.as('platform_message_id'),
          sql<string>`${text}::text`.as('text'),
          sql<string | null>`${payload && JSON.stringify(payload)}::jsonb`.as('payload'),
        ]),
    )
    .execute();
}

/** The oldest turn that is not finished; null when the mailbox is empty. */
export async function nextTurn(db: Queryable, lessonId: string): Promise<TurnRow | null> {
  const row = await db
    .selectFrom('turns')
    .select(TURN_COLUMNS)
    .where('lesson_id', '=', lessonId)
    .where('status', 'in', ['queued', 'running'])
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Fixes the turn's messages: from here on, new ones open the next turn. False when the lease is lost. */
export async function startTurn(db: Database, lesson: LessonRow, turnId: string): Promise<boolean> {
  // Accepting locks the lesson as well: a message either joined before this, or sees that the turn runs.
  const { numUpdatedRows } = await db
    .with('held', (cte) =>
      cte
        .selectFrom('lessons')
        .select('id')
        .where('id', '=', lesson.id)
        .where('version', '=', lesson.version)
        .forUpdate(),
    )
    .updateTable('turns')
    .from('held')
    .set({ status: 'running' })
    .where('turns.id', '=', turnId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function messagesOfTurn(db: Queryable, turnId: string) {
  return db
    .selectFrom('messages')
    .select(['seq', 'text', 'payload'])
    .where('turn_id', '=', turnId)
    .where('author', '=', 'learner')
    .orderBy('seq')
    .execute();
}

/** The last messages before a turn's own, oldest first. */
export async function recentMessages(db: Queryable, lessonId: string, beforeSeq: number, count: number) {
  const rows = await db
    .selectFrom('messages')
    .select(['author', 'text'])
    .where('lesson_id', '=', lessonId)
    .where('seq', '<', beforeSeq)
    .orderBy('seq', 'desc')
    .limit(count)
    .execute();
  return rows.reverse();
}

export async function storedSteps(db: Queryable, turnId: string): Promise<Map<string, unknown>> {
  const rows = await db.selectFrom('turn_steps').select(['name', 'output']).where('turn_id', '=', turnId).execute();
  return new Map(rows.map((row) => [row.name, row.output]));
}

/**
 * Stores a step's output while the lease is held. False when it is lost. Locks the lesson, so that a claim waits until
 * the step can be seen: the next worker replays it, or it was never stored.
 */
export async function storeStep(
  db: Queryable,
  lesson: LessonRow,
  turnId: string,
  name: string,
  output: object,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('turn_steps')
    .columns(['turn_id', 'name', 'output'])
    .expression((from) =>
      from
        .selectFrom('lessons')
        .select([
          sql<string>`${turnId}::uuid`.as('turn_id'),
          sql<string>`${name}::text`.as('name'),
          sql<string>`${JSON.stringify(output)}::jsonb`.as('output'),
        ])
        .where('id', '=', lesson.id)
        .where('version', '=', lesson.version)
        .forShare(),
    )
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function finishTurn(db: Queryable, turnId: string): Promise<void> {
  await db
    .updateTable('turns')
    .set({ status: 'done', finished_at: sql`now()`, retry_at: null, failure: null })
    .where('id', '=', turnId)
    .execute();
}

/** False when the turn is finished already. */
export async function postponeTurn(db: Queryable, turnId: string, delayMs: number, failure: string): Promise<boolean> {
  const retryAt = sql<Date>`now() + ${delayMs} * interval '1 millisecond'`;
  return endAttempt(db, turnId, { status: 'running', retry_at: retryAt, failure });
}

/** False when the turn is finished already. */
export async function giveUpTurn(db: Queryable, turnId: string, failure: string): Promise<boolean> {
  return endAttempt(db, turnId, { status: 'failed', retry_at: null, failure, finished_at: sql<Date>`now()` });
}

async function endAttempt(db: Queryable, turnId: string, outcome: UpdateObject<Schema, 'turns'>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('turns')
    .set({ ...outcome, attempts: sql`attempts + 1` })
    .where('id', '=', turnId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Lessons with something left to do that nobody holds, on the given queues: what a lost nudge leaves behind. Only the
 * first thing that a lesson has to do counts, because nothing overtakes it. Starts from the unfinished work, which is
 * little, not from the lessons, which are many; takes some by chance, so that those that cannot be worked on do not
 * keep the others from their turn.
 */
export async function unattendedLessons(db: Database, queues: readonly string[], limit: number) {
  const deliveries = db
    .selectFrom('deliveries')
    .select(['lesson_id', sql<number>`1`.as('kind'), 'seq', 'retry_at'])
    .where('status', '=', 'pending');
  const turns = db
    .selectFrom('turns')
    .select(['lesson_id', sql<number>`2`.as('kind'), 'seq', 'retry_at'])
    .where('status', 'in', ['queued', 'running']);
  return db
    .with('first_work', (cte) =>
      cte
        .selectFrom(deliveries.unionAll(turns).as('work'))
        .distinctOn('lesson_id')
        .select(['lesson_id', 'retry_at'])
        .orderBy('lesson_id')
        .orderBy('kind')
        .orderBy('seq'),
    )
    .selectFrom('first_work')
    .innerJoin('lessons', 'lessons.id', 'first_work.lesson_id')
    .select(['lessons.id', 'lessons.queue'])
    .where('lessons.queue', 'in', queues)
    .where((where) => where.or([where('lease_until', 'is', null), where('lease_until', '<', sql<Date>`now()`)]))
    .where((due) => due.or([due('retry_at', 'is', null), due('retry_at', '<=', sql<Date>`now()`)]))
    .orderBy(sql`random()`)
    .limit(limit)
    .execute();
}
