import type { Label } from '../src/core/grading.ts';
import { type GradingRow, gradingSchema } from './data.ts';
import { approvedLesson, withQuestionAsked } from './lessons.ts';
import { accuracy, classScores, kappa, macroF1, quadraticKappa } from './metrics.ts';
import { type Entry, type Part, type Played, playerFor, type Score, type Stage, scoreOf, shareOf } from './part.ts';
import { assertJudged, say } from './player.ts';
import { judgementOf } from './tutors.ts';

/** How well answers are graded: one reply to a waiting open question, through the teacher and the legal outcome. */

export interface Grading {
  /** "none": it was not taken for an answer. */
  label: Label | 'none';
  verdict: number | null;
}

const LABELS = ['incorrect', 'partially', 'correct'] as const;

export const grading: Part<GradingRow, Grading> = {
  name: 'grading',
  file: 'grading.jsonl',
  schema: gradingSchema,
  needsJudge: false,
  play,
  score,
};

async function play(stage: Stage, row: GradingRow): Promise<Played<Grading>> {
  const step = {
    key: 'check',
    goal: `Answer a question about ${row.subject}`,
    question: row.question,
    references: row.reference_answer,
    ...(row.rubric_points?.length && { points: row.rubric_points }),
  };
  const lesson = withQuestionAsked(approvedLesson(row.subject, [step], 2));
  const verdict = row.gold_score ?? (row.score_band[0] + row.score_band[1]) / 2;
  const turn = await say(playerFor(stage, judgementOf(row.label, verdict)), lesson, row.student_reply);
  assertJudged(turn);
  return { result: { label: labelOf(turn.outcome), verdict: turn.score }, used: turn.used };
}

export function labelOf(outcome: string | null): Grading['label'] {
  return LABELS.find((label) => label === outcome) ?? 'none';
}

function score(entries: readonly Entry<GradingRow, Grading>[]): Score {
  const pairs = entries.map(({ row, result }) => ({ gold: row.label, said: result.label }));
  // Of the ordered labels, an answer that was overlooked earned as much as a wrong one.
  const ordered = pairs.map(({ gold, said }) => ({ gold, said: said === 'none' ? 'incorrect' : said }));
  const inBand = entries.filter(({ row, result }) => isWithin(result.verdict, row.score_band));
  return {
    figures: [
      shareOf('accuracy', pairs.filter(({ gold, said }) => gold === said).length, pairs.length),
      scoreOf('macro-F1', macroF1(pairs, LABELS)),
      ...LABELS.map((label) => scoreOf(`F1 of ${label}`, classScores(pairs, label).f1)),
      scoreOf('kappa', kappa(pairs)),
      scoreOf('quadratic weighted kappa', quadraticKappa(ordered, LABELS)),
      scoreOf('accuracy where taken for an answer', accuracy(pairs.filter(({ said }) => said !== 'none'))),
      shareOf('verdict inside the score band', inBand.length, entries.length),
    ],
    findings: entries
      .filter(({ row, result }) => row.label !== result.label)
      .map(({ row, result }) => `${row.id}: ${row.label}, graded ${result.label} (${result.verdict ?? 'no verdict'})`),
  };
}

function isWithin(verdict: number | null, [low, high]: readonly [number, number]): boolean {
  return verdict !== null && verdict >= low && verdict <= high;
}
