import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import type { Schema } from '../../src/db/schema.ts';
import { TEMPLATE, withDatabase } from './global-setup.ts';

/** A database of the test file's own, cloned from the migrated template; dropped, leaks and all, at the end. */
export function useDatabase(): { readonly url: string; readonly db: Database } {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = withDatabase(inject('postgresUrl'), name);
  let opened: ReturnType<typeof openDatabase> | undefined;
  beforeAll(async () => {
    await onServer(`create database ${name} template ${TEMPLATE}`);
    opened = openDatabase(url, () => {});
  });
  afterAll(async () => {
    await opened?.close();
    await onServer(`drop database ${name} with (force)`);
  });
  return {
    url,
    get db() {
      if (!opened) throw new Error('the database is open only inside tests');
      return opened.db;
    },
  };
}

async function onServer(statement: string): Promise<void> {
  const server = openDatabase(inject('postgresUrl'), () => {}, { maxConnections: 1 });
  await sql.raw(statement).execute(server.db);
  await server.close();
}

/**
 * Locks a table until `released` resolves: nobody writes in it, and, unless the mode is 'exclusive', nobody reads in it.
 * Resolves when that holds. For `db` of `useDatabase`: a transaction of the tutor's own may not rest for long.
 */
export async function holdTable(
  db: Database,
  table: keyof Schema,
  released: Promise<void>,
  mode: 'exclusive' | 'access exclusive' = 'access exclusive',
): Promise<{ ended: Promise<void> }> {
  const locked = Promise.withResolvers<void>();
  const ended = db.transaction().execute(async (tx) => {
    await sql`lock table ${sql.table(table)} in ${sql.raw(mode)} mode`.execute(tx);
    locked.resolve();
    await released;
  });
  await locked.promise;
  return { ended };
}
