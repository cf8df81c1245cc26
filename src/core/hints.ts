import type { Question } from './curriculum.ts';
import { answerText } from './grading.ts';
import type { PendingQuestion } from './lesson.ts';

/** The next hint of the ladder, as it is said; null when all three are used. */
export function nextHint(pending: PendingQuestion): string | null {
  const hint = pending.question.hints[pending.hintsUsed];
  return hint ? `**Hint ${pending.hintsUsed + 1} of 3.** ${hint}` : null;
}

export function shownAnswer(question: Question): string {
  return `The answer is **${answerText(question)}**. ${question.explanation}`;
}
