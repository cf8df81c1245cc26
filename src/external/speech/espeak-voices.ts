import { primary } from '../../core/languages.ts';

/** Where espeak-ng's name for a language is not the usual one, or the language has several. */
const NAMES: Readonly<Record<string, string>> = {
  en: 'en-us',
  fr: 'fr-fr',
  zh: 'cmn',
  'zh-hk': 'yue',
  no: 'nb',
  'es-mx': 'es-419',
  'es-us': 'es-419',
  'es-ar': 'es-419',
  'es-co': 'es-419',
  'es-cl': 'es-419',
  'pt-pt': 'pt',
};

/** It has a voice for them, and cannot read them: it spells out every kanji as "Chinese letter". */
const UNREADABLE = ['ja'];

/** Voices are named by their language. Null: none for this one. */
export function espeakVoice(language: string, voices: readonly string[]): string | null {
  if (UNREADABLE.includes(primary(language))) return null;
  const candidates = [language.toLowerCase(), primary(language)].flatMap((name) => [NAMES[name] ?? name, name]);
  return candidates.find((name) => voices.includes(name)) ?? null;
}

/** All that speak a language, in any way of speaking it. */
export function espeakVoices(language: string, voices: readonly string[]): string[] {
  const usual = espeakVoice(language, voices);
  if (usual === null) return [];
  return [usual, ...voices.filter((voice) => voice !== usual && primary(voice) === primary(usual))];
}
