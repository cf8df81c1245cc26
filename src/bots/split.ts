import { closes, type Fence, type Line, linesOf } from './lines.ts';

/** Long Markdown in parts that each stand for themselves. Pure. */

/** For closing a code block that is cut. */
const CLOSING = '\n``````````'.length;

/**
 * Parts of at most `limit` (at least 100) characters, trimmed and never empty: cut at paragraphs, else at lines, else
 * at sentences, else at words, else between two graphemes. A code block or a quote that is cut goes on in the next part.
 * A code block that the text leaves open is closed.
 */
export function splitMarkdown(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text.replace(/\r\n?/g, '\n');
  /** How much of the rest repeats what the part before it has as well. */
  let repeated = 0;
  while (rest.slice(repeated).trim() !== '') {
    const whole = closed(rest);
    if (whole.length <= limit) return [...parts, whole];
    const { end, fence, mark } = cutOf(rest, limit - CLOSING, repeated);
    if (rest.slice(repeated, end).trim() !== '') parts.push(closed(rest.slice(0, end)));
    const after = rest.slice(end).replace(/^\n/, '');
    const goesOn = fence === null || !closes(after.split('\n', 1)[0] ?? '', fence);
    const next = goesOn ? after : after.replace(/^.*\n?/, '');
    repeated = goesOn ? mark.length : 0;
    rest = (goesOn ? mark : '') + (fence ? next : next.trimStart());
  }
  return parts;
}

/** At most `limit` characters; what is cut ends with an ellipsis, and never within a grapheme. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, graphemeBorder(text, limit - 1)).trimEnd()}…`;
}

function closed(text: string): string {
  const trimmed = text.trim();
  const fence = [...linesOf(trimmed)].at(-1)?.after;
  return fence ? `${trimmed}\n${fence.marker}` : trimmed;
}

interface Cut {
  end: number;
  /** The code block that is cut. */
  fence: Fence | null;
  /** What has to stand before the rest, for a code block or a quote to go on. */
  mark: string;
}

/** The best cut after `from` and up to `room`. A part may be short for a better place, but not below a quarter. */
function cutOf(text: string, room: number, from: number): Cut {
  const least = Math.max(from + 1, room / 4);
  const best: (Line | undefined)[] = [];
  let last: Line | undefined;
  for (const line of linesOf(text)) {
    if (line.at > room) break;
    if (line.at >= least) best[rankOf(line, last)] = line;
    last = line;
  }
  const border = best[0] ?? best[1] ?? best[2];
  const { at, text: line, before: fence } = border ?? last ?? { at: 0, text: '', before: null };
  const codeMark = fence ? `${fence.opening}\n` : '';
  if (border) return { end: at, fence, mark: codeMark };
  const quoteMark = !fence && line.startsWith('> ') ? '> ' : '';
  const start = Math.max(from, at + quoteMark.length);
  const end = endWithin(text, start, Math.min(room, at + line.length));
  return { end, fence, mark: end < at + line.length ? codeMark + quoteMark : codeMark };
}

/** How good a cut before this line is: 0 between paragraphs, 1 between lines, 2 within code; 3 is not for cutting. */
function rankOf(line: Line, previous: Line | undefined): 0 | 1 | 2 | 3 {
  if (line.before) return previous?.before ? 2 : 3;
  return line.after || previous?.before || previous?.text.trim() === '' ? 0 : 1;
}

const SENTENCE_END = /[.!?…][)\]"'”’»*_]*(?=\s)|[。！？]/g;

/** A cut within the line that begins at `start`. */
function endWithin(text: string, start: number, room: number): number {
  const slice = text.slice(start, room);
  const sentence = [...slice.matchAll(SENTENCE_END)].at(-1);
  if (sentence && sentence.index >= slice.length / 4) return start + sentence.index + sentence[0].length;
  const word = /\s\S*$/.exec(slice)?.index ?? 0;
  return word > 0 ? start + word : Math.max(start + 1, graphemeBorder(text, room));
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The last border between graphemes up to `index`; within a grapheme that is longer, one between characters. */
function graphemeBorder(text: string, index: number): number {
  const start = GRAPHEMES.segment(text).containing(index)?.index ?? text.length;
  if (start > 0) return start;
  return /[\ud800-\udbff]/.test(text.charAt(index - 1)) ? index - 1 : index;
}
