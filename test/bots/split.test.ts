import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, settledLength, splitMarkdown } from '../../src/bots/split.ts';

const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,12}[.!?,]?$/),
  fc.constantFrom('分数。', '👨‍👩‍👧', 'e\u0301', '**bold**', '`x`', 'https://example.org/a/very/long/address'),
  fc.stringMatching(/^[a-z]{100,400}$/),
);
const sentence = fc.array(word, { minLength: 1, maxLength: 30 }).map((words) => words.join(' '));
const line = fc.tuple(fc.constantFrom('', '- ', '1. ', '  - ', '# ', '> '), sentence).map((parts) => parts.join(''));
const paragraph = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n'));
const code = fc
  .record({
    marker: fc.constantFrom('```', '~~~', '````'),
    language: fc.constantFrom('', 'python', 'c++'),
    lines: fc.array(fc.oneof(sentence, fc.constantFrom('', '    indented', '# comment')), { maxLength: 30 }),
  })
  .map(({ marker, language, lines }) => [marker + language, ...lines, marker].join('\n'));
const markdown = fc
  .tuple(fc.array(fc.oneof(paragraph, code), { maxLength: 8 }), fc.constantFrom('\n\n', '\n', '\r\n\r\n', '\n \n\n'))
  .map(([blocks, between]) => blocks.join(between));

const marks = fc.string({
  unit: fc.constantFrom('`', '```', '~~~', '~', '\n', '> ', ' ', 'a', '\r\n', '😀'),
  maxLength: 900,
});

/** What there is to read, without what code blocks and quotes are marked with. */
function readable(text: string): string {
  return text
    .replace(/^(?:```+|~~~+)[a-z+]*$/gm, '')
    .replace(/^> /gm, '')
    .replace(/\s/g, '');
}

/** The code block that is open at the end, as CommonMark reads it. */
function openFence(text: string): string | null {
  let open: string | null = null;
  for (const each of text.split('\n')) {
    const [, marker, after = ''] = /^\s*(`{3,}|~{3,})([^`]*)$/.exec(each) ?? [];
    if (marker && open === null) open = marker;
    else if (marker && open !== null && after.trim() === '' && marker.startsWith(open)) open = null;
  }
  return open;
}

const limit = fc.integer({ min: 100, max: 2000 });

describe('any text', () => {
  test('is cut into trimmed parts that fit, and nothing of it is lost', () => {
    fc.assert(
      fc.property(markdown, limit, (text, most) => {
        const parts = splitMarkdown(text, most);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(most);
          expect(part).toBe(part.trim());
          expect(part).not.toBe('');
          expect(openFence(part)).toBeNull();
        }
        expect(readable(parts.join('\n'))).toBe(readable(text.replaceAll('\r\n', '\n')));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test('whatever its marks, it comes to an end, in parts that fit', () => {
    fc.assert(
      fc.property(marks, limit, (text, most) => {
        const parts = splitMarkdown(text, most);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(most);
          expect(part).toBe(part.trim());
          expect(part).not.toBe('');
          expect(part.isWellFormed()).toBe(true);
        }
        const letters = (each: string) => each.replace(/[^a😀]/gu, '');
        expect(parts.map(letters).join('')).toBe(letters(text));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test('that fits is one part, which stays as it is when it is cut again', () => {
    fc.assert(
      fc.property(fc.oneof(markdown, marks), (text) => {
        for (const part of splitMarkdown(text, 2_000)) expect(splitMarkdown(part, 2_000)).toEqual([part]);
      }),
    );
  });
});

describe('a text that is still being written', () => {
  test('shows of its first part only what stays in it', () => {
    const row = fc.array(sentence, { minLength: 3, maxLength: 3 }).map((cells) => `| ${cells.join(' | ')} |`);
    const table = fc.array(row, { minLength: 2, maxLength: 9 }).map(([head = '', ...rows]) => {
      return [head, '|---|---|---|', ...rows].join('\n');
    });
    const texts = fc.array(fc.oneof(markdown, table, marks), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 100, max: 900 }), (blocks, most) => {
        const text = blocks.join('\n\n').replaceAll('\r', '').trimStart();
        const [first = ''] = splitMarkdown(text, most);
        let before = '';
        for (let end = 1; end <= text.length; end += 7) {
          const written = text.slice(0, end).trimEnd();
          // Nobody writes half a character.
          if (!written.isWellFormed()) continue;
          const shown = written.slice(0, settledLength(written, most)).trimEnd();
          expect(first.startsWith(shown), `${JSON.stringify(shown)} → ${JSON.stringify(first)}`).toBe(true);
          expect(shown.startsWith(before)).toBe(true);
          before = shown;
        }
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });
});

test('a family that is still being written takes nothing back of what was shown', () => {
  const text = `${'a'.repeat(214)} 👨‍👩‍👧 and so on`;
  let before = '';
  for (let end = 200; end <= text.length; end += 1) {
    const written = text.slice(0, end);
    // Nobody writes half a character.
    if (!written.isWellFormed()) continue;
    const shown = written.slice(0, settledLength(written, 894)).trimEnd();
    expect(shown.startsWith(before)).toBe(true);
    before = shown;
  }
});

test('a table that is cut has its head in each part', () => {
  const head = '| number | square |\n|---|---|';
  const rows = Array.from({ length: 12 }, (_, index) => `| ${index} | ${index * index} |`);
  const parts = splitMarkdown(['Squares:', '', head, ...rows].join('\n'), 111);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.every((part) => part.length <= 111 && part.includes(head))).toBe(true);
  expect(parts.flatMap((part) => part.split('\n').filter((each) => /^\| \d/.test(each)))).toEqual(rows);
});

describe('a hostile text', () => {
  test.each<[string, string]>([
    ['one long word', 'a'.repeat(10_000)],
    ['only backticks', '`'.repeat(10_000)],
    ['backticks in lines', '```\n'.repeat(2_500)],
    ['one emoji after the other', '👨‍👩‍👧'.repeat(1_250)],
    ['one endless grapheme', `a${'\u0301'.repeat(10_000)}`],
    ['an endless language', `\`\`\`${'x'.repeat(5_000)}\ncode\n\`\`\``],
    ['an endless quote', `> ${'a '.repeat(5_000)}`],
    ['code without an end', `\`\`\`py\n${'x = 1\n'.repeat(2_000)}`],
    ['code within code', `~~~\n\`\`\`\n${'x = 1\n'.repeat(900)}\`\`\`\n~~~\nend`],
  ])('%s', (_, text) => {
    const parts = splitMarkdown(text, 2_000);
    expect(parts.every((part) => part.length <= 2000 && part.trim() === part && part !== '')).toBe(true);
    const characters = (each: string) => each.replace(/^(?:```|~~~)(?:py)?$/gm, '').replace(/[\s`~>]/g, '');
    expect(characters(parts.join('\n'))).toBe(characters(text));
  });

  test.each(['', ' ', '\n\n', '\r\n \t'])('nothing: %j', (text) => {
    expect(splitMarkdown(text, 2_000)).toEqual([]);
  });
});

describe('the place of a cut', () => {
  const words = (letter: string, length: number) => `${letter} `.repeat(length / 2).trim();

  test.each<[string, string, string[]]>([
    ['paragraphs', `${words('a', 60)}\nb\n\n${words('c', 60)}`, [`${words('a', 60)}\nb`, words('c', 60)]],
    ['lines', `${words('a', 60)}\n${words('b', 60)}`, [words('a', 60), words('b', 60)]],
    ['sentences', `Ab ${words('a', 60)}! ${words('b', 60)}`, [`Ab ${words('a', 60)}!`, words('b', 60)]],
    [
      'Japanese sentences',
      `${'分'.repeat(60)}。${'数'.repeat(60)}。`,
      [`${'分'.repeat(60)}。`, `${'数'.repeat(60)}。`],
    ],
    ['words', `${'a'.repeat(60)} ${'b'.repeat(60)}`, ['a'.repeat(60), 'b'.repeat(60)]],
    ['characters', 'a'.repeat(130), ['a'.repeat(100), 'a'.repeat(30)]],
    ['graphemes', `a${'👨‍👩‍👧'.repeat(14)}`, [`a${'👨‍👩‍👧'.repeat(12)}`, '👨‍👩‍👧'.repeat(2)]],
    [
      'a paragraph is not left for a few words',
      `Hi.\n\n${words('a', 150)}`,
      [`Hi.\n\n${words('a', 94)}`, words('a', 56)],
    ],
    [
      'before code',
      `${words('a', 60)}\n\`\`\`\n${words('b', 60)}\n\`\`\``,
      [words('a', 60), `\`\`\`\n${words('b', 60)}\n\`\`\``],
    ],
    [
      'at the end of a quote',
      `> ${'a'.repeat(98)}\n\nb ${'c'.repeat(20)}`,
      [`> ${'a'.repeat(98)}`, `b ${'c'.repeat(20)}`],
    ],
    ['a quote', `> ${words('a', 120)}`, [`> ${words('a', 98)}`, `> ${words('a', 22)}`]],
  ])('%s', (_, text, parts) => {
    expect(splitMarkdown(text, 111)).toEqual(parts);
  });

  test('code goes on with its marks and its language, at a line of its own', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `  line(${index})`);
    expect(splitMarkdown(['Try:', '~~~py', ...lines, '~~~', 'Ok?'].join('\n'), 100)).toEqual([
      ['Try:', '~~~py', ...lines.slice(0, 7), '~~~'].join('\n'),
      ['~~~py', ...lines.slice(7), '~~~', 'Ok?'].join('\n'),
    ]);
  });

  test('code that just ends at the cut is not opened again', () => {
    const text = `\`\`\`\n${'a'.repeat(40)}\n${'b'.repeat(47)}\n  \`\`\`  \nOk, that is it.`;
    expect(splitMarkdown(text, 111)).toEqual([
      `\`\`\`\n${'a'.repeat(40)}\n${'b'.repeat(47)}\n\`\`\``,
      'Ok, that is it.',
    ]);
  });
});

test('code that is left open is closed', () => {
  expect(splitMarkdown('So:\n```py\nx = 1\n', 2_000)).toEqual(['So:\n```py\nx = 1\n```']);
  expect(splitMarkdown('So: ```py\nx = 1\n```\nOk', 2_000)).toEqual(['So: ```py\nx = 1\n```\nOk']);
});

describe('cut', () => {
  test.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['one word more', 9, 'one word…'],
    ['👨‍👩‍👧👨‍👩‍👧', 10, '👨‍👩‍👧…'],
    ['😀😀😀', 4, '😀…'],
  ])('%s to %i', (text, most, expected) => {
    expect(cut(text, most)).toBe(expected);
  });
});
