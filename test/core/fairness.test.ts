import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COUNTED, LAST_PRIORITY, nudgePriority } from '../../src/core/fairness.ts';

/** Far from the moment when the order begins anew. */
const NOON = 250 * 1_000_000;
const moment = fc.integer({ min: NOON, max: NOON + 3_600_000 });

test('without others of one workspace ahead, it is first come, first served', () => {
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      const order = nudgePriority({ oldestMs: one, ahead: 0 }) - nudgePriority({ oldestMs: other, ahead: 0 });
      expect(Math.sign(order)).toBe(Math.sign(Math.floor(one / 250) - Math.floor(other / 250)));
    }),
  );
});

test('a quiet newcomer stands beside the front of a noisy crowd, however long that has waited', () => {
  const crowd = Array.from({ length: 500 }, (_, ahead) => nudgePriority({ oldestMs: NOON, ahead }));
  // Ten minutes later the crowd's first is still what is being served.
  const newcomer = nudgePriority({ oldestMs: NOON, ahead: 0 });
  expect(crowd.filter((priority) => priority < newcomer)).toEqual([]);
});

test('the crowd is reached in its turn: newcomers stand behind what has been passed', () => {
  const tenth = nudgePriority({ oldestMs: NOON, ahead: 10 });
  // Once the turns ahead of it are answered, what is being served came later than it was set back.
  expect(nudgePriority({ oldestMs: NOON + 10 * 250, ahead: 0 })).toBeGreaterThanOrEqual(tenth);
});

test('a priority is one that the queue takes, and ahead of what nobody waits for', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 45 }), fc.nat({ max: 2 * COUNTED }), (oldestMs, ahead) => {
      const priority = nudgePriority({ oldestMs, ahead });
      expect(Number.isInteger(priority) && priority >= 1 && priority < LAST_PRIORITY).toBe(true);
    }),
  );
});
