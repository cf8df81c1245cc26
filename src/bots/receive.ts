import { type Accepted, accept } from '../core/accept.ts';
import type { InboundMessage, StartOptions } from '../core/messages.ts';
import type { Nudger, Telemetry } from '../core/ports.ts';
import { cleanInput } from '../core/text.ts';
import type { Database } from '../db/database.ts';
import { UserError } from '../errors.ts';
import type { Logger } from '../log.ts';

export interface ReceiveDeps {
  db: Database;
  nudger: Nudger;
  telemetry: Telemetry;
  log: Logger;
}

/** Longer than any answer, shorter than a book. */
const MAX_MESSAGE_CHARACTERS = 8_000;

/**
 * The one way in for every platform: check, store, ask for a worker. Once this returns, the answer is promised.
 * Safe to call twice with one message. Throws UserError with a sentence for the person who wrote.
 */
export async function receive(deps: ReceiveDeps, message: InboundMessage): Promise<Accepted> {
  const { platform } = message;
  try {
    return await deps.telemetry.step('accept', { platform }, () => acceptAndNudge(deps, checked(message)));
  } catch (error) {
    if (error instanceof UserError) deps.telemetry.note({ type: 'message_refused', platform, code: error.code });
    throw error;
  }
}

function checked(message: InboundMessage): InboundMessage {
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
  return { ...message, text, ...(message.start && { start: clean(message.start) }) };
}

async function acceptAndNudge(deps: ReceiveDeps, message: InboundMessage): Promise<Accepted> {
  const { telemetry } = deps;
  const accepted = await accept(deps.db, message, telemetry.traceparent());
  const { lessonId, queue, created, priority } = accepted;
  telemetry.note({ type: 'message_accepted', platform: message.platform, created });
  try {
    await telemetry.step('nudge', {}, () => deps.nudger.nudge(queue, lessonId, { priority }));
  } catch (error) {
    telemetry.note({ type: 'nudge_lost' });
    deps.log.warn({ err: error, lessonId }, 'the nudge was lost; the sweep will find the turn');
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
