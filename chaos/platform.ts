import type { ChatTwin, Fault } from '../test/twins/chat.ts';
import type { Storms } from './storms.ts';

/** What the chat does to the tutor's posts while it has a bad time. */

export type ChatFault = 'slow' | 'failing' | 'limited' | 'dropped' | 'answerless' | 'hanging';

const FAULTS: Record<ChatFault, Fault> = {
  slow: { kind: 'delay', ms: 1_500 },
  failing: { kind: 'status', status: 500 },
  limited: { kind: 'status', status: 429, retryAfter: '2' },
  dropped: { kind: 'drop' },
  answerless: { kind: 'lose' },
  hanging: { kind: 'hang' },
};

export function playChat(chat: ChatTwin, storms: Storms<ChatFault>): void {
  chat.misbehave(({ post }) => {
    // What may be lost anyway needs no fault.
    const fault = post.type === 'reply' ? storms.strike() : null;
    return fault && FAULTS[fault];
  });
}
