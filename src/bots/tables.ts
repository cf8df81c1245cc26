import type { Line } from './lines.ts';

/** Tables in Markdown, and how they look where a chat shows none. Pure. */

interface Table {
  /** The first one is its head. */
  rows: string[][];
  /** How many lines of the text it takes. */
  lines: number;
}

/** The text with each of its tables as `show` has it; null: as it is. */
export function withTables(lines: readonly Line[], show: (table: Table) => string[] | null): (Line | string)[] {
  const shown: (Line | string)[] = [];
  for (let index = 0; index < lines.length; ) {
    const table = tableAt(lines, index);
    const taken = lines.slice(index, index + (table?.lines ?? 1));
    shown.push(...((table && show(table)) ?? taken));
    index += taken.length;
  }
  return shown;
}

/** The table that begins with this line. */
function tableAt(lines: readonly Line[], index: number): Table | null {
  const head = cellsOf(lines[index]);
  if (!head || !isRuleOf(lines[index + 1], head)) return null;
  const rest = lines.slice(index + 2);
  const end = rest.findIndex((line) => !cellsOf(line));
  const body = (end < 0 ? rest : rest.slice(0, end)).flatMap((line) => [cellsOf(line) ?? []]);
  return { rows: [head, ...body], lines: 2 + body.length };
}

/** Whether a table's rows follow on these two lines. */
export function isHead(line: Line | undefined, next: Line | undefined): boolean {
  const head = cellsOf(line);
  return head !== null && isRuleOf(next, head);
}

function isRuleOf(line: Line | undefined, head: readonly string[]): boolean {
  const rule = cellsOf(line);
  return rule?.length === head.length && rule.every((cell) => /^:?-+:?$/.test(cell));
}

/** Null: no row of a table. */
export function cellsOf(line: Line | undefined): string[] | null {
  if (!line || line.before || line.after || !line.text.includes('|') || line.text.includes('```')) return null;
  const inner = line.text
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** What a line of code holds on a phone before it wraps. */
const PHONE_COLUMNS = 44;

/** As aligned code, or as a list where it is too wide for a phone. */
export function renderTable({ rows }: Table): string[] {
  const plain = rows.map((row) => row.map((cell) => cell.replace(/(\*\*|`)(.+?)\1/g, '$2')));
  const widths = Array.from({ length: Math.max(...plain.map((row) => row.length)) }, (_, column) =>
    Math.max(...plain.map((row) => columnsOf(row[column] ?? ''))),
  );
  const total = widths.reduce((sum, width) => sum + width + 2, -2);
  if (total > PHONE_COLUMNS) return rows.map((row, index) => (index === 0 ? '' : '- ') + row.join(' · '));
  const aligned = plain.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return ['```', ...aligned.slice(0, 1), rule, ...aligned.slice(1), '```'];
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - columnsOf(cell));
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/u;

function columnsOf(text: string): number {
  return [...GRAPHEMES.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0);
}
