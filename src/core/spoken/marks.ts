/**
 * Characters of no script that stand in a text while it is made for the ear: they become SSML, and vanish from what is
 * plain. `cleared` takes them out of what comes in, so that nobody else can write them.
 */
export const STRONG = '\ue000';
export const STRONG_END = '\ue001';
/** A breath. */
export const BREATH = '\ue002';
/** Said letter by letter: the A of a choice is no article. */
export const LETTERS = '\ue003';
export const LETTERS_END = '\ue004';
/** Stands for something that is said already. */
export const SAID = '\ue010';

export function cleared(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\ue000-\uf8ff\ufeff\ufffc-\uffff\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u00ad]/g, '')
    .replace(/(?![\n\t\u200c]|\u200d)\p{C}/gu, '')
    .replace(/[\t\u00a0\u2000-\u200a\u202f\u3000]/g, ' ');
}

export interface Span {
  kind: 'strong' | 'letters' | 'breath';
  start: number;
  end: number;
}

/** The text without marks, and what they said about it. */
export function unmarked(marked: string): { text: string; spans: Span[] } {
  const spans: Span[] = [];
  let text = '';
  let strongFrom: number | null = null;
  let depth = 0;
  let lettersFrom = 0;
  for (const piece of marked.split(/([\ue000-\ue0ff])/)) {
    if (piece === STRONG) {
      if (depth === 0) strongFrom = text.length;
      depth += 1;
    } else if (piece === STRONG_END) {
      depth = Math.max(0, depth - 1);
      if (depth === 0 && strongFrom !== null) spans.push({ kind: 'strong', start: strongFrom, end: text.length });
      if (depth === 0) strongFrom = null;
    } else if (piece === LETTERS) lettersFrom = text.length;
    else if (piece === LETTERS_END) spans.push({ kind: 'letters', start: lettersFrom, end: text.length });
    else if (piece === BREATH) spans.push({ kind: 'breath', start: text.length, end: text.length });
    else if (!/^[\ue000-\ue0ff]$/.test(piece)) text += piece;
  }
  return { text, spans };
}
