import { type Kysely, sql } from 'kysely';

/**
 * What was used of each rate limit, where there is no Redis: the columns that rate-limiter-flexible writes. Unlogged:
 * a count is not worth a flush of the log, and one that a crash takes with it begins anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Rows are overwritten all the time: with room in their page, and no index on what changes, nothing else moves.
  await sql
    .raw(`create unlogged table rate_limits (
      key text primary key,
      points integer not null default 0,
      expire bigint
    ) with (fillfactor = 50)`)
    .execute(db);
}
