import { chosenOption, likelyOption } from './choices.ts';
import {
  asserted,
  claimIn,
  closestForms,
  cores,
  isChat,
  ORDINARY,
  said,
  saidSurely,
  withoutArticle,
} from './claims.ts';
import type { Question } from './curriculum.ts';
import { inDigits, isSameNumber, type Numeral, numeralsIn } from './numbers.ts';
import { clocksIn, inUnit, type NumericKey, numericKey, type Result, resultIn } from './quantities.ts';
import {
  exactWord,
  findPhrases,
  type Mention,
  mentions,
  NEGATORS,
  nearWord,
  normalise,
  readable,
  withoutOverlaps,
  wordCount,
  wordSet,
} from './text.ts';

export { chosenOption } from './choices.ts';
export { revealsAnswer } from './reveals.ts';

export type Label = 'correct' | 'partially' | 'incorrect';

export interface Grade {
  label: Label;
  /** 0 to 1. */
  verdict: number;
  /** Id of the misconception that this answer reveals. */
  misconception: string | null;
  /** False: the rule is a guess, and a language model, where there is one, should decide. */
  certain: boolean;
}

type Wanted<K extends Question['kind']> = Extract<Question, { kind: K }>;

/** Longest reply that is read for an answer by rule; of an open answer the rest is cut off. */
const LONGEST = 2000;

/** Grades a reply by the question's answer key; null when the reply is not recognisably an answer. */
export function grade(question: Question, reply: string): Grade | null {
  if (reply.trim() !== '' && reply.trim() === answerText(question).trim()) return right();
  if (question.kind === 'open') return gradeOpen(question, reply.slice(0, 4 * LONGEST));
  if (reply.length > LONGEST) return null;
  switch (question.kind) {
    case 'choice':
      return gradeChoice(question, reply);
    case 'numeric':
      return gradeNumeric(question, reply);
    case 'short':
      return gradeShort(question, reply);
    default:
      return question satisfies never;
  }
}

/** The answer as it is shown to a learner. */
export function answerText(question: Question): string {
  switch (question.kind) {
    case 'choice': {
      const right = question.choices.find((choice) => choice.id === question.answer);
      return `${question.answer}) ${right?.text ?? ''}`;
    }
    case 'numeric':
      return question.unit ? `${question.answer} ${question.unit}` : question.answer;
    case 'short':
      return question.accept[0] ?? '';
    case 'open':
      return question.reference;
    default:
      return question satisfies never;
  }
}

const right = (certain = true): Grade => ({ label: 'correct', verdict: 1, misconception: null, certain });
const wrong = (misconception: string | null = null, certain = true): Grade => ({
  label: 'incorrect',
  verdict: 0,
  misconception,
  certain,
});

function gradeChoice(question: Wanted<'choice'>, reply: string): Grade | null {
  const chosen = chosenOption(question.choices, reply);
  const option = chosen ?? likelyOption(question.choices, saidSurely(reply));
  if (!option) return null;
  return option.id === question.answer ? right(chosen !== null) : wrong(option.misconception ?? null, chosen !== null);
}

function gradeNumeric(question: Wanted<'numeric'>, reply: string): Grade | null {
  const text = inDigits(saidSurely(reply));
  if (isClock(question.answer)) return gradeClock(question, text);
  const typed = resultIn(text, question.prompt);
  const result = resultIn(inUnit(text, question.unit), question.prompt);
  const key = numericKey(question);
  if (!result || !key) return null;
  const readings = readingsFor(question.prompt, key, result.mention.value);
  const isNear = (value: number, slack = 0) =>
    readings.some((given) => isSameNumber(given, value) || Math.abs(given - value) <= slack);
  if (isNear(key.value)) {
    if (typed && isEcho(question.prompt, key, typed)) return wrong(null, false);
    const isHalf = isUnreduced(question.prompt, key, result);
    return isHalf
      ? { label: 'partially', verdict: 0.5, misconception: null, certain: false }
      : right(result.isStated && !isTask(key, result));
  }
  if (isCheck(text, question.prompt, key, result)) return null;
  const known = question.wrong.find((entry) => isNear(numericKey({ ...question, ...entry })?.value ?? Number.NaN));
  if (known) return wrong(known.misconception, result.isStated);
  if (isNear(key.value, key.tolerance + 1e-9)) return right(result.isStated);
  return isRounded(key, result.mention.value) ? right(false) : wrong(null, result.isStated);
}

/** Where a percentage is asked for, "25" and "25%" mean the same; where millions are, "91" and "91 million". */
function readingsFor(prompt: string, key: NumericKey, typed: Numeral): readonly number[] {
  if (key.scale !== 1) return typed.isPercent ? [typed.value] : [typed.value * key.scale, typed.value];
  const asksPercent = /\b(?:what|as a|how many|in) (?:percent|per cent|%)|percentage/i.test(prompt);
  return typed.isPercent && asksPercent ? [typed.value, typed.value * 100] : typed.readings;
}

/** The right value, but only as the question itself writes it: "3/4" for "Write 3/4 as a decimal". */
function isEcho(prompt: string, key: NumericKey, typed: Result): boolean {
  const asked = formsIn(prompt);
  return typed.forms.every((form) => form !== key.form && asked.includes(form));
}

/** "12 + 12 = 24" for half of 24: the answer checked by calculating back. */
function isCheck(text: string, prompt: string, key: NumericKey, result: Result): boolean {
  const isGiven = formsIn(prompt).includes(result.mention.value.form);
  return isGiven && /[=+*]/.test(text) && numeralsIn(text).some(({ value }) => isSameNumber(value.value, key.value));
}

const formsIn = (prompt: string) => numeralsIn(inDigits(readable(prompt))).map(({ value }) => value.form);

/** "24/2" for 12. */
const isTask = (key: NumericKey, { forms }: Result) =>
  Number.isInteger(key.value) && forms.every((form) => /[/^]/.test(form));

/** "6/8" where the question wants 3/4 in lowest terms. */
function isUnreduced(prompt: string, key: NumericKey, result: Result): boolean {
  const [, top, bottom] = /^-?(\d+)\/(\d+)$/.exec(result.mention.value.form) ?? [];
  if (!top || !bottom || result.forms.includes(key.form)) return false;
  const wantsLowest = /\b(?:simplif|simplest|lowest terms|reduce|smallest)/i.test(prompt);
  return wantsLowest && key.form.includes('/') && Number(bottom) > Number(key.form.split('/')[1]);
}

/** "0.67" for 2/3: a decimal of two places or more that rounds a fraction. */
function isRounded(key: NumericKey, { form, value, isPercent }: Numeral): boolean {
  const places = /[.,](\d+)/.exec(form)?.[1]?.length ?? 0;
  const digits = isPercent ? places + 2 : places;
  return key.form.includes('/') && digits >= 2 && Math.abs(value - key.value) <= 0.5 * 10 ** -digits + 1e-12;
}

const isClock = (answer: string) => /^\s*\d{1,2}:\d{2}/.test(answer);

function gradeClock(question: Wanted<'numeric'>, text: string): Grade | null {
  const claims = asserted(text, clocksIn(text));
  const [given] = claims.map(({ value }) => value);
  if (!given || claims.some(({ value }) => value.minutes !== given.minutes)) return null;
  const isTime = (answer: string) => {
    const wanted = clocksIn(inDigits(readable(answer)))[0]?.value;
    const cycle = given.isWhole && wanted?.isWhole ? 1440 : 720;
    return wanted !== undefined && (given.minutes - wanted.minutes) % cycle === 0;
  };
  if (isTime(question.answer)) return right();
  return wrong(question.wrong.find((entry) => isTime(entry.answer))?.misconception ?? null);
}

type Key = Mention<{ isRight: boolean; misconception: string | null; likeness: number }>;

/** Longest reply, in words, whose short answer is sure to be meant; beyond the second one none is looked for. */
const [SURE_WORDS, MOST_WORDS] = [8, 40];

function gradeShort(question: Wanted<'short'>, reply: string): Grade | null {
  const forms = [...question.accept, ...question.wrong.map((entry) => entry.answer)];
  const text = saidSurely(reply);
  const [first] = [reply, claimIn(text)].flatMap((typed) => closestForms(typed, forms, question.strict));
  if (first !== undefined) return first < question.accept.length ? right() : wrong(misconceptionAt(question, first));
  if (isChat(text)) return gradeYesNo(question, text);
  const named = keysIn(question, text);
  const claims = asserted(text, named);
  const words = wordCount(text);
  const [claim] = claims;
  if (!claim) return named.length > 0 ? null : (gradeYesNo(question, text) ?? gradeUnlisted(question, text));
  if (words > MOST_WORDS || claims.some(({ value }) => value.isRight !== claim.value.isRight)) return null;
  if (isOneOfMany(text, named, claims)) return null;
  return claim.value.isRight ? right(words <= SURE_WORDS) : wrong(claim.value.misconception, words <= SURE_WORDS);
}

const misconceptionAt = (question: Wanted<'short'>, index: number) =>
  question.wrong[index - question.accept.length]?.misconception ?? null;

/** Right and wrong forms that a reply names; where a slip may mean either, neither. */
function keysIn(question: Wanted<'short'>, text: string): Key[] {
  const { accept, wrong, strict } = question;
  const forms = [...accept, ...wrong.map((entry) => entry.answer)].map((form) =>
    strict ? form : withoutArticle(form),
  );
  const found = findPhrases(text, forms, strict ? exactWord : nearWord).map((mention) => {
    const { index, likeness } = mention.value;
    const isRight = index < accept.length;
    return {
      ...mention,
      value: { isRight, misconception: isRight ? null : misconceptionAt(question, index), likeness },
    };
  });
  const telling = found.filter(({ start, end }) => !ORDINARY.has(text.slice(start, end)));
  return withoutOverlaps(telling, ({ isRight, misconception }) => (isRight ? true : misconception));
}

/** "nope", "it doesn't": yes and no in other words, where the key knows them. */
function gradeYesNo(question: Wanted<'short'>, text: string): Grade | null {
  const words = normalise(text).split(' ');
  const [first = ''] = words;
  const isBoth = words.some((word) => AFFIRMED.test(word)) && words.some((word) => DENIED.test(word));
  const isDenied = !isChat(text) && words.some((word) => NEGATORS.has(word));
  const meant = AFFIRMED.test(first) ? /^(?:yes|true)$/ : isDenied || DENIED.test(first) ? /^(?:no|false)$/ : null;
  if (!meant || isBoth || words.includes('or')) return null;
  const isSure = words.length <= 3 && (!isDenied || DENIED.test(first));
  if (question.accept.some((form) => meant.test(normalise(form)))) return right(isSure);
  const known = question.wrong.find((entry) => meant.test(normalise(entry.answer)));
  if (known) return wrong(known.misconception, isSure);
  return question.accept.some((form) => /^(?:yes|no|true|false)$/.test(normalise(form))) ? wrong(null, false) : null;
}

const AFFIRMED = /^(?:yes|yeah|yep|yup|ya|y|true|t)$/;
const DENIED = /^(?:no|nope|nah|n|false|f)$/;

/** One of several that are offered at once: "nucleus, golgi or mitochondria", or a heap of words. */
function isOneOfMany(text: string, named: readonly Key[], claims: readonly Key[]): boolean {
  const dropped = named.findLast((mention) => !claims.includes(mention) && mention.end <= (claims[0]?.start ?? 0));
  const masked = claims
    .toReversed()
    .reduce((rest, { start, end }) => `${rest.slice(0, start)}#${rest.slice(end)}`, text);
  const offer = masked.slice(dropped?.end ?? 0);
  if (/[^\s#,]+,? or (?:the |an? )?#|#,? or (?!something|so\b|smth|whatever|#)\S/.test(offer)) return true;
  if (!claims[0]?.value.isRight && /# or (?:the |an? )?#/.test(offer)) return true;
  const parts = offer.split(/[,;/]| and /).filter((part) => part.includes('#') || !isChat(part));
  const others = parts.filter((part) => !part.includes('#') && wordCount(part) <= 2);
  if (others.length >= 2 || (others.length === 1 && parts.length === 2 && !parts[0]?.includes('#'))) return true;
  const beside = parts.find((part) => part.includes('#')) ?? '';
  const words = normalise(beside)
    .split(' ')
    .filter((word) => /^\p{L}{2,}$/u.test(word));
  return words.length >= 3 && !words.some((word) => GLUE.has(word) || isChat(word));
}

const GLUE = wordSet(
  `is are was be the a an it its in of to on at by for with and because think as from when they we i so`,
);

/** A reply that names no form of the key: wrong where it looks like an attempt, else no answer. */
function gradeUnlisted(question: Wanted<'short'>, text: string): Grade | null {
  const attempt = normalise(cores(text).toSorted((a, b) => a.length - b.length)[0] ?? '');
  const count = attempt === '' ? 0 : wordCount(attempt);
  const usual = Math.max(...question.accept.map(wordCount));
  const isPersonal = attempt
    .split(' ')
    .some((word) => PERSONAL.has(word) && !question.accept.some((form) => normalise(form).split(' ').includes(word)));
  const isAsked = text.endsWith('?') && count > 2;
  if (count === 0 || count > Math.min(SURE_WORDS, usual + 3) || isPersonal || isAsked) return null;
  const isMisspelt = question.strict && findPhrases(text, question.accept, nearWord).length > 0;
  return wrong(null, isMisspelt);
}

const PERSONAL = wordSet(
  `i im ive me my mine you u ur your youre we us our lets do lol lmao homework bored boring dumb stupid bot`,
);

function gradeOpen(question: Wanted<'open'>, reply: string): Grade | null {
  const text = said(reply);
  if (saidSurely(reply) === '') return null;
  const met = question.points.filter((entry) => entry.any.some((word) => mentions(text, word))).length;
  const known = question.wrong.find((entry) => entry.any.some((word) => mentions(text, word)));
  if (known) return wrong(known.misconception, false);
  const verdict = met / question.points.length;
  if (verdict === 1) return right(false);
  if (met > 0) return { label: 'partially', verdict, misconception: null, certain: false };
  const isQuestion = text.endsWith('?') && !/^(?:because|maybe|its|is it)\b/.test(text);
  return wordCount(text) >= 3 && !isChat(text) && !isQuestion ? wrong(null, false) : null;
}
