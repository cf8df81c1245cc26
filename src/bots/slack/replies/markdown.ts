import { type Line, linesOf } from '../../lines.ts';
import { cut, settledLength, splitMarkdown } from '../../split.ts';
import { cellsOf, renderTable, withTables } from '../../tables.ts';
import { defused, escaped } from './escape.ts';

/** The tutor's Markdown → what Slack shows. Its own blocks read Markdown, so that little is left to do. Pure. */

/** Characters of a message: what its notification says is as long, and has room for 4,000. */
export const MESSAGE_LIMIT = 3_500;
const FALLBACK_LIMIT = 3_900;

/** Of a table in one of Slack's messages, which has no more than one. */
const MOST_ROWS = 100;
const MOST_COLUMNS = 20;

/** Slack takes one table in a message, and of a limited size: all others, or all of them, become aligned code. */
function withTablesAsCode(text: string, mayHaveOne: boolean): string {
  let isFirst = mayHaveOne;
  const lines = withTables([...linesOf(text)], (table) => {
    const fits = isFirst && table.rows.length <= MOST_ROWS && table.rows.every((row) => row.length <= MOST_COLUMNS);
    isFirst = false;
    return fits ? null : renderTable(table);
  });
  return lines.map((line) => (typeof line === 'string' ? line : line.text)).join('\n');
}

/** What may still become a table, or more of one, when more is written. */
function withoutOpenTable(text: string): string {
  const lines = [...linesOf(text)];
  let from = lines.length;
  // What is written of the last line may be the beginning of anything.
  while (from > 0 && (cellsOf(lines[from - 1]) || (from === lines.length && cellsOf(lines[from - 2])))) from -= 1;
  return text.slice(0, lines[from]?.at ?? text.length);
}

/** Parts of at most so many characters, or one or two more, that each stand for themselves. A cut may make a call. */
export function partsOf(text: string, limit = MESSAGE_LIMIT, mayHaveTable = false): string[] {
  const source = withTablesAsCode(text.replace(/\r\n?/g, '\n'), mayHaveTable);
  return splitMarkdown(defused(source), limit).map(defused);
}

/** What may still become a call when more is written: the longest is decided within fewer characters. */
const UNSURE = /[<@&]\S{0,20}$/;

/**
 * What can be shown of a text while it is being written, and only added to: nothing of it changes when more is there.
 * It ends where the first message will; '' where that cannot be told.
 */
export function streamable(text: string): string {
  const written = withoutOpenTable(text.replace(/\r\n?/g, '\n').trimStart().replace(UNSURE, ''));
  const safe = defused(withTablesAsCode(written, true).trimEnd());
  return safe.slice(0, settledLength(safe, MESSAGE_LIMIT)).trimEnd();
}

/**
 * What a notification says, and whoever reads without blocks: Markdown without its marks, as mrkdwn. Never empty, as
 * long as there is something in it that is not a space.
 */
export function fallbackOf(markdown: string): string {
  const lines = [...linesOf(markdown)].flatMap(withoutMarks);
  const words =
    lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim() || markdown.trim();
  let most = FALLBACK_LIMIT;
  let text = escaped(words);
  while (text.length > FALLBACK_LIMIT) {
    most -= text.length - FALLBACK_LIMIT;
    text = escaped(cut(words, Math.max(most, FALLBACK_LIMIT / 6)));
  }
  return text;
}

/** Code stays as it is, without its fences. */
function withoutMarks({ text, before, after }: Line): string[] {
  if (before) return after ? [text] : [];
  if (after) return [text.replace(/[`~]{3,}[^`~]*$/, '').trimEnd()].filter(Boolean);
  if (/^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/.test(text)) return [];
  const line = text.replace(/^\s*#{1,6}\s+(?=\S)/, '').replace(/^\s*>\s?/, '');
  return [
    line
      .replace(/!?\[([^\]]+)\]\([^)\s]*\)/g, '$1')
      .replace(/(`+)(.+?)\1/g, '$2')
      .replace(/(?<![\w*])(\*{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)/g, '$2')
      .replace(/(?<![\w\\])(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)/g, '$2'),
  ];
}
