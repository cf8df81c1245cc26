import { type Line, linesOf } from '../../lines.ts';

/** The tutor's Markdown → what Discord shows well. Pure. */

/** Characters of a message. */
export const MESSAGE_LIMIT = 2000;

/** Tables become aligned code, or a list where they are too wide for a phone; headings have three levels. */
export function asDiscord(text: string): string {
  const source = text.replace(/\r\n?/g, '\n');
  const lines = [...linesOf(source)];
  const shown: string[] = [];
  for (let index = 0; index < lines.length; ) {
    const table = tableAt(lines, index);
    const line = lines[index];
    if (table) shown.push(...renderTable(table.rows));
    else if (line) shown.push(renderLine(line, !source.includes('```')));
    index += table?.lines ?? 1;
  }
  return shown.join('\n');
}

/** Discord knows no ~~~; where no ``` could come in between, it can have those. */
function renderLine({ text, before, after }: Line, canRename: boolean): string {
  if (!before && !after) return text.replace(/^#{4,}(?=\s)/, '###');
  const isFence = before === null || after === null;
  return isFence && canRename ? text.replace(/~{3,}/, '```') : text;
}

interface Table {
  rows: string[][];
  /** How many lines of the text it takes. */
  lines: number;
}

function tableAt(lines: readonly Line[], index: number): Table | null {
  const head = cellsOf(lines[index]);
  const rule = cellsOf(lines[index + 1]);
  if (!head || rule?.length !== head.length || !rule.every((cell) => /^:?-+:?$/.test(cell))) return null;
  const rest = lines.slice(index + 2);
  const end = rest.findIndex((line) => !cellsOf(line));
  const body = (end < 0 ? rest : rest.slice(0, end)).flatMap((line) => [cellsOf(line) ?? []]);
  return { rows: [head, ...body], lines: 2 + body.length };
}

/** Null: no row of a table. */
function cellsOf(line: Line | undefined): string[] | null {
  if (!line || line.before || line.after || !line.text.includes('|') || line.text.includes('```')) return null;
  const inner = line.text
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** What a line of code holds on a phone before it wraps. */
const PHONE_COLUMNS = 44;

function renderTable(rows: readonly string[][]): string[] {
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
