import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';
import type { QueueBackend } from '../src/jobs/queue-connection.ts';
import { startRedis } from '../test/support/redis.ts';
import { whileOpen, withDataDir } from './temp.ts';

/** The servers of a run: a Postgres of its own, and a Redis of its own where there is a redis-server. */

export interface Servers {
  /** Postgres, and Redis where there is one. */
  backends: BackendKind[];
  /** A new database, and what the queues of a program on it run on. Ends with the server. */
  newPlace(kind: BackendKind): Promise<Place>;
  /** Of the database and the queue's server since they were started, in ms; null where the system does not tell. */
  cpuMs(): Promise<number | null>;
}

export type BackendKind = QueueBackend['kind'];

export interface Place {
  databaseUrl: string;
  queueBackend: QueueBackend;
}

export function withServers<T>(work: (servers: Servers) => Promise<T>): Promise<T> {
  return withDataDir(async (dataDir) => {
    const { url } = await startEmbeddedPostgres({ dataDir });
    const redis = await startRedis();
    if (!redis)
      process.stderr.write('There is no redis-server on the PATH: the figures are those of Postgres alone.\n');
    let places = 0;
    const newPlace = async (kind: BackendKind): Promise<Place> => {
      places += 1;
      const databaseUrl = await createDatabase(url, `bench_${places}`);
      await redis?.flush();
      return { databaseUrl, queueBackend: { kind, url: kind === 'redis' && redis ? redis.url : databaseUrl } };
    };
    const backends: BackendKind[] = redis ? ['postgres', 'redis'] : ['postgres'];
    const stop = async () => redis?.stop();
    return whileOpen(stop, () => work({ backends, newPlace, cpuMs: () => cpuMsOf(dataDir, redis?.pid()) }));
  });
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function cpuMsOf(dataDir: string, redisPid: number | undefined): Promise<number | null> {
  try {
    const postmaster = Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
    const processes = await readProcesses();
    const family = processes.filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
    const redis = processes.filter(({ pid }) => pid === redisPid);
    const ticks = [...family, ...redis].reduce((sum, each) => sum + each.ticks, 0);
    return ticks * MS_PER_TICK;
  } catch {
    return null;
  }
}

/** Linux tells all programs 100 ticks a second, whatever it counts in itself. */
const MS_PER_TICK = 10;

interface Process {
  pid: number;
  parent: number;
  /** Its own, and those of its children that have ended. */
  ticks: number;
}

async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.filter(Boolean).map((stat) => {
    // The name, in parentheses, may hold anything. What follows is counted from the state, which is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
    return {
      pid: Number.parseInt(stat, 10),
      parent: Number(fields[1]),
      ticks: (user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0),
    };
  });
}
