import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A platform with its people as a process of its own, so that what it costs is not the program's: the parent's side. */

export type ToPeople = 'open' | 'talk';

/** What the process has to say: once when it is ready, then after each order. */
type FromPeople<Ready, Waits> =
  | { type: 'ready'; ready: Ready }
  | { type: 'waited'; waits: Waits; violations: string[] };

export interface People<Ready, Waits> {
  ready: Ready;
  /** Rejects when something was done on the platform that a bot may not do. */
  ask(what: ToPeople): Promise<Waits>;
  close(): Promise<void>;
}

/** Longer than a run takes on a slow machine. */
const DEADLINE_MS = 15 * 60_000;

export async function openPeople<Ready, Waits>(
  platform: string,
  script: string,
  settings: object,
): Promise<People<Ready, Waits>> {
  const child = fork(join(import.meta.dirname, script), [JSON.stringify(settings)]);
  const next = () => nextOf<FromPeople<Ready, Waits>>(child, platform);
  const first = await next();
  if (first.type !== 'ready') throw new Error(`the people on ${platform} do not wait for orders`);
  return {
    ready: first.ready,
    async ask(what) {
      const answer = next();
      child.send(what);
      const said = await answer;
      if (said.type !== 'waited') throw new Error(`the people on ${platform} do not do what they are told`);
      if (said.violations.length > 0) throw new Error(`on ${platform}: ${said.violations.slice(0, 3).join('; ')}`);
      return said.waits;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** Rejects when the process ends instead, or says nothing for too long. */
async function nextOf<Message>(child: ChildProcess, platform: string): Promise<Message> {
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the people on ${platform} ended with ${code}`);
  });
  ended.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    waiting.abort();
  }
}

/** Of the people's process itself: it does what it is told, and ends with its parent. */
export function obey<Ready, Waits>(
  ready: Ready,
  work: (order: ToPeople) => Promise<{ waits: Waits; violations: string[] }>,
): void {
  const tell = (message: FromPeople<Ready, Waits>) => process.send?.(message);
  process.on('message', async (order: ToPeople) => tell({ type: 'waited', ...(await work(order)) }));
  process.once('disconnect', () => process.exit());
  // An interrupt reaches the whole group of processes: the parent decides when it is over.
  process.on('SIGINT', () => {});
  tell({ type: 'ready', ready });
}
