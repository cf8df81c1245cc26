import type { PlanLine, Reply } from '../../core/messages.ts';

/** Reply → lines of a terminal. Pure: colours and width are arguments. */

export interface Screen {
  /** Columns. */
  width: number;
  /** False: no escape codes. */
  colour: boolean;
}

/** The words of a reply, without what hangs below them: what may be shown while it is still being written. */
export function renderText(text: string, screen: Screen): string[] {
  let inCode = false;
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      inCode = !inCode;
      return [];
    }
    if (inCode) return [`    ${line}`];
    return wrap(styled(line, screen), /^\s*\|/.test(line) ? Number.POSITIVE_INFINITY : screen.width, indentOf(line));
  });
}

/** Everything that follows a reply's words: the plan, where we are, the question and its choices, what one can say. */
export function renderExtras(reply: Reply, screen: Screen): string[] {
  const sections = [
    reply.plan ? reply.plan.flatMap((line, index) => renderPlanLine(line, index, screen)) : [],
    reply.question ? renderQuestion(reply, screen) : [],
    reply.kind === 'message' && reply.question && reply.commands.length > 0
      ? [paint(`(${reply.commands.join(' · ')})`, DIM, screen)]
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

function paint(text: string, code: string, screen: Screen): string {
  return screen.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}

function styled(line: string, screen: Screen): string {
  return line
    .replace(/^#{1,6}\s+(.*)$/, (_, heading: string) => paint(heading, BOLD, screen))
    .replace(/\*\*(?=\S)(.+?)(?<=\S)\*\*/g, (_, strong: string) => paint(strong, BOLD, screen))
    .replace(/(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*(?![\w*])/g, (_, soft: string) => paint(soft, ITALIC, screen));
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
  return wrap(`${head}${paint(line.title, BOLD, screen)}: ${line.objective}`, screen.width, ' '.repeat(head.length));
}

function renderQuestion(reply: Reply, screen: Screen): string[] {
  const { question, progress } = reply;
  if (!question) return [];
  const place = progress ? [paint(`Step ${progress.step} of ${progress.of}: ${progress.title}`, CYAN, screen)] : [];
  const prompt = renderText(question.prompt, screen).map((line) => paint(line, BOLD, screen));
  const choices = question.choices.flatMap(({ id, text }) => wrap(`  ${id}) ${text}`, screen.width, '     '));
  return [...place, ...prompt, ...choices];
}

function indentOf(line: string): string {
  const marker = /^\s*(?:[-*·✓▸!–]|\d+\.)\s+/.exec(line)?.[0] ?? /^\s*/.exec(line)?.[0] ?? '';
  return ' '.repeat(marker.length);
}

/** Breaks a line at spaces; escape codes take no room. A word that is too long stays whole. */
function wrap(line: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && visibleLength(longer) > width) {
      lines.push(current);
      current = indent + word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}

function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
  return text.replace(/\u001b\[\d+m/g, '').length;
}
