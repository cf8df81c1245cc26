import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitText, utterancesOf } from '../../../src/external/speech/utterances.ts';
import { readSsml } from '../../twins/google-tts/ssml.ts';

const sentence = (text: string, pauseMs = 300) => ({
  text,
  ssml: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  pauseMs,
});
const bytes = (text: string) => Buffer.byteLength(text);

describe('sentences', () => {
  test('the first is said alone, the others together, with their pauses', () => {
    const five = ['One.', 'Two.', 'Three.', 'Four.', 'Five.'].map((text) => sentence(text));
    expect(utterancesOf(five, { mostBytes: 4_800, joinedBytes: 75 })).toEqual([
      { text: 'One.', ssml: '<speak>One.</speak>', pauseMs: 300 },
      {
        text: 'Two. Three. Four.',
        ssml: '<speak>Two.<break time="300ms"/>Three.<break time="300ms"/>Four.</speak>',
        pauseMs: 300,
      },
      { text: 'Five.', ssml: '<speak>Five.</speak>', pauseMs: 300 },
    ]);
  });

  test('one by one where nothing is to be joined', () => {
    const three = ['One.', 'Two.', 'Three.'].map((text) => sentence(text, 0));
    expect(utterancesOf(three, { mostBytes: 4_800, joinedBytes: 0 }).map(({ text }) => text)).toEqual([
      'One.',
      'Two.',
      'Three.',
    ]);
  });

  test('what has no word in it is left out', () => {
    expect(utterancesOf([sentence(''), sentence(' … '), sentence('!?')], { mostBytes: 99, joinedBytes: 99 })).toEqual(
      [],
    );
  });

  test('one that is too long is taken apart between clauses, in plain words', () => {
    const long = 'When it rains, the street gets wet; when it snows, it gets white.';
    const parts = utterancesOf([sentence('Well.'), sentence(long, 500), sentence('Yes.')], {
      mostBytes: 50,
      joinedBytes: 50,
    });
    expect(parts.map(({ text, pauseMs }) => [text, pauseMs])).toEqual([
      ['Well.', 300],
      ['When it rains, the street gets wet;', 0],
      ['when it snows, it gets white.', 500],
      ['Yes.', 300],
    ]);
  });
});

const limits = { mostBytes: 200, joinedBytes: 120 };
const texts = fc.array(
  fc.string({ unit: fc.constantFrom('a', ' ', '<', '&', 'ü', '三', '、', ', ', '😀', '. '), maxLength: 300 }),
  { maxLength: 8 },
);

test('any sentences: within the limit, valid, in order, and none left out', () => {
  fc.assert(
    fc.property(texts, (all) => {
      const sentences = all.map((text) => sentence(text));
      const utterances = utterancesOf(sentences, limits);
      const spoken = sentences.filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
      expect(utterances.every(({ ssml }) => bytes(ssml) <= limits.mostBytes && readSsml(ssml) !== null)).toBe(true);
      const squeezed = (words: string[]) => words.join('').replace(/\s/g, '');
      expect(squeezed(utterances.map(({ text }) => text))).toBe(squeezed(spoken.map(({ text }) => text)));
      expect(squeezed(utterances.map(({ ssml }) => readSsml(ssml)?.text ?? ''))).toBe(
        squeezed(spoken.map((s) => s.text)),
      );
    }),
  );
});

test('a text is never cut within a pair, and always gets shorter', () => {
  expect(splitText('😀😀😀', (part) => part.length <= 3)).toEqual(['😀', '😀', '😀']);
  expect(splitText('😀😀', () => false)).toEqual(['😀', '😀']);
  expect(splitText('', () => false)).toEqual([]);
});
