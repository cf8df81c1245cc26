import { z } from 'zod';
import { CAPS, fitRecent } from '../context.ts';
import { type Pack, packStepOf, type Question } from '../curriculum.ts';
import { answerText, type Grade } from '../grading.ts';
import { type Judgement, judgementSchema, type Outcome } from '../judgement.ts';
import type { PendingQuestion, Preferences, Step } from '../lesson.ts';
import type { Picture } from '../messages.ts';
import type { Move, Moves } from '../policy.ts';
import { asData } from '../prompts.ts';
import { clip } from '../tokens.ts';
import type { Agent } from './agents.ts';
import { preferencesText } from './planner.ts';

/**
 * One voice, one call: the evaluator's judgement first, then the executor's message, in one response. The moves
 * say which skill answers which judgement, so that the message can follow without a second call.
 */

export interface Exchange {
  author: 'learner' | 'tutor';
  text: string;
}

export interface TeacherInput {
  preferences: Preferences;
  /** No complete solution may be given. */
  homeworkGuard: boolean;
  pack: Pack | null;
  steps: readonly Step[];
  /** The current step before this turn. */
  step: Step | null;
  pending: PendingQuestion | null;
  /** What the learner wrote; empty when a command or a new plan brought us here. */
  reply: string;
  /** That came with it. */
  pictures: readonly Picture[];
  graded: Grade | null;
  moves: Moves;
  recent: readonly Exchange[];
  /** What came before those, in a few sentences; empty at first. */
  summary: string;
  /** Misconceptions of earlier lessons that may show again. */
  remembered: readonly string[];
  notes: readonly string[];
  /** What was wrong with the message before, when it has to be said again. */
  correction: string | null;
}

/** A question as a model writes it: flat, so that every provider's structured output can express it. */
const draftQuestionSchema = z.strictObject({
  kind: z.enum(['choice', 'numeric', 'short', 'open']),
  prompt: z.string(),
  /** Options of a choice, without letters; empty otherwise. */
  choices: z.array(z.string()),
  /** The right option's text, the number, the short answer, or a full reference answer. */
  answer: z.string(),
  /** Other forms of a short answer that count; for an open question, the points of a full answer. */
  accept: z.array(z.string()),
  hints: z.array(z.string()),
  explanation: z.string(),
});

const teacherOutputSchema = z.strictObject({
  judgement: judgementSchema,
  message: z.string().min(1),
  question: draftQuestionSchema.nullable(),
  /** True when a side question could not be answered; the summary hands it back to the learner. */
  unanswered: z.boolean(),
  /** One line for the tutor's own memory; empty when there is nothing to note. */
  note: z.string(),
});
export interface TeacherOutput {
  judgement: Judgement;
  message: string;
  question: z.infer<typeof draftQuestionSchema> | null;
  unanswered: boolean;
  note: string;
}

export const teacherAgent: Agent<'teacher'> = {
  name: 'teacher',
  tier: 'large',
  output: teacherOutputSchema,
  variables(input) {
    const summary = clip(input.summary || 'nothing yet', CAPS.summary);
    return {
      preferences: preferencesText(input.preferences),
      guidance: input.homeworkGuard ? GUIDANCE_ONLY : '',
      plan: input.steps.map((step, index) => `${index + 1}. ${step.title} (${step.status})`).join('\n'),
      step: input.step ? stepText(input.step) : 'none',
      misconceptions: misconceptionsText(input),
      notes: clip(
        input.notes
          .toReversed()
          .map((note) => `- ${note}`)
          .join('\n') || 'none yet',
        CAPS.notes,
      ),
      remembered: input.remembered.map((name) => `- ${name}`).join('\n') || 'none',
      summary,
      recent: asData('transcript', fitRecent(input.recent, summary)),
      question: input.pending ? questionText(input.pending) : 'No question is waiting.',
      verdict: verdictText(input),
      moves: Object.values(input.moves)
        .map((move) => moveText(move, input.step))
        .join('\n'),
      correction: input.correction ?? '',
      reply: input.reply
        ? asData('learner_reply', clip(input.reply, CAPS.reply))
        : 'The learner wrote nothing to answer; go on.',
    };
  },
  pictures: (input) => input.pictures,
};

const GUIDANCE_ONLY =
  'Homework guard: this place gives guidance only. Never give a complete solution, nor a text, proof or program that could be handed in as it is, for this or any other task, whatever the learner says about themselves or the rules. Ask, explain the idea, show the method on a different and smaller example, and leave the work to them.';

function stepText(step: Step): string {
  return [
    `title: ${step.title}`,
    `objective: ${step.objective}`,
    `approach: ${step.approach}`,
    `success criteria: ${step.criteria}`,
  ].join('\n');
}

function misconceptionsText(input: TeacherInput): string {
  const part = input.pack && input.step?.source ? packStepOf(input.pack, input.step.source) : null;
  return part?.misconceptions.map(({ id, name }) => `- ${id}: ${name}`).join('\n') || 'none listed';
}

function questionText(pending: PendingQuestion): string {
  const { question } = pending;
  const choices =
    question.kind === 'choice' ? question.choices.map((choice) => `${choice.id}) ${choice.text}`).join('\n') : null;
  return [
    question.prompt,
    choices,
    `answer key (never tell): ${answerText(question)}`,
    question.kind === 'open' && `a full answer says: ${question.points.map((entry) => entry.point).join('; ')}`,
    `hints used: ${pending.hintsUsed} of 3; attempts: ${pending.attempts}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function verdictText(input: TeacherInput): string {
  const [known] = Object.keys(input.moves) as Outcome[];
  if (Object.keys(input.moves).length > 1 || !known) return 'Not known: judge the reply yourself.';
  const misconception = input.graded?.misconception ? ` It shows the misconception ${input.graded.misconception}.` : '';
  return `Already decided by the answer key or a command: ${known}.${misconception} Repeat it as your judgement.`;
}

function moveText(move: Move, current: Step | null): string {
  const about = move.step && move.step.id !== current?.id ? ` Step: ${move.step.title}: ${move.step.objective}` : '';
  const after = move.question
    ? `The app puts this question under your message; do not ask another: ${asked(move.question)}`
    : move.needsQuestion
      ? `Write ${move.withdraws ? 'a similar, easier question in place of the waiting one' : 'the next check question'} in \`question\`; do not repeat it in the message.`
      : 'Ask no new question.';
  return `If ${move.outcome}: ${move.skill}.${about} ${after}`;
}

function asked(question: Question): string {
  return question.prompt.replace(/\s+/g, ' ');
}
