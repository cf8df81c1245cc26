import type { WaitingTurn } from '../db/backlog.ts';
import { insertWaitingNotice } from '../db/deliveries.ts';
import { drain, holdLesson, type MailboxDeps } from './mailbox.ts';
import { reply } from './messages.ts';

/**
 * Tells a learner, once, that their message waits and why. Does nothing when somebody has begun to answer meanwhile:
 * then there is something better to read.
 */
export function tellWaiting(deps: MailboxDeps, turn: WaitingTurn): Promise<void> {
  const mayStart = () => false;
  return holdLesson(deps, turn.lessonId, mayStart, async (lesson) => {
    await insertWaitingNotice(deps.db, lesson, turn.turnId, reply('notice', waitingSentence(turn)));
    await drain(deps, lesson, null, mayStart);
    return null;
  });
}

function waitingSentence({ waitsFor, ahead }: WaitingTurn): string {
  if (waitsFor === 'learner') {
    return 'I am answering you in another lesson first. Your message here is safe, and I come to it next.';
  }
  if (ahead < 2) return 'I need a moment longer than usual. Your message is safe, and I answer as soon as I can.';
  return `Many people are learning right now: about ${ahead.toLocaleString('en')} messages are ahead of yours. It is safe, and I answer it in its turn.`;
}
