import { sql } from 'kysely';
import type { Recording } from '../core/messages.ts';
import type { TranscriptUsage } from '../core/transcriber.ts';
import type { Database, Queryable } from './database.ts';
import type { LessonRow } from './leases.ts';

/** What learners have said instead of typing it. A row is a step of its message's turn: done once, and stored. */

/** With its message, in one transaction. */
export async function putRecordings(
  tx: Queryable,
  lessonId: string,
  seq: number,
  recordings: readonly Recording[],
): Promise<void> {
  const rows = recordings.map(({ name, type, seconds, audio }, place) => ({
    ...{ lesson_id: lessonId, seq, place, name, type, seconds },
    audio: Buffer.from(audio, 'base64'),
  }));
  await tx.insertInto('recordings').values(rows).execute();
}

export interface StoredRecording {
  seq: number;
  place: number;
  name: string;
  type: string;
  /** Null where the platform did not say. */
  seconds: number | null;
  /** What was understood; null: nobody has listened to it yet, or nobody could. */
  transcript: string | null;
  /** Why nobody could. */
  failure: string | null;
}

/** Of a turn's messages, in the order in which they came. */
export function recordingsOf(db: Database, lessonId: string, turnId: string): Promise<StoredRecording[]> {
  return db
    .selectFrom('recordings')
    .innerJoin('messages', (join) =>
      join.onRef('messages.lesson_id', '=', 'recordings.lesson_id').onRef('messages.seq', '=', 'recordings.seq'),
    )
    .select(['recordings.seq', 'place', 'name', 'type', 'seconds', 'transcript', 'failure'])
    .where('recordings.lesson_id', '=', lessonId)
    .where('turn_id', '=', turnId)
    .orderBy('recordings.seq')
    .orderBy('place')
    .execute();
}

type Place = Pick<StoredRecording, 'seq' | 'place'>;

/** Null: it was taken back meanwhile. */
export async function soundOf(db: Database, lessonId: string, { seq, place }: Place): Promise<Buffer | null> {
  const row = await db
    .selectFrom('recordings')
    .select('audio')
    .where('lesson_id', '=', lessonId)
    .where('seq', '=', seq)
    .where('place', '=', place)
    .executeTakeFirst();
  return row?.audio ?? null;
}

export type Outcome = { transcript: string } | { failure: string };

/**
 * Stores what came of a recording while the lease is held, and forgets its sound: its words are its message's from
 * then on. What it cost is stored as that of any step is. False when the lease is lost.
 */
export async function settleRecording(
  db: Queryable,
  lesson: Pick<LessonRow, 'id' | 'version' | 'workspace_id'>,
  turnId: string,
  { seq, place }: Place,
  outcome: Outcome,
  usage: TranscriptUsage | null,
): Promise<boolean> {
  const transcript = 'transcript' in outcome ? outcome.transcript : null;
  const failure = 'failure' in outcome ? outcome.failure : null;
  const { rows } = await sql<{ is_held: boolean }>`
    with held as (
      select from lessons where id = ${lesson.id} and version = ${lesson.version} for share
    ), settled as (
      update recordings set audio = null, transcript = ${transcript}, failure = ${failure}
      from held where lesson_id = ${lesson.id} and seq = ${seq} and place = ${place} and audio is not null
      returning seq
    ), told as (
      update messages set text = concat_ws(E'\\n', nullif(text, ''), nullif(${transcript}::text, ''))
      from settled where messages.lesson_id = ${lesson.id} and messages.seq = settled.seq
    ), paid as (
      insert into usage (workspace_id, lesson_id, turn_id, step, agent, model,
        input_tokens, cached_tokens, output_tokens, seconds, cost, latency_ms)
      select ${lesson.workspace_id}, ${lesson.id}, ${turnId}, 'transcribe', 'transcriber', ${usage?.model ?? ''},
        ${usage?.inputTokens ?? 0}, ${usage?.cachedTokens ?? 0}, ${usage?.outputTokens ?? 0}, ${usage?.seconds ?? 0},
        ${usage?.cost ?? null}, ${Math.round(usage?.latencyMs ?? 0)}
      from (select from lessons where id = ${lesson.id} for key share) kept where ${usage !== null}
    )
    select exists (select from held) as is_held`.execute(db);
  return rows[0]?.is_held ?? false;
}

/** What was said in a message is forgotten, and how it sounded. */
export async function forgetRecordings(tx: Queryable, lessonId: string, seq: number): Promise<void> {
  await tx.deleteFrom('recordings').where('lesson_id', '=', lessonId).where('seq', '=', seq).execute();
}
