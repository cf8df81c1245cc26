import type { Reply } from '../core/messages.ts';

/** Which replies can be listened to: what the tutor teaches, and not what is said about the tutor. Pure. */

const KINDS: readonly Reply['kind'][] = ['message', 'plan', 'summary'];
const WORD = /[\p{L}\p{N}]/u;

export function canBeHeard({ kind, text, question, closing }: Reply): boolean {
  return KINDS.includes(kind) && WORD.test(`${text} ${question?.prompt ?? ''} ${closing ?? ''}`);
}
