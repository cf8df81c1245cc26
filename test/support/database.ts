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

type Mode = 'exclusive' | 'access exclusive';

/**
 * Nobody writes in a table while the work lasts, and, unless the mode is 'exclusive', nobody reads in it. For `db` of
 * `useDatabase`: a transaction of the tutor's own may not rest for long.
 */
export function whileLocked<T>(
  db: Database,
  table: keyof Schema,
  work: () => Promise<T>,
  mode: Mode = 'access exclusive',
): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`lock table ${sql.table(table)} in ${sql.raw(mode)} mode`.execute(tx);
    return work();
  });
}

/** Locks a table until `released` resolves. Resolves when that holds. */
export async function holdTable(
  db: Database,
  table: keyof Schema,
  released: Promise<void>,
  mode?: Mode,
): Promise<{ ended: Promise<void> }> {
  const locked = Promise.withResolvers<void>();
  const hold = () => {
    locked.resolve();
    return released;
  };
  const ended = whileLocked(db, table, hold, mode);
  await locked.promise;
  return { ended };
}
