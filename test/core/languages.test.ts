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

test.each<[string, ReturnType<typeof parseVoice>]>([
  ['voice on', { on: true }],
  ['/tutor voice on', { on: true }],
  ['Please speak to me!', { on: true }],
  ['Voice off, please', { on: false }],
  ["don't speak", { on: false }],
  ['be quiet', { on: false }],
  [' Voice en-GB-Wavenet-A ', { on: true, name: 'en-GB-Wavenet-A' }],
  ['/tutor voice en-gb-x-rp', { on: true, name: 'en-gb-x-rp' }],
  ['/voice de', { on: true, name: 'de' }],
  ['voice Default', { on: true, name: '' }],
  ['voice box', null],
  ['voice', null],
  ['voice en-US-Wavenet-F is nice', null],
  ['the voice of the people', null],
  ['speak', null],
  ['quiet', null],
])('%s is the wish %o', (text, wish) => {
  expect(parseVoice(text)).toEqual(wish);
});
