import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COUNTED, LAST_PRIORITY, nudgePriority } from '../../src/core/fairness.ts';

/** Far from the moment when the order begins anew. */
const NOON = 250 * 1_000_000;
const moment = fc.integer({ min: NOON, max: NOON + 3_600_000 });

test('without others of one workspace ahead, it is first come, first served', () => {
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      expect(Math.sign(nudgePriority(one, 0) - nudgePriority(other, 0))).toBe(
        Math.sign(Math.floor(one / 250) - Math.floor(other / 250)),
      );
    }),
  );
});

test('a quiet newcomer passes the crowd of a noisy workspace, and no one passes who has waited for sixteen seconds', () => {
  const crowd = Array.from({ length: 500 }, (_, ahead) => nudgePriority(NOON, ahead));
  const newcomer = nudgePriority(NOON + 1_000, 0);
  expect(crowd.filter((priority) => priority <= newcomer)).toHaveLength(5);
  expect(Math.max(...crowd)).toBeLessThanOrEqual(nudgePriority(NOON + 16_000, 0));
});

test('a priority is one that the queue takes, and ahead of what nobody waits for', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 45 }), fc.nat({ max: 2 * COUNTED }), (at, ahead) => {
      const priority = nudgePriority(at, ahead);
      expect(Number.isInteger(priority) && priority >= 1 && priority < LAST_PRIORITY).toBe(true);
    }),
  );
});
