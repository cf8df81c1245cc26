import { sql } from 'kysely';
import type { Database } from '../src/db/database.ts';
import type { OwedToEars } from './heard.ts';
import type { TeacherCall } from './model.ts';
import { tokensIn } from './tokens.ts';

/** What the database has to say of a run, which is more than what a platform sees. */
export interface Stored {
  lessons: number;
  turnsDone: number;
  turnsNotDone: number;
  deliveriesNotSent: number;
  messagesStoredTwice: number;
  messagesOutOfOrder: number;
}

const NUMBER = sql`(regexp_match(text, '\\[m:\\d+:(\\d+)\\]'))[1]::int`;

export async function readStored(db: Database): Promise<Stored> {
  const { rows } = await sql<Stored>`
    with told as (
      select lesson_id, seq, text, ${NUMBER} as number from messages where author = 'learner' and payload is null
    ), steps as (
      select number, lag(number) over (partition by lesson_id order by seq) as before from told
    )
    select
      (select count(*) from lessons) as lessons,
      (select count(*) from turns where status = 'done') as "turnsDone",
      (select count(*) from turns where status <> 'done') as "turnsNotDone",
      (select count(*) from deliveries where status <> 'sent') as "deliveriesNotSent",
      (select count(*) - count(distinct (lesson_id, number)) from told) as "messagesStoredTwice",
      (select count(*) from steps where number < before) as "messagesOutOfOrder"`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

/** In the order in which they were written in each lesson. */
export async function readOwedToEars(db: Database): Promise<OwedToEars[]> {
  const { rows } = await sql<OwedToEars>`
    select thread_id as thread, replace(utterances.id::text, '-', '') as utterance,
      coalesce(parts, 0) as parts, utterances.status = 'spoken' as "isSpoken"
    from utterances
    join deliveries on deliveries.id = delivery_id
    join lessons on lessons.id = utterances.lesson_id
    order by lessons.id, deliveries.seq`.execute(db);
  return rows;
}

export interface Unfinished {
  /** Work that goes on by itself. */
  underWay: number;
  /** Turns and replies that wait for a person. */
  givenUp: number;
}

export async function readUnfinished(db: Database): Promise<Unfinished> {
  const { rows } = await sql<Unfinished>`
    select
      (select count(*) from turns where status in ('queued', 'running'))
        + (select count(*) from deliveries where status = 'pending')
        + (select count(*) from utterances where status = 'pending')
        + (select count(*) from openings) as "underWay",
      (select count(*) from turns where status = 'failed')
        + (select count(*) from deliveries where status in ('failed', 'gone')) as "givenUp"`.execute(db);
  return rows[0] ?? { underWay: 0, givenUp: 0 };
}

/**
 * Calls for a learner's message that began after its answer was stored. A worker that was overtaken while it slept may
 * make one before it sees that it was; anything else would be a step that is not replayed.
 */
export async function countRepeatedCalls(db: Database, calls: readonly TeacherCall[]): Promise<number> {
  const { rows } = await sql<{ text: string; at: number }>`
    select text, extract(epoch from min(turn_steps.created_at))::float * 1000 as at
    from messages join turn_steps using (turn_id)
    where author = 'learner' and turn_steps.name = 'teach'
    group by lesson_id, messages.seq`.execute(db);
  const storedAt = new Map(rows.flatMap(({ text, at }) => tokensIn(text).map((token) => [token, at] as const)));
  return calls.filter(({ at, tokens }) =>
    tokens.some((token) => at > (storedAt.get(token) ?? Number.POSITIVE_INFINITY)),
  ).length;
}
