import { english } from './english.ts';
import { german } from './german.ts';
import { spanish } from './spanish.ts';

/** What is said for what is written, in one language. */
export interface Wording {
  /** Said between or after operands. */
  signs: Record<Sign, string>;
  /** The numbers from 0 to 20 as they stand in a fraction: "un tercio", "ein Drittel". */
  numerals: readonly string[];
  /** The parts from halves (2) to twentieths (20): one of them, and several. */
  parts: Readonly<Record<number, readonly [one: string, many: string]>>;
  /** One and a half: of the whole number, and what the half or any other fraction is called. */
  mixed(whole: string, fraction: string, isHalf: boolean): string;
  power(exponent: string): string;
  root(degree: string, of: string): string;
  units: Readonly<Record<string, readonly [one: string, many: string]>>;
  /** Of one unit, after a fraction: "three quarters of a litre". */
  partOf(unit: string): string;
  currencies: Readonly<Record<string, readonly [one: string, many: string]>>;
  /** Of signs in code, each by its name. */
  codeSigns: Readonly<Record<string, string>>;
  /** What a mark means that carries the meaning of its line. */
  marks: Readonly<Record<'right' | 'wrong' | 'done' | 'notDone' | 'warning', string>>;
  code(language: string | null): string;
  /** Of code in quotes, where they make the difference between a text and a name. */
  quoted(text: string): string;
  text: string;
  picture(what: string): string;
  /** Of a drawn strip: how many parts, which marks are how often on it, whether the parts are of one size. */
  strip(parts: number, marked: readonly (readonly [mark: string, count: number])[], isEqual: boolean): string;
  table(rows: number, columns: string): string;
  link(domain: string): string;
  step(number: number, of: number | null): string;
  plan(steps: number): string;
  standing: Readonly<Record<'pending' | 'in_progress' | 'completed' | 'blocked' | 'skipped', string>>;
  /** Never the end of a sentence, although a full stop follows. */
  abbreviations: readonly string[];
  /** After these a number with a full stop is an ordinal: "am 3. Tag". Empty where no language writes so. */
  ordinalsAfter: readonly string[];
  months: readonly string[];
}

type Sign =
  | ('plus' | 'minus' | 'plusMinus' | 'times' | 'divided' | 'over' | 'equals' | 'unequal' | 'about' | 'approx')
  | ('less' | 'greater' | 'atMost' | 'atLeast' | 'percent' | 'degrees' | 'pi' | 'infinity' | 'and' | 'number')
  | ('gives' | 'therefore' | 'what' | 'to' | 'given' | 'of' | 'blank' | 'sharp' | 'element' | 'absolute' | 'sum');

const WORDINGS: Readonly<Record<string, Wording>> = { en: english, de: german, es: spanish };

/** For a language tag such as "de-AT"; null where only the structure can be made for the ear. */
export function wordingFor(language: string): Wording | null {
  const primary = primaryOf(language);
  return Object.hasOwn(WORDINGS, primary) ? (WORDINGS[primary] ?? null) : null;
}

/** The first part of a language tag; "und" where it is none, so that it is safe to hand to Intl. */
export function primaryOf(language: string): string {
  return /^([a-z]{2,3})(?:[-_]|$)/i.exec(language)?.[1]?.toLowerCase() ?? 'und';
}

export function isAbbreviated(text: string, { abbreviations }: Wording): boolean {
  return abbreviations.some((short) => text.endsWith(short) && !/[\p{L}\p{N}]/u.test(text.at(-short.length - 1) ?? ''));
}
