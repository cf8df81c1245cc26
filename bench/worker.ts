import type { OutboundDelivery, Surface } from '../src/core/ports.ts';
import { createLogger } from '../src/log.ts';
import { type RuntimeOptions, startRuntime } from '../src/runtime.ts';
import { scriptedModel } from './script.ts';

/** A worker process of the load runs, started by load.ts: replies go to the parent, which ends it by disconnecting. */

export interface WorkerSettings extends Pick<RuntimeOptions, 'databaseUrl' | 'queueBackend' | 'queue'> {
  modelMs: number;
  concurrency: number;
}

export type FromWorker =
  | { type: 'ready' }
  /** What was sent since the last report: to which threads, and when, in ms of the epoch. */
  | { type: 'replies'; replies: [threadId: string, at: number][] }
  | { type: 'usage'; usage: WorkerUsage };

export interface WorkerUsage {
  cpuMs: number;
  rssMB: number;
}

/** Nobody waits for a place, and nobody is told that they do. */
export const NO_LIMITS = { room: { learner: 1_000, workspace: 100_000 }, patienceMs: 3_600_000 };

export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function tell(message: FromWorker): void {
  process.send?.(message);
}

/** Replies that are sent in one round of the event loop are reported together. */
function reportingSurface(): Surface {
  let replies: [string, number][] = [];
  const report = () => {
    tell({ type: 'replies', replies });
    replies = [];
  };
  return {
    platform: 'terminal',
    typing() {},
    preview() {},
    async send({ id, threadId }: OutboundDelivery) {
      if (replies.length === 0) setImmediate(report);
      replies.push([threadId, performance.timeOrigin + performance.now()]);
      return { ok: true, platformMessageIds: [id] };
    },
  };
}

async function main({ modelMs, ...settings }: WorkerSettings): Promise<void> {
  const runtime = await startRuntime({
    ...settings,
    ...NO_LIMITS,
    model: scriptedModel(modelMs),
    surfaces: [reportingSurface()],
    log: createLogger('error'),
  });
  process.on('message', () => {
    tell({ type: 'usage', usage: { cpuMs: cpuMs(), rssMB: process.memoryUsage.rss() / 1e6 } });
  });
  process.once('disconnect', async () => {
    await runtime.close();
    process.exit();
  });
  tell({ type: 'ready' });
}

if (process.argv[2]) await main(JSON.parse(process.argv[2]));
