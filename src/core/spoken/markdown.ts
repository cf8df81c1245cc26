/** Markdown → what stands in it, block by block. Never fails: what is no block is a paragraph. */
export type Block =
  | { kind: 'heading' | 'paragraph'; text: string }
  | { kind: 'item'; number: string | null; text: string }
  | { kind: 'code'; label: string; lines: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] };

const FENCE = /^\s*(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^\s{0,3}#{1,6}(?:\s+(.*?))?\s*#*$/;
const ITEM = /^\s*(?:[-*+•]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^\s*(?:(?:[-*_]\s*){3,}|=+|-+)$/;
const SEPARATOR = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-*:?\s*)*\|?\s*$/;
/** Around a quotation, and Discord's small print. */
const QUOTED = /^\s*(?:>\s?)+|^\s*-#\s+/;

export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let open: string[] = [];
  const close = () => {
    blocks.push(...paragraphsOf(open));
    open = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').replace(QUOTED, '');
    const fence = FENCE.exec(line);
    const special = fence ? codeAt(lines, at, fence) : tableAt(lines, at, line);
    if (special) {
      close();
      blocks.push(special.block);
      at = special.last;
      continue;
    }
    const single = singleOf(line);
    const last = open.length === 0 ? blocks.at(-1) : undefined;
    if (single === undefined && last?.kind === 'item' && /^\s+\p{Ll}/u.test(line) && lines[at - 1]?.trim()) {
      last.text += ` ${line.trim()}`;
    } else if (single === undefined) open.push(line);
    else {
      close();
      blocks.push(...(single ?? []));
    }
  }
  close();
  return blocks;
}

/** A block of one line, null for an empty line or a rule, undefined for a line of a paragraph. */
function singleOf(line: string): Block[] | null | undefined {
  if (line.trim() === '' || RULE.test(line)) return null;
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: 'heading', text: heading[1] ?? '' }];
  const item = ITEM.exec(line);
  return item ? [{ kind: 'item', number: item[1] ?? null, text: item[2] ?? '' }] : undefined;
}

interface Found {
  block: Block;
  /** The line that it ends with. */
  last: number;
}

/** Until its fence is closed, or to the end. */
function codeAt(lines: readonly string[], at: number, fence: RegExpExecArray): Found {
  const [, marks = '', label = ''] = fence;
  const isEnd = (line: string) =>
    line.replace(QUOTED, '').trim().startsWith(marks) && /^\s*(`+|~+)\s*$/.test(line.replace(QUOTED, ''));
  const end = lines.findIndex((line, index) => index > at && isEnd(line));
  const last = end < 0 ? lines.length : end;
  return {
    block: { kind: 'code', label, lines: lines.slice(at + 1, last).map((line) => line.replace(/^\s*>\s?/, '')) },
    last,
  };
}

function tableAt(lines: readonly string[], at: number, line: string): Found | null {
  const next = (lines[at + 1] ?? '').replace(QUOTED, '');
  if (!line.includes('|') || !next.includes('-') || !next.includes('|') || !SEPARATOR.test(next)) return null;
  const rows: string[][] = [];
  let last = at + 1;
  for (; (lines[last + 1] ?? '').includes('|'); last += 1)
    rows.push(cellsOf((lines[last + 1] ?? '').replace(QUOTED, '')));
  return { block: { kind: 'table', head: cellsOf(line), rows }, last };
}

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('\\|', '|').trim());

const WRAPPED = 60;

/** Lines that were wrapped are one paragraph; short lines, as of a poem or an address, are one each. */
function paragraphsOf(lines: readonly string[]): Block[] {
  const texts: string[] = [];
  lines.forEach((line, index) => {
    const before = lines[index - 1] ?? '';
    const isNext =
      index > 0 && (/^\s*[^\p{Lu}\p{N}\s]/u.test(line) || before.length > WRAPPED || /[.!?]\s*$/.test(before));
    if (isNext) texts[texts.length - 1] += ` ${line.trim()}`;
    else texts.push(line.trim());
  });
  return texts.map((text) => ({ kind: 'paragraph', text }));
}
