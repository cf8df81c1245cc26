import { expect, inject, onTestFinished, test } from 'vitest';
import { openCleanup } from '../../chaos/cleanup.ts';
import { faultKinds } from '../../chaos/faults.ts';
import { objectionsTo } from '../../chaos/report.ts';
import { type ChaosOptions, runChaos } from '../../chaos/run.ts';

/** The real program under fire, shortly: `npm run chaos` is the long version. */

const SHORT: Omit<ChaosOptions, 'backend' | 'slackWay' | 'progress'> = {
  platforms: ['webhook', 'discord', 'slack'],
  seed: 11,
  lessons: 18,
  thinkMs: 1_500,
  // At least as many stretches as there are kinds of faults.
  faultsMs: 45_000,
  spacingMs: 1_500,
  settleMs: 100_000,
  logs: null,
};

test.for([
  ['postgres', 'socket'],
  ['redis', 'http'],
] as const)(
  'loses, doubles, swaps and misplaces nothing on %s, with Slack by %s',
  { timeout: 240_000 },
  async ([backend, slackWay], { skip }) => {
    skip(backend === 'redis' && !inject('redisUrl'), 'no redis-server');
    const cleanup = openCleanup((error) => console.error(error));
    onTestFinished(() => cleanup.run());
    const happened: string[] = [];
    const findings = await runChaos({ ...SHORT, backend, slackWay, progress: (what) => happened.push(what) }, cleanup);
    expect(objectionsTo(findings), happened.join('\n')).toEqual([]);
    const kinds = faultKinds({ ...SHORT, backend, slackWay });
    expect(new Set(findings.faults.map(({ kind }) => kind))).toEqual(new Set(kinds));
    // So that all of this says something, also of a slow machine: people were talking when the faults came.
    expect(findings.verdict.answered).toBeGreaterThan(2 * SHORT.lessons);
    const { length: struck } = findings.faults.filter(({ recoveryMs }) => recoveryMs > 0);
    expect(struck).toBeGreaterThan(findings.faults.length / 3);
    expect(findings.interactions?.acknowledged).toBeGreaterThan(10);
  },
);
