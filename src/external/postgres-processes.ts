/**
 * Which process starts, and which one serves, a data directory:
 * our start lock, and postmaster.pid with the question whether that process really is our server.
 */
import { readFile, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../errors.ts';
import { run } from './postgres-binaries.ts';

const LOCK_STALE_MS = 60_000;
/** Its creation and its first write are an instant apart; a process killed between them leaves it empty. */
const EMPTY_LOCK_STALE_MS = 2000;
/** Longer than any lock can stay stale. */
const LOCK_WAIT_MS = 65_000;

/** Odd and above every limit, so that no process of Linux, macOS or Windows can have it. */
const NOBODYS_PID = 4_194_305;

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Lets one process at a time start a server in a data directory. The others wait, and then find it running. */
export async function withStartLock<T>(home: string, work: () => Promise<T>): Promise<T> {
  const lock = join(home, 'postgres.lock');
  const deadline = Date.now() + LOCK_WAIT_MS;
  while (!(await takeLock(lock))) {
    if (Date.now() > deadline) {
      const holder = await readFile(lock, 'utf8').catch(() => 'unknown');
      const sentence = `Process ${holder.trim()} has been starting Postgres in ${home} for more than a minute: stop it and start again.`;
      throw new SetupError([sentence]);
    }
    await delay(50);
  }
  // A slow disk may need longer than the age at which others call the lock stale.
  const refresh = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), LOCK_STALE_MS / 6);
  refresh.unref();
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, `${process.pid}\n`, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') await rm(lock, { force: true });
    if (code !== 'EEXIST') throw error;
  }
  // Two waiters may remove one stale lock and both get in. Postgres' own lock file is the last word then.
  if (await isStale(lock)) await rm(lock, { force: true });
  return false;
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(lock, 'utf8'));
    if (pid > 0 && !isAlive(pid)) return true;
    return Date.now() - (await stat(lock)).mtimeMs > (pid > 0 ? LOCK_STALE_MS : EMPTY_LOCK_STALE_MS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * The process that postmaster.pid names, if it is alive and serves this directory.
 * `ask` returns the data directory of whatever listens on a port; it is for systems that do not show command lines.
 */
export async function findPostmaster(
  cluster: string,
  ask: (port: number) => Promise<string | undefined>,
): Promise<Postmaster | undefined> {
  const lines = (await readPidFile(cluster))?.split('\n');
  const pid = Number(lines?.[0]);
  const port = Number(lines?.[3]);
  if (!(pid > 0 && port > 0) || !isAlive(pid)) return undefined;
  const served = (await directoryOfProcess(pid)) ?? (await ask(port));
  return served && (await samePath(served, cluster)) ? { pid, port } : undefined;
}

/** Waits until that process has let go of the directory. False when it has not in that time. */
export async function waitUntilGone(cluster: string, pid: number, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  // Dead ones count as alive until they are reaped, which in a container can be never: hence the file.
  while (isAlive(pid) && Number.parseInt((await readPidFile(cluster)) ?? '', 10) === pid) {
    if (Date.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

async function readPidFile(cluster: string): Promise<string | undefined> {
  try {
    return await readFile(join(cluster, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The directory a postmaster serves, '' for any other process, undefined when it cannot be told. */
async function directoryOfProcess(pid: number): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (line === undefined) return directoryFromPs(pid);
  const words = line.split('\0');
  if (basename(words[0] ?? '') !== 'postgres') return '';
  return words[words.indexOf('-D') + 1] ?? '';
}

/** macOS has no /proc. The settings that follow the directory on our command line mark where it ends. */
async function directoryFromPs(pid: number): Promise<string | undefined> {
  const args = ['-ww', '-o', 'args=', '-p', String(pid)];
  const listed = await run('/bin/ps', args, undefined).catch(() => undefined);
  return listed && (/\/postgres -D (.*?) -c /.exec(listed.output)?.[1] ?? '');
}

async function samePath(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([left, right].map((path) => realpath(path).catch(() => undefined)));
  return a !== undefined && a === b;
}

/**
 * Makes a postmaster.pid that is not our server's harmless. Called when findPostmaster found nothing.
 * Postgres ignores the file of a dead process, but not one whose number another program has now, nor an empty one.
 * Only the number is changed: with the rest Postgres still finds out whether orphans of a killed server write there.
 */
export async function disownPidFile(cluster: string): Promise<void> {
  const text = await readPidFile(cluster);
  if (text === undefined) return;
  const [pid, ...rest] = text.split('\n');
  const file = join(cluster, 'postmaster.pid');
  if (!(Number(pid) > 0)) await rm(file, { force: true });
  else if (isAlive(Number(pid))) await writeFile(file, [NOBODYS_PID, ...rest].join('\n'));
}
