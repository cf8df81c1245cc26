import type { Question } from './curriculum.ts';
import { answerText, revealsAnswer } from './grading.ts';

/**
 * The leak guard: while a question waits, no message may give its answer away, neither when it is finished nor while
 * it is being written.
 */

/** Held back at least, so that a short answer is never shown half-written. */
const MIN_HELD_BACK = 24;
const MAX_HELD_BACK = 120;

/**
 * The part of a growing message that may be shown: all but a tail in which an answer could be coming into being, and
 * nothing further once it has come. Null when nothing may be shown.
 */
export function showable(question: Question, message: string): string | null {
  if (revealsAnswer(question, message)) return null;
  const tail = Math.min(MAX_HELD_BACK, Math.max(MIN_HELD_BACK, answerText(question).length + 16));
  return message.slice(0, Math.max(0, message.length - tail));
}

/** Why a message may not be said, in words that the model can act on; null when it may. */
export function complaintAbout(message: string, waiting: Question | null): string | null {
  if (waiting && revealsAnswer(waiting, message)) {
    return 'Your message gave away the answer of the waiting question. Say it again without the answer and without its deciding step.';
  }
  if (message.trim().length > MAX_MESSAGE_CHARACTERS) {
    return `Your message had ${message.trim().length} characters. Say it again in under ${MAX_MESSAGE_CHARACTERS}.`;
  }
  return null;
}

/** Far above the 150 words that the prompt asks for: what is longer has lost its thread. */
const MAX_MESSAGE_CHARACTERS = 4_000;
