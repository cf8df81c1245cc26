import { type Kysely, sql } from 'kysely';

/** Each message looks for turns that were given up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`create index turns_failed on turns (lesson_id) where status = 'failed'`).execute(db);
}
