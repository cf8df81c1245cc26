import { codeSpoken, formulaSpoken } from './code.ts';
import { SAID, STRONG, STRONG_END } from './marks.ts';
import { signsSpoken } from './maths.ts';
import { tidied } from './tidy.ts';
import type { Wording } from './wording.ts';

/** Markdown within a line → what is said, with marks for what is stressed. `words` is null for a language without. */
export function lineSpoken(markdown: string, words: Wording | null): string {
  const said: string[] = [];
  const keep = (text: string) => {
    if (text !== '') said.push(text);
    return text === '' ? ' ' : SAID;
  };
  const plain = stressed(
    markdown.replace(SPECIAL, (whole, ...match) => specialSpoken(whole, match.at(-1), words, keep)),
  );
  const decoded = plain.replace(/&(?:(\w+)|#(\d+)|#x([\da-f]+));/gi, entity);
  const spoken = words ? signsSpoken(decoded, words, false) : decoded;
  let next = 0;
  return tidied(spoken, words).replaceAll(SAID, () => said[next++] ?? '');
}

/** Text as it stands, where nothing is a mark, such as a choice. */
export function literalSpoken(text: string, words: Wording | null): string {
  if (words && !/[\p{L}\p{N}]/u.test(text)) return codeSpoken(text, words);
  return tidied(words ? signsSpoken(text, words, false) : text, words);
}

const TAGS =
  'a|abbr|b|big|blockquote|br|center|code|del|details|div|em|font|h[1-6]|hr|i|iframe|img|input|ins|kbd|li|mark|ol|p|pre|q|s|script|small|span|strike|strong|style|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul';
const URL = String.raw`(?:[a-z][a-z0-9+.-]{1,20}:\/\/|www\.)`;

/** What is no prose, whichever begins first. */
const SPECIAL = new RegExp(
  [
    '(?<!`)(?<ticks>`+)(?!`)(?<code>.+?)(?<!`)\\k<ticks>(?!`)',
    String.raw`\\\((?<round>.+?)\\\)|\\\[(?<square>.+?)\\\]|\$\$(?<display>[^$]+)\$\$`,
    String.raw`(?<![\\$\p{L}\p{N}])\$(?<dollars>(?=\S)[^$]*?(?<=[^\s\\]))\$(?![\d$])`,
    String.raw`(?<bare>\\(?:[dt]?frac\s?\{[^{}]*\}\s?\{[^{}]*\}|sqrt\s?\{[^{}]*\}))`,
    String.raw`\\(?<escaped>[!-\/:-@[-\x60{-~])`,
    String.raw`(?<image>!?)\[(?<label>(?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]\((?<target>\s*(?:<[^<>]*>|[^\s()<>]*(?:\([^()]*\)[^\s()<>]*)*))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)`,
    String.raw`<(?<auto>${URL}[^\s<>|]*|mailto:[^\s<>|]*)(?:\|(?<autoLabel>[^<>]*))?>`,
    String.raw`<!--.*?-->|<(?:@[!&]?|[#!]|a?:\w+:|t:|\/(?=\w+[ \w]*:))[^<>]{0,100}>|<\/?(?:${TAGS})(?:\s[^<>]*)?\/?>`,
    String.raw`(?<url>${URL}[^\s<>()[\]"'\x60|*]*[^\s<>()[\]"'\x60|*.,;:!?])`,
    String.raw`\[\^[^\]\s]{1,20}\]|(?<![\p{L}\p{N}:]):[a-z][a-z0-9_+-]*:(?![\p{N}:\/])|@(?:everyone|here|channel)\b`,
  ].join('|'),
  'giu',
);

const LINK = new RegExp(`^${URL}\\S+$`, 'i');

type Found = Partial<Record<string, string>>;

function specialSpoken(whole: string, found: Found, words: Wording | null, keep: (said: string) => string): string {
  // Between the signs of two amounts of money there are words.
  if (found.dollars !== undefined && /^\d[^\\^_=]*\p{L}{3}/u.test(found.dollars)) return whole;
  const formula = found.bare ?? found.round ?? found.square ?? found.display ?? found.dollars;
  if (formula !== undefined) return keep(tidied(words ? formulaSpoken(formula, words) : formula, words));
  if (found.code !== undefined && LINK.test(found.code.trim())) return keep(domainSpoken(found.code, words));
  if (found.code !== undefined) return keep(tidied(words ? codeSpoken(found.code, words) : found.code, words));
  if (found.escaped !== undefined) return /[*_~`#|<>]/.test(found.escaped) ? ' ' : found.escaped;
  if (found.label !== undefined) return keep(linkSpoken(found, words));
  if (found.autoLabel !== undefined) return keep(lineSpoken(found.autoLabel, words));
  const url = found.auto ?? found.url;
  return url === undefined ? ' ' : keep(domainSpoken(url, words));
}

function linkSpoken({ label = '', image, target = '' }: Found, words: Wording | null): string {
  const said = lineSpoken(label, words);
  if (image) return words ? words.picture(said) : said;
  return said || domainSpoken(target, words);
}

function domainSpoken(url: string, words: Wording | null): string {
  const address = url.trim().replace(/^(?:mailto:|[a-z][a-z0-9+.-]*:\/\/)/i, '');
  const host = url.startsWith('mailto:') ? address : address.replace(/^[^/?#]*@/, '').replace(/^(?:www(?:\.|$))+/i, '');
  const domain = tidied(/^[\p{L}\p{N}.@-]*[\p{L}\p{N}]/u.exec(host)?.[0] ?? '', null);
  return domain && words ? words.link(domain) : domain;
}

/** Bold is stressed, but never a part of a word; other emphasis only loses its marks. A star between operands is none. */
function stressed(text: string): string {
  return text
    .replace(/(?<![\p{N}*)\\])(\*{2,3})(?=[^\s*])((?:(?!\*\*).)+?)(?<=\S)\*{2,3}(?!\*)/gu, strong)
    .replace(/(?<![\p{L}\p{N}_])(_{2,3})(?=[^\s_])((?:(?!__).)+?)(?<=\S)_{2,3}(?![\p{L}\p{N}_])/gu, strong)
    .replace(/(?<![\p{L}\p{N}*)])\*(?=[^\s*])([^*]*?)(?<=[^\s*])\*(?![\p{N}*])/gu, '$1')
    .replace(/(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]*?)(?<=[^\s_])_(?![\p{L}\p{N}_])/gu, '$1')
    .replace(/~~(?=\S)(.+?)(?<=\S)~~|\|\|(?=\S)(.+?)(?<=\S)\|\|/g, '$1$2');
}

function strong(whole: string, _: string, inner: string, at: number, text: string): string {
  const isPart = /\p{L}/u.test(text[at - 1] ?? '') || /\p{L}/u.test(text[at + whole.length] ?? '');
  if (!isPart) return STRONG + inner + STRONG_END;
  return inner.includes(' ') ? whole : inner;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…' },
  ...{ times: '×', divide: '÷', minus: '−', le: '≤', ge: '≥', ne: '≠', deg: '°', euro: '€', frac12: '½' },
};

function entity(whole: string, name?: string, decimal?: string, hex?: string): string {
  if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? '') : whole;
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code >= 0x20 && code < 0xd800 ? String.fromCharCode(code) : ' ';
}
