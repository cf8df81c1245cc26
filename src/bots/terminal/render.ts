import { stripVTControlCharacters } from 'node:util';
import type { PlanLine, Reply } from '../../core/messages.ts';

/** Reply → lines of a terminal. Pure: colours and width are arguments. */

export interface Screen {
  /** Columns; 0 where it is not known. */
  width: number;
  /** False: no escape codes. */
  colour: boolean;
}

/** The words of a reply, without what hangs below them: what may be shown while it is still being written. */
export function renderText(text: string, screen: Screen): string[] {
  let fence = '';
  return printable(text)
    .split('\n')
    .flatMap((line) => {
      const [, marks = '', language = ''] = /^\s*(`{3,}|~{3,})([^`]*)$/.exec(line) ?? [];
      if (fence ? marks.startsWith(fence) && language.trim() === '' : marks) {
        fence = fence ? '' : marks;
        return [];
      }
      if (fence) return [`    ${line}`];
      const width = /^\s*\|/.test(line) ? 0 : screen.width;
      return wrap(styled(line.replaceAll('\t', '    '), screen), width, indentOf(line));
    });
}

/** Everything that follows a reply's words: the plan, where we are, the question and its choices, what one can say. */
export function renderExtras(reply: Reply, screen: Screen): string[] {
  const sections = [
    reply.plan && reply.kind !== 'progress'
      ? reply.plan.flatMap((line, index) => renderPlanLine(line, index, screen))
      : [],
    reply.question ? renderQuestion(reply, screen) : [],
    reply.kind === 'message' && reply.question && reply.commands.length > 0
      ? wrap(`(${reply.commands.join(' · ')})`, screen.width, ' ').map((line) => dim(line, screen))
      : [],
    reply.closing ? renderText(reply.closing, screen) : [],
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines) => ['', ...lines]);
}

export function renderReply(reply: Reply, screen: Screen): string[] {
  const text = reply.text ? renderText(reply.text, screen) : [];
  const extras = renderExtras(reply, screen);
  return text.length > 0 ? [...text, ...extras] : extras.slice(1);
}

const BOLD = '1';
const ITALIC = '3';
const DIM = '2';
const CYAN = '36';

export function dim(text: string, screen: Screen): string {
  return paint(text, DIM, screen);
}

const RESET = '\u001b[0m';

/** Also around what is painted already: an inner reset does not end the outer style. */
function paint(text: string, code: string, screen: Screen): string {
  if (!screen.colour || text === '') return text;
  const start = `\u001b[${code}m`;
  return `${start}${text.replaceAll(RESET, RESET + start)}${RESET}`;
}

/** Stand for a verbatim span, and for a space in one that is not to be broken. */
const SPAN = '\ue000';
const FIRM_SPACE = '\ue001';

/** Text that cannot steer the terminal, nor be taken for our own marks. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go.
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ue000\ue001]/g, '');
}

/** Code and formulas: a star in them is a star. */
const VERBATIM = /(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|(?<!\$)(\$\$?)(?=[^\s$])[^$]*?(?<=\S)\2(?!\d)/g;

/** Bold, italics and headings of one line. A star between operands is not a mark: 2*3, x**2, (a)*(b). */
function styled(line: string, screen: Screen): string {
  const spans: string[] = [];
  const isShort = (span: string) => columnsOf(span) * 2 < screen.width;
  return line
    .replace(VERBATIM, (span) => {
      spans.push(isShort(span) ? span.replaceAll(' ', FIRM_SPACE) : span);
      return SPAN;
    })
    .replace(stars(3), (_, both: string) => paint(paint(both, ITALIC, screen), BOLD, screen))
    .replace(stars(1), (_, soft: string) => paint(soft, ITALIC, screen))
    .replace(stars(2), (_, strong: string) => paint(strong, BOLD, screen))
    .replace(/^#{1,6}\s+(.*)$/, (_, heading: string) => paint(heading, BOLD, screen))
    .replaceAll(SPAN, () => spans.shift() ?? '');
}

function stars(count: 1 | 2 | 3): RegExp {
  const inner = count === 2 ? '.' : '[^*]';
  return new RegExp(`(?<![\\w*)\\]])\\*{${count}}(?=[^\\s*])(${inner}+?)(?<=[^\\s*])\\*{${count}}(?![\\w*([])`, 'g');
}

const STATUS_MARKS: Record<PlanLine['status'], string> = {
  completed: '✓',
  in_progress: '▸',
  pending: ' ',
  blocked: '!',
  skipped: '–',
};

function renderPlanLine(line: PlanLine, index: number, screen: Screen): string[] {
  const head = `${STATUS_MARKS[line.status]} ${index + 1}. `;
  const title = paint(oneLine(line.title), BOLD, screen);
  return wrap(`${head}${title}: ${oneLine(line.objective)}`, screen.width, ' '.repeat(head.length));
}

function renderQuestion(reply: Reply, screen: Screen): string[] {
  const { question, progress } = reply;
  if (!question) return [];
  const place = progress ? `Step ${progress.step} of ${progress.of}: ${oneLine(progress.title)}` : '';
  const heading = place ? wrap(place, screen.width, '').map((line) => paint(line, CYAN, screen)) : [];
  const prompt = renderText(question.prompt, screen).map((line) => paint(line, BOLD, screen));
  // Choices are shown as they are: in "2 * 3 * 4" or "# a comment" nothing is a mark.
  const choices = question.choices.flatMap(({ id, text }) =>
    printable(text)
      .split('\n')
      .flatMap((line, index) => wrap(`${index === 0 ? `  ${id}) ` : '     '}${line}`, screen.width, '     ')),
  );
  return [...heading, ...prompt, ...choices];
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

function indentOf(line: string): string {
  const marker = /^\s*(?:[-*·✓▸!–]|\d+[.)])\s+/.exec(line)?.[0] ?? /^\s*/.exec(line)?.[0] ?? '';
  return ' '.repeat(marker.length);
}

/** Breaks a line at spaces; escape codes take no room. A word that is too long stays whole, without its indent. */
function wrap(line: string, width: number, indent: string): string[] {
  const room = width > 0 ? width : Number.POSITIVE_INFINITY;
  const lines: string[] = [];
  let current = '';
  let used = 0;
  for (const word of line.trimEnd().split(/(?<=\S) /)) {
    const length = columnsOf(word);
    const isFirst = lines.length === 0 && current === '';
    if (!isFirst && used + 1 + length <= room) {
      current += ` ${word}`;
      used += 1 + length;
      continue;
    }
    if (!isFirst) lines.push(current);
    const bare = word.trimStart();
    const before = isFirst ? word.slice(0, word.length - bare.length) : indent;
    current = before.slice(0, Math.max(0, room - columnsOf(bare))) + bare;
    used = columnsOf(current);
  }
  return carryStyles([...lines, current]).map((each) => each.replaceAll(FIRM_SPACE, ' '));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
const ESCAPE_CODES = /\u001b\[\d+m/g;

/** Each line ends the styles that are open at its end, and the next one opens them again. */
function carryStyles(lines: readonly string[]): string[] {
  let open = '';
  return lines.map((line) => {
    const whole = open + line;
    const tail = whole.slice(whole.lastIndexOf(RESET) + 1);
    open = (tail.match(ESCAPE_CODES) ?? []).join('');
    return open === '' ? whole : whole + RESET;
  });
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/u;

/** How much room a text takes: none for escape codes, two columns for an emoji or a Chinese character. */
function columnsOf(text: string): number {
  const visible = stripVTControlCharacters(text);
  if (/^[ -~]*$/.test(visible)) return visible.length;
  return [...GRAPHEMES.segment(visible)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0);
}
