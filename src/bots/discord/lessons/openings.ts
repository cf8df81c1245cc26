import { ChannelType, RESTJSONErrorCodes, ThreadAutoArchiveDuration } from 'discord-api-types/v10';
import { newLesson } from '../../../core/lesson.ts';
import type { CardPlace, Picture, StartOptions } from '../../../core/messages.ts';
import { cardReply } from '../../../core/replies.ts';
import { deleteOpening, insertOpening, type Opening, recentOpenings } from '../../../db/openings.ts';
import { SHARED_QUEUE } from '../../queue.ts';
import { receive } from '../../receive.ts';
import type { Bot } from '../bot.ts';
import { isRefusal } from '../failures.ts';
import { renderReply } from '../replies/render.ts';
import { cut } from '../replies/split.ts';
import type { Sender } from './people.ts';
import { directThread } from './threads.ts';

/**
 * Opens lessons: a card in the channel and a thread on it, or a private thread, or the direct messages. What was asked
 * for is a row before it is done, and every part of it can be done twice, so that a crash in between costs a moment.
 */

export interface Request extends Sender {
  /** Of the interaction, or of the message, that asks for it. */
  id: string;
  /** To tell the person where the lesson is; null where they are there already. */
  token: string | null;
  /** Null: in direct messages. */
  guildId: string | null;
  /** Where the card goes, or, in direct messages, everything. */
  channelId: string;
  isPrivate: boolean;
  locale: string | null;
  start: StartOptions;
  /** What was written when no lesson was there yet, and what asks for it. */
  said: { text: string; pictures: readonly Picture[] } | null;
  /** Said at once in the new lesson. */
  question: string | null;
}

/** As long as Discord takes an interaction's token. */
const FRESH_MINUTES = 15;

/**
 * Resolves with the lesson's thread, when the first message of it is promised to be answered. Safe to run again;
 * `isAgain`: a crash may have left a part of it.
 */
export async function openLesson(bot: Bot, request: Request, isAgain = false): Promise<string> {
  const place = await placeFor(bot, request, isAgain);
  const { id: messageId, workspace, learner, locale, start, said, question } = request;
  const threadId = place.threadId;
  // Whoever was let in is not stopped again.
  const door = { ...bot, limits: null };
  const common = { platform: 'discord', queue: SHARED_QUEUE, workspace, learner, threadId } as const;
  await receive(door, { ...common, messageId, text: '', ...said, start, card: place.card, ...(locale && { locale }) });
  if (question) await receive(door, { ...common, messageId: `${messageId}-question`, text: question });
  bot.quietChannels.delete(threadId);
  await deleteOpening(bot.db, request.id);
  return threadId;
}

/** False: another process has heard of it too, and was first. */
export function rememberOpening(bot: Bot, request: Request): Promise<boolean> {
  return insertOpening(bot.db, 'discord', { id: request.id, workspace: request.workspace.id, request });
}

/** Nothing is to be opened any more: the person was told why. */
export function forgetOpening(bot: Bot, { id }: Request): Promise<void> {
  return deleteOpening(bot.db, id);
}

/** What a crash has left half open. */
export async function interruptedOpenings(bot: Bot): Promise<Request[]> {
  const openings: Opening[] = await recentOpenings(bot.db, 'discord', FRESH_MINUTES);
  return openings.map(({ request }) => request as Request);
}

interface Place {
  threadId: string;
  card: CardPlace;
}

async function placeFor(bot: Bot, request: Request, isAgain: boolean): Promise<Place> {
  const { channelId, guildId, id, isPrivate } = request;
  if (!guildId) return withCardIn(bot, request, channelId, directThread(channelId, id));
  if (isPrivate) {
    const threadId = await privateThread(bot, request, guildId, isAgain);
    await bot.api.threads.addMember(threadId, request.learner.id);
    return withCardIn(bot, request, threadId, threadId);
  }
  // A thread on a message has that message's id.
  const { messageId } = await postCard(bot, request, channelId, channelId);
  try {
    await bot.api.channels.createThread(channelId, threadForm(bot, request), messageId);
  } catch (error) {
    if (!isRefusal(error, RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage)) {
      // Without a thread, the card would say for ever that it is getting ready.
      await bot.api.channels.deleteMessage(channelId, messageId).catch(() => {});
      throw error;
    }
  }
  return { threadId: messageId, card: { channelId, messageId } };
}

async function withCardIn(bot: Bot, request: Request, channelId: string, threadId: string): Promise<Place> {
  return { threadId, card: await postCard(bot, request, channelId, threadId) };
}

/** It has no buttons yet, which would have to know their thread: those come with its first update. */
async function postCard(bot: Bot, request: Request, channelId: string, threadId: string): Promise<CardPlace> {
  const card = { ...cardReply(newLesson()), text: request.start.topic ?? '' };
  const words = bot.words.for(request.locale);
  const [message] = renderReply(card, { threadId, words, needsButtons: false });
  const { id } = await bot.api.channels.createMessage(channelId, {
    ...message,
    nonce: `card-${request.id}`,
    enforce_nonce: true,
  });
  return { channelId, messageId: id };
}

/** An answer that was lost leaves a thread as well as a crash does. */
async function privateThread(bot: Bot, request: Request, guildId: string, isAgain: boolean): Promise<string> {
  const form = { ...threadForm(bot, request), type: ChannelType.PrivateThread as const };
  const create = async () => (await bot.api.channels.createThread(request.channelId, form)).id;
  const findOrCreate = async () => (await threadLeft(bot, request, guildId)) ?? create();
  return isAgain ? findOrCreate() : create().catch(findOrCreate);
}

/** A private thread has no name by which asking for it twice would be once, so one that is left is looked for. */
async function threadLeft(bot: Bot, request: Request, guildId: string): Promise<string | null> {
  const { threads } = await bot.api.guilds.getActiveThreads(guildId);
  const { name } = threadForm(bot, request);
  const left = threads.find(
    (thread) =>
      thread.name === name &&
      'parent_id' in thread &&
      thread.parent_id === request.channelId &&
      'owner_id' in thread &&
      thread.owner_id === bot.botId &&
      BigInt(thread.id) > BigInt(request.id),
  );
  return left?.id ?? null;
}

const NAME_LIMIT = 100;

function threadForm(bot: Bot, { start, learner, locale }: Request) {
  const words = bot.words.for(locale);
  const topic = cut((start.topic ?? words('start.untitled')).replace(/\s+/g, ' ').trim(), 60);
  const name = cut(words('start.threadName', { topic, learner: learner.name }), NAME_LIMIT);
  return { name, auto_archive_duration: ThreadAutoArchiveDuration.OneWeek };
}
