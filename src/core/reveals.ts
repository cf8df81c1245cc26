import { asserted, withoutArticle } from './claims.ts';
import type { Question } from './curriculum.ts';
import { inDigits, isSameNumber, type Numeral, numeralsIn } from './numbers.ts';
import { type NumericKey, numericKey } from './quantities.ts';
import {
  findPhrases,
  isPlural,
  type Mention,
  mentions,
  normalise,
  readable,
  type SameWord,
  withoutOverlaps,
  wordSet,
} from './text.ts';

type Wanted<K extends Question['kind']> = Extract<Question, { kind: K }>;

/**
 * Whether a text gives the answer away: a learner could copy it from there. Made for authored hints and for what a
 * model says while the question waits, so what every hint may say is no leak:
 *
 * - a question's own words and numbers, in the form in which its prompt has them ("6/8" for "Simplify 6/8");
 * - all options of a choice, or the right one beside a wrong one;
 * - a whole number up to 20, a "half", or a word as common as "yes", wherever it may have another part to play.
 *
 * Each of these does give the answer away once it is stated as the answer: "so it is b", "that makes 12", "= 4".
 * Everything else leaks by being named at all: the only right option, a key form in singular or plural, the number in
 * any form (3/4, 0.75, 75%, "three quarters"). A choice leaks by elimination too, and an open answer by its reference
 * or by statements that meet all of its points in the reference's words.
 */
export function revealsAnswer(question: Question, text: string): boolean {
  const shown = withoutPrompt(question.prompt, readable(text.replace(EMPHASIS, '')));
  switch (question.kind) {
    case 'choice':
      return revealsChoice(question, shown);
    case 'numeric':
      return revealsNumber(question, shown);
    case 'short':
      return revealsShort(question, shown);
    case 'open':
      return revealsOpen(question, shown);
    default:
      return question satisfies never;
  }
}

const EMPHASIS = /\*\*|__|~~|\|\||(?<![\d\s)])\*|\*(?![\d\s(])/g;

/** A message may quote the question: whole sentences of it are left out. */
function withoutPrompt(prompt: string, text: string): string {
  const sentences = readable(prompt.replace(EMPHASIS, '')).split(/(?<=[.:?!;]) /);
  return [sentences.join(' '), ...sentences.filter((part) => part.length >= 12)].reduce(
    (rest, part) => rest.replaceAll(part, ' '),
    text,
  );
}

const STATED =
  /(?:[=≈→]|\banswer\b[^.;!?]{0,25}|\b(?:is|its|be|so|equals?|makes?|gives?|gets?|use|called|choose|pick|write|say|need|means?)\b)[\s:]*(?:(?:the|an?|just|about|exactly|number|it|its|is|are|to|option|word|called|equal|then|you|get|right|correct|answer)\b[\s:]*){0,5}["'(*[{$€£]*$/;
const STATED_PLAINLY =
  /(?:[=≈→]|\banswer\b[^.;!?]{0,25}|\b(?:equals?|makes|gives|so (?:it is|its|the \w+ is|you get|we get|use|write|say|pick|choose)))[\s:]*(?:(?:the|an?|about|exactly|it|is)\b[\s:]*){0,3}["'(*[{$€£]*$/;
const CALLED_RIGHT = /^["')*\]]* (?:is|was) (?:the )?(?:right|correct|answer)\b/;

/** Said to be the answer: after "is", "=", "use"; not asked about, denied, or offered beside something else. */
function isStated(text: string, { start, end }: Mention<unknown>, pattern = STATED): boolean {
  const [before, after] = [text.slice(Math.max(0, start - 90), start), text.slice(end, end + 90)];
  if (CALLED_RIGHT.test(after)) return true;
  const sentence = before.split(/[.;!?] /).at(-1) ?? '';
  const isAsked =
    /^[^.;!]*\?/.test(after) && /^\W*(?:is|are|do|does|which|what|when|how|why|where|would|could|can)\b/.test(sentence);
  const isOffered = /\bor (?:the |an? )?["'*(]*$/.test(before) || /^["'*)]* or\b/.test(after);
  const isDenied = /\b(?:not|isnt|arent|never)\b[^.;!?]{0,12}$/.test(sentence);
  return !isAsked && !isOffered && !isDenied && pattern.test(before);
}

/** Named by the text in the words that the prompt has too. */
function isOwnWord(question: Question, text: string, { start, end }: Mention<unknown>): boolean {
  return findPhrases(readable(question.prompt), [text.slice(start, end)]).length > 0;
}

function revealsChoice(question: Wanted<'choice'>, text: string): boolean {
  const { answer, choices } = question;
  const label = `["'([]*${answer}(?:["']*[)\\]]|\\b(?! ?(?!because\\b|since\\b|and\\b|as\\b)[\\p{L}\\p{N}]))`;
  const claims = new RegExp(
    `\\b(?:answer(?: is|:)?|choose|pick|go with|its|it (?:is|must be|has to be)) (?:option )?${label}|\\bis ${answer}(?= ?[.,;!]|$)|(?<![\\p{L}\\p{N}])${answer}["')\\]]* (?:is|was) (?:the )?(?:right|correct|answer)\\b`,
    'u',
  );
  if (claims.test(text)) return true;
  const texts = choices.map((choice) => withoutArticle(choice.text));
  const named = withoutOverlaps(findPhrases(text, texts), ({ index }) => index);
  const isRight = (mention: (typeof named)[number]) => choices[mention.value.index]?.id === answer;
  const right = named.filter(isRight);
  if (right.some((mention) => isStated(text, mention) && !CALCULATES.test(text.slice(mention.end)))) return true;
  const claimed = asserted(text, named);
  if (claimed.length === 0)
    return (
      new Set(named.filter((mention) => !isRight(mention)).map(({ value }) => value.index)).size === choices.length - 1
    );
  return (
    claimed.every(isRight) && right.some((mention) => isTelling(text, mention) && !isOwnWord(question, text, mention))
  );
}

/** Long enough not to turn up by chance. */
const isTelling = (text: string, { start, end }: Mention<unknown>) =>
  end - start > 3 || /\d\/\d/.test(text.slice(start, end));
const CALCULATES = /^ ?(?:(?:times|plus|minus|more|less|fewer|x)\b|of (?:the )?\d|[-+*/^]|\d)/;

function revealsNumber(question: Wanted<'numeric'>, source: string): boolean {
  const key = numericKey(question);
  if (!key) return findPhrases(source, [question.answer]).length > 0;
  const [text, prompt] = [inDigits(source), inDigits(readable(question.prompt.replace(EMPHASIS, '')))];
  const own = new Set(numeralsIn(prompt).map(({ value }) => value.form));
  const asTyped = new Set(numeralsIn(source).map(({ value }) => value.form));
  return numeralsIn(text).some((mention) => {
    const { form } = mention.value;
    if (isQuoted(prompt, text, mention)) return false;
    if (!isKeyNumber(key, mention.value) || CALCULATES.test(text.slice(mention.end))) return false;
    const isSpelled = !asTyped.has(form);
    if (own.has(form) || (isSpelled && /^(?:1\/)?\d\d?$/.test(form))) return isStated(text, mention, STATED_PLAINLY);
    return /^(?:1?\d|20)$/.test(form) ? isStated(text, mention) : true;
  });
}

/** With the words before it, as in the prompt: "first = 6". */
function isQuoted(prompt: string, text: string, { start, end }: Mention<unknown>): boolean {
  return start >= 5 && prompt.includes(text.slice(start - 5, end));
}

/** For a whole number a division is a task ("12/3"), not another form of the answer. */
function isKeyNumber(key: NumericKey, { value, form, isPercent }: Numeral): boolean {
  if (Number.isInteger(key.value) && /[/^]/.test(form)) return false;
  return isSameNumber(value, key.value) || (!isPercent && isSameNumber(value * key.scale, key.value));
}

const singularOrPlural: SameWord = (typed, wanted) =>
  typed === wanted || isPlural(typed, wanted) || (typed.length > 5 && isPlural(wanted, typed));

const COMMON = wordSet(
  `yes no true false more less up down same first second third one two three four five six seven eight nine ten zero none all both big small before after left right and but not`,
);

function revealsShort(question: Wanted<'short'>, text: string): boolean {
  const forms = [...question.accept, ...question.wrong.map((entry) => entry.answer)].map(withoutArticle);
  const named = withoutOverlaps(
    findPhrases(text, forms, singularOrPlural),
    ({ index }) => index < question.accept.length,
  );
  const isRight = (mention: (typeof named)[number]) => mention.value.index < question.accept.length;
  return named.filter(isRight).some((mention) => {
    const form = normalise(text.slice(mention.start, mention.end));
    const isOrdinary = COMMON.has(form) || isOwnWord(question, text, mention);
    if (isOrdinary || form.length <= 2) {
      const isLast = !isOrdinary && /^["')]* ?(?:[.,;!]|$)/.test(text.slice(mention.end));
      return isStated(text, mention, isLast ? STATED : STATED_PLAINLY) && !CALCULATES.test(text.slice(mention.end));
    }
    return !named.some((other) => !isRight(other) && isBeside(text, mention, other));
  });
}

/** "ser or estar": two forms to choose from. */
function isBeside(text: string, a: Mention<unknown>, b: Mention<unknown>): boolean {
  const gap = a.end <= b.start ? text.slice(a.end, b.start) : text.slice(b.end, a.start);
  return gap.length < 30 && /\b(?:or|vs|versus|from|between)\b/.test(gap);
}

function revealsOpen(question: Wanted<'open'>, text: string): boolean {
  if (findPhrases(text, [question.reference]).length > 0) return true;
  const gist = question.reference.split(/[,;:.]|\bbecause\b/)[0]?.trim() ?? '';
  const isShort = gist !== question.reference && normalise(gist).split(' ').length <= 4;
  if (isShort && findPhrases(text, [gist]).some((mention) => isStated(text, mention))) return true;
  const statements = text
    .split(/(?<=[.!?;]) /)
    .filter((sentence) => !sentence.endsWith('?'))
    .join(' ');
  const words = new Set(normalise(statements).split(' '));
  const reference = [...new Set(normalise(question.reference).split(' '))].filter(
    (word) => word.length > 3 || /\d/.test(word),
  );
  const share = reference.filter((word) => words.has(word)).length / Math.max(1, reference.length);
  return share >= 0.6 && question.points.every((entry) => entry.any.some((word) => mentions(statements, word)));
}
