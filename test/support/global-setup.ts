import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresBackend, Queue } from 'bullmq';
import type { TestProject } from 'vitest/node';
import { migrate, openDatabase } from '../../src/db/database.ts';
import { startEmbeddedPostgres } from '../../src/external/embedded-postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that all test files share; each file clones its own database. */
    postgresUrl: string;
    /** Null when the machine has no redis-server. */
    redisUrl: string | null;
  }
}

export const TEMPLATE = 'threadtutor_template';

/** One real Postgres for the whole run, with a migrated template, and one Redis. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadtutor-test-'));
  // As root the server runs as another user, who has to get in; else the data would move elsewhere and stay there.
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  await makeTemplate(postgres.url);
  project.provide('postgresUrl', postgres.url);
  const redis = await startRedis();
  project.provide('redisUrl', redis?.url ?? null);
  return async () => {
    await redis?.stop();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const server = openDatabase(serverUrl, () => {}, { maxConnections: 1 });
  const { sql } = await import('kysely');
  await sql.raw(`create database ${TEMPLATE}`).execute(server.db);
  await server.close();
  const url = withDatabase(serverUrl, TEMPLATE);
  const template = openDatabase(url, () => {}, { maxConnections: 1 });
  await migrate(template.db, new URL('../../migrations', import.meta.url).pathname);
  await template.close();
  const connection = { connectionString: url, schema: 'bullmq', migrate: true, max: 2 };
  const queue = new Queue('template', { connection }, createPostgresBackend);
  await queue.waitUntilReady();
  await queue.close();
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
