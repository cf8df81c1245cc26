import type { TeacherOutput } from './agents/teacher.ts';
import { type Question, questionSchema } from './curriculum.ts';
import { grade } from './grading.ts';
import type { AskedQuestion } from './messages.ts';
import { normalise } from './text.ts';

/** The part of a question that a learner may see. */
export function asAsked(question: Question): AskedQuestion {
  return {
    id: question.id,
    kind: question.kind,
    prompt: question.prompt,
    choices: question.kind === 'choice' ? question.choices.map(({ id, text }) => ({ id, text })) : [],
  };
}

/** A model's question with a working answer key, or null when its key does not grade its own answer right. */
export function questionFromDraft(draft: TeacherOutput['question'], id: string): Question | null {
  if (!draft) return null;
  const [first = draft.explanation, second = first, third = second] = draft.hints;
  const base = {
    id,
    prompt: draft.prompt,
    difficulty: 'medium',
    hints: [first, second, third],
    explanation: draft.explanation,
  };
  const parsed = questionSchema.safeParse({ ...base, ...keyOf(draft) });
  if (!parsed.success) return null;
  const question = parsed.data;
  if (question.kind === 'open' || question.kind === 'choice') return question;
  return grade(question, draft.answer)?.label === 'correct' ? question : null;
}

function keyOf(draft: NonNullable<TeacherOutput['question']>): Record<string, unknown> {
  switch (draft.kind) {
    case 'choice': {
      const choices = draft.choices.slice(0, 5).map((text, index) => ({ id: 'abcde'[index], text }));
      const right = choices.find((choice) => normalise(choice.text) === normalise(draft.answer));
      return { kind: 'choice', choices, answer: right?.id };
    }
    case 'numeric':
      return { kind: 'numeric', answer: draft.answer };
    case 'short':
      return { kind: 'short', accept: [draft.answer, ...draft.accept] };
    case 'open': {
      const points = draft.accept.length > 0 ? draft.accept : [draft.answer];
      return { kind: 'open', reference: draft.answer, points: points.map((point) => ({ point, any: [point] })) };
    }
    default:
      return draft.kind satisfies never;
  }
}
