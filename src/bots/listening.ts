import { deliveryOfMessage, requestUtterance } from '../db/utterances.ts';
import { UserError } from '../errors.ts';
import { ownLesson } from './own-lesson.ts';
import type { Visitor } from './visitor.ts';

/** A learner who wants to hear a message. */

type Listener = Visitor & { bot: { readonly canSpeak: boolean } };

/**
 * Owes a message of the lesson to the ear, once. Resolves with what its learner is told. Throws UserError where nothing
 * will be heard: it is somebody else's lesson, the message is not there any more, or nobody here can speak.
 */
export async function listenTo(listener: Listener, threadId: string, messageId: string): Promise<string> {
  const { bot, words } = listener;
  const { db, nudger, log, platform } = bot;
  await ownLesson(listener, threadId);
  mustSpeak(listener);
  const delivery = await deliveryOfMessage(db, platform, threadId, messageId);
  const owed = delivery && (await requestUtterance(db, delivery));
  if (!owed) throw new UserError('nothing_to_hear', words('voice.nothing'));
  if (owed.before === 'spoken') return words('voice.there');
  try {
    await nudger.nudge(owed.queue, owed.lessonId, { job: 'speak' });
  } catch (error) {
    log.warn({ err: error, lessonId: owed.lessonId }, 'the nudge was lost; the sweep will find what is to be heard');
  }
  return words('voice.coming');
}

/** Throws UserError where nobody can speak, as when voice is switched off. */
export function mustSpeak({ bot, words }: Listener): void {
  if (!bot.canSpeak) throw new UserError('no_voice', words('errors.noVoice'));
}
