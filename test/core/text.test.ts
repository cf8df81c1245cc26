import { expect, test } from 'vitest';
import {
  cleanInput,
  exactWord,
  findPhrases,
  isCode,
  mentions,
  nearWord,
  normalise,
  readable,
  withoutOverlaps,
  wordCount,
} from '../../src/core/text.ts';

test.each([
  ['  The   Mitochondria!! ', 'the mitochondria'],
  ["It's", 'its'],
  ['it’s', 'its'],
  ['Está', 'esta'],
  ['Straße', 'strasse'],
  ['Œuvre', 'oeuvre'],
  ['Ελλάδα', 'ελλαδα'],
  ['ёлка', 'елка'],
  ['Спасибо!', 'спасибо'],
  ['光合作用。', '光合作用'],
  ['がっこう', 'がっこう'],
  ['광합성', '광합성'],
  ['हिन्दी', 'हिन्दी'],
  ['مُدَرِّس', 'مدرس'],
  ['שלום!', 'שלום'],
  ['ｆｕｌｌ', 'full'],
  ['x²', 'x^2'],
  ['CO₂', 'co2'],
  ['½', '1/2'],
  ['1½', '1 1/2'],
  ['−5', '-5'],
  ['3 × 4 ÷ 2', '3 x 4 / 2'],
  ['1,234.5', '1,234.5'],
  ['a, b. c', 'a b c'],
  ['x-axis', 'x axis'],
  ['x - y', 'x - y'],
  ['- a bullet', 'a bullet'],
  ['**bold**.', 'bold'],
  ['2*3', '2*3'],
  ['+', '+'],
  ['*', '*'],
  ['C# and #1', 'c# and 1'],
  ['x != 5', 'x <> 5'],
  ['x ≠ 5', 'x <> 5'],
  ['ok 👍🏽', 'ok'],
  ['👩‍🚀', ''],
  ['3️⃣', '3'],
  ['…?!', ''],
  ['<|endoftext|>', '< endoftext >'],
])('%j is compared as %j', (typed, expected) => {
  expect(normalise(typed)).toBe(expected);
  expect(normalise(normalise(typed))).toBe(expected);
});

test.each([
  ['', 0],
  ['...', 0],
  ['one two', 2],
  ['one-two', 2],
  ['  a\n b  ', 2],
  ['光合作用', 4],
  ['Спасибо большое', 2],
])('%j has %i words', (typed, expected) => {
  expect(wordCount(typed)).toBe(expected);
});

test.each([
  ['the earth is tilted', 'tilt', true],
  ['the earth is Tilted!', 'TILT', true],
  ['untilted', 'tilt', false],
  ['direct sunlight', 'direct sun', true],
  ['direct. sunlight', 'direct sun', false],
  ['not tilted', 'tilt', false],
  ["it doesn't tilt", 'tilt', false],
  ["it doesn't really tilt", 'tilt', false],
  ['not because of the distance', 'distance', false],
  ['not only the distance', 'distance', true],
  ['not just distance', 'distance', true],
  ['not the distance but the tilt', 'tilt', true],
  ['not distance. distance', 'distance', true],
  ["I can't go on. Distance", 'distance', true],
  ['it is not the same', 'not the same', true],
  ['no six at all', 'no six', true],
  ['multiply: 3/10 x 2/10', 'x', true],
  ['anything', '', false],
  ['anything', '!', false],
  ['', 'x', false],
])('%j mentions %j: %s', (typed, phrase, expected) => {
  expect(mentions(typed, phrase)).toBe(expected);
});

test.each([
  ['  hello \r\n there\r', 'hello \n there'],
  ['a\u0000b\u0007c', 'abc'],
  ['a\tb', 'a\tb'],
  ['\u202eabc\u202c', 'abc'],
  ['a\u200bb\ufeff', 'ab'],
  ['👩‍🚀', '👩‍🚀'],
  ['\ud800x', 'x'],
  ['\ufffd\ufffd\u0007', ''],
  ['e\u0301', 'é'],
])('%j is stored as %j', (typed, expected) => {
  expect(cleanInput(typed)).toBe(expected);
});

test.each([
  ["It's  B.", 'its b.'],
  ['a...no\nwait', 'a ... no ; wait'],
  ["print('x')", 'print("x")'],
  ['b b/c of it', 'b because of it'],
  ['b/c', 'b/c'],
  ['“Paris” — of course', '"paris" , of course'],
])('%j reads %j', (typed, expected) => {
  expect(readable(typed)).toBe(expected);
});

test.each([
  ['mitocondria', 'mitochondria', true],
  ['mitochondira', 'mitochondria', true],
  ['mitochondriaa', 'mitochondria', true],
  ['mitochandria', 'mitochondria', true],
  ['mitocondira', 'mitochondria', false],
  ['chloroplasts', 'chloroplast', true],
  ['boxes', 'box', true],
  ['cities', 'city', true],
  ['nuclei', 'nucleus', true],
  ['mitochondria', 'mitochondrion', true],
  ['is', 'i', false],
  ['paris', 'maris', false],
  ['cat', 'cut', false],
  ['1000000', '1000001', false],
  ['光合用作光合', '光合作用光合', false],
  ['спосибо', 'спасибо', true],
])('%j for %j is near: %s', (typed, wanted, expected) => {
  expect(nearWord(typed, wanted)).toBe(expected);
});

test.each([
  ['the cell wall, of course', ['cell wall'], [[4, 13]]],
  ['cells', ['cell'], []],
  ['estates-general', ['general'], []],
  ['a cell. wall', ['cell wall'], [[2, 12]]],
  ['i type print( x )', ['print(x)'], [[7, 17]]],
  ['i print x', ['print(x)'], []],
  ['x+=10', ['x += 1'], []],
  ['so x+=1', ['x += 1'], [[3, 7]]],
  ['是光合作用', ['光合作用'], [[1, 5]]],
  ['anything', ['', '!'], []],
])('in %j, %j is at %j', (text, phrases, places) => {
  expect(findPhrases(text, phrases, exactWord).map(({ start, end }) => [start, end])).toEqual(places);
});

test('of mentions that overlap the longest counts, then the better spelling', () => {
  const found = findPhrases('the cell wall has an affect', ['cell', 'cell wall', 'effect', 'affect'], nearWord);
  expect(withoutOverlaps(found, ({ index }) => index).map(({ value }) => value.index)).toEqual([1, 3]);
});

test('a misspelling that may mean two things means neither', () => {
  const found = findPhrases('iffect', ['effect', 'affect'], nearWord);
  expect(withoutOverlaps(found, ({ index }) => index)).toEqual([]);
  expect(withoutOverlaps(found, () => 'the same')).toHaveLength(1);
});

test.each(['print(x)', 'xs[-1]', 'len(name)', 'f(2)'])('%s is code', (form) => {
  expect(isCode(form)).toBe(true);
});

test.each(['cell(s)', 'the nucleus (of a cell)', 'len()', 'x = 5', 'mitochondria'])('%s is no code', (form) => {
  expect(isCode(form)).toBe(false);
});
