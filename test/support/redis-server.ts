import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface RedisServer {
  url: string;
  /** From now on it takes connections and commands, and answers none. */
  hang(): void;
  /** Ends the server at once; may be called twice. */
  stop(): Promise<void>;
}

const PROGRAM = 'redis-server';

export const hasRedis = isOnPath(PROGRAM);

/** A Redis of the test's own on a free port, which keeps nothing on disk. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn(PROGRAM, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  await ready(server);
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: () => void server.kill('SIGSTOP'),
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
  };
}

async function ready(server: ChildProcess): Promise<void> {
  for await (const chunk of server.stdout ?? []) {
    // What it prints is read on: a full pipe would hold it up.
    if (String(chunk).includes('Ready to accept connections')) return void server.stdout?.resume();
  }
  throw new Error('redis-server did not start');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (!address || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}

function isOnPath(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
