import type { SpokenSentence } from '../ports.ts';
import { blocksOf } from './markdown.ts';
import { cleared } from './marks.ts';
import { spokenSentences } from './sentences.ts';

/** Speech of a text that is still being written. Pure. */

/** The end of a sentence, when the word after it is there, and plain: what is code or a formula yet may continue it. */
const ENDS = /[.!?…]["”»’)*_~]*\s+(?=["“«¿¡]?\p{L}[\p{L}\p{M}\p{N}’'-]*[\s,])|[。！？]["”」』）]*(?=[\p{L}])/gu;
/** The end of a block: an empty line, or the beginning of a line that can only be a block of its own. */
const BREAKS = /\n(?=[ \t]*\n|\s{0,3}#{1,6} \S|\s*(?:[-*+•]|\d{1,9}[.)])\s+[^\s|])/g;

/**
 * The sentences of a growing text that cannot change any more, whatever is written next: a beginning of what
 * `spokenSentences` makes of the finished text, but for the silence after the last one. One that may still go on is
 * held back, as is all that stands in an open block of code, a table, or an open mark.
 */
export function finishedSentences(text: string, options: { language: string }): SpokenSentence[] {
  const clean = cleared(text);
  const all = spokenSentences(clean, options);
  for (const { end, isFit } of possibleEnds(clean)) {
    if (!isFit(clean, end)) continue;
    const sentences = spokenSentences(clean.slice(0, end), options);
    if (sentences.length === 0) continue;
    if (sentences.every((sentence, index) => sentence.text === all[index]?.text)) return sentences;
  }
  return [];
}

interface PossibleEnd {
  end: number;
  isFit(text: string, end: number): boolean;
}

/** Where a text may be cut if it is fit for it, the last first: that is seldom asked of more than one. */
function possibleEnds(text: string): PossibleEnd[] {
  const breaks = [...text.matchAll(BREAKS)].map(({ index }) => ({ end: index, isFit: isBreak }));
  const ends = [...text.matchAll(ENDS)].map(({ 0: end, index }) => ({
    end: index + end.trimEnd().length,
    isFit: isEnd,
  }));
  return [...breaks, ...ends].sort((one, other) => other.end - one.end);
}

function isBreak(text: string, end: number): boolean {
  const isEmpty = /^\n[ \t]*\n/.test(text.slice(end, end + 200));
  // After a line of a table, what looks like an item may be the next one.
  return (isEmpty || !lineAt(text, end).includes('|')) && !isInCode(text.slice(0, end));
}

/** In a paragraph or an item, with nothing open that what follows could close. */
function isEnd(text: string, end: number): boolean {
  const before = text.slice(0, end);
  const block = before.slice(before.search(/\n[ \t]*\n(?![\s\S]*\n[ \t]*\n)/) + 1);
  return !/[\\<|]/.test(block) && !lineAt(text, end).includes('|') && isBalanced(block) && !isInCode(before);
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, end < 0 ? text.length : end);
}

const PAIRS = ['()', '[]', '{}', '“”', '«»'] as const;
/** What opens also closes. Several in a row are one. */
const TWINS = [/`+/g, /\$+/g, /\*+/g, /_+/g, /~+/g, /"+/g];

function isBalanced(block: string): boolean {
  // The mark of an item is none.
  const text = block.replace(/^\s*\*\s+/gm, '');
  const count = (sign: string | RegExp) => text.split(sign).length - 1;
  return (
    PAIRS.every(([open = '', close = '']) => count(open) === count(close)) &&
    TWINS.every((sign) => count(sign) % 2 === 0)
  );
}

/** What is written next would belong to a block of code. */
function isInCode(text: string): boolean {
  return blocksOf(`${text}\n\nx`).at(-1)?.kind === 'code';
}
