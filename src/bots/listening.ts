import { askForSpeech } from '../core/speech-requests.ts';
import { deliveryOfMessage } from '../db/utterances.ts';
import { UserError } from '../errors.ts';
import { ownLesson } from './own-lesson.ts';
import type { Visitor } from './visitor.ts';

/** A learner who wants to hear what is said. */

type Listener = Visitor & { bot: { readonly canSpeak: boolean } };

/**
 * Asks for a message of the lesson to be heard; it is, once. Resolves with what its learner is told. Throws UserError where
 * nothing will be heard: it is somebody else's lesson, the message is not there any more, or nobody here can speak.
 */
export async function listenTo(listener: Listener, threadId: string, messageId: string): Promise<string> {
  const { bot, words } = listener;
  await ownLesson(listener, threadId);
  mustSpeak(listener);
  const delivery = await deliveryOfMessage(bot.db, bot.platform, threadId, messageId);
  const asked = delivery === null ? 'none' : await askForSpeech(bot, delivery);
  if (asked === 'none') throw new UserError('nothing_to_hear', words('voice.nothing'));
  return words(asked === 'spoken' ? 'voice.there' : 'voice.coming');
}

/** Throws UserError where nobody can speak, as when speech is switched off. */
export function mustSpeak({ bot, words }: Listener): void {
  if (!bot.canSpeak) throw new UserError('no_voice', words('errors.noVoice'));
}
