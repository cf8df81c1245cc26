import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { readPrometheus } from '../test/support/prometheus.ts';
import type { Usage } from './fleet.ts';
import type { Place } from './servers.ts';

/** The program's own processes, as a service manager starts them. */

export interface Member {
  /** Since its start, as its metrics tell. */
  usage(): Promise<Usage>;
  /** Without ceremony: what it works on goes with the run. */
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
const READY_MS = 60_000;

/** Resolves when it is ready. `environment` is the whole configuration. Its log goes to stderr. */
export async function startMember(role: 'bot' | 'worker', environment: Record<string, string>): Promise<Member> {
  const port = await freePort();
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...environment, PORT: `${port}`, LOG_LEVEL: 'error' };
  // With the launcher's flags: see bin/run.cjs.
  const args = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning', 'src/main.ts', role];
  // Out of reach of the terminal's Ctrl-C: we take it down ourselves.
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 2, 'ignore'], detached: true });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const member: Member = {
    async usage() {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      const metrics = readPrometheus(await response.text());
      const cpuSeconds = metrics.get('process_cpu_seconds_total') ?? 0;
      return { cpuMs: cpuSeconds * 1_000, rssMB: (metrics.get('process_resident_memory_bytes') ?? 0) / 1e6 };
    },
    async close() {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      kill();
      await exited;
    },
  };
  const deadline = performance.now() + READY_MS;
  while (!(await isReady(port))) {
    const isGone = child.exitCode !== null;
    if (isGone || performance.now() > deadline) {
      await member.close();
      throw new Error(isGone ? `the ${role} ended with ${child.exitCode}` : `the ${role} is not ready in time`);
    }
    await delay(50);
  }
  return member;
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** The whole configuration; nobody waits for a place, and nobody is sent away. */
export function environmentFor(
  { databaseUrl, queueBackend }: Place,
  more: Record<string, string>,
): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    ...(queueBackend.kind === 'redis' && { REDIS_URL: queueBackend.url }),
    MODEL_LARGE: 'scripted',
    ...{ WORKSPACE_CONCURRENCY: '100000', LEARNER_CONCURRENCY: '1000' },
    ...{ LEARNER_MESSAGES_PER_MINUTE: '1000000', WORKSPACE_MESSAGES_PER_MINUTE: '1000000' },
    ...{ BUDGET_TURN_USD: 'none', BUDGET_LESSON_USD: 'none' },
    ...more,
  };
}
