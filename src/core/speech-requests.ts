import type { Database } from '../db/database.ts';
import { requestUtterance } from '../db/utterances.ts';
import type { Logger } from '../log.ts';
import type { Nudger } from './ports.ts';

/** Speech has a queue of its own beside that of the lessons: however long it takes, no text waits for it. */
export function speechQueue(queue: string): string {
  return `${queue}-speech`;
}

/** Asks for what is owed to the ear in a lesson, at once or later. Never throws: the sweep finds what is lost. */
export async function nudgeSpeech(
  { nudger, log }: { nudger: Nudger; log: Logger },
  queue: string,
  lessonId: string,
  delayMs = 0,
): Promise<void> {
  await nudger.nudge(speechQueue(queue), lessonId, { job: 'speak', unique: true, delayMs }).catch((error) => {
    log.warn({ err: error, lessonId }, 'a nudge to speak was lost; the sweep will find it');
  });
}

/**
 * Somebody wishes to hear a reply, whether or not the lesson's voice is on. new: it is spoken as soon as possible ·
 * pending: it was on its way already · spoken: it is in the thread already · none: there is no such reply, or nothing
 * in it to be heard. Safe to run any number of times: it is spoken once.
 */
export async function askForSpeech(
  deps: { db: Database; nudger: Nudger; log: Logger },
  deliveryId: string,
): Promise<'new' | 'pending' | 'spoken' | 'none'> {
  const requested = await requestUtterance(deps.db, deliveryId);
  if (!requested) return 'none';
  const { before, lessonId, queue } = requested;
  if (before !== 'spoken') await nudgeSpeech(deps, queue, lessonId);
  return before ?? 'new';
}
