import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A data directory that every user may enter: under root, Postgres runs as another one and would go elsewhere. */
export async function makeTempDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'threadtutor-bench-'));
  await chmod(directory, 0o755);
  return directory;
}
