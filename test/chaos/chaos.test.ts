import { expect, inject, onTestFinished, test } from 'vitest';
import { openCleanup } from '../../chaos/cleanup.ts';
import { faultKinds } from '../../chaos/faults.ts';
import { objectionsTo } from '../../chaos/report.ts';
import { type ChaosOptions, runChaos } from '../../chaos/run.ts';

/** The real program under fire, shortly: `npm run chaos` is the long version. */

const SHORT: Omit<ChaosOptions, 'backend' | 'progress'> = {
  seed: 11,
  lessons: 25,
  thinkMs: 2_000,
  // As many stretches as there are kinds of faults.
  faultsMs: 22_000,
  spacingMs: 1_100,
  settleMs: 60_000,
  logs: null,
};

test.for(['postgres', 'redis'] as const)(
  'loses, doubles, swaps and misplaces nothing on %s',
  { timeout: 150_000 },
  async (backend, { skip }) => {
    skip(backend === 'redis' && !inject('redisUrl'), 'no redis-server');
    const cleanup = openCleanup((error) => console.error(error));
    onTestFinished(() => cleanup.run());
    const happened: string[] = [];
    const findings = await runChaos({ ...SHORT, backend, progress: (what) => happened.push(what) }, cleanup);
    expect(objectionsTo(findings), happened.join('\n')).toEqual([]);
    const kinds = faultKinds({ redis: backend === 'redis' ? {} : null } as never);
    expect(Object.keys(findings.faults).sort()).toEqual(kinds.sort());
    expect(findings.verdict.answered).toBeGreaterThan(50);
    expect(findings.stored.lessons).toBe(SHORT.lessons);
  },
);
