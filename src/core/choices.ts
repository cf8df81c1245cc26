import { asserted, claimIn, closestForms, isChat, ORDINARY, saidSurely, withoutArticle } from './claims.ts';
import { inDigits, isSameNumber, numeralsIn } from './numbers.ts';
import { resultIn } from './quantities.ts';
import {
  anyOf,
  findPhrases,
  type Mention,
  NEGATORS,
  nearWord,
  normalise,
  readable,
  withoutOverlaps,
  wordCount,
  wordSet,
} from './text.ts';

export interface Choice {
  id: string;
  text: string;
}

/**
 * The option that a reply picks: by its letter, its place ("the second one"), its words, a part of them that no
 * other option has, or its value. Null when it picks none, several, or a letter with another option's words.
 */
export function chosenOption<T extends Choice>(choices: readonly T[], reply: string): T | null {
  const isMarked = /\b(?:option|choice|letter)\b|[)\]]/i.test(reply);
  const text = saidSurely(reply);
  const texts = choices.map((choice) => choice.text);
  const closest =
    [reply, claimIn(text)]
      .map((typed) =>
        closestForms(typed, texts).filter((index) => !isMarked || normalise(texts[index] ?? '').length > 1),
      )
      .find((found) => found.length > 0) ?? [];
  const letter = choices.find((choice) => choice.id === normalise(reply));
  const [first = -1] = closest;
  if (closest.length === 1 && (!letter || letter === choices[first])) return choices[first] ?? null;
  if (letter) return closest.length === 0 ? letter : null;
  const named = picksIn(text, choices);
  if (named.length === 0) return optionByContent(choices, text) ?? optionByValue(choices, text);
  const claims = asserted(
    text,
    withoutOverlaps(named, ({ id }) => id),
  );
  const ids = new Set(claims.map(({ value }) => value.id));
  return ids.size === 1 ? (choices.find((choice) => ids.has(choice.id)) ?? null) : null;
}

const picksIn = (text: string, choices: readonly Choice[]): Pick[] => [
  ...labelsIn(text, choices),
  ...placesIn(text, choices),
  ...textsIn(text, choices),
];

type Pick = Mention<{ id: string; likeness: number }>;

/** What may stand before an option's letter. */
const LEADING = new RegExp(
  String.raw`(?:^|[.,;:!?"*([{|~]|\b${anyOf(
    'its|is|it|be|was|thats?|the|la|es|que|ist|cest',
    'say|said|pick|picked|choose|chose|select|put|got|get|think|thought|guess|believe|denke|with|for|to|use|using',
    'option|choice|answer|ans|letter|mean|meant|wait|actually|oops|sorry',
    'no|yes|yeah|not|or|and|nor|either|between|about|but|vs|than|of|so|then|like',
    'maybe|probably|prob|prolly|def|definitely|obviously|um|uh|hm+|oh|ok|okay|well',
  )}) ?$`,
);
/** What may stand after it. */
const FOLLOWING = new RegExp(
  String.raw`^(?: ${anyOf(
    'because|bc|bcs|cuz|cos|coz|cause|since|is|its|it|i|or|and|but|not|no|then|than|instead|wait|actually|sorry',
    'lol|imo|ig|though|tho|please|obviously|definitely|probably|maybe|of course|for sure',
  )}\b|[^\p{L}\p{N} ]| [^\p{L}\p{N}]|$)`,
  'u',
);

const AFTER_LETTER =
  /^(?:right|correct|tbh|bro|man|dude|sounds|seems|looks|has|must|would|fits|works|definitely|final)$/;

/** What may follow an option that is an everyday word, such as the keyword "for". */
const ENDING =
  /^(?:[^\p{L}\p{N} ]| [^\p{L}\p{N}]|$| (?:because|bc|cause|since|loop|keyword|statement|operator|not|or|and|but|i think|i guess|maybe|probably)\b)/u;

/** Option letters that are used as such: "b", "(b)", "its b", "go with b" — not the article, not "vitamin c". */
function labelsIn(text: string, choices: readonly Choice[]): Pick[] {
  const letters = text.matchAll(/(?<![\p{L}\p{N}+_./=<>^-])\p{L}(?![\p{L}\p{N}+_=*/^#]|[.-][\p{L}\p{N}])/gu);
  return [...letters].flatMap(({ 0: id, index }) => {
    const choice = choices.find((candidate) => candidate.id === id);
    const [before, after] = [text.slice(Math.max(0, index - 20), index), text.slice(index + 1, index + 40)];
    const isMarked = /^[)\]:]/.test(after) || /\b(?:option|choice|letter) $/.test(before);
    const word = /^ ([\p{L}\p{N}]+)/u.exec(after)?.[1] ?? '';
    const follows =
      FOLLOWING.test(after) ||
      (id !== 'a' && id !== 'i' && (isChat(word) || AFTER_LETTER.test(word))) ||
      startsWith(choice?.text, word);
    const isUsed = isMarked || (LEADING.test(before) && follows && id !== 'i');
    return choice && isUsed ? [{ value: { id, likeness: 1 }, start: index, end: index + 1 }] : [];
  });
}

const startsWith = (text: string | undefined, word: string) =>
  normalise(withoutArticle(text ?? '')).split(' ')[0] === word;

const PLACES = [
  ['first', '1st', 'top', '1', 'one'],
  ['second', '2nd', '2', 'two'],
  ['third', '3rd', '3', 'three'],
  ['fourth', '4th', '4', 'four'],
  ['fifth', '5th', '5', 'five'],
];
const ORDINAL = 'first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|last|top|bottom';
const CARDINAL = '[1-5]|one|two|three|four|five';
const PLACE = new RegExp(
  String.raw`\b(?<named>${ORDINAL}) (?:one|option|choice|answer)\b|\b(?:option|choice)(?: number)?(?= #?(?<numbered>${CARDINAL})(?![\d.,/]*\d))|^(?:(?:its|the|number|no\.) |[(#])*(?<whole>${ORDINAL}|${CARDINAL})[ .!?)]*$`,
  'g',
);

/** "the second one", "option 2", "3rd"; a bare digit only where no option has a number in it. */
function placesIn(text: string, choices: readonly Choice[]): Pick[] {
  const hasNumbers = choices.some((choice) => /\d/.test(inDigits(readable(choice.text))));
  // In a longer sentence "the bottom one" is more likely a thing of the lesson than a place in the list.
  const isSentence = wordCount(text) > 6;
  return [...text.matchAll(PLACE)].flatMap(({ 0: match, index, groups = {} }) => {
    if (isSentence && /^(?:top|bottom|last)$/.test(groups.named ?? '')) return [];
    const named = groups.named ?? groups.numbered ?? groups.whole ?? '';
    if (groups.whole && hasNumbers && !new RegExp(`^(?:${ORDINAL})$`).test(named)) return [];
    const place = /^(?:last|bottom)$/.test(named)
      ? choices.length - 1
      : PLACES.findIndex((names) => names.includes(named));
    const id = choices[place]?.id;
    return id ? [{ value: { id, likeness: 1 }, start: index, end: index + match.length }] : [];
  });
}

function textsIn(text: string, choices: readonly Choice[]): Pick[] {
  const texts = choices.map((choice) => withoutArticle(choice.text));
  return findPhrases(text, texts, nearWord).flatMap(({ value: { index, likeness }, start, end }) => {
    const id = choices[index]?.id;
    const word = normalise(texts[index] ?? '');
    const isFree = LEADING.test(text.slice(Math.max(0, start - 20), start)) && ENDING.test(text.slice(end, end + 20));
    const isMeant = !/^[a-j]$/.test(word) && (isFree || !ORDINARY.has(word));
    return id !== undefined && isMeant ? [{ value: { id, likeness }, start, end }] : [];
  });
}

const PADDING = wordSet(`
  a an the it its is are was be to of in on for i think guess maybe probably prob would say pick choose go with answer my
  that this option one choice um uh so well just they them these
`);
const contentOf = (text: string) =>
  normalise(text)
    .split(' ')
    .filter((word) => word !== '' && !PADDING.has(word));
const has = (words: readonly string[], wanted: string) => words.some((word) => nearWord(wanted, word));

/** The one option that has all the words of a reply: "the same size" for "Both have the same size". */
function optionByContent<T extends Choice>(choices: readonly T[], text: string): T | null {
  const typed = contentOf(text).map((word) =>
    word.replace(/^(?:yeah|yep|yup)$/, 'yes').replace(/^(?:nope|nah)$/, 'no'),
  );
  if (typed.length === 0 || (isChat(text) && !/^(?:yes|no|more)$/.test(typed[0] ?? ''))) return null;
  const whole = choices
    .map((choice) => ({ choice, words: contentOf(choice.text) }))
    .filter(({ words }) => typed.every((word) => has(words, word)));
  const equal = whole.filter(({ words }) => words.every((word) => has(typed, word)));
  return (equal.length === 1 ? equal[0]?.choice : whole.length === 1 ? whole[0]?.choice : null) ?? null;
}

/** Where every option is a number: the one that a reply arrives at in any form. */
function optionByValue<T extends Choice>(choices: readonly T[], text: string): T | null {
  const values = choices.map((choice) => numeralsIn(inDigits(readable(choice.text))));
  const result = values.every((found) => found.length === 1) ? resultIn(inDigits(text), '') : null;
  if (!result) return null;
  const same = choices.filter((_, index) =>
    isSameNumber(values[index]?.[0]?.value.value ?? Number.NaN, result.mention.value.value),
  );
  return same.length === 1 ? (same[0] ?? null) : null;
}

/** Where no option is named: the one whose words a reply has the most of, if clearly so. A guess. */
export function likelyOption<T extends Choice>(choices: readonly T[], text: string): T | null {
  const typed = contentOf(text);
  if (typed.length < 2 || typed.length > 25 || typed.some((word) => NEGATORS.has(word))) return null;
  if (picksIn(text, choices).length > 0) return null;
  const ranked = choices
    .map((choice) => ({ choice, words: contentOf(choice.text) }))
    .map(({ choice, words }) => ({
      choice,
      share: words.filter((word) => has(typed, word)).length / Math.max(2, words.length),
    }))
    .sort((a, b) => b.share - a.share);
  const [best, next] = ranked;
  return best && best.share >= 0.6 && best.share - (next?.share ?? 0) >= 0.3 ? best.choice : null;
}
