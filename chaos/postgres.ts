import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';

/** A Postgres that can be taken away and comes back where it was, with what it had committed. */
export interface ChaosPostgres {
  url: string;
  /** Ends in order, all connections with it, as for an update. */
  stop(): Promise<void>;
  /** Killed, as by a broken machine. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

/** For a few processes with all their pools, and those of the killed ones that the server has not noticed. */
const MAX_CONNECTIONS = 200;

export async function startPostgres(dataDir: string): Promise<ChaosPostgres> {
  const settings = { max_connections: MAX_CONNECTIONS };
  let server = await startEmbeddedPostgres({ dataDir, settings });
  const { url } = server;
  const port = Number(new URL(url).port);
  return {
    url,
    stop: () => server.stop(),
    async crash() {
      const pidFile = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
      process.kill(Number.parseInt(pidFile, 10), 'SIGKILL');
    },
    async start() {
      server = await startEmbeddedPostgres({ dataDir, settings: { ...settings, port } });
    },
  };
}
