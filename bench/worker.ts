import type { OutboundDelivery, Surface } from '../src/core/ports.ts';
import { createLogger } from '../src/log.ts';
import { startRuntime } from '../src/runtime.ts';
import { type FromWorker, NO_LIMITS, ownUsage, type WorkerSettings } from './fleet.ts';
import { scriptedModel } from './script.ts';

/** A worker process, started by fleet.ts: it reports its replies to the parent, which ends it by disconnecting. */

function tell(message: FromWorker): void {
  // A parent that is gone hears nothing: its going ends this process.
  process.send?.(message, undefined, undefined, () => {});
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

const { modelMs, ...settings }: WorkerSettings = JSON.parse(process.argv[2] ?? '');
await startRuntime({
  ...settings,
  ...NO_LIMITS,
  model: scriptedModel(modelMs),
  surfaces: () => [reportingSurface()],
  log: createLogger('error'),
});
process.on('message', () => tell({ type: 'usage', usage: ownUsage() }));
// The database goes with the run: there is nothing to leave in order.
process.once('disconnect', () => process.exit());
// An interrupt reaches the whole group of processes: the parent decides when it is over.
process.on('SIGINT', () => {});
tell({ type: 'ready' });
