import type { Mention } from './text.ts';

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
export const SCALES: Record<string, number> = { hundred: 100, thousand: 1e3, million: 1e6, billion: 1e9, dozen: 12 };
const VALUES = new Map([
  ['zero', 0],
  ['fourty', 40],
  ...ONES.map((word, index) => [word, index + 1] as const),
  ...TEENS.map((word, index) => [word, index + 10] as const),
  ...TENS.map((word, index) => [word, index * 10 + 20] as const),
]);
const PARTS: Record<string, number> = {
  ...{ half: 2, halve: 2, third: 3, quarter: 4, quater: 4, fourth: 4, forth: 4, fifth: 5, sixth: 6, seventh: 7 },
  ...{ eighth: 8, ninth: 9, tenth: 10, eleventh: 11, twelfth: 12, fifteenth: 15, sixteenth: 16, twentieth: 20 },
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
  `\\b(\\d+)[ -](?:(${PART})s|(third|quarter|quater|fourth|forth|half|halves)\\b)|\\b(?:1|an?)[ -](${PART})\\b`,
  'g',
);

type Rewrite = readonly [pattern: RegExp, replacement: string | ((match: string, ...groups: string[]) => string)];

/** In this order: a later one builds on what the earlier ones wrote. */
const REWRITES: readonly Rewrite[] = [
  [/[٠-٩۰-۹०-९]/g, (digit) => String((digit.charCodeAt(0) - (digit >= '०' && digit <= '९' ? 0x966 : 0x660)) % 16)],
  [/٫/g, '.'],
  [
    /\b(the|this|that|which|first|second|third|last|other|each|any|every|another|no|right|wrong|\d(?:st|nd|rd|th)) one\b/g,
    '$1 thing',
  ],
  [/\bone (?=of (?:them|the|these|those|us|my)\b)/g, 'some '],
  [/\ba (?=hundred|thousand|million|billion|dozen)/g, 'one '],
  [years, (_, century = '', rest = '') => String(cardinalOf(century) * 100 + cardinalOf(rest))],
  [cardinals, (match) => String(cardinalOf(match))],
  [
    /(?<![\d.,])(\d[\d.,]*)(?: (hundred|thousand|million|billion|dozen)|k)\b/g,
    (_, count = '', scale = 'thousand') => String((readingsOf(count)[0] ?? 0) * (SCALES[scale] ?? 1)),
  ],
  [/^dozen\b/g, '12'],
  [
    parts,
    (_, top, many, few = '', one = '') =>
      top ? `${top}/${PARTS[many ?? few.replace('halves', 'half')]}` : `1/${PARTS[one]}`,
  ],
  [/\b(\d+) (\d+)ths?\b/g, '$1/$2'],
  [/\bhalf\b/g, '1/2'],
  [/\bqua(?:r)?ter(?= past| to|[ .!?]*$)/g, '1/4'],
  [/\b(?:an|(\d+)) ([a-z]+) and (1\/[24])\b/g, (_, count = '1', unit, part) => `${count} ${part} ${unit}`],
  [/(?<![\d/.,])(\d+) (?:and|&) (\d+\/\d+)/g, '$1 $2'],
  [/(?<!\d)(\d+) ?(?:out of|over|slash|divided by|in every|of every|\\) ?(?:the )?(?=\d)/g, '$1/'],
  [/^(\d+) in (\d+)(?=\W*$)/g, '$1/$2'],
  [
    /(?<!\d)(\d+) (?:on|at|is|as) (?:the )?(?:top|numerator),? (?:and |with )?(?:a )?(\d+) (?:on|at|is|as) (?:the )?(?:bottom|denominator)\b/g,
    '$1/$2',
  ],
  [
    /\b(?:top|numerator)(?: number)? (?:is|=) (\d+),? (?:and )?(?:the )?(?:bottom|denominator)(?: number)? (?:is|=) (\d+)/g,
    '$1/$2',
  ],
  [
    /(?<!\d)(\d+|zero|) ?\bpoint ((?:\d ?)+)/g,
    (_, whole, digits = '') => `${whole || 0}.${digits.replaceAll(' ', '')} `,
  ],
  [/(?<!\d ?)\b(?:minus|negative) (?=[\d.])/g, '-'],
  [/^plus (?=\d)/g, ''],
  [/(\d) ?(?:percent|per ?cent|pct)\b/g, '$1%'],
  [/^100 ?% (?=[\d./-]+$)|(?<=^[\d./-]+),? 100 ?%$/g, ''],
  [
    /\d[\d,]*\d/g,
    (run) => (/^(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+,\d+)$/.test(run) ? run : run.replaceAll(',', ', ')),
  ],
];

/** Readable text with its number words, digits of other scripts and "3 out of 4" in plain digits. */
export function inDigits(source: string): string {
  return REWRITES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement as string), source);
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
