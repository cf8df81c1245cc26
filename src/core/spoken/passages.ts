import type { AskedQuestion, PlanLine, Reply } from '../messages.ts';
import { blockSpoken } from './code.ts';
import { lineSpoken, literalSpoken } from './inline.ts';
import { type Block, blocksOf } from './markdown.ts';
import { BREATH, cleared, LETTERS, LETTERS_END } from './marks.ts';
import type { Wording } from './wording.ts';

/** A paragraph for the ear, with marks, and the silence after it. */
export interface Passage {
  text: string;
  pauseMs: number;
}

const PAUSES = { paragraph: 450, item: 350, row: 350, choice: 350, heading: 700, question: 900 };
const BEFORE_HEADING = 700;
const BEFORE_QUESTION = 700;

/** Everything that a reply says, in the order in which it is shown. */
export function replyPassages(reply: Reply, words: Wording | null): Passage[] {
  const isRecord = reply.kind === 'summary' || reply.kind === 'progress';
  const place = reply.kind === 'card' && reply.progress ? stepName(reply.progress.step, reply.progress.of, words) : '';
  const passages = [
    ...markdownPassages(reply.text, words, isRecord),
    ...(place ? [{ text: `${place}: ${line(reply.progress?.title ?? '', words)}`, pauseMs: PAUSES.paragraph }] : []),
    ...(reply.plan && reply.kind !== 'progress' ? planPassages(reply.plan, words) : []),
  ];
  const question = reply.question ? questionPassages(reply, reply.question, words) : [];
  const closing = reply.closing ? markdownPassages(reply.closing, words, isRecord) : [];
  return [...(question.length > 0 ? rested(passages, BEFORE_QUESTION) : passages), ...question, ...closing];
}

export function markdownPassages(markdown: string, words: Wording | null, isRecord: boolean): Passage[] {
  return blocksOf(cleared(markdown)).reduce<Passage[]>((before, block) => {
    const passages = blockPassages(block, words, isRecord).filter(({ text }) => text !== '');
    return [...(block.kind === 'heading' ? rested(before, BEFORE_HEADING) : before), ...passages];
  }, []);
}

/** Of a heading: the number is no sentence. */
const NUMBERED = /^(\**)(\d{1,3})[.)]\s+/;

function blockPassages(block: Block, words: Wording | null, isRecord: boolean): Passage[] {
  switch (block.kind) {
    case 'heading':
      return [{ text: lineSpoken(block.text.replace(NUMBERED, '$1$2: '), words), pauseMs: PAUSES.heading }];
    case 'paragraph':
      return [{ text: lineSpoken(block.text, words), pauseMs: PAUSES.paragraph }];
    case 'item':
      return [{ text: itemSpoken(block, words, isRecord), pauseMs: PAUSES.item }];
    case 'code':
      return [
        {
          text: words ? literalSpoken(blockSpoken(block.label, block.lines, words), words) : '',
          pauseMs: PAUSES.paragraph,
        },
      ];
    case 'table':
      return tablePassages(block, words);
  }
}

/** With at least this silence at the end. */
function rested(passages: readonly Passage[], pauseMs: number): Passage[] {
  const last = passages.at(-1);
  return last ? [...passages.slice(0, -1), { ...last, pauseMs: Math.max(last.pauseMs, pauseMs) }] : [];
}

/** Of one line, and nothing that ends a sentence on its own. */
const line = (text: string, words: Wording | null) => lineSpoken(cleared(text).replace(/\s+/g, ' '), words);

const BOX = /^\[([ xX])\]\s+/;
const MARK = /^(?:([✓✔✅☑])|([✗✘❌✖])|▸|[·–!](?=\s))\ufe0f?\s*/u;

function itemSpoken(
  { number, text }: { number: string | null; text: string },
  words: Wording | null,
  isRecord: boolean,
) {
  const mark = BOX.exec(text) ?? MARK.exec(text);
  const said = lineSpoken(text.slice(mark?.[0].length ?? 0), words);
  const name = words && mark ? markName(mark[0], words, isRecord) : '';
  return [number, name, said].filter(Boolean).join(`: ${BREATH}`);
}

function markName(mark: string, { marks, standing }: Wording, isRecord: boolean): string {
  if (mark.startsWith('[')) return /x/i.test(mark) ? marks.done : marks.notDone;
  if (/[✓✔✅☑]/u.test(mark)) return isRecord ? marks.done : marks.right;
  if (/[✗✘❌✖]/u.test(mark)) return isRecord ? marks.notDone : marks.wrong;
  return mark.startsWith('▸') && isRecord ? standing.in_progress : '';
}

const MAX_ROWS = 4;

/** A small table row by row, each cell with the name of its column; a large one by what it is about. */
function tablePassages({ head, rows }: { head: string[]; rows: string[][] }, words: Wording | null): Passage[] {
  const names = head.map((cell) => lineSpoken(cell, words).replace(/[\s:?.!]+$/, ''));
  const passage = (text: string) => ({ text, pauseMs: PAUSES.row });
  if (words && rows.length > MAX_ROWS) return [passage(words.table(rows.length, names.filter(Boolean).join(', ')))];
  return rows.map((row) => {
    const cells = row.flatMap((cell, column) => {
      const said = lineSpoken(cell, words);
      if (!/[\p{L}\p{N}\ue000-\ue0ff]/u.test(said)) return [];
      return names[column] ? [`${names[column]}: ${said}`] : [said];
    });
    return passage(cells.join(`; ${BREATH}`));
  });
}

const stepName = (step: number, of: number | null, words: Wording | null) =>
  words ? words.step(step, of) : of === null ? `${step}` : '';

/** Where a step stands is said as soon as one is not simply to come. */
function planPassages(plan: readonly PlanLine[], words: Wording | null): Passage[] {
  const isBegun = plan.some(({ status }) => status !== 'pending');
  const lines = plan.map(({ title, objective, status }, index) => {
    const standing = words && isBegun ? `, ${BREATH}${words.standing[status]}` : '';
    const [name, aim] = [line(title, words).replace(/[\s.:;,]+$/, '') + standing, capital(line(objective, words))];
    return {
      text: `${stepName(index + 1, null, words)}: ${name}${/[?!…]$/.test(name) ? '' : '.'} ${aim}`.trim(),
      pauseMs: PAUSES.item,
    };
  });
  const intro = words && plan.length > 0 ? [{ text: words.plan(plan.length), pauseMs: PAUSES.paragraph }] : [];
  return [...intro, ...lines];
}

const capital = (text: string) => text.replace(/^\p{L}/u, (first) => first.toUpperCase());

/** Where we are, without the title that a new step's heading says already; the question; each choice after its letter. */
function questionPassages({ kind, progress }: Reply, question: AskedQuestion, words: Wording | null): Passage[] {
  const place = progress && words && kind === 'message' ? words.step(progress.step, progress.of) : '';
  const prompt = markdownPassages(question.prompt, words, false);
  const choices = question.choices.map(({ id, text }, index) => ({
    text: `${LETTERS}${letterOf(id, index)}${LETTERS_END}: ${BREATH}${choiceSpoken(text, words)}`,
    pauseMs: PAUSES.choice,
  }));
  const passages = [
    ...(place ? [{ text: place, pauseMs: PAUSES.item }] : []),
    ...rested(prompt, PAUSES.paragraph),
    ...choices,
  ];
  return rested(passages, PAUSES.question);
}

const letterOf = (id: string, index: number) =>
  /^[a-z]$/i.test(id) ? id.toUpperCase() : index < 26 ? String.fromCharCode(65 + index) : `${index + 1}`;

function choiceSpoken(text: string, words: Wording | null): string {
  const short = cleared(text).replace(/\s+/g, ' ').trim();
  return short.includes('`') || short.includes('$') || short.includes('://')
    ? lineSpoken(short, words)
    : literalSpoken(short, words);
}
