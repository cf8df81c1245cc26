import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defused, escaped, plainText } from '../../../src/bots/slack/replies/escape.ts';
import { fallbackOf, MESSAGE_LIMIT, partsOf, streamable } from '../../../src/bots/slack/replies/markdown.ts';
import { calls, someText } from '../../support/slack-surface.ts';

/** What shows nothing. */
const visible = (text: string) => text.replaceAll('\u2060', '');

describe('nobody is called', () => {
  test.each([
    '<!channel>',
    '<!here|here>',
    'Hey <!everyone>, look',
    '<!subteam^S012AB3CD>',
    '<@U024BE7LH>',
    '<@W024BE7LH|ada>',
    '<\\@U024BE7LH>',
    '&lt;!channel&gt;',
    '<<!here>>',
    '@channel',
    '(@here)',
    '**@everyone**',
    '`<!channel>`',
    '```\n<@U024BE7LH>\n```',
  ])('by %j, which reads as it did', (text) => {
    expect(calls(text)).not.toEqual([]);
    for (const safe of [defused(text), fallbackOf(text), plainText(text, 100).text, partsOf(text).join('')]) {
      expect(calls(safe)).toEqual([]);
    }
    expect(visible(defused(text))).toBe(text);
  });

  test.each([
    'a < b and b > a',
    '<!DOCTYPE html>',
    'ada@example.org',
    'ada@here.example',
    '@hereby',
    '```java\n@Override\n```',
    'vector<int>& x',
    '',
  ])('and what calls nobody stays as it is: %j', (text) => {
    expect(defused(text)).toBe(text);
  });

  test('of mrkdwn, whose signs are escaped', () => {
    expect(escaped('a < b & c > d')).toBe('a &lt; b &amp; c &gt; d');
    expect(visible(escaped('<!here>'))).toBe('&lt;!here&gt;');
  });
});

test.each([
  ['a word that goes on', `${'x '.repeat(46)}@hereby`, 98],
  ['nothing', `${'x'.repeat(90)} <!here>`, 97],
])('nobody is called because of what is cut off: %s', (_, text, most) => {
  for (let size = most - 3; size <= most; size += 1) {
    const cut = plainText(text, size).text;
    expect(calls(cut)).toEqual([]);
    expect(cut.length).toBeLessThanOrEqual(size);
  }
});

describe('what a notification says', () => {
  test.each([
    ['**Bold**, *light* and ~~gone~~', 'Bold, light and gone'],
    ['__Bold__ and _light_, snake_case_name', 'Bold and light, snake_case_name'],
    ['# Halves\n\n\n\n> A quote', 'Halves\n\nA quote'],
    ['Use `x < 1`:\n```python\nx = "**"\n```', 'Use x &lt; 1:\nx = "**"'],
    ['Try: ```py\nx = 1\n```', 'Try:\nx = 1'],
    ['See [the page](https://example.org).', 'See the page.'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', '| a | b |\n| 1 | 2 |'],
    ['x**2 + y**2 and 2 * 3 * 4', 'x**2 + y**2 and 2 * 3 * 4'],
    ['```\n```', '```\n```'],
  ])('of %j', (markdown, text) => {
    expect(fallbackOf(markdown)).toBe(text);
  });

  test('fits, however much of it has to be escaped', () => {
    for (const sign of ['&', '<@U1>', 'words ', '👨‍👩‍👧']) {
      const text = fallbackOf(sign.repeat(3000));
      expect(text.length).toBeLessThanOrEqual(3900);
      expect(text.length).toBeGreaterThan(600);
      expect(text).toMatch(/…$/);
    }
  });

  test('is never empty, and calls nobody', () => {
    fc.assert(
      fc.property(someText, (text) => {
        if (text.trim() === '') return;
        expect(fallbackOf(text).trim()).not.toBe('');
        expect(fallbackOf(text).length).toBeLessThanOrEqual(3900);
        expect(calls(fallbackOf(text))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is shown while it is written', () => {
  test.each([
    ['Well d', 'Well d'],
    [' \n Well ', 'Well'],
    ['Well <!cha', 'Well'],
    ['Well <!channel> and', 'Well <\u2060!channel> and'],
    ['Ask @he', 'Ask'],
    ['Is a < b true', 'Is a < b true'],
    ['Code:\n```py\nx', 'Code:\n```py\nx'],
  ])('of %j', (text, safe) => {
    expect(streamable(text)).toBe(safe);
  });

  test('of a table, all at once: how it looks is known when it ends', () => {
    const table = '| a | b |\n|---|---|\n| 1 | 2 |';
    expect(streamable(`So:\n\n${table.slice(0, 14)}`)).toBe('So:');
    expect(streamable(`So:\n\n${table}`)).toBe('So:');
    expect(streamable(`So:\n\n${table}\n\nOk`)).toBe(`So:\n\n${table}\n\nOk`);
    expect(streamable(`${table}\n\n${table}\n\nOk`)).toBe(`${table}\n\n\`\`\`\na  b\n─  ─\n1  2\n\`\`\`\n\nOk`);
  });

  test('calls nobody, and is what the first message begins with', () => {
    const row = fc.tuple(fc.nat(99_999), fc.nat(99)).map(([a, b]) => `| ${a} | ${b} |`);
    const table = fc.array(row, { minLength: 1, maxLength: 110 }).map((rows) => {
      return ['', '| a | b |', '|---|---|', ...rows, ''].join('\n');
    });
    const texts = fc.oneof(
      someText,
      fc.array(fc.oneof(someText, table), { maxLength: 5 }).map((parts) => parts.join('\n\n')),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat(9000), { minLength: 1, maxLength: 9 }), (text, lengths) => {
        const [first = ''] = partsOf(text, MESSAGE_LIMIT, true);
        for (const length of lengths) {
          const now = streamable(text.slice(0, length));
          expect(calls(now)).toEqual([]);
          expect(now.length).toBeLessThanOrEqual(MESSAGE_LIMIT);
          expect(first.startsWith(now), `${now} → ${first}`).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
