import { primary } from '../../core/languages.ts';

/** One for each language that a lesson is likely to be in; for others Google chooses. */
const DEFAULTS: Readonly<Record<string, string>> = {
  en: 'en-US-Wavenet-F',
  'en-gb': 'en-GB-Wavenet-A',
  'en-au': 'en-AU-Wavenet-A',
  'en-in': 'en-IN-Wavenet-A',
  de: 'de-DE-Wavenet-G',
  es: 'es-ES-Wavenet-F',
  'es-us': 'es-US-Wavenet-A',
  'es-mx': 'es-US-Wavenet-A',
  'es-419': 'es-US-Wavenet-A',
  fr: 'fr-FR-Wavenet-F',
  'fr-ca': 'fr-CA-Wavenet-A',
  it: 'it-IT-Wavenet-A',
  pt: 'pt-BR-Wavenet-A',
  'pt-pt': 'pt-PT-Wavenet-A',
  ja: 'ja-JP-Wavenet-A',
};

/**
 * US dollars per million characters, by the kind that stands in a voice's name. From Google's price list
 * (cloud.google.com/text-to-speech/pricing), without its free share of each month.
 */
const PRICES: readonly (readonly [kind: RegExp, price: number])[] = [
  [/-Standard-/, 4],
  [/-Wavenet-/, 4],
  [/-Neural2-/, 16],
  [/-Polyglot-/, 16],
  [/-News-/, 16],
  [/-Casual-/, 16],
  [/-Chirp-HD-/, 30],
  [/-Chirp3-HD-/, 30],
  [/-Studio-/, 160],
];
const PER_CHARACTER = 1e-6;

/** Null: none of ours. */
export function defaultVoice(language: string): string | null {
  return DEFAULTS[language.toLowerCase()] ?? DEFAULTS[primary(language)] ?? null;
}

const NAME = /^([a-z]{2,3}-[a-z\d]{2,4})-/i;

/** What a voice speaks, as its name has it: "en-US" of "en-US-Wavenet-F"; null where the name does not say. */
export function languageOf(voice: string): string | null {
  return NAME.exec(voice)?.[1] ?? null;
}

/** Null: the name says no kind that has a price. */
export function costOf(voice: string, characters: number): number | null {
  const [, price] = PRICES.find(([kind]) => kind.test(voice)) ?? [];
  return price === undefined ? null : characters * price * PER_CHARACTER;
}
