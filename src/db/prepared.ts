import type { PostgresPool } from 'kysely';
import type pg from 'pg';

/**
 * Statements get names, so that a connection parses each one once, and plans it anew only until the server finds that
 * this does not pay: most of ours take longer to plan than to run. A pooler between us and the server has to know of
 * named statements, as PgBouncer does from 1.21 on.
 */
export function preparing(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect();
      const query = (text: string, values: readonly unknown[]) => client.query(named(text, values));
      return { query: query as never, release: (destroy) => client.release(destroy) };
    },
    end: () => pool.end(),
  };
}

/** Statements whose text depends on their values must not fill the server's memory. */
const MAX_NAMES = 300;
const names = new Map<string, string>();

function named(text: string, values: readonly unknown[]): pg.QueryConfig {
  const query = { text, values: [...values] };
  if (values.length === 0) return query;
  const name = names.get(text) ?? `s${names.size}`;
  if (names.size < MAX_NAMES) names.set(text, name);
  return names.has(text) ? { ...query, name } : query;
}
