import { sql } from 'kysely';
import type { Database } from '../src/db/database.ts';

/** What lessons leave on disk. */

/** Our tables with their indexes and long values, after a vacuum. The queue's own tables are not ours. */
export async function storedBytes(db: Database): Promise<number> {
  await sql`vacuum`.execute(db);
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`.execute(db);
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
