/** Signs that people type in several ways, in one way; no emoji. Runs before anything decomposes "x²" into "x2". */
function plain(text: string): string {
  return text
    .replace(/\p{Extended_Pictographic}|\u200d|\ufe0f/gu, ' ')
    .replace(/[⁰¹²³⁴-⁹]+/g, (power) => `^${power.normalize('NFKC')}`)
    .replace(/[¼-¾⅐-⅞]/g, (part) => ` ${part.normalize('NFKC')} `)
    .replace(/[\u2010-\u2013\u2212]/g, '-')
    .replace(/\u2014/g, ' , ')
    .replace(/\u2044/g, '/')
    .replace(/×/g, 'x')
    .replace(/÷/g, '/')
    .replace(/[‘’ʼ`´]/g, (sign) => (sign === '`' ? ' ' : "'"))
    .replace(/[“”„«»]/g, '"')
    .replace(/≠|!=/g, '<>');
}

const FOLDED: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

/** Lower case, no accents, no punctuation, single spaces: how typed text is compared. Keeps letters of every script. */
export function normalise(text: string): string {
  return plain(text)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309a]]/gv, '')
    .normalize('NFC')
    .replace(/[ßæœøłđı]/g, (letter) => FOLDED[letter] ?? letter)
    .replace(/'/g, '')
    .replace(/[^\p{L}\p{M}\p{N}+\-*/=<>%.,^#]+/gu, ' ')
    .replace(/(?<!\d)[.,]|[.,](?!\d)|(?<!\p{L})#/gu, ' ')
    .replace(/(?<=^| )\*+(?=[^\s*])|(?<=[^\s*])\*+(?= |$)|(?<=^| )\*{2,}(?= |$)/g, ' ')
    .replace(/(?<=\p{L}\p{L})-(?=\p{L})|(?<=\p{L})-(?=\p{L}\p{L})|^ *- (?=\p{L})/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A character of a script that is written without spaces counts as a word. */
export function wordCount(text: string): number {
  return (normalise(text).match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|\S+?(?=$| )/gu) ?? []).length;
}

/** The words of a list, as a set. */
export const wordSet = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** Source of a pattern that matches any one of some patterns. */
export const anyOf = (...patterns: string[]): string => `(?:${patterns.join('|')})`;

export const NEGATORS = wordSet(`
  not no never neither nor without except unlike isnt arent wasnt werent aint dont doesnt didnt cant cannot couldnt wont
  wouldnt shouldnt
`);

/** True when some word, or run of words, of the text begins with the phrase and is not negated. */
export function mentions(text: string, phrase: string): boolean {
  const wanted = normalise(phrase);
  if (wanted === '') return false;
  return text.split(/[.!?;\n]+(?=\s|$)/).some((sentence) => {
    const padded = ` ${normalise(sentence)}`;
    for (let at = padded.indexOf(` ${wanted}`); at >= 0; at = padded.indexOf(` ${wanted}`, at + 1)) {
      if (!isNegatedBefore(padded.slice(Math.max(0, at - 60), at))) return true;
    }
    return false;
  });
}

/** "not X", "doesn't really X", "not because of X"; but not "not only X". */
function isNegatedBefore(before: string): boolean {
  const words = before.trim().split(/\s+/);
  const at = words.findLastIndex((word) => NEGATORS.has(word));
  if (at < 0) return false;
  const between = words.slice(at + 1).join(' ');
  return /^(?:(?:really|actually|even|because|of|due to|the|an?|any|has|have|needs?|be|to|gets?|take|make)(?: |$)){0,3}$/.test(
    between,
  );
}

/** Without what Postgres refuses in text and JSON: NUL, and halves of surrogate pairs. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** Learner text as it is stored: valid Unicode, nothing unreadable, no control characters, line breaks as \n. */
export function cleanInput(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/\ufffd|[^\P{C}\n\t\u200d]/gu, '')
    .normalize('NFC')
    .trim();
}

/** Of one message: longer than any answer, shorter than a book. */
export const MAX_MESSAGE_CHARACTERS = 8_000;

/** Its beginning, as cleanInput leaves it, and never half a character. */
export function cleanStart(text: string, length: number): string {
  return cleanInput(text)
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
}

/** One line in lower case that keeps its punctuation, but for apostrophes in a word. */
export function readable(text: string): string {
  return plain(text)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\n/g, ' ; ')
    .replace(/\bb\/c\b(?! *$)/g, 'because')
    .replace(/(?<=[\p{L}\d])'(?=[\p{L}\d])/gu, '')
    .replace(/'/g, '"')
    .replace(/\.{2,}/g, ' ... ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Something that a text names, and where. Positions are those of the readable text. */
export interface Mention<T> {
  value: T;
  start: number;
  end: number;
}

export type SameWord = (typed: string, wanted: string) => boolean;
export const exactWord: SameWord = (typed, wanted) => typed === wanted;

/** Also one typing slip in a word of at least six letters, and a plural for a singular. */
export const nearWord: SameWord = (typed, wanted) =>
  typed === wanted || isPlural(typed, wanted) || isPlural(wanted, typed) || isTypingSlip(typed, wanted);

const PLURALS = [
  ['', 's'],
  ['', 'es'],
  ['y', 'ies'],
  ['on', 'a'],
  ['um', 'a'],
  ['us', 'i'],
  ['is', 'es'],
] as const;

export const isPlural = (many: string, one: string): boolean =>
  one.length > 2 &&
  PLURALS.some(([end, plural]) => one.endsWith(end) && many === `${one.slice(0, one.length - end.length)}${plural}`);

/** One letter missing, added, changed, or swapped with its neighbour. Digits and scripts without letters never slip. */
function isTypingSlip(typed: string, wanted: string): boolean {
  if (
    wanted.length < 6 ||
    Math.abs(typed.length - wanted.length) > 1 ||
    !/^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]+$/u.test(wanted)
  ) {
    return false;
  }
  let start = 0;
  while (start < wanted.length && typed[start] === wanted[start]) start += 1;
  const [rest, want] = [typed.slice(start), wanted.slice(start)];
  const swapped = rest[0] === want[1] && rest[1] === want[0] && rest.slice(2) === want.slice(2);
  return swapped || rest.slice(1) === want.slice(1) || rest.slice(1) === want || rest === want.slice(1);
}

const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
const CODE = /[\p{L}\p{N}_][([](?!e?s\)|\))/u;

/** A form such as `print(x)`, whose brackets are part of the answer. */
export const isCode = (form: string): boolean => CODE.test(form);

/** How a phrase is written where it is named. */
const MISSPELT = 0;
const SPELT = 0.3;
/** With its accents and signs, too. */
const EXACT = 0.6;

/** The phrase that is named: its place in the list that was looked for, and how close the spelling is. */
export interface Named {
  index: number;
  likeness: number;
}

/** Where a readable text names phrases, as whole words. Code is named only with its brackets. */
export function findPhrases(text: string, phrases: readonly string[], same: SameWord = exactWord): Mention<Named>[] {
  const typed = wordsOf(text);
  return phrases.flatMap((phrase, index) => {
    if (isCode(phrase) || /[=+*<>^]/.test(phrase)) return findCode(text, phrase, index);
    if (UNSPACED.test(phrase)) return findExactly(text, readable(phrase), index);
    return findWords(text, typed, phrase, same).map((mention) => ({
      ...mention,
      value: { index, likeness: mention.value },
    }));
  });
}

/** Part of a hyphenated word ("Estates-General") is not the word. */
function findWords(text: string, typed: readonly Mention<string>[], phrase: string, same: SameWord): Mention<number>[] {
  const wanted = normalise(phrase).split(' ').filter(Boolean);
  const exact = readable(phrase);
  const found: Mention<number>[] = [];
  for (let at = 0; wanted.length > 0 && at + wanted.length <= typed.length; at += 1) {
    const run = typed.slice(at, at + wanted.length);
    if (!wanted.every((word, offset) => same(run[offset]?.value ?? '', word))) continue;
    const isPart = typed[at - 1]?.start === run[0]?.start || typed[at + run.length]?.start === run.at(-1)?.start;
    if (isPart) continue;
    const [start, end] = [run[0]?.start ?? 0, run.at(-1)?.end ?? 0];
    const isSpelt = run.every(({ value }, offset) => value === wanted[offset]);
    const likeness = text.slice(start, end) === exact ? EXACT : isSpelt ? SPELT : MISSPELT;
    found.push({ value: likeness, start, end });
  }
  return found;
}

/** The words of a readable text as `normalise` leaves them; punctuation around a word is outside of it. */
function wordsOf(text: string): Mention<string>[] {
  return [...text.matchAll(/(?:[^\s!?;:"(){}[\],/]|(?<=\d),(?=\d)|(?<!\p{L}\p{L})\/|\/(?!\p{L}\p{L}))+/gu)].flatMap(
    ({ 0: chunk, index }) => {
      if (/^[a-z0-9]+$/.test(chunk)) return [{ value: chunk, start: index, end: index + chunk.length }];
      const end = index + chunk.replace(/[.,]+$/, '').length;
      const words = normalise(chunk).split(' ').filter(Boolean);
      return words.map((value) => ({ value, start: index, end }));
    },
  );
}

function findExactly(text: string, wanted: string, index: number): Mention<Named>[] {
  const found: Mention<Named>[] = [];
  for (let at = text.indexOf(wanted); at >= 0 && wanted; at = text.indexOf(wanted, at + wanted.length)) {
    found.push({ value: { index, likeness: EXACT }, start: at, end: at + wanted.length });
  }
  return found;
}

function findCode(text: string, form: string, index: number): Mention<Named>[] {
  const tokens = readable(form).match(/[\p{L}\p{N}_]+|\S/gu) ?? [];
  const escaped = tokens.map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped.join(' ?')}(?![\\p{L}\\p{N}_])`, 'gu');
  return [...text.matchAll(pattern)].map((match) => ({
    value: { index, likeness: EXACT },
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * Drops mentions that lie inside a longer one, and misspellings of what another one spells right. Where a misspelling
 * may mean two things (`meaning` tells), neither is kept. In order.
 */
export function withoutOverlaps<T extends { likeness: number }>(
  mentions: readonly Mention<T>[],
  meaning: (value: T) => unknown,
): Mention<T>[] {
  const rank = (mention: Mention<T>) => mention.end - mention.start + mention.value.likeness;
  const ranked = mentions.toSorted((a, b) => rank(b) - rank(a));
  const taken: Mention<T>[] = [];
  const unclear = new Set<Mention<T>>();
  for (const mention of ranked) {
    const over = taken.find((other) => mention.start < other.end && other.start < mention.end);
    if (!over) taken.push(mention);
    else if (rank(over) === rank(mention) && meaning(over.value) !== meaning(mention.value)) unclear.add(over);
  }
  return taken.filter((mention) => !unclear.has(mention)).sort((a, b) => a.start - b.start);
}
