/**
 * What the embedded Postgres keeps on disk, and who may touch it: the saved password, where the data lies
 * (elsewhere, when the unprivileged user cannot enter the data directory), and how the database is made.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../errors.ts';
import {
  type Account,
  canEnter,
  chooseAccount,
  exists,
  makeSharedDirectory,
  OTHER_SERVER,
  program,
  run,
  SHARED_DIRECTORY,
} from './postgres-binaries.ts';
import { findPostmaster, waitUntilGone } from './postgres-processes.ts';

export const USER = 'threadtutor';

export interface Place {
  /** The real path of the data directory. */
  readonly home: string;
  /** The directory that Postgres owns. It exists only when it is complete. */
  readonly cluster: string;
  readonly logFile: string;
  readonly password: string;
  readonly account: Account | undefined;
}

/** postgres.json. `elsewhere` names a directory in SHARED_DIRECTORY, never a path: root follows it. */
interface Saved {
  readonly password: string;
  readonly elsewhere?: string;
}

export async function openHome(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  return realpath(dataDir);
}

/** Finds, or decides and saves, where the data lies and who owns it. Called with the start lock held. */
export async function openPlace(home: string, log: (line: string) => void): Promise<Place> {
  const saved = (await readSaved(home)) ?? (await decide(home, log));
  const parent = saved.elsewhere === undefined ? home : join(SHARED_DIRECTORY, saved.elsewhere);
  if (saved.elsewhere !== undefined) await makeParent(home, parent);
  const cluster = join(parent, 'postgres');
  const account = await chooseAccount(cluster);
  if (account !== undefined && !(await canEnter(account, parent))) {
    const sentence = `Postgres runs as the user with the id ${account.uid}, who cannot enter ${parent}: open it and its parents with "chmod a+x", or set DATA_DIR to another directory.`;
    throw new SetupError([sentence]);
  }
  return { home, cluster, logFile: join(home, 'postgres.log'), password: saved.password, account };
}

async function readSaved(home: string): Promise<Saved | undefined> {
  const file = join(home, 'postgres.json');
  if (!(await exists(file))) return undefined;
  const text = await readFile(file, 'utf8');
  try {
    const { password, elsewhere } = JSON.parse(text) as Record<string, unknown>;
    if (typeof password === 'string' && /^\w+$/.test(password)) {
      if (elsewhere === undefined) return { password };
      if (typeof elsewhere === 'string' && /^[0-9a-f]{16}$/.test(elsewhere)) return { password, elsewhere };
    }
  } catch {
    // Not JSON: the same answer as for any other damage.
  }
  throw lostPassword(home, 'is damaged');
}

function lostPassword(home: string, what: string): SetupError {
  const sentence = `${join(home, 'postgres.json')}, which holds the password of the embedded database, ${what}: restore it, or delete ${home} to start with an empty database.`;
  return new SetupError([sentence]);
}

async function decide(home: string, log: (line: string) => void): Promise<Saved> {
  if (await isComplete(join(home, 'postgres'))) throw lostPassword(home, 'is gone');
  const account = await chooseAccount(join(home, 'postgres'));
  const here = account === undefined || (await canEnter(account, home));
  const saved: Saved = { password: randomBytes(24).toString('hex'), ...(!here && { elsewhere: hash(home) }) };
  if (saved.elsewhere !== undefined) {
    const parent = join(SHARED_DIRECTORY, saved.elsewhere);
    log(`the user that Postgres runs as cannot enter ${home}: its data goes to ${parent}`);
    await discard(home, join(parent, 'postgres'), log);
  }
  const file = join(home, 'postgres.json');
  await writeFile(`${file}.new`, `${JSON.stringify(saved)}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return saved;
}

function hash(home: string): string {
  return createHash('sha256').update(home).digest('hex').slice(0, 16);
}

/** Data of a data directory that was deleted: its password is lost, so that nobody can use it any more. */
async function discard(home: string, cluster: string, log: (line: string) => void): Promise<void> {
  if (!(await exists(cluster))) return;
  log(`moving the database of a deleted ${home} aside, in ${cluster}`);
  const abandoned = await findPostmaster(cluster, async () => undefined);
  if (abandoned !== undefined) {
    process.kill(abandoned.pid, 'SIGINT');
    // If it does not go, it keeps a directory that has another name and that nobody asks for.
    await waitUntilGone(cluster, abandoned.pid, 10_000);
  }
  await rm(`${cluster}.discarded`, { recursive: true, force: true });
  await rename(cluster, `${cluster}.discarded`);
}

async function makeParent(home: string, parent: string): Promise<void> {
  try {
    await makeSharedDirectory(SHARED_DIRECTORY);
    await makeSharedDirectory(parent);
  } catch (cause) {
    const sentence = `The user that Postgres runs as cannot enter ${home}, and ${parent} cannot be made: set DATA_DIR to a directory that every user can enter, ${OTHER_SERVER}.`;
    throw new SetupError([sentence], { cause });
  }
}

async function isComplete(cluster: string): Promise<boolean> {
  return (await exists(join(cluster, 'PG_VERSION'))) && (await exists(join(cluster, 'global', 'pg_control')));
}

/** Makes the data directory once, and clears away what an interrupted attempt left. */
export async function prepareCluster(place: Place, native: string, log: (line: string) => void): Promise<void> {
  const { cluster, account } = place;
  const parent = join(cluster, '..');
  for (const name of await readdir(parent)) {
    // An initdb that outlived its parent may still write there; then the next start removes the rest.
    if (name.startsWith('postgres.init-')) await rm(join(parent, name), { recursive: true }).catch(() => {});
  }
  if (await isComplete(cluster)) {
    await claim(cluster, account);
    return;
  }
  if (await exists(cluster)) {
    const aside = `${cluster}.incomplete-${Date.now()}`;
    log(`${cluster} is not a complete database: moving it to ${aside}`);
    await rename(cluster, aside);
  }
  log(`making a database in ${cluster}`);
  await initialise(place, native, parent);
}

/** Postgres insists on owning its directory and on mode 0700, which a copy made by root does not keep. */
async function claim(cluster: string, account: Account | undefined): Promise<void> {
  const found = await lstat(cluster);
  if (!found.isDirectory()) return;
  if (account !== undefined && found.uid !== account.uid) {
    for (const entry of await readdir(cluster, { recursive: true })) {
      await lchown(join(cluster, entry), account.uid, account.gid);
    }
    await lchown(cluster, account.uid, account.gid);
  }
  if ((found.mode & 0o077) !== 0) await chmod(cluster, 0o700);
}

async function initialise(place: Place, native: string, parent: string): Promise<void> {
  const { account } = place;
  const fresh = await mkdtemp(join(parent, 'postgres.init-'));
  try {
    const passwordFile = join(fresh, 'password');
    await writeFile(passwordFile, place.password, { mode: 0o600 });
    if (account !== undefined) {
      await chown(passwordFile, account.uid, account.gid);
      await chown(fresh, account.uid, account.gid);
    }
    const options = [
      `--pgdata=${join(fresh, 'data')}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The builtin provider sorts and folds the same on every system, whatever its locales.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ];
    const { code, output } = await run(program(native, 'initdb'), options, account);
    if (code !== 0) throw new SetupError([explain(place, output)]);
    await rename(join(fresh, 'data'), place.cluster);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** One sentence for what Postgres' programs said when they failed. */
export function explain(place: Place, output: string): string {
  if (/No space left on device|Check free disk space|Disk quota exceeded/.test(output)) {
    return `The disk of ${place.cluster} is full: free some space (a new database needs 100 MB), or set DATA_DIR to another disk.`;
  }
  if (output.includes('could not look up effective user ID')) {
    const uid = place.account?.uid ?? process.getuid?.();
    return `The user id ${uid} has no name in /etc/passwd, which Postgres needs: run as a user that has one (in Docker, leave out --user or add the user to the image), ${OTHER_SERVER}.`;
  }
  const lines = output.trim().split('\n').slice(-5).join('\n');
  return `Postgres did not start in ${place.cluster}: put right what it says below, ${OTHER_SERVER}. The whole log is ${place.logFile}.\n${lines}`;
}
