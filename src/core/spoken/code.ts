import { plainFormula } from './latex.ts';
import { signsSpoken } from './maths.ts';
import { pictureSpoken } from './pictures.ts';
import type { Wording } from './wording.ts';

const LANGUAGES: Readonly<Record<string, string>> = {
  ...{
    py: 'Python',
    python: 'Python',
    python3: 'Python',
    js: 'JavaScript',
    javascript: 'JavaScript',
    jsx: 'JavaScript',
  },
  ...{ ts: 'TypeScript', typescript: 'TypeScript', tsx: 'TypeScript', java: 'Java', c: 'C', cpp: 'C plus plus' },
  ...{ 'c++': 'C plus plus', cs: 'C sharp', csharp: 'C sharp', 'c#': 'C sharp', rb: 'Ruby', ruby: 'Ruby', go: 'Go' },
  ...{ rs: 'Rust', rust: 'Rust', php: 'PHP', sql: 'SQL', html: 'HTML', xml: 'XML', css: 'CSS', json: 'JSON' },
  ...{ yaml: 'YAML', yml: 'YAML', kotlin: 'Kotlin', kt: 'Kotlin', swift: 'Swift', r: 'R', scala: 'Scala', lua: 'Lua' },
  ...{ bash: 'Bash', sh: 'Bash', shell: 'Bash', zsh: 'Bash', haskell: 'Haskell', hs: 'Haskell', matlab: 'MATLAB' },
};
const PLAIN = new Set(['', 'text', 'txt', 'plain', 'plaintext', 'output', 'console']);
const FORMULAS = new Set(['math', 'latex', 'tex', 'katex']);
const PICTURES = new Set(['ascii', 'diagram', 'mermaid', 'dot', 'svg']);

/** What a program without a label gives itself away by. */
const GIVEAWAYS: readonly [RegExp, string][] = [
  [
    /^\s*(?:def \w+\(.*\):|elif .+:|from \w+ import |print\(|for \w+ in .+:|while .+:\s*$)|^\S.*\w\(.*\):\s*$/m,
    'Python',
  ],
  [/\bconsole\.log\(|^\s*(?:const|let) \w+ =|^\s*function \w+\(/m, 'JavaScript'],
  [/^\s*(?:SELECT|INSERT INTO|CREATE TABLE)\s/m, 'SQL'],
  [/^\s*public (?:static |class )|System\.out\.print/m, 'Java'],
  [/^\s*#include\s*</m, 'C'],
];
const CODE_LINE =
  /^\s*(?:[A-Za-z_][\w.[\]"']*\s*[-+*/]?=\s*\S|(?:if|for|while|else|return|import|class)\b.*[:;{]?\s*$|[\w.]+\(.*\)\s*;?\s*$|\}\s*;?\s*$)/;

/** A fenced block, in a few words: what it is, or what it says where that is short. */
export function blockSpoken(label: string, lines: readonly string[], words: Wording): string {
  const name = label.trim().split(/[\s{]/)[0]?.toLowerCase() ?? '';
  const body = lines.filter((line) => line.trim() !== '');
  if (body.length === 0) return '';
  if (FORMULAS.has(name)) return formulaSpoken(body.join(' '), words);
  if (PICTURES.has(name)) return words.picture('');
  if (!PLAIN.has(name)) return words.code(LANGUAGES[name] ?? null);
  const picture = pictureSpoken(body, words);
  if (picture !== null) return picture;
  const language = GIVEAWAYS.find(([sign]) => sign.test(body.join('\n')))?.[1];
  if (language) return words.code(language);
  const text = body
    .map((line) => line.trim().replace(/\s{2,}/g, ', '))
    .map((line) => (/[.,:;!?]$/.test(line) ? line : `${line}.`))
    .join(' ');
  if (body.length === 1 && isMaths(text)) return formulaSpoken(body[0] ?? '', words);
  if (body.filter((line) => CODE_LINE.test(line)).length * 2 > body.length) return words.code(null);
  return body.length <= 3 && text.length <= 160 ? signsSpoken(text, words, false) : words.text;
}

export function formulaSpoken(latex: string, words: Wording): string {
  return signsSpoken(plainFormula(latex), words, true);
}

/** Numbers, single letters and at least one sign between them. */
const isMaths = (code: string) =>
  !/\p{L}{2}|[.?]\s*[=(]|==|\*\*|\/\/|[-+*/]=/u.test(code) &&
  /^[\p{L}\p{N}\s?+\-−*×·÷/=<>≤≥≠≈()^.,√%:]+$/u.test(code) &&
  /[+\-−*×·÷/=<>≤≥≠≈√^]/.test(code) &&
  /[\p{L}\p{N}]/u.test(code);

const MAX_READ = 60;
const SIGN = /==|!=|<=|>=|\+=|-=|\*=|->|=>|\*\*|\/\/|&&|\|\||[^\p{L}\p{M}\p{N}\s]/gu;
/** Signs that say nothing where there are words beside them. */
const SILENT = new Set(['(', ')', '[', ']', '{', '}', '"', "'", ',', ':', ';', '.', '`', '?', '!']);

/** Code within a sentence: read as it is, its signs by name. */
export function codeSpoken(code: string, words: Wording): string {
  const short = code.trim();
  if (isMaths(short)) return signsSpoken(short, words, true).trim();
  if (short.length > MAX_READ || short.includes('\n')) return words.code(null);
  const signs = short.match(SIGN) ?? [];
  if (!/[\p{L}\p{N}]/u.test(short)) return signs.length <= 4 ? signs.map((sign) => nameOf(sign, words)).join(' ') : '';
  return short
    .replace(/("|')([^"']*[\p{L}\p{N}][^"']*)\1/gu, (_, _quote, text: string) => ` ${words.quoted(text)} `)
    .replace(/(?<=[\p{L}\p{N}_)\]])\.(?=\p{L})/gu, ` ${nameOf('.', words)} `)
    .replace(SIGN, (sign, at: number) => {
      if (sign === '-' && /\p{L}-\p{L}/u.test(short.slice(Math.max(0, at - 1), at + 2))) return '-';
      if (/^[.,]$/.test(sign)) return sign;
      return SILENT.has(sign) ? ' ' : ` ${nameOf(sign, words)} `;
    })
    .replace(/\s+(?=[.,])|[.,]+(?=\s*$)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const nameOf = (sign: string, words: Wording) =>
  Object.hasOwn(words.codeSigns, sign) ? (words.codeSigns[sign] ?? '') : '';
