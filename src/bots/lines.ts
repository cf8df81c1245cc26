/** The lines of a Markdown text, and which of them are code. Pure. */

export interface Fence {
  /** What closes it: ``` or ~~~ or more of them. */
  marker: string;
  /** What opens it again, with the language. */
  opening: string;
}

export interface Line {
  text: string;
  /** Where it begins. */
  at: number;
  /** The code block that is open where the line begins, and where it ends. */
  before: Fence | null;
  after: Fence | null;
}

/** Also after other words, as in "Try: ```python", where chats begin a code block as well. */
const OPENING = /^(?:\s*|[^`]*\s(?=`+[\w+#.-]*\s*$))(`{3,10}|~{3,10})([^`]{0,40})$/;

/** The lines of a text whose line ends are \n, and which of them are code. */
export function* linesOf(text: string): Generator<Line> {
  let at = 0;
  let before: Fence | null = null;
  for (const line of text.split('\n')) {
    const after: Fence | null = before ? (closes(line, before) ? null : before) : openedBy(line);
    yield { text: line, at, before, after };
    at += line.length + 1;
    before = after;
  }
}

function openedBy(line: string): Fence | null {
  const [, marker, language = ''] = OPENING.exec(line) ?? [];
  return marker ? { marker, opening: (marker + language).trimEnd() } : null;
}

export function closes(line: string, { marker }: Fence): boolean {
  const trimmed = line.trim();
  return trimmed.startsWith(marker) && trimmed.replaceAll(marker.charAt(0), '') === '';
}

/** A text as one line, without what would begin a code block in the middle of it. */
export function oneLine(text: string): string {
  return text.replace(/(?:\s|`{3,})+/g, ' ').trim();
}

/** A text of any length as a quotation. */
export function quote(text: string): string {
  return text.replaceAll(/^/gm, '> ');
}
