import { asserted } from './claims.ts';
import { type Mention, readable } from './text.ts';

/** A number as it was typed; `value` of the mention is the likeliest reading. */
export interface Numeral {
  value: number;
  /** All readings: "1,234" may be a decimal, "1.234" may be thousands. */
  readings: readonly number[];
  /** As typed, without spaces: tells "6/8" from "3/4". */
  form: string;
  isPercent: boolean;
}

const words = (list: string) => list.split(' ');
const TEENS = words('ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen');
const TENS = words('twenty thirty forty fifty sixty seventy eighty ninety');
const ONES = words('one two three four five six seven eight nine');
const SCALES: Record<string, number> = { hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9, dozen: 12 };
const VALUES = new Map([
  ['zero', 0],
  ['fourty', 40],
  ...ONES.map((word, index) => [word, index + 1] as const),
  ...TEENS.map((word, index) => [word, index + 10] as const),
  ...TENS.map((word, index) => [word, index * 10 + 20] as const),
]);
const PARTS: Record<string, number> = {
  ...{ half: 2, halve: 2, third: 3, quarter: 4, fourth: 4, fifth: 5, sixth: 6, seventh: 7, eighth: 8, ninth: 9 },
  ...{ tenth: 10, eleventh: 11, twelfth: 12, fifteenth: 15, sixteenth: 16, twentieth: 20, twenty_fourth: 24 },
  ...{ hundredth: 100, thousandth: 1000 },
};

const SMALL = `(?:(?:${TENS.join('|')}|fourty)(?:[ -](?:${ONES.join('|')}))?|${TEENS.join('|')}|${ONES.join('|')}|zero)`;
const HUNDREDS = `(?:(?:${SMALL} )?hundred(?: (?:and )?${SMALL})?|${SMALL})`;
const CARDINAL = `${HUNDREDS}(?: (?:thousand|million|billion)(?:,? (?:and )?${HUNDREDS}(?: thousand(?:,? (?:and )?${HUNDREDS})?)?)?)?`;
const YEAR = `(${TEENS.slice(3).join('|')}|twenty)[ -]((?:${TENS.join('|')})(?:[ -](?:${ONES.join('|')}))?|${TEENS.join('|')})`;
const PART = Object.keys(PARTS).join('|');

const cardinals = new RegExp(`\\b${CARDINAL}\\b`, 'g');
const years = new RegExp(`\\b${YEAR}\\b`, 'g');
const parts = new RegExp(
  `\\b(\\d+)[ -](?:(${PART})s|(third|quarter|half|halves)\\b)|\\b(?:1|an?)[ -](${PART})\\b`,
  'g',
);

/** Readable text with its number words, digits of other scripts and "3 out of 4" in plain digits. */
export function inDigits(source: string): string {
  return source
    .replace(/[٠-٩۰-۹०-९]/g, (digit) => String((digit.charCodeAt(0) - (digit >= '०' ? 0x966 : 0x660)) % 16))
    .replace(/٫/g, '.')
    .replace(
      /\b(the|this|that|which|first|second|third|last|other|each|any|every|another|no|right|wrong|\d+(?:st|nd|rd|th)) one\b|\bone (?=of (?:them|the|these|those|us|my)\b)/g,
      '$1 thing ',
    )
    .replace(/\ba (?=hundred|thousand|million|billion|dozen)/g, 'one ')
    .replace(years, (_, century: string, rest: string) => String(cardinalOf(century) * 100 + cardinalOf(rest)))
    .replace(cardinals, (match) => String(cardinalOf(match)))
    .replace(/(\d[\d.,]*)(?: (hundred|thousand|million|billion|dozen)|k)\b/g, (_, count: string, scale?: string) =>
      String((readingsOf(count)[0] ?? 0) * (SCALES[scale ?? 'thousand'] ?? 1)),
    )
    .replace(parts, (_, top: string | undefined, many?: string, few?: string, one?: string) =>
      top ? `${top}/${PARTS[many ?? (few ?? '').replace('halves', 'half')]}` : `1/${PARTS[one ?? '']}`,
    )
    .replace(/\bhalf\b/g, '1/2')
    .replace(/\bquarter(?= past| to|[ .!?]*$)/g, '1/4')
    .replace(/\b(?:an|(\d+)) ([a-z]+) and (1\/[24])\b/g, (_, count = '1', unit, part) => `${count} ${part} ${unit}`)
    .replace(/(?<![\d/.,])(\d+) (?:and|&) (\d+\/\d+)/g, '$1 $2')
    .replace(
      /(\d+) (?:out of|over|in every|of every) (?:the )?(\d+)|^(\d+) in (\d+)(?=\W*$)/g,
      (_, a, b, c, d) => `${a ?? c}/${b ?? d}`,
    )
    .replace(
      /(\d+|zero|) ?\bpoint ((?:\d ?)+)/g,
      (_, whole: string, digits: string) => `${whole || 0}.${digits.replaceAll(' ', '')} `,
    )
    .replace(/(?<!\d ?)\b(?:minus|negative) (?=[\d.])/g, '-')
    .replace(/(\d) ?(?:percent|per ?cent|pct)\b/g, '$1%')
    .replace(/\d[\d,]*\d/g, (run) =>
      /^(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+,\d+)$/.test(run) ? run : run.replaceAll(',', ', '),
    );
}

function cardinalOf(match: string): number {
  let [total, current] = [0, 0];
  for (const word of match.split(/[ ,-]+/)) {
    const scale = SCALES[word] ?? 1;
    if (scale === 100) current = (current || 1) * 100;
    else if (scale > 100) [total, current] = [total + current * scale, 0];
    else current += VALUES.get(word) ?? 0;
  }
  return total + current;
}

const MAGNITUDE = String.raw`(?:\d{1,3}(?:[ ,.]\d{3})+(?:[.,]\d+)?|\d{1,2}(?:,\d{2})+,\d{3}|\d+(?:[.,]\d+)?|\.\d+)(?!\d)`;
const NUMERAL = new RegExp(
  String.raw`(?<sign>(?<![\d)%\]\p{L}]|[\d)%\]] )-|(?<=^|[=(] ?)- )?(?<![\p{L}\p{N}_^.]|\d[/:])` +
    String.raw`(?:(?<whole>\d+) (?<top>\d+) ?/ ?(?<bottom>\d+)|(?<plain>${MAGNITUDE})(?: ?/ ?(?<over>${MAGNITUDE}))?)` +
    String.raw`(?:(?:e| ?[x*·] ?10\^)(?<ten>[+-]?\d{1,3}))?(?:\^(?<power>-?\d{1,3}))?(?! ?[/:]\d|\)\^)(?<percent> ?%)?`,
  'gu',
);

/** Every number in a text of `inDigits`, in order. */
export function numeralsIn(text: string): Mention<Numeral>[] {
  return [...text.matchAll(NUMERAL)].flatMap((match) => {
    const readings = numeralReadings(match.groups ?? {}).filter(Number.isFinite);
    const [value] = readings;
    if (value === undefined) return [];
    const isPercent = match.groups?.percent !== undefined;
    const form = match[0].replaceAll(' ', match.groups?.whole ? '_' : '');
    return [{ value: { value, readings, form, isPercent }, start: match.index, end: match.index + match[0].length }];
  });
}

function numeralReadings(groups: Partial<Record<string, string>>): number[] {
  const { sign, whole, top, bottom, plain, over, ten, power, percent } = groups;
  if (whole !== undefined) return [(sign ? -1 : 1) * (Number(whole) + Number(top) / Number(bottom))];
  const below = over === undefined ? 1 : (readingsOf(over)[0] ?? 1);
  const factor = ((sign ? -1 : 1) * 10 ** Number(ten ?? 0)) / below / (percent ? 100 : 1);
  return readingsOf(plain ?? '').map((value) => factor * value ** Number(power ?? 1));
}

/** "1,234" is more likely thousands and "1.234" a decimal, but some write them the other way round. */
function readingsOf(digits: string): number[] {
  const compact = digits.replaceAll(' ', '');
  const grouped = Number(compact.replace(/[.,]/g, ''));
  const decimal = Number(compact.replace(/[.,](?=.*[.,])/g, '').replace(',', '.'));
  if (/^[1-9]\d{0,2}(?:,\d{3})$/.test(compact)) return compact.endsWith('0') ? [grouped] : [grouped, decimal];
  if (/^[1-9]\d{0,2}(?:\.\d{3})$/.test(compact)) return [decimal, grouped];
  return /^\d{1,3}(?:,\d{2,3}){2,}$|^\d{1,3}(?:\.\d{3}){2,}$/.test(compact) ? [grouped] : [decimal];
}

export const isSameNumber = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

export interface Result {
  mention: Mention<Numeral>;
  /** Forms in which the same value was typed: "6/8 = 3/4" has two. */
  forms: readonly string[];
  /** False: taken for the result only because the question itself names every other number. */
  isStated: boolean;
}

/** The number that a text of `inDigits` arrives at; null when it names none, or several without saying which. */
export function resultIn(text: string, prompt: string): Result | null {
  const claims = asserted(text, numeralsIn(text));
  const results = claims.filter((claim) => !isOperand(text, claim));
  const single = onlyValue(claims) ?? onlyValue(results);
  if (single) return resultOf(single, claims, true);
  const stated = statedIn(text, results, /(?:\banswer\b|\bfinal\b)[^.;!?\d]{0,20}$/) ?? statedIn(text, results, STATES);
  if (stated) return isEitherOr(text, results, stated) ? null : resultOf(stated, claims, true);
  const given = new Set(numeralsIn(inDigits(readable(prompt))).map(({ value }) => value.form));
  const own = onlyValue(results.filter(({ value }) => !given.has(value.form)));
  return own && !/\b(?:or|between)\b/.test(text) ? resultOf(own, claims, false) : null;
}

const STATES =
  /(?:[=≈→]|->|\b(?:is|its|was|be|so|get|got|gets|makes?|gives?|equals?|thus|therefore|means|leaves)\b|\b(?:simplif|reduc|round|cancel|convert|come|work|chang)\w*(?: \w+)? (?:to|into)\b)[\s:,]*(?:(?:it|its|is|the|that|thats|answer|result|total|about|around|roughly|equal|to|a|an|of|just|only|exactly|then|i|get|got|would|be|left)\b[\s:]*){0,5}[$€£~(]*$/;
const BEFORE_OPERAND =
  /(?:[+*·^]|(?<![=>]) ?-|(?:^|[\s\d)])x|\b(?:plus|minus|times|divided by|multiplied by|of|from))\s*[$€£(]*$/;
const AFTER_OPERAND =
  /^\)? ?[a-z%$€£]{0,9}\)? ?(?:[+*·^]|-(?!>)|x\b|plus\b|minus\b|times\b(?! ?[.,!?]|$)|divided\b|multiplied\b|of\b|out of\b)\s*[$€£(]*\d/;

/** Part of a calculation rather than its result: "24 / 6", "half of 8". */
function isOperand(text: string, { start, end }: Mention<Numeral>): boolean {
  return (
    BEFORE_OPERAND.test(text.slice(Math.max(0, start - 24), start)) || AFTER_OPERAND.test(text.slice(end, end + 40))
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
