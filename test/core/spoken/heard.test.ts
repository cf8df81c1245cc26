import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spokenSentences } from '../../../src/core/spoken/sentences.ts';

/**
 * heard.txt: Markdown, and below it what is heard of it in a language, with ‖ between sentences. Line breaks of the
 * Markdown are written as \n.
 */
const rows = readFileSync(join(import.meta.dirname, 'heard.txt'), 'utf8')
  .trimEnd()
  .split('\n\n')
  .flatMap((block) => {
    const [markdown = '', ...lines] = block.split('\n');
    return lines.map((line) => {
      const [, language = '', heard = ''] = /^ {2}(\w\w) {2}(.*)$/.exec(line) ?? [];
      return { markdown, language, heard };
    });
  });

test.each(rows)('$language: $markdown', ({ markdown, language, heard }) => {
  const sentences = spokenSentences(markdown.replaceAll('\\n', '\n'), { language });
  expect(sentences.map(({ text }) => text).join(' ‖ ') || '(nothing)').toBe(heard);
});

test('the table covers three languages', () => {
  const covered = Map.groupBy(rows, ({ language }) => language);
  for (const language of ['en', 'de', 'es']) expect(covered.get(language)?.length).toBeGreaterThan(100);
  expect(new Set(rows.map(({ markdown }) => markdown)).size).toBeGreaterThan(120);
});
