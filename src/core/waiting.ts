import type { WaitingTurn } from '../db/backlog.ts';
import { insertWaitingNotice } from '../db/deliveries.ts';
import { drain, holdLesson, type MailboxDeps } from './mailbox.ts';
import { reply } from './messages.ts';
import { LONGER_THAN_USUAL } from './replies.ts';

/**
 * Tells a learner, once, that their message waits and why. Does nothing when somebody has begun to answer meanwhile:
 * then there is something better to read.
 */
export function tellWaiting(deps: MailboxDeps, turn: WaitingTurn): Promise<void> {
  return holdLesson(deps, turn.lessonId, false, async (lesson) => {
    await insertWaitingNotice(deps.db, lesson, turn.turnId, reply('notice', waitingSentence(turn)));
    return drain(deps, lesson, null);
  });
}

function waitingSentence({ waitsFor, ahead }: WaitingTurn): string {
  if (waitsFor === 'learner') {
    return 'I am answering you in another lesson first. Your message here is safe, and I come to it next.';
  }
  if (ahead < 2) return LONGER_THAN_USUAL;
  return `Many people are learning right now: about ${ahead.toLocaleString('en')} messages are ahead of yours. It is safe, and I answer it in its turn.`;
}
