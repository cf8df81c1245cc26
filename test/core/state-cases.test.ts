import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stateSchema } from '../../eval/data.ts';
import { mismatchesOf } from '../../eval/state.ts';

/** The step and replan rules that graded tutoring data agrees on (authored, CC0): one row, one test. */

const rows = readFileSync(new URL('../fixtures/eval/state_cases.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => stateSchema.parse(JSON.parse(line)));

test('there are twelve rows, and a wrong expectation is noticed', () => {
  expect(rows).toHaveLength(12);
  const [first] = rows;
  const [event] = first?.events ?? [];
  if (!first || !event) throw new Error('the first row has no event');
  const tampered = { ...first, events: [{ ...event, expect: { ...event.expect, consecutive_failures: 7 } }] };
  expect(mismatchesOf(tampered)).toEqual(['1: consecutive_failures is 1, not 7']);
});

test.each(rows.map((row) => [row.id, row] as const))('%s holds', (_, row) => {
  expect(mismatchesOf(row)).toEqual([]);
});
