import { expect, test } from 'vitest';
import { auditHeard, type OwedToEars } from '../../chaos/heard.ts';

/** The audit itself: it has to see each kind of fault, and nothing where there is none. */

const owed: OwedToEars[] = [
  { thread: 'one', utterance: 'a', parts: 2, isSpoken: true },
  { thread: 'two', utterance: 'x', parts: 1, isSpoken: true },
  { thread: 'one', utterance: 'b', parts: 1, isSpoken: true },
  { thread: 'one', utterance: 'c', parts: 3, isSpoken: false },
];

const heard = (...names: string[]) =>
  names.map((name) => {
    const [thread = '', utterance = '', part] = name.split(' ');
    return { thread, utterance, part: Number(part) };
  });

const GOOD = { twice: [], lost: [], outOfOrder: [], astray: [] };

test.each<[string, string[], Partial<ReturnType<typeof auditHeard>>]>([
  ['all of it', ['one a 0', 'two x 0', 'one a 1', 'one b 0', 'one c 0'], {}],
  ['a part twice', ['one a 0', 'one a 0', 'one a 1', 'one b 0', 'two x 0'], { twice: ['a-0'] }],
  ['a part that is missing', ['one a 0', 'one b 0', 'two x 0'], { lost: ['a-1'] }],
  ['parts the wrong way round', ['one a 1', 'one a 0', 'one b 0', 'two x 0'], { outOfOrder: ['a-0'] }],
  ['replies the wrong way round', ['one b 0', 'one a 0', 'one a 1', 'two x 0'], { outOfOrder: ['a-0', 'a-1'] }],
  ['one in another thread', ['one a 0', 'one a 1', 'one b 0', 'one x 0'], { astray: ['x-0'], lost: ['x-0'] }],
  ['one that nobody knows', ['one a 0', 'one a 1', 'one b 0', 'two x 0', 'two ? 0'], { astray: ['?-0'] }],
])('%s', (_, names, found) => {
  expect(auditHeard(heard(...names), owed)).toEqual({ ...GOOD, parts: names.length, ...found });
});
