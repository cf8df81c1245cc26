import type { PlanLine, Reply } from '../core/messages.ts';
import { oneLine } from './lines.ts';
import { cut } from './split.ts';
import type { Translate } from './words.ts';

/** Plans as Markdown in short lines, so that they look the same on a phone. Pure. */

export interface Card {
  /** Plain text. */
  title: string;
  /** Markdown; '' where there is nothing to say. */
  body: string;
}

const TITLE_LIMIT = 150;
/** Of a body, whose other parts are short. */
const STEPS_LIMIT = 2500;

const MARKS: Record<PlanLine['status'], string> = {
  completed: '✅',
  in_progress: '▶️',
  pending: '▫️',
  blocked: '⚠️',
  skipped: '⏭️',
};

export function planCard(plan: readonly PlanLine[], words: Translate): Card {
  const steps = plan.map((line, index) => {
    const objective = oneLine(line.objective);
    return headOf(line, index) + (objective && `\n${cut(objective, 300)}`);
  });
  return { title: words('cards.plan'), body: cut(steps.join('\n'), STEPS_LIMIT) };
}

export function progressCard(plan: readonly PlanLine[], words: Translate): Card {
  const steps = plan.map((line, index) => `${headOf(line, index)}\n${masteryOf(line, words)}`);
  return { title: words('cards.progress'), body: `${overall(plan)}\n\n${cut(steps.join('\n'), STEPS_LIMIT)}` };
}

/** The card of a lesson: its topic, its plan if there is one, and where it stands. */
export function lessonCard({ text, plan, progress, standing }: Reply, words: Translate): Card {
  const step = progress ? ` · ${words('cards.step', { step: progress.step, of: progress.of })}` : '';
  const sections = [
    plan && plan.length > 0 ? overall(plan) : '',
    cut((plan ?? []).map(headOf).join('\n'), STEPS_LIMIT),
    standing ? `*${words(`cards.${standing}`)}*${step}` : '',
  ];
  const title = cut(oneLine(text), TITLE_LIMIT) || words('start.untitled');
  return { title, body: sections.filter(Boolean).join('\n\n') };
}

function headOf(line: PlanLine, index: number): string {
  return `${MARKS[line.status]} **${`${index + 1}. ${cut(oneLine(line.title), 150)}`.trim()}**`;
}

function masteryOf({ mastery, right, wrong }: PlanLine, words: Translate): string {
  if (mastery === null) return words('cards.notChecked');
  const percent = Math.round(mastery * 100);
  return `${bar(mastery, 10)} ${words('cards.mastery', { percent, right, wrong })}`;
}

/** How many of the steps are done, as a bar and in figures. */
export function overall(plan: readonly Pick<PlanLine, 'status'>[]): string {
  const done = plan.filter(({ status }) => status === 'completed').length;
  return `${bar(done / plan.length, Math.min(plan.length, 10))} ${done}/${plan.length}`;
}

/** `share` of 0 to 1; full only where nothing is missing. */
function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  return '▰'.repeat(full) + '▱'.repeat(width - full);
}
