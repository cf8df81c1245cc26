import type { StartOptions } from '../../../core/messages.ts';
import { readSettings } from '../../../core/settings.ts';
import { hasMessage } from '../../../db/threads.ts';
import { forgetOpening, type Kept, rememberOpening } from '../../openings.ts';
import { knock } from '../../receive.ts';
import { reasonOf } from '../failures.ts';
import { openLesson, permalinkOf, type Request } from '../lessons/openings.ts';
import { directChannel, senderOf } from '../lessons/people.ts';
import { checkPlace } from '../lessons/places.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';
import type { Visit } from './visit.ts';

/** Starting lessons, from wherever somebody asks for one. */

export const TOPIC_CHARACTERS = 100;

export interface Wanted {
  /** Of what asks for it: asked twice, it is one lesson. */
  id: string;
  start: StartOptions;
  /** Said at once in the new lesson. */
  question: string | null;
  /** Where to; null, and any direct messages: those with the tutor. */
  channel: string | null;
}

/** Acknowledges, opens the lesson, and tells the person where it is. Throws UserError where it may not be opened. */
export async function startLesson(visit: Visit, wanted: Wanted): Promise<void> {
  const allowing = allow(visit, wanted);
  // Kept before it is acknowledged: whoever sees that it was taken gets a lesson, whatever crashes.
  const allowed = await visit.soon(allowing).catch((error: unknown) => {
    // What is only late is opened all the same: sent again, it would be taken for what is being opened already.
    void allowing.then((late) => open(visit, late)).catch(() => {});
    throw error;
  });
  await open(visit, allowed);
}

async function open(visit: Visit, allowed: Allowed | null): Promise<void> {
  const { bot, exchange, words } = visit;
  try {
    await exchange.ack();
    if (!allowed) return;
    const threadId = await openLesson(bot, allowed.request);
    const place = isDirect(threadId) ? exchange.place : { channel: channelOf(threadId) };
    const opened = words('start.opened', { thread: await linkTo(visit, threadId) });
    await exchange.say([opened, allowed.left].filter(Boolean).join('\n'), place);
  } catch (error) {
    bot.log.debug({ reason: reasonOf(error) }, 'a lesson could not be opened');
    // The person hears of it, and tries again: only what a crash leaves is for the next process.
    if (allowed) await forgetOpening(bot, allowed.request).catch(() => {});
    throw error;
  }
}

interface Allowed extends Pick<Kept, 'left'> {
  request: Request;
}

/**
 * Whoever opens it, however late, opens what was allowed when it was asked for. Null: it is being opened already, or open,
 * and whoever does that says where.
 */
async function allow(visit: Visit, { id, start, question, channel }: Wanted): Promise<Allowed | null> {
  const { bot, installation, exchange, words } = visit;
  const isPrivate = channel === null || isDirect(channel);
  const client = await bot.clients.of(installation.id);
  const [channelId, settings, person] = await Promise.all([
    isPrivate ? directChannel(client, visit.person.id) : channel,
    readSettings(bot.db, 'slack', installation.id),
    // Now it counts who it is: what they are called, which language they read, and whether they may.
    bot.people.of(installation.id, visit.person.id),
  ]);
  await checkPlace(bot, { installation, channelId, person, settings, words, isInThread: false });
  const sender = senderOf(installation, person);
  // Before anything is posted: a lesson that were refused after that would be left half open.
  await knock(bot.limits, { platform: 'slack', ...sender });
  const { language, character } = settings;
  const defaults = { ...(language && { language }), ...(character && { character }) };
  const request = {
    ...{ ...sender, id, channelId, question, said: null, rootTs: null, locale: person.locale },
    ...{ start: { ...start, defaults }, respondTo: exchange.responseUrl },
  };
  // A form that is sent again may have opened one the first time, which only took too long.
  const whose = { workspace: sender.workspace.id, learner: sender.learner.id };
  const isOpen = () => hasMessage(bot.db, 'slack', whose, id);
  const { isFirst, left } = await rememberOpening(bot, request, words, { isOpen });
  return isFirst ? { request, left } : null;
}

/** A link to a lesson, as mrkdwn. */
export function linkTo({ bot, installation }: Pick<Visit, 'bot' | 'installation'>, threadId: string): Promise<string> {
  return permalinkOf(bot, installation.id, channelOf(threadId), rootOf(threadId));
}
