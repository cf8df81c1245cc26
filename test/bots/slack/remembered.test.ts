import { expect, test } from 'vitest';
import { openPauses, remembering } from '../../../src/bots/slack/replies/remembered.ts';

test('what was set first is forgotten first', () => {
  const kept = remembering<number>(2);
  kept.set('a', 1);
  kept.set('b', 2);
  kept.set('a', 3);
  kept.set('c', 4);
  expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([3, undefined, 4]);
  kept.delete('a');
  expect(kept.get('a')).toBeUndefined();
});

test('a pause is over when its time has passed', () => {
  let now = 1_000;
  const pauses = openPauses(10, () => now);
  pauses.begin('a', 500);
  expect([pauses.isOn('a'), pauses.isOn('b')]).toEqual([true, false]);
  now = 1_500;
  expect(pauses.isOn('a')).toBe(false);
});
