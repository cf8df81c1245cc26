import { closes, type Fence, type Line, linesOf } from './lines.ts';
import { cellsOf, isHead } from './tables.ts';

/** Long Markdown in parts that each stand for themselves. Pure. */

/** For closing a code block that is cut. */
const CLOSING = '\n``````````'.length;

/**
 * Parts of at most `limit` (at least 100) characters, trimmed and never empty: cut at paragraphs, else at lines, else
 * at sentences, else at words, else between two graphemes. A code block, a quote or a table that is cut goes on in the
 * next part. A code block that the text leaves open is closed.
 */
export function splitMarkdown(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text.replace(/\r\n?/g, '\n').trimStart();
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

/**
 * How much of a text that is still being written, and begins with no space, stays in the first part of it however it
 * goes on.
 */
export function settledLength(text: string, limit: number): number {
  return cutOf(text, limit - CLOSING, 0, true).end;
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
  /** What has to stand before the rest, for a code block, a quote or a table to go on. */
  mark: string;
}

/**
 * The best cut after `from` and up to `room`. A part may be short for a better place, but not below a quarter. While the
 * text grows, the place before its last line may still become a better or a worse one, and is none.
 */
function cutOf(text: string, room: number, from: number, isGrowing = false): Cut {
  const least = Math.max(from + 1, room / 4);
  const best: (Place | undefined)[] = [];
  let last: Place | undefined;
  for (const place of placesIn(text)) {
    const { line, rank } = place;
    if (line.at > room) break;
    const isOpen = isGrowing && line.at + line.text.length === text.length;
    if (line.at >= least && !isOpen) best[rank] = place;
    last = place;
  }
  const border = best[0] ?? best[1] ?? best[2];
  const { at, text: line, before: fence } = (border ?? last)?.line ?? { at: 0, text: '', before: null };
  const codeMark = fence ? `${fence.opening}\n` : '';
  // A head that takes too much of a part is not worth it.
  if (border) return { end: at, fence, mark: codeMark || (border.head.length <= room / 2 ? border.head : '') };
  // Such a line may turn out to be a good place to cut before.
  if (isGrowing && at >= least) return { end: at, fence, mark: '' };
  const quoteMark = !fence && line.startsWith('> ') ? '> ' : '';
  const start = Math.max(from, at + quoteMark.length);
  const end = endWithin(text, start, Math.min(room, at + line.length), isGrowing ? (room - start) / 4 : null);
  return { end, fence, mark: end < at + line.length ? codeMark + quoteMark : codeMark };
}

interface Place {
  line: Line;
  /** How good a cut before the line is: 0 between paragraphs, 1 between lines, 2 within code; 3 is not for cutting. */
  rank: 0 | 1 | 2 | 3;
  /** Of the table that a cut would be in: what has to stand before its next rows. */
  head: string;
}

function* placesIn(text: string): Generator<Place> {
  let last: Line | undefined;
  let head = '';
  /** Of the table that the line is in, without its first line. */
  let rows = 0;
  for (const line of linesOf(text)) {
    rows = rows > 0 && cellsOf(line) ? rows + 1 : 0;
    if (rows === 0 && last && isHead(last, line)) {
      rows = 1;
      head = `${last.text}\n${line.text}\n`;
    }
    const isTorn = rows === 1 || rows === 2;
    yield { line, rank: isTorn ? 3 : rankOf(line, last), head: rows > 2 ? head : '' };
    last = line;
  }
}

function rankOf(line: Line, previous: Line | undefined): 0 | 1 | 2 | 3 {
  if (line.before) return previous?.before ? 2 : 3;
  return line.after || previous?.before || previous?.text.trim() === '' ? 0 : 1;
}

const SENTENCE_END = /[.!?…][)\]"'”’»*_]*(?=\s)|[。！？]/g;

/** A cut within the line that begins at `start`. `sure`: while it grows, so much of it stays for certain. */
function endWithin(text: string, start: number, room: number, sure: number | null): number {
  const slice = text.slice(start, room);
  const least = sure ?? slice.length / 4;
  const sentence = [...slice.matchAll(SENTENCE_END)].at(-1);
  if (sentence && sentence.index >= least) return start + sentence.index + sentence[0].length;
  const word = /\s\S*$/.exec(slice)?.index ?? 0;
  if (word > 0 && word >= least) return start + word;
  if (sure === null) return Math.max(start + 1, graphemeBorder(text, room));
  const border = start + Math.floor(sure);
  if (room === text.length && room <= border) {
    // What is written last may still grow across the border, and would be cut before it.
    const last = graphemeBorder(text, room - 1);
    return border - last < LONGEST_GRAPHEME ? last : room;
  }
  return graphemeBorder(text, Math.min(room, border));
}

/** Longer than any that people write, such as a family in four skin tones. */
const LONGEST_GRAPHEME = 64;

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The last border between graphemes up to `index`; within a grapheme that is longer, one between characters. */
function graphemeBorder(text: string, index: number): number {
  const start = GRAPHEMES.segment(text).containing(index)?.index ?? text.length;
  if (start > 0) return start;
  return /[\ud800-\udbff]/.test(text.charAt(index - 1)) ? index - 1 : index;
}
