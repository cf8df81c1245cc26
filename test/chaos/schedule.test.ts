import { expect, test } from 'vitest';
import { dice } from '../../chaos/dice.ts';
import { planFaults } from '../../chaos/schedule.ts';

const KINDS = ['a', 'b', 'c', 'd'] as const;

test('each kind comes before any comes twice', () => {
  const planned = planFaults(KINDS, 12_000, 1_000, dice(7)).map(({ kind }) => kind);
  expect(planned).toHaveLength(12);
  for (const start of [0, 4, 8]) expect(new Set(planned.slice(start, start + 4))).toEqual(new Set(KINDS));
});

test('there is one fault in each stretch of time, and none after the end', () => {
  const times = planFaults(KINDS, 12_500, 1_000, dice(7)).map(({ at }) => at);
  times.forEach((at, index) => {
    expect(Math.floor(at / 1_000)).toBe(index);
  });
  expect(times).toHaveLength(12);
});

test('a seed gives the same plan again, another one another', () => {
  expect(planFaults(KINDS, 12_000, 1_000, dice(7))).toEqual(planFaults(KINDS, 12_000, 1_000, dice(7)));
  expect(planFaults(KINDS, 12_000, 1_000, dice(7))).not.toEqual(planFaults(KINDS, 12_000, 1_000, dice(8)));
});
