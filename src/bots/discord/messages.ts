import {
  type GatewayMessageCreateDispatchData,
  type GatewayMessageDeleteDispatchData,
  type GatewayMessageUpdateDispatchData,
  MessageType,
} from 'discord-api-types/v10';
import { dropMessage } from '../../core/edits.ts';
import { lastLesson, lessonOfThread } from '../../db/threads.ts';
import { UserError } from '../../errors.ts';
import { SHARED_QUEUE } from '../queue.ts';
import { receive, receiveEdit } from '../receive.ts';
import { type Download, readAttachments } from './attachments.ts';
import type { Bot } from './bot.ts';
import { writeControl } from './controls.ts';
import { openLesson, rememberOpening } from './openings.ts';
import { directWorkspace, type Sender, senderOf } from './people.ts';
import type { Translate } from './words.ts';

/** What people write in lessons' threads and in direct messages. Everything else on a server is not ours to read. */

/** Of a message, as Discord tells it at once, or when it is asked later. */
export type Written = Pick<
  GatewayMessageCreateDispatchData,
  'id' | 'channel_id' | 'content' | 'attachments' | 'author' | 'type' | 'webhook_id'
> & {
  mentions: readonly { id: string }[];
  guild_id?: string;
  member?: { nick?: string | null };
};

const LISTENED: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

/** Resolves when an answer is promised, or none is due. Rejects when the same is to be tried again later. */
export async function onMessage(bot: Bot, download: Download, message: Written): Promise<void> {
  if (message.author.bot || message.webhook_id || !LISTENED.includes(message.type)) return;
  const { guild_id: guildId, channel_id: channelId } = message;
  const sender = senderOf(bot, message.author, message.member, guildId);
  const lesson = guildId ? await lessonIn(bot, channelId, sender) : await directLesson(bot, sender);
  if (lesson === 'anothers') return;
  if (lesson === null) return guildId ? mentioned(bot, message) : openDirectly(bot, message, sender);
  const words = bot.words.for(lesson.locale);
  const text = withoutMention(message.content, bot.botId);
  if (guildId && !bot.readsMessages && isHidden(message, bot))
    return offerToWrite(bot, message, lesson.threadId, words);
  try {
    const { texts, pictures, refusals } = await readAttachments(message.attachments, download, words);
    const parts = [text, ...texts].filter(Boolean);
    if (refusals.length > 0 && parts.length === 0 && pictures.length === 0) {
      throw new UserError('unreadable', refusals.join('\n'));
    }
    await receive(bot, {
      ...sender,
      ...{ platform: 'discord', queue: SHARED_QUEUE, threadId: lesson.threadId, messageId: message.id },
      text: parts.join('\n\n'),
      pictures,
    });
    if (refusals.length > 0) await answer(bot, message, refusals.join('\n'));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await answer(bot, message, error.message);
  }
}

const MAX_QUIET = 10_000;

interface Lesson {
  threadId: string;
  locale: string | null;
}

async function lessonIn(bot: Bot, channelId: string, { learner }: Sender): Promise<Lesson | 'anothers' | null> {
  if (bot.quietChannels.has(channelId)) return null;
  const lesson = await lessonOfThread(bot.db, 'discord', channelId);
  if (!lesson) {
    if (bot.quietChannels.size >= MAX_QUIET) bot.quietChannels.clear();
    bot.quietChannels.add(channelId);
    return null;
  }
  return lesson.learner === learner.id ? { threadId: channelId, locale: lesson.locale } : 'anothers';
}

/** In direct messages, the last lesson goes on until it is ended. */
async function directLesson(bot: Bot, { workspace, learner }: Sender): Promise<Lesson | null> {
  const last = await lastLesson(bot.db, 'discord', workspace.id, learner.id);
  return last && last.phase !== 'ended' ? { threadId: last.threadId, locale: null } : null;
}

/** Somebody writes to the tutor and has no lesson: that begins one. */
async function openDirectly(bot: Bot, message: Written, sender: Sender): Promise<void> {
  const request = {
    ...{ id: message.id, token: null, guildId: null, channelId: message.channel_id, ...sender },
    ...{ isPrivate: false, locale: null, start: {}, question: message.content.trim() || null },
  };
  await rememberOpening(bot, request);
  await openLesson(bot, request);
}

/** Somebody calls the tutor where no lesson is. */
async function mentioned(bot: Bot, message: Written): Promise<void> {
  if (!message.mentions.some(({ id }) => id === bot.botId)) return;
  await answer(bot, message, bot.words.for(null)('errors.mentioned'));
}

/** Discord withholds what is written from a bot without the intent, unless it is mentioned. */
function isHidden({ content, attachments, mentions }: Written, { botId }: Bot): boolean {
  return content === '' && attachments.length === 0 && !mentions.some(({ id }) => id === botId);
}

function withoutMention(content: string, botId: string): string {
  return content.replaceAll(new RegExp(`<@!?${botId}>`, 'g'), '').trim();
}

/** The nonce makes it one answer, also when Discord, or we after a crash, tell of the message twice. */
async function answer(
  bot: Bot,
  { id, channel_id }: Written,
  content: string,
  components: ReturnType<typeof writeControl> = [],
): Promise<void> {
  await bot.api.channels.createMessage(channel_id, {
    ...{ content, components },
    message_reference: { message_id: id, fail_if_not_exists: false },
    allowed_mentions: { parse: [] },
    ...{ nonce: `re-${id}`, enforce_nonce: true },
  });
}

async function offerToWrite(bot: Bot, message: Written, threadId: string, words: Translate): Promise<void> {
  const components = writeControl({ threadId, words, needsButtons: true });
  await answer(bot, message, words('errors.cannotRead'), components);
}

/** A new text for a message of a lesson, as long as it makes a difference. */
export async function onEdit(bot: Bot, download: Download, message: GatewayMessageUpdateDispatchData): Promise<void> {
  const { edited_timestamp: version, guild_id: guildId, channel_id: channelId } = message;
  // Discord tells of previews of links and the like in the same way. Files are read once.
  if (!version || message.author.bot || message.attachments.length > 0) return;
  const sender = senderOf(bot, message.author, message.member, guildId);
  const lesson = guildId ? await lessonIn(bot, channelId, sender) : await directLesson(bot, sender);
  if (lesson === null || lesson === 'anothers') return;
  const text = withoutMention(message.content, bot.botId);
  if (text === '') return;
  try {
    const common = { platform: 'discord' as const, ...sender, threadId: lesson.threadId };
    const outcome = await receiveEdit(bot, { ...common, messageId: message.id, text, version });
    // It was refused as it was, such as for being too long.
    if (outcome === 'unknown') await onMessage(bot, download, message);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await answer(bot, message, error.message);
  }
}

export async function onDelete(bot: Bot, message: GatewayMessageDeleteDispatchData): Promise<void> {
  const { id: messageId, channel_id: channelId, guild_id: guildId } = message;
  if (guildId && bot.quietChannels.has(channelId)) return;
  const threadId = guildId ? channelId : await directThreadOf(bot, channelId);
  if (threadId) await dropMessage(bot.db, { platform: 'discord', threadId, messageId });
}

/** A deleted message does not say whose it was, but a direct channel has only one person in it. */
async function directThreadOf(bot: Bot, channelId: string): Promise<string | null> {
  const channel = await bot.api.channels.get(channelId);
  const [person] = ('recipients' in channel && channel.recipients) || [];
  const lesson = person && (await lastLesson(bot.db, 'discord', directWorkspace(person.id), person.id));
  return lesson?.threadId ?? null;
}
