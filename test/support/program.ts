import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startEmbeddedPostgres } from '../../src/external/embedded-postgres.ts';

/** The program itself, as a process of its own with nothing of our environment; gone when the test is finished. */
export interface Program {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Its code, or null when a signal ended it. */
  exit: Promise<number | null>;
  write(line: string): void;
  end(): void;
  /** To the process and all of its children. */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
}

const ROOT = join(import.meta.dirname, '../..');

export function startProgram(args: string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, ['bin/run.cjs', 'src/main.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  child.stdin.on('error', () => {});
  const signal: Program['signal'] = (name) => {
    try {
      process.kill(-(child.pid ?? 0), name);
    } catch {
      // It has ended by itself.
    }
  };
  onTestFinished(() => signal('SIGKILL'));
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exit: new Promise((resolve) => child.once('close', resolve)),
    write: (line) => void child.stdin.write(`${line}\n`),
    end: () => void child.stdin.end(),
    signal,
  };
}

/** For an embedded Postgres, which is stopped with whatever has been left of it. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadtutor-program-'));
  await chmod(dataDir, 0o755);
  onTestFinished(async () => {
    const left = await startEmbeddedPostgres({ dataDir }).catch(() => null);
    await left?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}
