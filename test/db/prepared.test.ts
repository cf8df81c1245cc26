import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenedDatabase, openDatabase } from '../../src/db/database.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
let opened: OpenedDatabase;

beforeEach(() => {
  opened = openDatabase(database.url, () => {}, { maxConnections: 1 });
});
afterEach(() => opened.close());

async function prepared(): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(opened.db);
  return rows.map(({ statement }) => statement);
}

test('a statement is parsed once on a connection, whatever its values', async () => {
  for (const value of [1, 2, 3]) await sql`select ${value}::int as once`.execute(opened.db);
  expect(await prepared()).toEqual(['select $1::int as once']);
});

test('texts without end do not pile up on the server, and work all the same', async () => {
  const results: unknown[] = [];
  for (let place = 0; place < 400; place += 1) {
    const { rows } = await sql`select ${place}::int as ${sql.id(`column_${place}`)}`.execute(opened.db);
    results.push(...rows.flatMap((row) => Object.values(row as object)));
  }
  expect(results).toEqual(Array.from({ length: 400 }, (_, place) => place));
  expect((await prepared()).length).toBeLessThanOrEqual(300);
});
