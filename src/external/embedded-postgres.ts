/**
 * The Postgres that runs when no DATABASE_URL is set: our own thin manager over the npm binaries.
 * The server outlives us, whether we end by Ctrl-C or by SIGKILL; the next start finds it and adopts it.
 */
import { open, readFile, rename, stat } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { errorMessage, SetupError } from '../errors.ts';
import { findBinaries, OTHER_SERVER, program, run } from './postgres-binaries.ts';
import { explain, openHome, openPlace, type Place, prepareCluster, USER } from './postgres-directory.ts';
import { disownPidFile, findPostmaster, type Postmaster, waitUntilGone, withStartLock } from './postgres-processes.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  /** True when the server was running already; other processes may be using it. */
  readonly adopted: boolean;
  /** Stops the server for everyone who uses it. Safe to call twice. */
  stop(): Promise<void>;
}

const DATABASE = 'threadtutor';
const START_MS = 30_000;
const READY_MS = 60_000;
const STOP_MS = 60_000;
const LOG_LIMIT = 1_000_000;

/** Given on the command line, so that a database made by an earlier version gets them too. fsync stays on. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 80,
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  // Nothing replicates from this server.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // What learners write must not reach the log: neither failing statements nor the values in their details.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** Settings of Postgres over ours, of a server that is started and not adopted; `port`: this one and no other. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/** Starts, or adopts, the server of a data directory. Throws SetupError with a sentence that says what to do. */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log?: (line: string) => void;
  settings?: PostgresSettings;
}): Promise<EmbeddedPostgres> {
  const { log = () => {}, settings = {} } = options;
  try {
    const home = await openHome(options.dataDir);
    return await withStartLock(home, () => startOrAdopt(home, settings, log));
  } catch (error) {
    throw asSetupError(error, options.dataDir);
  }
}

async function startOrAdopt(
  home: string,
  settings: PostgresSettings,
  log: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const place = await openPlace(home, log);
  const native = await findBinaries(place.account, home, log);
  refuseShellCharacters([place.cluster, native]);
  const running = await adopt(place);
  if (running === undefined) await prepareCluster(place, native, log);
  const { port } = running ?? (await start(place, native, settings));
  log(`Postgres ${running === undefined ? 'started' : 'was running already'} on port ${port}`);
  return { url: urlOf(place, port), adopted: running !== undefined, stop: () => stop(place, native) };
}

/** pg_ctl and initdb put these paths in double quotes and hand them to a shell. */
function refuseShellCharacters(paths: string[]): void {
  const refused = process.platform === 'win32' ? /["%\n]/ : /["$`\\\n]/;
  for (const path of paths.filter((each) => refused.test(each))) {
    const sentence = `Postgres cannot work in ${JSON.stringify(path)}: choose a path without quotes, $, \` and backslashes, ${OTHER_SERVER}.`;
    throw new SetupError([sentence]);
  }
}

function urlOf(place: Place, port: number, database = DATABASE): string {
  return `postgres://${USER}:${place.password}@127.0.0.1:${port}/${database}`;
}

function findOurs(place: Place): Promise<Postmaster | undefined> {
  return findPostmaster(place.cluster, async (port) => {
    const rows = await query(urlOf(place, port, 'postgres'), 'show data_directory').catch(() => []);
    return rows[0]?.data_directory;
  });
}

/** Waits for a server that is still starting or recovering. Undefined when there is none, or when it dies. */
async function adopt(place: Place): Promise<Postmaster | undefined> {
  const found = await findOurs(place);
  return found !== undefined && (await waitUntilReady(place, found.port, found.pid)) ? found : undefined;
}

async function start(place: Place, native: string, settings: PostgresSettings): Promise<Postmaster> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    await disownPidFile(place.cluster);
    const said = await launch(place, native, { ...SETTINGS, port: await freePort(), ...settings });
    // Also when it failed: another start may have been quicker, or recovery takes longer than pg_ctl waits.
    const server = await adopt(place);
    if (server !== undefined) return server;
    // Another program took the port meanwhile, or the orphans of a killed server are still leaving, or another start.
    const passing = /could not bind|shared memory block .* still in use|"postmaster.pid" already exists/.test(said);
    if (!passing || Date.now() > deadline) throw new SetupError([explain(place, said)]);
    await delay(100);
  }
}

/** Returns what was written to the log. pg_ctl gives the server a session of its own, out of reach of Ctrl-C. */
async function launch(place: Place, native: string, given: PostgresSettings): Promise<string> {
  const { size } = await stat(place.logFile).catch(() => ({ size: 0 }));
  if (size > LOG_LIMIT) await rename(place.logFile, `${place.logFile}.old`);
  const offset = size > LOG_LIMIT ? 0 : size;
  const settings = Object.entries(given).map(([name, value]) => `-c ${name}=${value}`);
  const options = ['start', '--silent', '--wait', `--timeout=${READY_MS / 1000}`, `--pgdata=${place.cluster}`];
  const file = await open(place.logFile, 'a', 0o600);
  try {
    await run(program(native, 'pg_ctl'), [...options, `--options=${settings.join(' ')}`], place.account, file.fd);
  } finally {
    await file.close();
  }
  return (await readFile(place.logFile)).subarray(offset).toString();
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** False when the process dies meanwhile. Makes the database if it is missing. Throws SetupError. */
async function waitUntilReady(place: Place, port: number, pid: number): Promise<boolean> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await query(urlOf(place, port), 'select 1');
      return true;
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      // Too many clients already: it serves, and its clients are ours.
      if (code === '53300') return true;
      if (code === '3D000') await createDatabase(place, port);
      else if ((await findOurs(place))?.pid !== pid) return false;
      else if (code === '28P01' || Date.now() > deadline) throw noAnswer(place, error);
      else await delay(20);
    }
  }
}

function noAnswer(place: Place, cause: unknown): SetupError {
  const sentence = `The Postgres of ${place.cluster} runs but refuses us (${errorMessage(cause)}): see ${place.logFile}, and stop it before you start again.`;
  return new SetupError([sentence], { cause });
}

async function createDatabase(place: Place, port: number): Promise<void> {
  await query(urlOf(place, port, 'postgres'), `create database ${DATABASE}`).catch((error: { code?: unknown }) => {
    // Made by another process in the same moment.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}

async function query(url: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A connection that breaks between two calls must not end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

async function stop(place: Place, native: string): Promise<void> {
  // pg_ctl signals whatever process has the number in a stale postmaster.pid.
  const found = await findOurs(place);
  if (found === undefined) return;
  // Nor would it stop waiting when another process starts the next server at once.
  const options = ['stop', '--mode=fast', '--no-wait', `--pgdata=${place.cluster}`];
  const { output } = await run(program(native, 'pg_ctl'), options, place.account);
  if (!(await waitUntilGone(place.cluster, found.pid, STOP_MS))) {
    throw new Error(`Postgres does not stop: ${output.trim()}`);
  }
}

const ADVICE: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space, set DATA_DIR to another disk',
  EDQUOT: 'the disk quota is used up: free some space, set DATA_DIR to another disk',
  EROFS: 'the disk is read-only: set DATA_DIR to a directory that can be written',
  ENOTDIR: 'a part of that path is a file: set DATA_DIR to a directory',
  ENOENT: 'it cannot be made: set DATA_DIR to a directory that can be written',
  EEXIST: 'it is not a directory: set DATA_DIR to a directory',
  EACCES: 'this user may not: start as the user that owns it, set DATA_DIR to another directory',
  EPERM: 'this user may not: start as the user that owns it, set DATA_DIR to another directory',
};

/** What the system refuses is for a person to mend and gets a sentence; the rest is our bug and stays as it is. */
function asSetupError(error: unknown, dataDir: string): unknown {
  if (error instanceof SetupError || !(error instanceof Error)) return error;
  const { code = '', syscall, path = dataDir } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  const sentence = syscall.startsWith('spawn')
    ? `This system does not run ${path} (${code}): use a Linux with glibc, macOS or Windows, ${OTHER_SERVER}.`
    : `Postgres cannot use ${path}, because ${ADVICE[code] ?? `of ${code}: set DATA_DIR to another directory`}, ${OTHER_SERVER}.`;
  return new SetupError([sentence], { cause: error });
}
