import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finishedSentences } from '../../../src/core/spoken/growing.ts';
import { spokenSentences } from '../../../src/core/spoken/sentences.ts';

/** What is said of a text while it is written has to be what is said of it in the end. */

const words = (text: string, language: string) => spokenSentences(text, { language }).map(({ text }) => text);
const finished = (text: string, language = 'en') => finishedSentences(text, { language }).map(({ text }) => text);

function expectPrefixes(text: string, language: string): void {
  const whole = words(text, language);
  let most = 0;
  for (let length = 1; length <= text.length; length += 1) {
    const said = finished(text.slice(0, length), language);
    expect(said, JSON.stringify(text.slice(0, length))).toEqual(whole.slice(0, said.length));
    expect(said.length, `less of ${JSON.stringify(text.slice(0, length))}`).toBeGreaterThanOrEqual(most);
    most = said.length;
  }
}

/** All that the ear's table knows of: tables, code, formulas, links, lists, abbreviations … */
const known = readFileSync(join(import.meta.dirname, 'heard.txt'), 'utf8')
  .trimEnd()
  .split('\n\n')
  .map((block) => block.split('\n')[0]?.replaceAll('\\n', '\n') ?? '');

test.each(['en', 'de', 'es'])('every text of the table, piece by piece, in %s', (language) => {
  for (const text of known) expectPrefixes(text, language);
});

const sentence = fc.constantFrom(
  ...['Look at the pizza. ', 'It has 6 equal slices. ', 'Which part is left? ', 'That is 3/4 of it. ', 'Well done! '],
  ...[
    'See Dr. Smith, e.g. on Monday. ',
    '"Is it so?" she asked. ',
    'Add 1/2 and **1/3**. ',
    'He said: (yes. No.) Fine. ',
  ],
  ...['On the 3. Oktober it rained. ', 'It costs $5. ', 'Between $x. Y$ and more. ', 'Call `f(x). Then` return. '],
  ...[
    '**All of this. Is bold.** ',
    'A [link. Here](https://a.b/c) stands. ',
    'Wait … what? ',
    'so it goes on. ',
    'Ja! ja. ',
  ],
  ...[
    'これは文です。',
    '次の文。',
    '¿Qué es? ',
    'Usa 2 + 3 = 5. ',
    'x_1 and x_2 are. ',
    'Say *no. Never.* Again. ',
    'I. am. ',
    'J. S. Bach. ',
  ],
);
const block = fc.oneof(
  { weight: 6, arbitrary: fc.array(sentence, { minLength: 1, maxLength: 5 }).map((all) => all.join('')) },
  fc.array(sentence, { minLength: 2, maxLength: 4 }).map((all) => all.join('\n')),
  fc.array(sentence, { minLength: 1, maxLength: 4 }).map((all) => all.map((each) => `- ${each}`).join('\n')),
  fc
    .array(sentence, { minLength: 1, maxLength: 3 })
    .map((all) => all.map((each, at) => `${at + 1}. ${each}`).join('\n')),
  sentence.map((title) => `## ${title}`),
  sentence.map((quoted) => `> ${quoted}`),
  fc.array(sentence, { minLength: 1, maxLength: 3 }).map((all) => `\`\`\`python\n${all.join('\n\n')}\n\`\`\``),
  fc.tuple(sentence, sentence).map(([a, b]) => `| A | B |\n|---|---|\n| ${a} | ${b} |`),
  fc.constantFrom('---', '$$x. Y$$', '1.', '- ', '```', '| a'),
);
const text = fc
  .array(fc.tuple(block, fc.constantFrom('\n\n', '\n', '\n\n\n')), { minLength: 1, maxLength: 5 })
  .map((all) => all.flat().join(''));

test.each(['en', 'de', 'es', 'ja', 'fr'])('what was finished is a beginning of the whole, in %s', (language) => {
  fc.assert(
    fc.property(text, (any) => expectPrefixes(any, language)),
    { numRuns: 25 },
  );
});

test.each([
  ['Look at this. It', []],
  ['Look at this. It ', ['Look at this.']],
  ['Look at this.\n\n', ['Look at this.']],
  ['# Halves\n\nOne', ['Halves.']],
  ['- One.\n- T', ['One.']],
  ['See Dr. Smith ', []],
  ['Look. **It is', []],
  ['**Look. It is', []],
  ['```\nLook at this. It is', []],
  ['Say this:\n\n```\nlet x. It is\n\nmore of it.', ['Say this:']],
  ['| A | B |\n|---|---|\n| One. Two ', []],
  ['Half of it is 1/2. One third ', ['Half of it is one half.']],
])('of %j', (growing, heard) => {
  expect(finished(growing)).toEqual(heard);
});

test('of prose nothing is held back but the sentence that is being written', () => {
  const prose = Array.from({ length: 12 }, (_, at) => `This is sentence ${at} of a longer text.`).join(' ');
  for (let length = 60; length < prose.length; length += 7) {
    const started = prose.slice(0, length).split(/\. This is /).length;
    expect(finished(prose.slice(0, length)).length).toBeGreaterThanOrEqual(started - 1);
  }
});
