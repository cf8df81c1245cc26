import { DiscordAPIError } from '@discordjs/rest';
import {
  type GatewayMessageCreateDispatchData,
  type GatewayMessageDeleteBulkDispatchData,
  type GatewayMessageUpdateDispatchData,
  MessageType,
} from 'discord-api-types/v10';
import { dropMessage } from '../../../core/edits.ts';
import { acceptedBefore } from '../../../db/inbox.ts';
import { hasMessage, lastLesson, lessonOfThread, newestTyped, threadsInDirect } from '../../../db/threads.ts';
import { UserError } from '../../../errors.ts';
import { readAttachments } from '../../attachments.ts';
import { rememberOpening } from '../../openings.ts';
import { SHARED_QUEUE } from '../../queue.ts';
import { knock, readable, receive, receiveEdit } from '../../receive.ts';
import type { Sender } from '../../visitor.ts';
import type { Translate } from '../../words.ts';
import type { Bot } from '../bot.ts';
import { timeOf } from '../connection/heard.ts';
import { reasonOf } from '../failures.ts';
import { writeControl } from '../replies/controls.ts';
import { openLesson, type Request } from './openings.ts';
import { senderOf } from './people.ts';

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

interface Told {
  /** It was written a while ago, while no connection told of it. */
  isLate: boolean;
}

/** Resolves when an answer is promised, or none is due. Rejects when the same is to be tried again later. */
export async function onMessage(bot: Bot, message: Written, told: Told = { isLate: false }): Promise<void> {
  if (message.author.bot || message.webhook_id || !LISTENED.includes(message.type)) return;
  const { guild_id: guildId, channel_id: channelId } = message;
  const sender = senderOf(bot, message.author, message.member, guildId);
  const lesson = guildId ? await lessonIn(bot, channelId, sender) : await directLesson(bot, sender, message.id);
  if (lesson === 'not ours') return;
  if (lesson === null && guildId) return mentioned(bot, message);
  if (told.isLate && lesson && (await wasPassed(bot, lesson.threadId, message.id))) return;
  const words = bot.words.for(lesson?.locale ?? null);
  if (guildId && isHidden(bot, message)) {
    return told.isLate || !lesson ? undefined : offerToWrite(bot, message, lesson.threadId, words);
  }
  try {
    const common = { ...sender, platform: 'discord' as const, queue: SHARED_QUEUE, messageId: message.id };
    // Told of twice, files are fetched once.
    const isDear = lesson && message.attachments.length > 0;
    if (isDear && (await acceptedBefore(bot.db, { ...common, threadId: lesson.threadId }))) return;
    const { refusals, ...said } = await read(bot, message, words);
    if (lesson) {
      await receive(bot, { ...common, threadId: lesson.threadId, ...said });
      bot.narrations?.interrupt(lesson.threadId);
    }
    const left = lesson ? null : await openDirectly(bot, message, sender, said);
    const told = [...refusals, ...(left ? [left] : [])];
    if (told.length > 0) await answer(bot, message, told.join('\n'));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await answer(bot, message, error.message);
  }
}

/**
 * What is older than the newest that was taken in of a lesson, and was not taken in itself, was refused or forgotten:
 * messages of a channel are taken in one after the other.
 */
async function wasPassed(bot: Bot, threadId: string, messageId: string): Promise<boolean> {
  const newest = await newestTyped(bot.db, 'discord', threadId);
  return newest !== null && BigInt(messageId) <= BigInt(newest);
}

/** What was written, and what of the files can be read; throws UserError where nothing can. */
async function read(bot: Bot, message: Written, words: Translate) {
  const attachments = message.attachments.map(
    ({ filename: name, content_type, size, url, duration_secs: seconds }) => ({
      ...{ name, size, url, seconds },
      // Only voice messages say how long they are.
      type: content_type ?? (seconds === undefined ? '' : 'audio/ogg'),
    }),
  );
  const { download, hears } = bot;
  const { texts, ...files } = await readAttachments(attachments, { words, download, hears });
  const parts = [withoutMention(message.content, bot.botId), ...texts].filter(Boolean);
  if (files.refusals.length > 0 && parts.length + files.pictures.length + files.recordings.length === 0) {
    throw new UserError('unreadable', files.refusals.join('\n'));
  }
  return { text: parts.join('\n\n'), ...files };
}

const MAX_QUIET = 10_000;

interface Lesson {
  threadId: string;
  locale: string | null;
}

async function lessonIn(bot: Bot, channelId: string, { learner }: Sender): Promise<Lesson | 'not ours' | null> {
  if (bot.quietChannels.has(channelId)) return null;
  const lesson = await lessonOfThread(bot.db, 'discord', channelId);
  if (!lesson) {
    if (bot.quietChannels.size >= MAX_QUIET) bot.quietChannels.clear();
    bot.quietChannels.add(channelId);
    return null;
  }
  return lesson.learner === learner.id ? { threadId: channelId, locale: lesson.locale } : 'not ours';
}

/** In direct messages, the last lesson goes on until it is ended. What an earlier one has had is not for a later one. */
async function directLesson(
  bot: Bot,
  { workspace, learner }: Sender,
  messageId: string,
): Promise<Lesson | 'not ours' | null> {
  const whose = { workspace: workspace.id, learner: learner.id };
  if (await hasMessage(bot.db, 'discord', whose, messageId)) return 'not ours';
  const last = await lastLesson(bot.db, 'discord', workspace.id, learner.id);
  return last && last.phase !== 'ended' ? last : null;
}

/** Somebody writes to the tutor and has no lesson: that begins one. Resolves with how many are left, where they are few. */
async function openDirectly(bot: Bot, message: Written, sender: Sender, said: Request['said']): Promise<string | null> {
  const request: Request = {
    ...{ id: message.id, token: null, guildId: null, channelId: message.channel_id, ...sender },
    ...{ isPrivate: false, locale: null, start: {}, said, question: null },
  };
  // Before anything is posted: a lesson that were refused after that would be left half open.
  readable(said?.text ?? '', true);
  await knock(bot.limits, { platform: 'discord', ...sender });
  const { left } = await rememberOpening(bot, request, bot.words.for(null), { isManaged: false });
  await openLesson(bot, request);
  return left;
}

/** Somebody calls the tutor where no lesson is. */
async function mentioned(bot: Bot, message: Written): Promise<void> {
  if (!message.mentions.some(({ id }) => id === bot.botId)) return;
  await answer(bot, message, bot.words.for(null)('errors.mentioned'));
}

/** What Discord withholds from a bot without the intent, or what the bot is told not to read. */
function isHidden({ readsMessages, botId }: Bot, { mentions }: Written): boolean {
  return !readsMessages && !mentions.some(({ id }) => id === botId);
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
  const said = bot.api.channels.createMessage(channel_id, {
    ...{ content, components },
    message_reference: { message_id: id, fail_if_not_exists: false },
    allowed_mentions: { parse: [] },
    ...{ nonce: `re-${id}`, enforce_nonce: true },
  });
  await said.catch((error: unknown) => {
    if (!(error instanceof DiscordAPIError)) throw error;
    bot.log.warn({ reason: reasonOf(error) }, 'somebody could not be told why');
  });
}

async function offerToWrite(bot: Bot, message: Written, threadId: string, words: Translate): Promise<void> {
  const components = writeControl({ threadId, words, needsButtons: true });
  await answer(bot, message, words('errors.cannotRead'), components);
}

/** Of a message that was refused as it was, such as for being too long; an older one is not said anew. */
const SAID_ANEW_MS = 3_600_000;

/** A new text for a message of a lesson, as long as it makes a difference. */
export async function onEdit(bot: Bot, message: GatewayMessageUpdateDispatchData): Promise<void> {
  const { edited_timestamp: version, guild_id: guildId, channel_id: channelId, id: messageId } = message;
  // Discord tells of previews of links and the like in the same way. Files are read once.
  if (!version || message.author.bot || message.attachments.length > 0) return;
  const sender = senderOf(bot, message.author, message.member, guildId);
  const text = withoutMention(message.content, bot.botId);
  if (text === '' || (guildId && (bot.quietChannels.has(channelId) || isHidden(bot, message)))) return;
  try {
    const threads = guildId ? [channelId] : await threadsInDirect(bot.db, 'discord', channelId);
    for (const threadId of threads) {
      const edit = { platform: 'discord' as const, ...sender, threadId, messageId, text, version };
      if ((await receiveEdit(bot, edit)) !== 'unknown') return;
    }
    if (bot.now() - timeOf(messageId) < SAID_ANEW_MS) await onMessage(bot, message);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await answer(bot, message, error.message);
  }
}

/** One message, or many that a moderator has removed at once. */
export async function onDelete(bot: Bot, { ids, channel_id, guild_id }: GatewayMessageDeleteBulkDispatchData) {
  if (guild_id && bot.quietChannels.has(channel_id)) return;
  const threads = guild_id ? [channel_id] : await threadsInDirect(bot.db, 'discord', channel_id);
  for (const messageId of ids) {
    for (const threadId of threads) await dropMessage(bot.db, { platform: 'discord', threadId, messageId });
  }
}
