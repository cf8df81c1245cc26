import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../src/db/database.ts';

/** What is counted rather than timed: the same on every machine. */

/**
 * Our tables with their indexes and long values; the queue's own tables are not ours. The vacuum is a full one because
 * what a plain one leaves of dead rows depends on the moment, and later rows take its place anyway.
 */
export async function storedBytes(db: Database): Promise<number> {
  await sql`vacuum full`.execute(db);
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint as bytes
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'`.execute(db);
  return rows[0]?.bytes ?? 0;
}

/** The lessons' state documents, as JSON text. */
export async function stateBytes(db: Database, lessonIds: readonly string[]): Promise<number[]> {
  const rows = await db
    .selectFrom('lessons')
    .select(sql<number>`octet_length(state::text)`.as('bytes'))
    .where('id', 'in', lessonIds)
    .execute();
  return rows.map(({ bytes }) => bytes);
}

/**
 * Counts the statements that this process sends from now on; each is a trip to the server. Kysely and BullMQ have
 * pools of their own and no seam in common but the driver, so the driver is where both can be counted.
 */
export function countStatements(): { total(): number } {
  const prototype = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  let total = 0;
  prototype.query = function counted(this: unknown, ...args: unknown[]) {
    total += 1;
    return original.apply(this, args);
  };
  return { total: () => total };
}
