import { expect, test } from 'vitest';
import { parseVoice } from '../../src/core/commands.ts';
import { languageTag } from '../../src/core/languages.ts';

test.each<[string | null, string | null, string | null]>([
  [null, null, 'en-US'],
  [null, 'en-GB', 'en-GB'],
  [null, 'de', 'en-US'],
  ['German', null, 'de'],
  ['auf Deutsch bitte', 'de-AT', 'de-AT'],
  ['auf Deutsch bitte', 'en-GB', 'de'],
  ['español, por favor', 'es-MX', 'es-MX'],
  ['português', 'pt-BR', 'pt-BR'],
  ['de-CH', 'de-AT', 'de-CH'],
  ['日本語', null, 'ja'],
  ['русский', null, 'ru'],
  ['simple English', 'en-AU', 'en-AU'],
  ['Klingon', 'en-GB', null],
])('%s, in a client that speaks %s, is %s', (said, locale, tag) => {
  expect(languageTag(said, locale)).toBe(tag);
});

test.each<[string, boolean | null]>([
  ['voice on', true],
  ['/tutor voice on', true],
  ['Please speak to me!', true],
  ['Voice off, please', false],
  ["don't speak", false],
  ['be quiet', false],
  ['the voice of the people', null],
  ['speak', null],
  ['quiet', null],
])('%s switches the voice: %s', (text, on) => {
  expect(parseVoice(text)).toBe(on);
});
