import { dropMessage } from '../../../core/edits.ts';
import { lessonOfThread, threadsOnMessage, threadsWithCardIn } from '../../../db/threads.ts';
import { endGoneLesson, receiveEdit } from '../../receive.ts';
import type { Bot, Installation } from '../bot.ts';
import { type ByPerson, isByPerson, onMention, onMessage, senderIn, threadIdOf, type Written } from './messages.ts';
import { explained } from './telling.ts';
import { callsUser, textOf } from './text.ts';
import { isDirect, threadOf } from './threads.ts';

/** What is edited, deleted and closed. As for messages: a rejection means that the same is to be tried again later. */

/** As Slack tells of a message that is not what it was. */
export interface Changed {
  channel: string;
  message: Omit<Written, 'channel'>;
  previous_message?: Omit<Written, 'channel'> | undefined;
}

export interface Deleted {
  channel: string;
  deleted_ts: string;
  previous_message?: Omit<Written, 'channel'> | undefined;
}

/** Of a message that was refused as it was, such as for being too long; an older one is not said anew. */
const SAID_ANEW_MS = 3_600_000;

/** A new text for a message of a lesson, as long as it makes a difference. */
export async function onEdit(bot: Bot, installation: Installation, changed: Changed): Promise<void> {
  const { channel, previous_message: before } = changed;
  const message = { ...changed.message, channel };
  // What has replies leaves something behind where it was.
  if (message.subtype === 'tombstone') {
    return onDelete(bot, installation, { channel, deleted_ts: message.ts, previous_message: before });
  }
  const version = message.edited?.ts;
  // Slack tells of previews of links, of replies and the like in the same way. Files are read once.
  if (!version || version === before?.edited?.ts || message.files?.length) return;
  if (!isByPerson(installation, message)) return;
  await explained(bot, installation, message, () => takeEdit(bot, installation, message, version), version);
}

async function takeEdit(bot: Bot, installation: Installation, message: ByPerson, version: string): Promise<void> {
  const { ts: messageId, user, text: written = '' } = message;
  const threadId = threadIdOf(message);
  const lesson = await lessonOfThread(bot.db, 'slack', threadId);
  if (lesson?.learner === user) {
    const text = textOf(written, installation);
    if (text === '') return;
    const sender = senderIn(installation, lesson, await bot.people.of(installation.id, user));
    const edit = { platform: 'slack' as const, ...sender, threadId, messageId, text, version };
    if ((await receiveEdit(bot, edit)) !== 'unknown') return;
  }
  if (bot.now() - Number(messageId) * 1000 >= SAID_ANEW_MS) return;
  // A call that was refused where it stood may be taken now, and one that was forgotten is made up for.
  const isCall = !isDirect(message.channel) && callsUser(written, installation.botUserId);
  await (isCall ? onMention : onMessage)(bot, installation, message);
}

/** A lesson whose root or card is gone ends as its learner would end it. */
export async function onDelete(bot: Bot, _installation: Installation, deleted: Deleted): Promise<void> {
  const { channel, deleted_ts: messageId, previous_message: before } = deleted;
  const threadId = threadOf(channel, before?.thread_ts ?? messageId);
  await dropMessage(bot.db, { platform: 'slack', threadId, messageId });
  const root = threadOf(channel, messageId);
  const threads = await threadsOnMessage(bot.db, 'slack', root, { channelId: channel, messageId });
  for (const each of threads) await endGoneLesson(bot, 'slack', each);
}

/** Its threads are gone with it. What is still owed there reaches nobody. */
export async function onChannelGone(bot: Bot, _installation: Installation, { channel }: { channel: string }) {
  const threads = await threadsWithCardIn(bot.db, 'slack', channel);
  for (const threadId of threads) await endGoneLesson(bot, 'slack', threadId);
}

/** What is owed there waits until somebody opens it again. */
export async function onChannelArchived(bot: Bot, { id: workspace }: Installation, { channel }: { channel: string }) {
  const { length: lessons } = await threadsWithCardIn(bot.db, 'slack', channel);
  if (lessons > 0) bot.log.info({ workspace, channel, lessons }, 'a channel with lessons was archived');
}
