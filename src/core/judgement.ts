import { z } from 'zod';
import type { Grade, Label } from './grading.ts';

/**
 * What the evaluator says about a learner's message, before any word is said to the learner. Compact on purpose: it
 * is written first, and the learner waits for it.
 */
export const judgementSchema = z.strictObject({
  intent: z.enum(['answer', 'question', 'wants_answer', 'lost', 'off_topic', 'no_answer', 'manipulation']),
  label: z.enum(['correct', 'partially', 'incorrect']).nullable(),
  /** 0 to 1: how much of the question the answer meets. */
  verdict: z.number().min(0).max(1).nullable(),
  /** Whether the answer shows the step's success criteria in full. */
  criteriaMet: z.boolean(),
  /** Whether the message answers the question that would come next as well, so that it need not be asked. */
  alsoNext: z.boolean(),
  /** The misconception behind a wrong answer: an id that was offered, or a short plain sentence. */
  misconception: z.string().nullable(),
  /** A side question that this reply leaves open for another exchange, or closes. */
  sideQuestion: z.enum(['none', 'open', 'closed']),
  /** A wish for another plan; code decides if it is legal. */
  replan: z.enum(['none', 'stuck', 'excelling']),
  safety: z.enum(['none', 'abuse', 'self_harm', 'unsafe']),
});
export type Judgement = z.infer<typeof judgementSchema>;

/** A message that asks for nothing and shows nothing. */
export const NEUTRAL: Judgement = {
  intent: 'no_answer',
  label: null,
  verdict: null,
  criteriaMet: false,
  alsoNext: false,
  misconception: null,
  sideQuestion: 'none',
  replan: 'none',
  safety: 'none',
};

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

/** Below it an answer is not right, above it not wrong, whatever its label says. */
const HALF = 0.6;

/**
 * The outcome that a judgement may have. What code has graded stays as graded; without a waiting question nothing can
 * be right or wrong; a label that contradicts its own verdict or criteria counts as half right at best.
 */
export function legalOutcome(judgement: Judgement, graded: Grade | null, hasQuestion: boolean): Outcome {
  if (graded?.certain) return graded.label;
  if (judgement.intent !== 'answer') return judgement.intent;
  if (!hasQuestion || judgement.label === null) return 'no_answer';
  const verdict = judgement.verdict ?? (judgement.label === 'correct' ? 1 : 0);
  const isDoubtful = verdict < HALF || !judgement.criteriaMet;
  if (judgement.label === 'correct' && isDoubtful) return 'partially';
  if (judgement.label === 'incorrect' && verdict > HALF) return 'partially';
  return judgement.label;
}
