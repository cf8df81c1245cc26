import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { preparing } from './prepared.ts';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;
/** What a query needs: it runs in a transaction or out of one. */
export type Queryable = Database | Transaction<Schema>;

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface OpenedDatabase {
  db: Database;
  close(): Promise<void>;
}

/** A server that does not answer by then is an error, not a wait without end. */
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 10;

/**
 * For a process among others: one that is frozen, or cut off, in a transaction must not keep its locks from the rest,
 * and whoever waits for a lock must not keep a connection from theirs. A turn's statements take milliseconds.
 */
const TIME_LIMITS = {
  idle_in_transaction_session_timeout: 2_500,
  // Longer, so that who waits for a frozen one gets the lock in the end.
  lock_timeout: 4_000,
  statement_timeout: 10_000,
  query_timeout: 12_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
};

/** `onError` hears of connections that broke while idle; the pool replaces them by itself. */
export function openDatabase(
  url: string,
  onError: (error: Error) => void,
  { maxConnections = MAX_CONNECTIONS, isShared = false } = {},
): OpenedDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(isShared && TIME_LIMITS),
  });
  pool.on('error', onError);
  // A connection in use has no listener of the pool's: without one, the server going away would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
  return { db, close: () => db.destroy() };
}

/** Of SQL: connections that break or are refused, and a server that stops, starts, or has no room. */
const AWAY = /^(?:08|53300|55000|57P)/;
/** Of the network. */
const UNREACHABLE = /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What the client says by itself, without a code. */
const CUT_OFF = /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to)/;

/** The database cannot be reached, or is about to go: no fault of whoever asked it something. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return AWAY.test(code) || UNREACHABLE.test(code) || CUT_OFF.test(error.message);
}

/** Brings the schema up to date. Safe to run from several processes at once: Kysely holds an advisory lock. */
export async function migrate(db: Database, directory: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => readMigrations(directory) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

/** The names of the migrations that have not run here; changes nothing. */
export async function missingMigrations(db: Database, directory: string): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => readMigrations(directory) } });
  const migrations = await migrator.getMigrations();
  return migrations.filter(({ executedAt }) => !executedAt).map(({ name }) => name);
}

async function readMigrations(directory: string): Promise<Record<string, Migration>> {
  const files = (await readdir(directory)).filter((file) => /^\d+-.*\.ts$/.test(file)).sort();
  const modules = files.map(async (file) => [file.slice(0, -3), await import(join(directory, file))] as const);
  return Object.fromEntries(await Promise.all(modules));
}

/** How long until a row's retry_at, in milliseconds; never negative. The database's clock is the only one. */
export const waitMs =
  sql<number>`greatest(0, ceil(extract(epoch from coalesce(retry_at, now()) - now()) * 1000))::int`.as('wait_ms');
