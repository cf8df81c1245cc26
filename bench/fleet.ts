import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RuntimeOptions } from '../src/runtime.ts';

/** Worker processes of a load run, seen from the process that writes to them; worker.ts is the other side. */

export interface WorkerSettings extends Pick<RuntimeOptions, 'databaseUrl' | 'queue'> {
  queueBackend: NonNullable<RuntimeOptions['queueBackend']>;
  modelMs: number;
}

export type FromWorker =
  | { type: 'ready' }
  /** What was sent since the last report: to which threads, and when, in ms of the epoch. */
  | { type: 'replies'; replies: [threadId: string, at: number][] }
  | { type: 'usage'; usage: Usage };

export interface Usage {
  cpuMs: number;
  rssMB: number;
}

/** Nobody waits for a place, and nobody is told that they do. */
export const NO_LIMITS = { room: { learner: 1_000, workspace: 100_000 }, patienceMs: 3_600_000 };

export function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rssMB: process.memoryUsage.rss() / 1e6 };
}

export interface Fleet {
  /** Of each worker, since its start. */
  usage(): Promise<Usage[]>;
  close(): Promise<void>;
}

/** Returns when all of them are at work. They end with this process, too. */
export async function startFleet(
  workers: number,
  settings: WorkerSettings,
  onReply: (threadId: string, at: number) => void,
): Promise<Fleet> {
  const children = Array.from({ length: workers }, () =>
    fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(settings)]),
  );
  for (const child of children) {
    child.on('message', (message: FromWorker) => {
      if (message.type !== 'replies') return;
      for (const [threadId, at] of message.replies) onReply(threadId, at);
    });
  }
  await Promise.all(children.map((child) => nextOf(child, 'ready')));
  return {
    usage: () => Promise.all(children.map(askUsage)),
    async close() {
      await Promise.all(children.map(end));
    },
  };
}

async function askUsage(child: ChildProcess): Promise<Usage> {
  const answer = nextOf(child, 'usage');
  child.send('usage');
  return (await answer).usage;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

/** Rejects when the worker ends instead. */
function nextOf<Type extends FromWorker['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<FromWorker, { type: Type }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<FromWorker, { type: Type }>>();
  const hear = (message: FromWorker) => {
    if (message.type === type) resolve(message as Extract<FromWorker, { type: Type }>);
  };
  const fail = (code: number | null) => reject(new Error(`a worker of the load run ended with ${code}`));
  child.on('message', hear).once('exit', fail);
  return promise.finally(() => child.off('message', hear).off('exit', fail));
}
