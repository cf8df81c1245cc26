import { GatewayDispatchEvents, type GatewayDispatchPayload } from 'discord-api-types/v10';
import { lessonOfThread } from '../../db/threads.ts';
import type { Download } from './attachments.ts';
import type { Bot } from './bot.ts';
import { readMissed } from './catch-up.ts';
import { onInteraction } from './interactions.ts';
import { sayInLesson } from './lessons.ts';
import { onDelete, onEdit, onMessage } from './messages.ts';
import { persistently } from './persistently.ts';

/** What happens on Discord, and what is done about it. */

/** Never throws. `stopping` ends what waits for the database to come back: the next start asks Discord for it. */
export async function onEvent(
  bot: Bot,
  download: Download,
  event: GatewayDispatchPayload,
  stopping: AbortSignal,
): Promise<void> {
  const inOrder = async (channelId: string, work: () => Promise<void>) => {
    await bot.listed;
    const afterOlder = () => readMissed(bot, download, channelId).then(work);
    return bot.inOrder(channelId, () => persistently(bot, stopping, afterOlder));
  };
  switch (event.t) {
    case GatewayDispatchEvents.InteractionCreate:
      return onInteraction(bot, event.d);
    case GatewayDispatchEvents.MessageCreate:
      return inOrder(event.d.channel_id, () => onMessage(bot, download, event.d));
    case GatewayDispatchEvents.MessageUpdate:
      return inOrder(event.d.channel_id, () => onEdit(bot, download, event.d));
    case GatewayDispatchEvents.MessageDelete:
      return inOrder(event.d.channel_id, () => onDelete(bot, event.d));
    case GatewayDispatchEvents.ThreadDelete:
    case GatewayDispatchEvents.ChannelDelete:
      return inOrder(event.d.id, () => onThreadGone(bot, event.d.id));
    case GatewayDispatchEvents.GuildCreate:
    case GatewayDispatchEvents.GuildUpdate:
      bot.serverNames.set(event.d.id, event.d.name);
      return;
    case GatewayDispatchEvents.GuildDelete:
      if (!event.d.unavailable) onKicked(bot, event.d.id);
      return;
    default:
  }
}

/** The lesson ends as its learner would end it, and its card says so. What is still owed there reaches nobody. */
async function onThreadGone(bot: Bot, threadId: string): Promise<void> {
  const lesson = await lessonOfThread(bot.db, 'discord', threadId);
  if (!lesson || lesson.phase === 'ended' || lesson.phase === 'completed') return;
  const sender = {
    workspace: { id: lesson.workspace, name: bot.serverNames.get(lesson.workspace) ?? lesson.workspace },
    learner: { id: lesson.learner, name: lesson.learnerName },
  };
  const words = bot.words.for(lesson.locale);
  await sayInLesson({ bot, sender, words }, threadId, { id: `gone-${threadId}`, action: { type: 'end' } });
}

/** Lessons are kept: who invites the bot again finds them where they were. */
function onKicked(bot: Bot, guildId: string): void {
  bot.log.warn(
    { guildId, name: bot.serverNames.get(guildId) },
    'the bot was removed from a server; its lessons are kept',
  );
  bot.serverNames.delete(guildId);
}
