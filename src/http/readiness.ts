import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.ts';

/** Resolves when a part can do its work. What it rejects with goes to our log, never to who asks. */
export type Check = () => Promise<unknown>;

interface Readiness {
  ready: boolean;
  parts: Record<string, 'ok' | 'failed' | 'no answer'>;
}

const DEADLINE_MS = 2_000;
const NO_ANSWER = { state: 'no answer', err: undefined } as const;

/** Asks every part at the same time. A part is logged when it fails and when it is back, not at every question. */
export function readinessOf(checks: Readonly<Record<string, Check>>, log: Logger): () => Promise<Readiness> {
  const parts = Object.entries(checks).map(([part, check]) => {
    const ask = sharing(check);
    let isDown = false;
    return async () => {
      const { state, err } = await Promise.race([ask(), delay(DEADLINE_MS, NO_ANSWER, { ref: false })]);
      if (state !== 'ok' && !isDown) log.warn({ part, state, err }, 'not ready');
      if (state === 'ok' && isDown) log.info({ part }, 'ready again');
      isDown = state !== 'ok';
      return [part, state] as const;
    };
  });
  return async () => {
    const states = await Promise.all(parts.map((ask) => ask()));
    return { ready: states.every(([, state]) => state === 'ok'), parts: Object.fromEntries(states) };
  };
}

type Outcome = { state: 'ok' | 'failed'; err: unknown };

/** The outcome of a check, never rejected. One that hangs is waited for, and not started again at every question. */
function sharing(check: Check): () => Promise<Outcome> {
  let running: Promise<Outcome> | null = null;
  return () => {
    running ??= Promise.resolve()
      .then(check)
      .then(
        (): Outcome => ({ state: 'ok', err: undefined }),
        (err: unknown): Outcome => ({ state: 'failed', err }),
      )
      .finally(() => {
        running = null;
      });
    return running;
  };
}
