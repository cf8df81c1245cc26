import { isAbbreviated, type Wording } from './wording.ts';

/** A part of a text, without the spaces around it. */
export interface Range {
  start: number;
  end: number;
  /** Not the end of its sentence, which was too long to be said at once. */
  isPart: boolean;
}

export const MAX_SENTENCE = 300;

/** The sentences of one paragraph, none above the limit, none without anything to say. */
export function sentenceRanges(text: string, locale: string, words: Wording | null): Range[] {
  const ends: number[] = [];
  let start = 0;
  for (const end of possibleEnds(text, locale, words)) {
    const isOpen = words !== null && continues(text.slice(start, end), text.slice(end), words);
    const goesOn = /^[\p{Ll}:;,.)…»”\]]/u.test(text.slice(end)) && !/[。！？]\s*$/.test(text.slice(start, end));
    if (end < text.length && (isOpen || goesOn)) continue;
    ends.push(end);
    start = end;
  }
  return ends
    .flatMap((end, index) => clauses(text, ends[index - 1] ?? 0, end))
    .flatMap((range) => trimmed(text, range));
}

/** The segmenter sees no sentence that begins with a number: "It has 9 parts. 4 parts are blue." */
function possibleEnds(text: string, locale: string, words: Wording | null): number[] {
  const ends = [...segmenterFor(locale).segment(text)].map(({ segment, index }) => index + segment.length);
  const numbered = words ? [...text.matchAll(/(?<=[\p{L}\p{N})%"”][.])\s+(?=\d)/gu)] : [];
  return [...new Set([...ends, ...numbered.map(({ 0: gap, index }) => index + gap.length)])].sort((a, b) => a - b);
}

const SEGMENTERS = new Map<string, Intl.Segmenter>();

function segmenterFor(locale: string): Intl.Segmenter {
  const segmenter = SEGMENTERS.get(locale) ?? new Intl.Segmenter(locale, { granularity: 'sentence' });
  SEGMENTERS.set(locale, segmenter);
  return segmenter;
}

/** After an abbreviation, an initial or an ordinal the sentence goes on. */
function continues(before: string, after: string, words: Wording): boolean {
  const said = before.trimEnd();
  if (!said.endsWith('.')) return false;
  if (isAbbreviated(said, words) || /(?:^|\p{Lu}\. ?|\p{Lu}\p{Ll}+ )\p{Lu}\.$/u.test(said)) return true;
  const ordinal = /(?:^|(\p{L}+) )\d{1,4}\.$/u.exec(said);
  const next = /^\p{L}+/u.exec(after)?.[0] ?? '';
  return (
    ordinal !== null &&
    (words.months.includes(next) || (words.ordinalsAfter.includes(ordinal[1]?.toLowerCase() ?? '') && next !== ''))
  );
}

/** Where a long sentence may be cut, best first. */
const CUTS = [/[;:；：]\s+|[；：。]/g, /\s[–—]\s/g, /,\s+|[，、]/g, /\s+/g];

function clauses(text: string, from: number, to: number): Range[] {
  const ranges: Range[] = [];
  let start = from;
  while (to - start > MAX_SENTENCE) {
    const end = start + cutIn(text.slice(start, start + MAX_SENTENCE));
    ranges.push({ start, end, isPart: true });
    start = end;
  }
  return [...ranges, { start, end: to, isPart: false }];
}

/** How much of a text that is too long is said first: at least a third, so that no scrap stands alone. */
function cutIn(text: string): number {
  for (const cut of CUTS) {
    const last = [...text.matchAll(cut)].at(-1);
    const end = last ? last.index + last[0].length : 0;
    if (end > text.length / 3) return end;
  }
  // Never within a surrogate pair.
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
}

function trimmed(text: string, { start, end, isPart }: Range): Range[] {
  const part = text.slice(start, end);
  if (!/[\p{L}\p{N}]/u.test(part)) return [];
  const lead = part.length - part.trimStart().length;
  return [{ start: start + lead, end: start + part.trimEnd().length, isPart }];
}
