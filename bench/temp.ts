import { access, chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';

/** What is gone afterwards, however the work ends: data directories, with the server that works in them, and others. */

const open = new Set<() => Promise<void>>();

export async function withDataDir<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadtutor-bench-'));
  // Under root, Postgres runs as another user, who must be able to enter.
  await chmod(dataDir, 0o755);
  const clear = async () => {
    await stopServer(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  };
  return whileOpen(clear, () => work(dataDir));
}

/** Does the work, and then clears up, also on an interrupt; once, even when that makes the work fail. */
export async function whileOpen<T>(clear: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let clearing: Promise<void> | undefined;
  const clearOnce = () => {
    clearing ??= clear();
    return clearing;
  };
  open.add(clearOnce);
  try {
    return await work();
  } finally {
    await clearOnce();
    open.delete(clearOnce);
  }
}

/** For an interrupt, which no `finally` hears of. */
export async function clearAll(): Promise<void> {
  await Promise.allSettled([...open].map((clear) => clear()));
}

/** Also the server of a child that was cut off: starting adopts what is running there. */
async function stopServer(dataDir: string): Promise<void> {
  const isRunning = await access(join(dataDir, 'postgres', 'postmaster.pid')).then(
    () => true,
    () => false,
  );
  if (!isRunning) return;
  const server = await startEmbeddedPostgres({ dataDir });
  await server.stop();
}
