import { type Line, linesOf } from '../../lines.ts';
import { renderTable, withTables } from '../../tables.ts';

/** The tutor's Markdown → what Discord shows well. Pure. */

/** Characters of a message. */
export const MESSAGE_LIMIT = 2000;

/** Tables become aligned code, or a list where they are too wide for a phone; headings have three levels. */
export function asDiscord(text: string): string {
  const source = text.replace(/\r\n?/g, '\n');
  const canRename = !source.includes('```');
  return withTables([...linesOf(source)], renderTable)
    .map((line) => (typeof line === 'string' ? line : renderLine(line, canRename)))
    .join('\n');
}

/** Discord knows no ~~~; where no ``` could come in between, it can have those. */
function renderLine({ text, before, after }: Line, canRename: boolean): string {
  if (!before && !after) return text.replace(/^#{4,}(?=\s)/, '###');
  const isFence = before === null || after === null;
  return isFence && canRename ? text.replace(/~{3,}/, '```') : text;
}
