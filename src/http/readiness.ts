import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.ts';

/** Resolves when a part can do its work. What it rejects with goes to our log, never to who asks. */
export type Check = () => Promise<unknown>;

export interface Readiness {
  ready: boolean;
  parts: Record<string, 'ok' | 'failed' | 'no answer'>;
}

const DEADLINE_MS = 2_000;
const LATE = Symbol('late');

/** Asks every part at the same time. A part is logged when it fails and when it is back, not at every question. */
export function readinessOf(checks: Readonly<Record<string, Check>>, log: Logger): () => Promise<Readiness> {
  const down = new Set<string>();
  const ask = async (part: string, check: Check) => {
    const report = await Promise.race([
      // In a promise of its own: a check may also throw before it returns one.
      Promise.resolve()
        .then(check)
        .then(
          () => ({ state: 'ok' as const, err: undefined }),
          (err: unknown) => ({ state: 'failed' as const, err }),
        ),
      delay(DEADLINE_MS, LATE, { ref: false }),
    ]);
    const { state, err } = report === LATE ? { state: 'no answer' as const, err: undefined } : report;
    if (state === 'ok') {
      if (down.delete(part)) log.info({ part }, 'ready again');
    } else if (!down.has(part)) {
      down.add(part);
      log.warn({ part, state, err }, 'not ready');
    }
    return [part, state] as const;
  };
  return async () => {
    const states = await Promise.all(Object.entries(checks).map(([part, check]) => ask(part, check)));
    return { ready: states.every(([, state]) => state === 'ok'), parts: Object.fromEntries(states) };
  };
}
