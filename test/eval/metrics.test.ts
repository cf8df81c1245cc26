import { expect, test } from 'vitest';
import { accuracy, classScores, detection, kappa, macroF1, type Pair, quadraticKappa } from '../../eval/metrics.ts';

/** Every expected number is worked out by hand from the table beside it. */

const ORDER = ['incorrect', 'partially', 'correct'];
const times = (count: number, gold: string, said: string): Pair[] =>
  Array.from({ length: count }, () => ({ gold, said }));

/**
 * gold \ said  incorrect partially correct
 * incorrect        3         1        0      4
 * partially        1         2        1      4
 * correct          0         0        2      2
 *                  4         3        3     10
 */
const PAIRS = [
  ...times(3, 'incorrect', 'incorrect'),
  ...times(1, 'incorrect', 'partially'),
  ...times(1, 'partially', 'incorrect'),
  ...times(2, 'partially', 'partially'),
  ...times(1, 'partially', 'correct'),
  ...times(2, 'correct', 'correct'),
];

test('accuracy: 7 of 10', () => {
  expect(accuracy(PAIRS)).toBeCloseTo(0.7, 12);
  expect(accuracy([])).toBeNull();
});

test('precision, recall and F1 of each class', () => {
  expect(classScores(PAIRS, 'incorrect')).toEqual({ precision: 3 / 4, recall: 3 / 4, f1: 3 / 4, support: 4 });
  expect(classScores(PAIRS, 'partially')).toEqual({ precision: 2 / 3, recall: 2 / 4, f1: 4 / 7, support: 4 });
  expect(classScores(PAIRS, 'correct')).toEqual({ precision: 2 / 3, recall: 1, f1: 4 / 5, support: 2 });
});

test('a class that is never said has no precision and an F1 of 0; one that never turns up has no scores', () => {
  const pairs = times(2, 'correct', 'incorrect');
  expect(classScores(pairs, 'correct')).toEqual({ precision: null, recall: 0, f1: 0, support: 2 });
  expect(classScores(pairs, 'partially')).toEqual({ precision: null, recall: null, f1: null, support: 0 });
  expect(macroF1(pairs, ORDER)).toBe(0);
});

test('macro-F1: the mean of 3/4, 4/7 and 4/5', () => {
  expect(macroF1(PAIRS, ORDER)).toBeCloseTo((3 / 4 + 4 / 7 + 4 / 5) / 3, 12);
});

test('kappa: chance agrees in (16 + 12 + 6) of 100, so (0.7 - 0.34) / 0.66', () => {
  expect(kappa(PAIRS)).toBeCloseTo(0.36 / 0.66, 12);
});

test('kappa: 1 for full agreement, 0 for one that always says the same, undefined for a single label', () => {
  expect(kappa([...times(2, 'a', 'a'), ...times(2, 'b', 'b')])).toBeCloseTo(1, 12);
  expect(kappa([...times(2, 'a', 'a'), ...times(2, 'b', 'a')])).toBeCloseTo(0, 12);
  expect(kappa(times(3, 'a', 'a'))).toBeNull();
});

test('quadratic kappa: 3 misses by one of 10; by chance (12 + 16 + 12 + 6 + 48 + 32) of 100', () => {
  // Chance, weight × gold × said: 1·4·3, 4·4·3, 1·4·4, 1·4·3, 4·2·4, 1·2·3.
  const chance = (12 + 48 + 16 + 12 + 32 + 6) / 100;
  expect(quadraticKappa(PAIRS, ORDER)).toBeCloseTo(1 - 0.3 / chance, 12);
});

test('quadratic kappa: a miss by two weighs four times a miss by one', () => {
  const near = [
    ...times(4, 'incorrect', 'incorrect'),
    ...times(4, 'correct', 'correct'),
    ...times(1, 'correct', 'partially'),
  ];
  const far = [
    ...times(4, 'incorrect', 'incorrect'),
    ...times(4, 'correct', 'correct'),
    ...times(1, 'correct', 'incorrect'),
  ];
  // Of 81: near 4·4·4 + 1·4·1 + 4·5·4 + 1·5·1 = 153, missed 1 of 9; far 4·4·4 + 4·5·5 = 164, missed 4 of 9.
  expect(quadraticKappa(near, ORDER)).toBeCloseTo(1 - 1 / 9 / (153 / 81), 12);
  expect(quadraticKappa(far, ORDER)).toBeCloseTo(1 - 4 / 9 / (164 / 81), 12);
});

test('detection: two of three told were due, two of four due were told', () => {
  const told = (due: boolean, is: boolean) => ({ due, told: is });
  const cases = [told(true, true), told(true, true), told(false, true), told(true, false), told(true, false)];
  expect(detection(cases)).toEqual({ precision: 2 / 3, recall: 2 / 4 });
  expect(detection([told(false, false)])).toEqual({ precision: null, recall: null });
});
