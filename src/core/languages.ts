import { normalise } from './text.ts';

/** The language that somebody means, in whatever words: as a tag that a voice understands (BCP 47). */

const CODES = [
  ...['en', 'de', 'es', 'fr', 'it', 'pt', 'nl', 'pl', 'sv', 'da', 'nb', 'fi', 'cs', 'sk', 'hu', 'ro', 'bg', 'el', 'tr'],
  ...['uk', 'ru', 'sr', 'hr', 'sl', 'et', 'lv', 'lt', 'is', 'ga', 'cy', 'ca', 'eu', 'gl', 'ar', 'he', 'fa', 'ur', 'hi'],
  ...[
    'bn',
    'ta',
    'te',
    'mr',
    'gu',
    'kn',
    'ml',
    'pa',
    'ja',
    'ko',
    'zh',
    'vi',
    'th',
    'id',
    'ms',
    'fil',
    'sw',
    'af',
    'la',
  ],
];
/** In which languages a language may be named, besides its own. */
const NAMED_IN = ['en', 'de', 'es', 'fr', 'it', 'pt', 'nl', 'pl', 'tr', 'uk', 'ru'];
/** A tutor to whom nobody has said otherwise teaches in it. */
const DEFAULT = 'en-US';

/** "pt" of "pt-BR". */
export const primary = (tag: string) => tag.split('-')[0]?.toLowerCase() ?? '';

const namesIn = (language: string) => new Intl.DisplayNames([language], { type: 'language', fallback: 'none' });

let names: ReadonlyMap<string, string> | null = null;

/** Made when it is first needed: it takes some milliseconds, and one list of names for each language. */
function codeByName(): ReadonlyMap<string, string> {
  if (names) return names;
  const lists = NAMED_IN.map(namesIn);
  names = new Map(
    CODES.flatMap((code) =>
      [namesIn(code), ...lists].flatMap((list) => {
        const name = list.of(code);
        return name ? [[normalise(name), code] as const] : [];
      }),
    ),
  );
  return names;
}

/**
 * The tag for what a learner has said, such as "auf Deutsch bitte"; the client's locale tells the variety, if it is of
 * the same language. Null: it is no language that is known here.
 */
export function languageTag(said: string | null, locale: string | null): string | null {
  const tag = said ? tagIn(said) : DEFAULT;
  if (tag === DEFAULT) return locale?.startsWith('en-') ? locale : tag;
  return tag && locale && primary(locale) === tag ? locale : tag;
}

function tagIn(said: string): string | null {
  const tag = said.trim();
  if (/^[a-z]{2,3}(?:-[a-z]{2,4})?$/i.test(tag) && CODES.includes(primary(tag))) return tag;
  const words = ` ${normalise(said)} `;
  const found = [...codeByName()].find(([name]) => words.includes(` ${name} `));
  return found?.[1] ?? null;
}
