import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from './free-port.ts';

/** A real Redis on a free loopback port that keeps nothing: stopping it loses all data. */
export interface TestRedis {
  url: string;
  pid(): number | undefined;
  flush(): Promise<void>;
  /** Killed, as by a broken machine. */
  kill(): Promise<void>;
  /** Takes connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** After `kill`: on the same port, empty. */
  restart(): Promise<void>;
  /** For good. */
  stop(): Promise<void>;
}

/** Null when the machine has no redis-server. */
export async function startRedis(): Promise<TestRedis | null> {
  const directory = await mkdtemp(join(tmpdir(), 'threadtutor-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const launch = async () => {
    const options = { port, bind: '127.0.0.1', dir: directory, save: '', appendonly: 'no' };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    const isThere = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
    if (!isThere) return null;
    await command(url, 'PING');
    return child;
  };
  let server: ChildProcess | null = await launch().catch(() => null);
  if (!server) {
    await rm(directory, { recursive: true });
    return null;
  }
  const kill = async () => {
    if (!server) return;
    // An interrupt of the terminal's reaches it as well, and may have ended it.
    if (server.exitCode === null && server.signalCode === null) {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    }
    server = null;
  };
  return {
    url,
    pid: () => server?.pid,
    flush: () => command(url, 'FLUSHALL'),
    kill,
    freeze: () => server?.kill('SIGSTOP'),
    thaw: () => server?.kill('SIGCONT'),
    async restart() {
      server = await launch();
    },
    async stop() {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
}

/** Waits for the server to take connections. */
async function command(url: string, name: 'PING' | 'FLUSHALL'): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: 20 } });
  client.on('error', () => {});
  await client.connect();
  await client.sendCommand([name]);
  client.destroy();
}
