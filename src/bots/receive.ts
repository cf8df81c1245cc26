import { type Accepted, accept } from '../core/accept.ts';
import type { InboundMessage, StartOptions } from '../core/messages.ts';
import type { Nudger } from '../core/ports.ts';
import { cleanInput } from '../core/text.ts';
import type { Database } from '../db/database.ts';
import { UserError } from '../errors.ts';
import type { Logger } from '../log.ts';

export interface ReceiveDeps {
  db: Database;
  nudger: Nudger;
  log: Logger;
}

/** Longer than any answer, shorter than a book. */
const MAX_MESSAGE_CHARACTERS = 8_000;

/**
 * The one way in for every platform: check, store, ask for a worker. Once this returns, the answer is promised.
 * Safe to call twice with one message. Throws UserError with a sentence for the person who wrote.
 */
export async function receive(deps: ReceiveDeps, message: InboundMessage): Promise<Accepted> {
  const text = cleanInput(message.text);
  if (text === '' && !message.start && !message.action) {
    throw new UserError(
      'empty',
      'I could not find any text in that. Type your answer in words or numbers, or say hint.',
    );
  }
  if (text.length > MAX_MESSAGE_CHARACTERS) {
    throw new UserError(
      'too_long',
      `That message has ${text.length.toLocaleString('en')} characters, and I read up to ${MAX_MESSAGE_CHARACTERS.toLocaleString('en')}. Send me the part that matters.`,
    );
  }
  const accepted = await accept(deps.db, { ...message, text, ...(message.start && { start: clean(message.start) }) });
  try {
    await deps.nudger.nudge(accepted.queue, accepted.lessonId);
  } catch (error) {
    deps.log.warn({ err: error, lessonId: accepted.lessonId }, 'the nudge was lost; the sweep will find the turn');
  }
  return accepted;
}

function clean(start: StartOptions): StartOptions {
  const { topic, character } = start;
  return {
    ...start,
    ...(topic !== undefined && { topic: cleanInput(topic) }),
    ...(character !== undefined && { character: cleanInput(character) }),
  };
}
