import type { CommandName } from './messages.ts';
import { normalise } from './text.ts';

/**
 * Words that mean a button, when they are the whole message. Those that are ordinary answers elsewhere
 * ("yes", "ok") count only while a plan waits for approval.
 */
const WORDS: Record<CommandName, readonly string[]> = {
  approve: ['approve', 'approved'],
  easier: ['easier', 'make it easier', 'too hard', 'this is too hard'],
  harder: ['harder', 'make it harder', 'too easy', 'this is too easy'],
  another: ['another', 'another plan', 'different plan'],
  hint: [
    'hint',
    'a hint',
    'hint please',
    'give me a hint',
    'can i get a hint',
    'can i have a hint',
    'another hint',
    'next hint',
  ],
  show: ['show', 'show me', 'show answer', 'show the answer', 'show me the answer'],
  skip: ['skip', 'skip this', 'skip step', 'skip this step', 'next step'],
  pause: ['pause', 'stop for now', 'take a break', 'lets pause'],
  resume: ['resume', 'continue', 'go on', 'im back', 'hi im back'],
  plan: ['plan', 'show plan', 'show the plan', 'show me the plan'],
  progress: ['progress', 'my progress', 'how am i doing', 'status'],
  questions: ['questions only', 'only questions', 'just answer my questions', 'question mode'],
  course: ['course', 'planned course', 'back to the plan', 'make a plan', 'teach me'],
  help: ['help', 'commands', 'what can i say'],
  end: ['end', 'end lesson', 'end the lesson', 'stop the lesson', 'finish the lesson'],
};

const BY_WORD = new Map(
  Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name as CommandName] as const)),
);

const APPROVALS = new Set(
  'yes|y|ok|okay|yep|yeah|sure|go|start|begin|lets go|lets start|looks good|sounds good|good|great|perfect|fine|just start|approve it|i approve|yes please|ok lets go|lets do it|go ahead'.split(
    '|',
  ),
);

/** The command that a whole message is, with or without a leading slash; null for anything else. */
export function parseCommand(text: string): CommandName | null {
  return BY_WORD.get(normalise(text.replace(/^\s*\/(tutor\s+)?/i, ''))) ?? null;
}

/** "yes", "ok", "let's go": an approval where the tutor has just asked for one. */
export function isApproval(text: string): boolean {
  return APPROVALS.has(normalise(text)) || parseCommand(text) === 'approve';
}
