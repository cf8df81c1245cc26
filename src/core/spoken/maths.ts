import { isAbbreviated, type Wording } from './wording.ts';

/**
 * Numbers and signs as they are said. `formula`: everything is maths, so that single letters are names and no unit is
 * meant; elsewhere a sign counts only between operands. Dates and times stay, engines know them.
 */
export function signsSpoken(text: string, words: Wording, isFormula: boolean): string {
  const steps = isFormula ? FORMULA : PROSE;
  return steps.reduce((spoken, step) => step(spoken, words), withOneSign(text)).replace(/ {2,}/g, ' ');
}

type Step = (text: string, words: Wording) => string;

const SUPERSCRIPTS = /(?<=[\p{L}\p{N})])([⁺⁻]?[⁰¹²³⁴-⁹ⁿ]+)/gu;

/** What can be written in several ways, in one way. */
function withOneSign(text: string): string {
  return text
    .replace(SUPERSCRIPTS, (power) => `^${power.normalize('NFKC').replace('−', '-')}`)
    .replace(/[₀-₉]+/g, (index) => index.normalize('NFKC'))
    .replace(
      /(\d?)([¼-¾⅐-⅞])/g,
      (_, whole: string, part: string) => `${whole && `${whole} `}${part.normalize('NFKC').replace('⁄', '/')}`,
    )
    .replaceAll('⁄', '/')
    .replace(/(?<=[\p{N})]\s?[\p{L}\p{N}/^°]{0,5}\s?)[·∙](?=\s?[\p{N}(])/gu, '×')
    .replace(/\^\s*°/g, '°')
    .replace(/<-+>|↔|⇔/g, ' ⇒ ')
    .replace(/=+>/g, '⇒')
    .replace(/-+>/g, '→')
    .replace(/<=(?!=)|⩽|≦/g, '≤')
    .replace(/>=(?!=)|⩾|≧/g, '≥')
    .replace(/!=|=\/=/g, '≠')
    .replace(/\+\/?-(?=\s*\d)/g, '±')
    .replace(/(?<=[\d)]\s?)==(?=\s?[\d(])/g, '=');
}

/** Stands for a missing number until all signs are said. */
const WHAT = '\ue006';

/** The end of an operand, and the start of one: a number, a bracket, a missing number, a root, code. */
const LEFT = String.raw`(?<=[\p{N})%\ue006\ue010]\s*|(?<![\p{L}\p{N}'’-])\p{L}\s*)`;
const RIGHT = String.raw`(?=\s*(?:[\p{N}(√∛\ue006\ue010−]|-\d|\p{L}(?![\p{L}\p{N}'’])))`;
const TIMES = new RegExp(String.raw`${LEFT}\*${RIGHT}`, 'gu');
const PLUS = new RegExp(String.raw`${LEFT}\+${RIGHT}|(?<=\S )\+(?= \S)|(?<![\p{L}\p{N}+])\+(?=\d)`, 'gu');
/** Between words a hyphen is a dash; between single letters it counts where the other side is a number. */
const MINUS =
  /(?<=[\d)\ue006] )-(?= [\d(√\ue006])|(?<=(?<!\p{L})\p{L} )-(?= [\d\ue006])|(?<=[\d\ue006] )-(?= \p{L}(?!\p{L}))/gu;

const AMOUNT = String.raw`(\d+(?:[.,]\d+){0,3})(\s(?:[mb]illion|Millionen|Milliarden|millones)\b)?`;
const SIGN_FIRST = new RegExp(String.raw`(?:(?<!\p{L})US)?([$€£])\s?${AMOUNT}`, 'gu');
const SIGN_LAST = new RegExp(String.raw`(?<![\p{N}.,])${AMOUNT}\s?([$€£])(?![\p{L}\p{N}])`, 'gu');

function money(text: string, { currencies }: Wording): string {
  const said = (amount: string, large: string, sign: string) => {
    const [one, many] = currencies[sign] ?? ['', ''];
    return `${amount}${large} ${amount === '1' && large === '' ? one : many}`;
  };
  return text
    .replace(SIGN_FIRST, (_, sign: string, amount: string, large = '') => said(amount, large, sign))
    .replace(SIGN_LAST, (_, amount: string, large = '', sign: string) => said(amount, large, sign));
}

const RANGE =
  /(?<![\p{L}\p{N}.,/:–-])(\d+(?:[.,]\d+)?\s?%?)(?:[–]|\s–\s|-)(\d+(?:[.,]\d+)?)(?![\p{L}\p{N}]*[–-]?\d|[/:]\d)/gu;

/** "3–5", "3-5"; but in "5-3=2" something is taken away. */
function ranges(text: string, { signs }: Wording): string {
  return text
    .replace(/(?<=\d)-(?=\d+(?:\s?[-+*×÷/]\s?\d+){0,6}\s?=)|(?<==\s*\d+)-(?=\d)/g, ' − ')
    .replace(RANGE, (whole, from: string, to: string) =>
      // A telephone number is none.
      /^\d{3}-\d{4}$/.test(whole) ? whole : `${from} ${signs.to} ${to}`,
    );
}

const UNIT =
  /(?<![\p{L}\p{N}])(\d+(?:[.,]\d+){0,3})(\s?)(km\/h|m\/s|[kcm]?m\^[23]|°\s?[CF]|kWh|Hz|mph|km|dm|cm|mm|kg|mg|ml|mL|ms|min|ft|lb|[mglLsh])(?![\p{L}\p{N}^/(])(?=(\s?[=+×÷*<>≤≥]?))/gu;

function units(text: string, words: Wording): string {
  return text.replace(UNIT, (whole, amount: string, gap: string, name: string, next: string, at: number) => {
    const unit = words.units[name.replace(/\s/g, '')];
    // "3g" is measured; "2s" may be several twos, and "3m = 6" is algebra.
    const isLetter = gap === '' && name.length === 1 && (name === 's' || /[=+×÷*<>≤≥]/.test(next));
    if (!unit || isLetter) return whole;
    if (text[at - 1] === '/') return `${amount} ${words.partOf(unit[0])}`;
    return `${amount} ${amount === '1' ? unit[0] : unit[1]}`;
  });
}

function functions(text: string, { signs }: Wording): string {
  return text.replace(
    /(?<![\p{L}\p{N}])([Pfgh])\(([^()]{1,40})\)/gu,
    (_, name: string, of: string) => `${name} ${signs.of} ${of.replaceAll('|', signs.given)}`,
  );
}

function powers(text: string, words: Wording): string {
  return text.replace(
    /\s?(?:\^|\*\*)\s?(?:[({]\s*(-?[\p{L}\p{N}+\-*/ ]{1,30}?)\s*[)}]|(-?[\p{L}\p{N}]+))/gu,
    (_, grouped, single) => ` ${words.power(String(grouped ?? single))} `.replace(/ $/, ''),
  );
}

const ROOT_DEGREES: Readonly<Record<string, string>> = { '√': '2', '∛': '3', '∜': '4' };

function roots(text: string, words: Wording): string {
  return text.replace(
    /([√∛∜])\s*(?:\(([^()]*)\)|([\p{N}.,]*\p{N}|\p{L}))/gu,
    (_, sign: string, inner: string | undefined, single: string | undefined, at: number) => {
      const before = text.slice(0, at);
      const root = begun(words.root(ROOT_DEGREES[sign] ?? '2', inner ?? single ?? ''), before, words);
      return /[\p{L}\p{N})]$/u.test(before) ? ` ${root}` : root;
    },
  );
}

const FRACTION = /(?<![\p{L}\p{N}/.,]|\d\s?:)(?:(\d{1,3}) )?(\d{1,4}|\?)\/(\d{1,4}|\?)(?![\p{L}\p{N}/]|[.,]\d)/gu;

/** Of numbers that are written without spaces. "24/7" and "2023/24" are none. */
function fractions(text: string, words: Wording): string {
  return text.replace(FRACTION, (whole, count: string | undefined, top: string, bottom: string, at: number) => {
    if (`${top}/${bottom}` === '24/7' || (top.length === 4 && bottom.length === 2)) return whole;
    const isMixed = count !== undefined && Number(top) < Number(bottom);
    const said = fractionSpoken(top, bottom, words);
    const before = text.slice(0, at);
    if (isMixed) return words.mixed(count, said, top === '1' && bottom === '2');
    return count === undefined ? begun(said, before, words) : `${count} ${said}`;
  });
}

/** "three quarters"; "91 over 216" beyond twentieths. */
function fractionSpoken(top: string, bottom: string, words: Wording): string {
  const part = /^[1-9]\d*$/.test(bottom) ? words.parts[Number(bottom)] : undefined;
  const count = /^(?:0|[1-9]\d*)$/.test(top) ? words.numerals[Number(top)] : undefined;
  if (part && count) return `${count} ${top === '1' ? part[0] : part[1]}`;
  const said = (number: string) => (number === '?' ? words.signs.what : number);
  return `${said(top)} ${words.signs.over} ${said(bottom)}`;
}

/** What takes the place of a number at the start of a sentence begins with a capital, or no sentence is seen there. */
function begun(said: string, before: string, words: Wording): string {
  return /[.!?…]["'”’»)\ue000-\ue005]*\s+[\ue000-\ue005]*$/.test(before) && !isAbbreviated(before.trimEnd(), words)
    ? said.replace(/^\s*\p{L}/u, (first) => first.toUpperCase())
    : said;
}

/** A missing number: "= ?" asks, "? +" waits to be found. */
function missing(text: string): string {
  return text
    .replace(/(?<=[=+×÷−*<>≤≥]\s*)\?(?=[\ue000-\ue005]*(?:$|\s+[\p{Lu}¿"“„]))/gu, `${WHAT}?`)
    .replace(/(?<=[=+×÷−*<>≤≥]\s*|\d - )\?(?![?/])|(?<![\p{L}\p{N}?)!"”/])\?(?=\s*[=+×÷−*<>≤≥]| - \d)/gu, WHAT);
}

/** Signs that mean the same wherever they stand. */
function plainSigns(text: string, { signs }: Wording): string {
  const named: [RegExp, string][] = [
    [/±/g, signs.plusMinus],
    [/×|⋅/g, signs.times],
    [/÷/g, signs.divided],
    [/≤/g, signs.atMost],
    [/≥/g, signs.atLeast],
    [/≠/g, signs.unequal],
    [/≈|≅/g, signs.approx],
    [/−/g, signs.minus],
    [/∞/g, signs.infinity],
    [/π/g, signs.pi],
    [/∈/g, signs.element],
    [/∑/g, signs.sum],
    [/‥/g, signs.to],
    [/(?<![|\p{L}\p{N}])\|(-?[\p{L}\p{N}]{1,4})\|(?!\|)/gu, `${signs.absolute} $1`],
    [/⇒/g, signs.therefore],
    [/(?<=[\p{N}][\p{L}\p{N}]*\s*)→|→(?=\s*\p{L}{0,2}\p{N})/gu, signs.gives],
    [/(?<=\d\s?)%/g, signs.percent],
    [/(?<=\d\s?)°/g, signs.degrees],
    [/(?<=^|\s)&(?=\s|$)/g, signs.and],
    [/(?<![\p{L}\p{N}])#(?=\d)/gu, signs.number],
    [/(?<=\b[CF])#(?![\p{L}\p{N}])/gu, signs.sharp],
    [/(?<![\p{L}\p{N}~])~(?=\s?\d)/gu, signs.about],
    [/(?<![\p{L}\p{N}_])_{2,}(?![\p{L}\p{N}_])/gu, signs.blank],
  ];
  return named.reduce((spoken, [sign, word]) => spoken.replace(sign, ` ${word} `), text).replace(/\s*→\s*/g, ', ');
}

/** Signs that are signs only between operands, or in front of one. */
function betweenOperands(text: string, { signs }: Wording): string {
  return text
    .replace(TIMES, ` ${signs.times} `)
    .replace(PLUS, ` ${signs.plus} `)
    .replace(MINUS, ` ${signs.minus} `)
    .replace(/(?<![\p{L}\p{N})\]^-])-(?=\d)/gu, `${signs.minus} `)
    .replace(/(?<=\d )\/(?= \d)/g, ` ${signs.divided} `)
    .replace(/(?<=\))\/(?=[\d(])|(?<=\d)\/(?=\()/g, ` ${signs.over} `)
    .replace(/(?<=\S\s*)(?<![=<>])={1,2}(?![=<>])(?=\s*\S)/g, ` ${signs.equals} `)
    .replace(/(?<=[\p{L}\p{N})\ue006?]\s*)(?<!<)<(?![<!/])(?=\s*[\p{L}\p{N}(\ue006?√−-])/gu, ` ${signs.less} `)
    .replace(/(?<=[\p{L}\p{N})\ue006?]\s*)(?<!>)>(?!>)(?=\s*[\p{L}\p{N}(\ue006?√−-])/gu, ` ${signs.greater} `);
}

/** In a formula every sign counts. */
function allSigns(text: string, { signs }: Wording): string {
  return text
    .replace(/\*/g, ` ${signs.times} `)
    .replace(/\+/g, ` ${signs.plus} `)
    .replace(/-/g, ` ${signs.minus} `)
    .replace(/(?<=[\p{L}\p{N})]\s*)\/(?=\s*[\p{L}\p{N}(])/gu, ` ${signs.over} `)
    .replace(/={1,2}/g, ` ${signs.equals} `)
    .replace(/</g, ` ${signs.less} `)
    .replace(/>/g, ` ${signs.greater} `)
    .replace(/%/g, ` ${signs.percent} `)
    .replace(/\|/g, ' ');
}

const whatSaid = (text: string, { signs }: Wording) => text.replaceAll(WHAT, ` ${signs.what}`);

const PROSE: readonly Step[] = [
  ...[money, ranges, units, missing, betweenOperands, functions, powers, fractions, roots, plainSigns, whatSaid],
];
const FORMULA: readonly Step[] = [missing, functions, powers, fractions, roots, plainSigns, allSigns, whatSaid];
