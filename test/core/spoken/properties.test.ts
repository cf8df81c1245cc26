import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reply } from '../../../src/core/messages.ts';
import { spokenSentences } from '../../../src/core/spoken/sentences.ts';
import { MAX_SENTENCE } from '../../../src/core/spoken/splitting.ts';
import { anyReply, anyText } from '../../support/replies.ts';

/** What holds of every reply in every language, also of such as no tutor writes. */

const languages = ['en', 'de-AT', 'es', 'fr', 'ja', 'xx-nonsense!', ''];
const anyLanguage = fc.constantFrom(...languages);

/** Pieces of Markdown, of other people's markup and of what tries to be SSML, in any order. */
const piece = fc.constantFrom(
  ...[
    '**',
    '*',
    '_',
    '__',
    '~~',
    '`',
    '```',
    '```python\n',
    '||',
    '|',
    '\n',
    '\n\n',
    '# ',
    '- ',
    '1. ',
    '> ',
    '$',
    '$$',
  ],
  ...[
    '[',
    '](',
    ')',
    '(',
    '!',
    '<',
    '>',
    '</',
    '/>',
    '&',
    '"',
    "'",
    '&lt;',
    '&#60;',
    '&amp;',
    '\\',
    '\\frac{',
    '}',
    '^',
  ],
  ...['https://', 'http://a.b/c', 'www.', 'x.com', '<https://a.b|c>', '<@1>', '<b>', '<speak>', '<break time="9s"/>'],
  ...[
    '</s></speak>',
    '<!-- ',
    '-->',
    '|---|---|\n',
    '| a | b |\n',
    '[x] ',
    '✓',
    '🎉',
    '👨‍👩‍👧',
    '\ue000',
    '\ue001',
    '\ue010',
    '\u0000',
  ],
  ...[
    '\ud800',
    '3/4',
    '?/2',
    ' = ?',
    ' + ',
    '2^',
    '√',
    '-',
    '—',
    '1',
    '. ',
    'Dr. ',
    'word',
    'Ä',
    '数',
    ' ',
    '@everyone',
    ':a:',
  ],
);
const anyMarkdown = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  anyText,
);
const anything: fc.Arbitrary<Reply | string> = fc.oneof(anyMarkdown, anyReply);
const RUNS = { numRuns: 600 };

/** Opens and closes only what we open and close; everything else is text. */
function isSound(ssml: string): boolean {
  const text = ssml.replace(
    /<emphasis level="moderate">|<\/emphasis>|<say-as interpret-as="characters">|<\/say-as>|<break time="200ms"\/>/g,
    '',
  );
  const opened = (name: string) => ssml.split(`<${name}`).length === ssml.split(`</${name}`).length;
  return !/[<>"']|&(?!(?:amp|lt|gt|quot|apos);)/.test(text) && opened('emphasis') && opened('say-as');
}

test('a sentence has something to say, and nothing that is only there to be seen', () => {
  fc.assert(
    fc.property(anything, anyLanguage, (reply, language) => {
      for (const { text, pauseMs } of spokenSentences(reply, { language })) {
        expect(text).toMatch(/[\p{L}\p{N}]/u);
        expect(text).toBe(text.trim());
        expect(text).not.toMatch(/[*`~#|\\_[\]\n]|={2}|<\/?\w+>/);
        expect(text).not.toMatch(/:\/\/|\bwww\./i);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone.
        expect(text).not.toMatch(/[\u0000-\u001f\ue000-\uf8ff]|\p{Emoji_Presentation}/u);
        expect(text.isWellFormed()).toBe(true);
        expect(text.length).toBeLessThanOrEqual(MAX_SENTENCE + 1);
        expect(pauseMs).toBeGreaterThan(0);
      }
    }),
    RUNS,
  );
});

test('nobody writes SSML but us, and it says the same as the text', () => {
  fc.assert(
    fc.property(anything, anyLanguage, (reply, language) => {
      for (const { text, ssml } of spokenSentences(reply, { language })) {
        expect(isSound(ssml), ssml).toBe(true);
        const read = ssml.replace(/<[^>]*>/g, '').replace(/&(\w+);/g, (_, name: string) => READ[name] ?? '');
        expect(read).toBe(text);
      }
    }),
    RUNS,
  );
});

const READ: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Words of letters only, long enough to be no operand, unit or abbreviation. */
const word = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnoprstuvwyzäöüßéñóКжшλσ'),
  minLength: 4,
  maxLength: 12,
});
const sentence = fc
  .tuple(
    fc.array(word, { minLength: 1, maxLength: 60 }),
    fc.constantFrom(',', ';', ''),
    fc.constantFrom('.', '?', '!', '…'),
  )
  .map(([words, comma, end]) => `${words.join(`${comma} `)}${end}`);
const styled = fc
  .tuple(
    sentence,
    fc.constantFrom(['', ''], ['**', '**'], ['*', '*'], ['_', '_'], ['> ', ''], ['### ', ''], ['- ', '']),
  )
  .map(([text, [before = '', after = '']]) => before + text + after);

test('every word of plain prose is said, in order', () => {
  fc.assert(
    fc.property(
      fc.array(styled, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('\n', '\n\n'),
      anyLanguage,
      (paragraphs, gap, language) => {
        const markdown = paragraphs.join(gap);
        const wordsOf = (text: string) => text.match(/\p{L}+/gu) ?? [];
        const said = spokenSentences(markdown, { language }).flatMap(({ text }) => wordsOf(text));
        expect(said).toEqual(wordsOf(markdown));
      },
    ),
    RUNS,
  );
});
