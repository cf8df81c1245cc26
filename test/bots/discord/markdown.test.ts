import { describe, expect, test } from 'vitest';
import { asDiscord } from '../../../src/bots/discord/replies/markdown.ts';

const lines = (...each: string[]) => each.join('\n');

test.each<[string, string]>([
  ['plain words', 'Hello **there**, 2*3 and snake_case.'],
  ['three levels of headings', '# One\n## Two\n### Three'],
  ['a hashtag', '####tag'],
  ['code', '```py\n#### no heading\n| a | b |\n|---|---|\n```'],
  ['a table that is code', '~~~\n| a | b |\n|---|---|\n```\n~~~'],
  ['a pipe in a sentence', 'a | b\nis not a table'],
  ['a rule without a head', '|---|---|'],
  ['mentions', '<@1> @everyone'],
])('%s stays as it is', (_, text) => {
  expect(asDiscord(text)).toBe(text);
});

test('deeper headings become the deepest that there is', () => {
  expect(asDiscord('#### Four\n###### Six')).toBe('### Four\n### Six');
});

test('code between tildes is code between backticks', () => {
  expect(asDiscord('~~~~py\nx\n~~~~\n~~gone~~')).toBe('```py\nx\n```\n~~gone~~');
});

test('line ends are those of Unix', () => {
  expect(asDiscord('a\r\nb\rc')).toBe('a\nb\nc');
});

describe('a table', () => {
  test('becomes aligned code', () => {
    const table = lines('Look:', '| Estate | **Who** |', '|:---|---:|', '| First | `clergy` |', '| 3rd |', 'So?');
    expect(asDiscord(table)).toBe(
      lines('Look:', '```', 'Estate  Who', '──────  ──────', 'First   clergy', '3rd', '```', 'So?'),
    );
  });

  test('needs no pipes at the ends, and keeps those in its cells', () => {
    expect(asDiscord(lines('a | b', '- | -', '1 \\| 2 | x'))).toBe(
      lines('```', 'a      b', '─────  ─', '1 | 2  x', '```'),
    );
  });

  test('leaves room for wide characters', () => {
    expect(asDiscord(lines('|分数|x|', '|-|-|', '|ab|y|'))).toBe(lines('```', '分数  x', '────  ─', 'ab    y', '```'));
  });

  test('that is too wide for a phone becomes a list', () => {
    const long = 'a rather long explanation of what it means';
    expect(asDiscord(lines('| Word | Meaning |', '|---|---|', `| **one** | ${long} |`, `| two | ${long} |`))).toBe(
      lines('Word · Meaning', `- **one** · ${long}`, `- two · ${long}`),
    );
  });
});
