import type { Meter } from './meter.ts';
import type { Figure } from './part.ts';
import type { PartRun } from './run.ts';

/** What a run comes to, for programs and for people. */

export interface Scorecard {
  model: string;
  judge: string | null;
  parts: PartReport[];
  /** Of the tutor, over all parts. */
  used: Meter;
  /** Of the judge, in this run. */
  judgeUsed: Meter | null;
}

interface PartReport {
  name: string;
  rows: number;
  resumed: number;
  failed: PartRun['failed'];
  figures: Figure[];
  findings: string[];
}

/** Learner messages in a lesson of 15 minutes. */
const TURNS_PER_LESSON = 20;

export function reportOf({ name, rows, resumed, failed, score, used }: PartRun): PartReport {
  const figures = name === 'scenarios' ? [...score.figures, ...lessonFigures(used)] : score.figures;
  return { name, rows, resumed, failed, figures, findings: score.findings };
}

/** What a lesson needs, from the turns of whole lessons: the opening is a turn like any other. */
function lessonFigures({ turns, calls, inputTokens, cachedTokens, outputTokens, cost }: Meter): Figure[] {
  const perLesson = (amount: number) => (turns === 0 ? null : (amount / turns) * TURNS_PER_LESSON);
  const share = inputTokens === 0 ? null : cachedTokens / inputTokens;
  return [
    { name: 'model calls per turn', value: turns === 0 ? null : calls / turns, unit: 'score' },
    { name: 'input tokens per 15-minute lesson', value: perLesson(inputTokens), unit: 'tokens' },
    { name: 'output tokens per 15-minute lesson', value: perLesson(outputTokens), unit: 'tokens' },
    { name: 'input tokens from the cache', value: share, unit: 'share' },
    { name: 'cost of a 15-minute lesson', value: cost === null ? null : perLesson(cost), unit: 'usd' },
  ];
}

const MOST_FINDINGS = 40;

export function renderTable(card: Scorecard): string {
  const names = card.parts.flatMap(({ figures }) => figures.map(({ name }) => name));
  const width = Math.max(0, ...names.map((name) => name.length));
  const judge = card.judge ? `, judged by ${card.judge}` : '';
  return [
    `${card.model}${judge}`,
    ...card.parts.map((part) => renderPart(part, width)),
    `tokens of the tutor: ${tokens(card.used)}`,
    ...(card.judgeUsed ? [`tokens of the judge: ${tokens(card.judgeUsed)}`] : []),
  ].join('\n\n');
}

function renderPart({ name, rows, resumed, failed, figures, findings }: PartReport, width: number): string {
  const more =
    findings.length > MOST_FINDINGS ? [`… and ${findings.length - MOST_FINDINGS} more (--json has all)`] : [];
  return [
    `${name}: ${rows} rows, ${failed.length} failed${resumed > 0 ? `, ${resumed} from before` : ''}`,
    ...figures.map((figure) => `  ${figure.name.padEnd(width)}  ${shown(figure)}`),
    ...findings.slice(0, MOST_FINDINGS).map((finding) => `  - ${finding}`),
    ...more.map((line) => `  ${line}`),
    ...failed.map(({ id, reason }) => `  failed: ${id}: ${reason}`),
  ].join('\n');
}

function shown({ value, unit, of }: Figure): string {
  if (value === null) return '   n/a';
  switch (unit) {
    case 'share':
      return `${(100 * value).toFixed(1).padStart(6)} %${of === undefined ? '' : ` of ${of}`}`;
    case 'count':
      return `${String(value).padStart(6)}${of === undefined ? '' : ` of ${of}`}`;
    case 'tokens':
      return Math.round(value).toLocaleString('en').padStart(6);
    case 'usd':
      return `$${value.toFixed(4)}`.padStart(6);
    case 'score':
      return (Math.abs(value) < 0.0005 ? 0 : value).toFixed(3).padStart(6);
    default:
      return unit satisfies never;
  }
}

function tokens({ inputTokens, cachedTokens, outputTokens, cost, calls }: Meter): string {
  const price = cost === null ? 'price not known' : `$${cost.toFixed(4)}`;
  const count = (amount: number) => amount.toLocaleString('en');
  return `${count(inputTokens)} in (${count(cachedTokens)} cached), ${count(outputTokens)} out, ${count(calls)} calls, ${price}`;
}
