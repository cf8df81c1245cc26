import { z } from 'zod';
import type { Grade, Label } from './grading.ts';

/** What the evaluator says about a learner's message, before any word is said to the learner. */
export const judgementSchema = z.strictObject({
  intent: z.enum(['answer', 'question', 'wants_answer', 'lost', 'off_topic', 'no_answer', 'manipulation']),
  label: z.enum(['correct', 'partially', 'incorrect']).nullable(),
  /** 0 to 1: how much of the success criteria the answer meets. */
  verdict: z.number().min(0).max(1).nullable(),
  /** The misconception behind a wrong answer: an id that was offered, or a short plain sentence. */
  misconception: z.string().max(200).nullable(),
});
export type Judgement = z.infer<typeof judgementSchema>;

/** What a message turned out to be; decides the move and the state. */
export type Outcome =
  | Label
  | 'question'
  | 'wants_answer'
  /** Says that they do not know or do not understand. */
  | 'lost'
  | 'off_topic'
  | 'no_answer'
  | 'manipulation'
  /** Nothing to judge: a command or a new plan brought the lesson here. */
  | 'onwards';

/**
 * The outcome that a judgement may have. What code has graded stays as graded; without a pending question
 * nothing can be right or wrong; a label that contradicts its verdict counts as half right at best.
 */
export function legalOutcome(judgement: Judgement, graded: Grade | null, hasQuestion: boolean): Outcome {
  if (graded?.certain) return graded.label;
  if (judgement.intent !== 'answer') return judgement.intent;
  if (!hasQuestion || judgement.label === null) return 'no_answer';
  const verdict = judgement.verdict ?? (judgement.label === 'correct' ? 1 : 0);
  if (judgement.label === 'correct' && verdict < 0.6) return 'partially';
  if (judgement.label === 'incorrect' && verdict > 0.6) return 'partially';
  return judgement.label;
}
