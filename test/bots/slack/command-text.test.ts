import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCommandText } from '../../../src/bots/slack/interactions/command-text.ts';

const plain = { options: {}, wrong: [] };

test.each([
  ['start', { name: 'start', rest: '' }],
  ['start fractions', { name: 'start', rest: 'fractions' }],
  ['START  the French   Revolution ', { name: 'start', rest: 'the French Revolution' }],
  ['start "the French Revolution"', { name: 'start', rest: 'the French Revolution' }],
  ['start “the French Revolution”', { name: 'start', rest: 'the French Revolution' }],
  ['start Python: lists and loops', { name: 'start', rest: 'Python: lists and loops' }],
  ['start it’s "raining" today', { name: 'start', rest: 'it’s "raining" today' }],
  ['ask why is\nthe sky blue?', { name: 'ask', rest: 'why is\nthe sky blue?' }],
  ['ask', { name: 'ask', rest: '' }],
  ['', { name: 'help', rest: '' }],
  ['   ', { name: 'help', rest: '' }],
  ['help', { name: 'help', rest: '' }],
  ['Hint', { name: 'hint', rest: '' }],
  ['hint please', { name: 'hint', rest: '' }],
  ['stop', { name: 'pause', rest: '' }],
  ['pause', { name: 'pause', rest: '' }],
  ['resume', { name: 'resume', rest: '' }],
  ['plan', { name: 'plan', rest: '' }],
  ['progress', { name: 'progress', rest: '' }],
  ['skip', { name: 'skip', rest: '' }],
  ['end', { name: 'end', rest: '' }],
  ['easier', { name: 'easier', rest: '' }],
  ['voice', { name: 'voice', rest: '' }],
  ['voice ON', { name: 'voice', rest: 'on' }],
  ['Voice off', { name: 'voice', rest: 'off' }],
  ['voice en-GB-Wavenet-A', { name: 'voice', rest: 'en-GB-Wavenet-A' }],
  ['voice "de"', { name: 'voice', rest: 'de' }],
  ['voice of the people', { name: null, rest: 'voice of the people' }],
  ['settings', { name: 'settings', rest: '' }],
  ['forget', { name: 'forget', rest: '' }],
  ['export', { name: 'export', rest: '' }],
  ['admin', { name: 'admin', rest: '' }],
  ['billing', { name: 'billing', rest: '' }],
  ['plan a journey to Spain', { name: null, rest: 'plan a journey to Spain' }],
  ['forget what I said', { name: null, rest: 'forget what I said' }],
  ['constructor', { name: null, rest: 'constructor' }],
  ['fractions', { name: null, rest: 'fractions' }],
])('/tutor %s', (typed, read) => {
  expect(readCommandText(typed)).toEqual({ ...plain, ...read });
});

test.each([
  ['fractions level:beginner mode:questions', 'fractions', { level: 'beginner', mode: 'questions' }],
  ['level:Advanced the Odyssey MODE:course', 'the Odyssey', { level: 'advanced', mode: 'course' }],
  [
    'fractions persona:"a pirate: with puns" level:beginner',
    'fractions',
    { character: 'a pirate: with puns', level: 'beginner' },
  ],
  ['fractions persona:„ein Pirat“', 'fractions', { character: 'ein Pirat' }],
  ['fractions persona:direct', 'fractions', { character: 'direct' }],
  ['topic:"level:beginner" mode:course', 'level:beginner', { mode: 'course' }],
  ['sea level:intermediate', 'sea', { level: 'intermediate' }],
  ['level:beginner', '', { level: 'beginner' }],
  ['aslevel:beginner', 'aslevel:beginner', {}],
])('/tutor start %s', (typed, rest, options) => {
  expect(readCommandText(`start ${typed}`)).toEqual({ name: 'start', rest, options, wrong: [] });
});

test('options that do not exist are named, and nothing else is lost', () => {
  expect(readCommandText('start fractions level:expert mode:"by heart" persona:""')).toEqual({
    ...{ name: 'start', rest: 'fractions', options: {} },
    wrong: ['level:expert', 'mode:"by heart"', 'persona:""'],
  });
});

test('whatever is typed is read, at once', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('start ', 'ask ', 'level:', 'topic:"', '"', '“', ' ', 'hint', 'beginner', '\n'),
  );
  fc.assert(
    fc.property(
      fc.array(part).map((parts) => parts.join('')),
      (typed) => {
        const { name, rest, options } = readCommandText(typed);
        expect(rest).toBe(rest.trim());
        if (name !== 'start') expect(options).toEqual({});
        if (name === null) expect(rest).toBe(typed.trim());
      },
    ),
  );
  const before = process.cpuUsage();
  readCommandText(`start ${'level:"'.repeat(2_000)}`);
  // In microseconds of its own: others on the machine do not count.
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});
