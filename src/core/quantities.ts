import { asserted } from './claims.ts';
import { inDigits, isSameNumber, type Numeral, numeralsIn, SCALES } from './numbers.ts';
import { type Mention, readable } from './text.ts';

export interface Result {
  mention: Mention<Numeral>;
  /** Forms in which the same value was typed: "6/8 = 3/4" has two. */
  forms: readonly string[];
  /** False: taken for the result only because the question itself names every other number. */
  isStated: boolean;
}

/** The number that a text of `inDigits` arrives at; null when it names none, or several without saying which. */
export function resultIn(text: string, prompt: string): Result | null {
  const claims = asserted(text, numeralsIn(text)).filter((claim) => !isDescription(text, claim));
  const results = claims.filter((claim) => !isOperand(text, claim));
  const single = onlyValue(results) ?? (CALCULATION.test(text) ? null : onlyValue(claims));
  if (single) return resultOf(single, claims, !/^(?:because|since)\b/.test(text));
  const stated = statedIn(text, results, /(?:\banswer\b|\bfinal\b)[^.;!?\d]{0,20}$/) ?? statedIn(text, results, STATES);
  if (stated) return isEitherOr(text, results, stated) ? null : resultOf(stated, claims, true);
  const given = new Set(numeralsIn(inDigits(readable(prompt))).map(({ value }) => value.form));
  const own = onlyValue(results.filter(({ value }) => !given.has(value.form)));
  return own && !/\b(?:or|between)\b/.test(text) ? resultOf(own, claims, false) : null;
}

const STATES =
  /(?:[=≈→]|->|\b(?:is|its|be|so|say|get|got|gets|makes?|gives?|equals?|thus|therefore|means|leaves)\b|\b(?:simplif|reduc|round|cancel|convert|come|work|chang)\w*(?: \w+)? (?:to|into)\b)[\s:,]*(?:(?:it|its|is|the|that|thats|answer|result|total|about|around|roughly|equal|to|a|an|of|just|only|exactly|then|i|get|got|would|be|left)\b[\s:]*){0,5}[$€£~(]*$/;
const BEFORE_OPERAND =
  /(?:[+*·^]|(?<![=>]) ?-|(?:^|[\s\d)])x|\b(?:plus|minus|times|divided? by|multipl(?:ied|y) by|of|from))\s*[$€£(]*$/;
const AFTER_OPERAND =
  /^\)? ?[a-z%$€£]{0,9}\)? ?(?:[+*·^]|-(?!>)|x\b|plus\b|minus\b|times\b|(?:divided|multiplied) by\b|of\b)\s*[$€£(]*\d/;

/** Part of a calculation rather than its result: "24 / 6", "half of 8". */
function isOperand(text: string, { start, end }: Mention<Numeral>): boolean {
  return (
    BEFORE_OPERAND.test(text.slice(Math.max(0, start - 24), start)) || AFTER_OPERAND.test(text.slice(end, end + 40))
  );
}

const CALCULATION = /\d ?(?:[+*·]|x|plus|minus|times) ?\d|\b(?:times|divided?|multiplied|multiply|divide) by\b/;

/** "bottom is 4", "more than 10", "2 questions": says something other than the result. */
function isDescription(text: string, { start, end }: Mention<Numeral>): boolean {
  const before = text.slice(Math.max(0, start - 30), start);
  return (
    /\b(?:hint|question|step)s? (?:number )?$/.test(before) ||
    /\b(?:denominator|numerator|bottom|top)(?: number)?s? (?:is |are |of |= ?)?$/.test(before) ||
    /(?:\b(?:more|less|greater|smaller|bigger|larger|higher|lower|fewer) than|\bat (?:least|most)|[<>]) ?$/.test(
      before,
    ) ||
    /^ (?:more )?(?:hints?|questions?|secs?|moment|late)\b/.test(text.slice(end, end + 20))
  );
}

function onlyValue(mentions: readonly Mention<Numeral>[]): Mention<Numeral> | null {
  const last = mentions.at(-1);
  return last && mentions.every(({ value }) => isSameNumber(value.value, last.value.value)) ? last : null;
}

function statedIn(text: string, mentions: readonly Mention<Numeral>[], pattern: RegExp): Mention<Numeral> | null {
  return mentions.findLast(({ start }) => pattern.test(text.slice(Math.max(0, start - 60), start))) ?? null;
}

function isEitherOr(text: string, mentions: readonly Mention<Numeral>[], stated: Mention<Numeral>): boolean {
  return mentions.some((other) => {
    const gap = other.end <= stated.start ? text.slice(other.end, stated.start) : text.slice(stated.end, other.start);
    return (
      other !== stated &&
      !isSameNumber(other.value.value, stated.value.value) &&
      /^[^.;]{0,15}\b(?:or|maybe|vs)\b/.test(gap)
    );
  });
}

function resultOf(mention: Mention<Numeral>, claims: readonly Mention<Numeral>[], isStated: boolean): Result {
  const same = claims.filter(({ value }) => isSameNumber(value.value, mention.value.value));
  return { mention, forms: same.map(({ value }) => value.form), isStated };
}

export interface NumericKey {
  value: number;
  tolerance: number;
  form: string;
  /** What a bare number is worth: 0.01 where percent is asked for, a million where the unit is "million livres". */
  scale: number;
}

/** A numeric answer as a number; null when it is none. */
export function numericKey(key: { answer: string; unit?: string | undefined; tolerance: number }): NumericKey | null {
  const numeral = numeralsIn(inDigits(readable(key.answer)))[0]?.value;
  if (!numeral) return null;
  const unit = (key.unit ?? '').toLowerCase();
  const scale =
    numeral.isPercent || /^(?:%|percent|per cent)/.test(unit) ? 0.01 : (SCALES[unit.split(' ')[0] ?? ''] ?? 1);
  const factor = numeral.isPercent ? 1 : scale;
  return { value: numeral.value * factor, tolerance: key.tolerance * factor, form: numeral.form, scale };
}

/** Units that convert into each other; the number is the size in the first one of its line. */
const UNITS: readonly Record<string, number>[] = [
  {
    m: 1,
    metre: 1,
    meter: 1,
    mm: 0.001,
    millimetre: 0.001,
    millimeter: 0.001,
    cm: 0.01,
    centimetre: 0.01,
    centimeter: 0.01,
    km: 1000,
    kilometre: 1000,
    kilometer: 1000,
  },
  { g: 1, gram: 1, gramme: 1, mg: 0.001, milligram: 0.001, kg: 1000, kilo: 1000, kilogram: 1000 },
  { l: 1, litre: 1, liter: 1, ml: 0.001, millilitre: 0.001, milliliter: 0.001, cl: 0.01, centilitre: 0.01 },
  { s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, day: 86400, week: 604800 },
  { euro: 1, dollar: 1, pound: 1, buck: 1, cent: 0.01, ct: 0.01, penny: 0.01, pence: 0.01, p: 0.01 },
];

/** Text of `inDigits` with quantities such as "1 hour 30 min" in the question's own unit, where that one is known. */
export function inUnit(text: string, unit: string | undefined): string {
  const wanted = singular(unit ?? '');
  const family = UNITS.find((units) => Object.hasOwn(units, wanted));
  const size = family?.[wanted];
  if (!family || size === undefined) return text;
  const quantity = String.raw`((?:\d+ )?\d+(?:[.,/]\d+)?) ?(${Object.keys(family).join('|')})s?(?![\p{L}\d/^])`;
  const compound = new RegExp(`(?<![\\p{L}\\d.,/])${quantity}(?:,? (?:and )?${quantity})?`, 'gu');
  return text.replace(compound, (match, count: string, name: string, more?: string, other?: string) => {
    if (family[name] === size && !other) return match;
    const total = amount(count) * (family[name] ?? 0) + (more && other ? amount(more) * (family[other] ?? 0) : 0);
    return `${Number((total / size).toPrecision(12))} ${wanted}`;
  });
}

const singular = (unit: string) =>
  unit
    .toLowerCase()
    .replace(/^€$/, 'euro')
    .replace(/^\$$/, 'dollar')
    .replace(/^£$/, 'pound')
    .replace(/(?<=..)s$/, '');
const amount = (digits: string) => numeralsIn(digits)[0]?.value.value ?? 0;

const CLOCK =
  /(?<![\d:.])(\d{1,2})(?:[:.h]| )(\d{2})(?![\d:])(?: ?([ap])\.?m\b)?|(?<![\d:.])(\d{1,2}) ?([ap])\.?m\b|(1\/2|1\/4|\d{1,2})(?: minutes?)? (past|after|to|before) (\d{1,2})(?!\d)/g;

/** Minutes of the day that a text of `inDigits` names; `isWhole` when morning and evening can be told apart. */
export function clocksIn(text: string): Mention<{ minutes: number; isWhole: boolean }>[] {
  return [...text.matchAll(CLOCK)].map((match) => {
    const [, hour, minute, half, fullHour, fullHalf, part, side, near] = match;
    const steps = part?.startsWith('1/') ? 60 * amount(part) : Number(part ?? 0);
    const shift = side === 'to' || side === 'before' ? -steps : steps;
    const hours = Number(hour ?? fullHour ?? near);
    const letter = half ?? fullHalf;
    const minutes = (letter ? (hours % 12) + (letter === 'p' ? 12 : 0) : hours) * 60 + Number(minute ?? 0) + shift;
    const isWhole = letter !== undefined || hours > 12 || hours === 0;
    return {
      value: { minutes: (minutes + 1440) % 1440, isWhole },
      start: match.index,
      end: match.index + match[0].length,
    };
  });
}
