import { createInstance } from 'i18next';
import { de } from './locales/de.ts';
import { en } from './locales/en.ts';
import { es } from './locales/es.ts';
import { fr } from './locales/fr.ts';
import { ja } from './locales/ja.ts';
import { ptBR } from './locales/ptBR.ts';

/** What the bot itself says, in the languages that it speaks. The lesson's own words come from the core. */

type English = typeof en;
type Section = keyof English;

/** What every language has to say. */
export type Wording = { [S in Section]: Record<keyof English[S], string> };

/** Such as "buttons.hint". */
export type WordKey = { [S in Section]: `${S}.${keyof English[S] & string}` }[Section];

/** The words of one language; the names in braces come from `values`, as they are. */
export type Translate = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string;

export interface Words {
  /** For a locale such as "es-419"; English where the locale is unknown. */
  for(locale: string | null): Translate;
}

const LANGUAGES = { en, de, es, fr, 'pt-BR': ptBR, ja };

/** For dates and numbers in a sentence: the locale, where its language is one that the words have; else English. */
export function spokenLocale(locale: string | null): string {
  const language = (name: string) => name.split('-', 1)[0];
  const isSpoken = locale !== null && Object.keys(LANGUAGES).some((name) => language(name) === language(locale));
  return isSpoken ? locale : 'en';
}

export function openWords(): Words {
  const languages = createInstance();
  languages.init({
    resources: Object.fromEntries(Object.entries(LANGUAGES).map(([name, words]) => [name, { translation: words }])),
    fallbackLng: { pt: ['pt-BR', 'en'], default: ['en'] },
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return {
    for(locale) {
      const translate = languages.getFixedT(locale ?? 'en');
      return (key, values) => translate(key, { ...values });
    },
  };
}
