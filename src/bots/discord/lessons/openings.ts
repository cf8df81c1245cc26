import { ChannelType, RESTJSONErrorCodes, ThreadAutoArchiveDuration } from 'discord-api-types/v10';
import { newLesson } from '../../../core/lesson.ts';
import type { CardPlace } from '../../../core/messages.ts';
import { cardReply } from '../../../core/replies.ts';
import { beginLesson, type Opening, type Place } from '../../openings.ts';
import { cut } from '../../split.ts';
import type { Bot } from '../bot.ts';
import { isRefusal } from '../failures.ts';
import { renderReply } from '../replies/render.ts';
import { directThread } from './threads.ts';

/** Opens lessons: a card in the channel and a thread on it, or a private thread, or the direct messages. */

export interface Request extends Opening {
  /** To tell the person where the lesson is; null where they are there already. */
  token: string | null;
  /** Null: in direct messages. */
  guildId: string | null;
  /** Where the card goes, or, in direct messages, everything. */
  channelId: string;
  isPrivate: boolean;
}

/**
 * Resolves with the lesson's thread, when the first message of it is promised to be answered. Safe to run again;
 * `isAgain`: a crash may have left a part of it.
 */
export async function openLesson(bot: Bot, request: Request, isAgain = false): Promise<string> {
  const place = await placeFor(bot, request, isAgain);
  await beginLesson(bot, request, place);
  bot.quietChannels.delete(place.threadId);
  return place.threadId;
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
