import {
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayGuildCreateDispatchData,
} from 'discord-api-types/v10';
import { threadsWithCardIn } from '../../../db/threads.ts';
import { persistently } from '../../persistently.ts';
import { endGoneLesson } from '../../receive.ts';
import type { Bot } from '../bot.ts';
import { isAway, saysNo, waitFor } from '../failures.ts';
import { onInteraction } from '../interactions/interactions.ts';
import { onDelete, onEdit, onMessage } from '../lessons/messages.ts';
import { directChannelsToRead, type Missed, readMissed, threadsSince } from './catch-up.ts';
import { timeOf } from './heard.ts';
import { onPremium, onRemoved } from './premium-events.ts';
import type { Shard } from './shards.ts';

/** What happens on Discord, and what is done about it. */

/** Never throws. */
export async function onEvent(bot: Bot, event: GatewayDispatchPayload, shard: Shard): Promise<void> {
  const inOrder = (channelId: string, work: () => Promise<void>, since = bot.now()) =>
    takeIn(bot, shard, channelId, since, work);
  switch (event.t) {
    case GatewayDispatchEvents.InteractionCreate:
      return onInteraction(bot, event.d);
    case GatewayDispatchEvents.MessageCreate:
      if (!event.d.guild_id) await shard.directInLine;
      return inOrder(event.d.channel_id, () => onMessage(bot, event.d), timeOf(event.d.id));
    case GatewayDispatchEvents.MessageUpdate:
      return inOrder(event.d.channel_id, () => onEdit(bot, event.d));
    case GatewayDispatchEvents.MessageDelete:
      return inOrder(event.d.channel_id, () => onDelete(bot, { ...event.d, ids: [event.d.id] }));
    case GatewayDispatchEvents.MessageDeleteBulk:
      return inOrder(event.d.channel_id, () => onDelete(bot, event.d));
    case GatewayDispatchEvents.ThreadDelete:
      return inOrder(event.d.id, () => onThreadGone(bot, event.d.id));
    case GatewayDispatchEvents.ChannelDelete:
      return inOrder(event.d.id, () => onChannelGone(bot, event.d.id));
    case GatewayDispatchEvents.VoiceStateUpdate:
      return bot.narrations?.onState(event.d);
    case GatewayDispatchEvents.VoiceServerUpdate:
      return bot.narrations?.onVoiceServer(event.d);
    case GatewayDispatchEvents.TypingStart:
      return bot.narrations?.onTyping(event.d);
    case GatewayDispatchEvents.GuildCreate:
      bot.narrations?.onServer(event.d);
      return onServer(bot, event.d, shard);
    case GatewayDispatchEvents.GuildUpdate:
      bot.serverNames.set(event.d.id, event.d.name);
      return;
    case GatewayDispatchEvents.GuildDelete:
      shard.lost(event.d.id);
      bot.narrations?.onServerLost(event.d.id, Boolean(event.d.unavailable));
      return event.d.unavailable ? undefined : onKicked(bot, event.d.id);
    case GatewayDispatchEvents.EntitlementCreate:
    case GatewayDispatchEvents.EntitlementUpdate:
    case GatewayDispatchEvents.EntitlementDelete:
      return onPremium(bot, event.d.id);
    case GatewayDispatchEvents.SubscriptionUpdate:
      // Of somebody who cancels, the entitlement says nothing before it is over.
      for (const entitlement of event.d.entitlement_ids) await onPremium(bot, entitlement);
      return;
    default:
  }
}

function tirelessly({ log, stopping }: Bot, work: () => Promise<void>): Promise<void> {
  return persistently({ log, stopping, isRefusal: saysNo, isAway, waitFor }, work);
}

/** One thing after the other within a channel. What began at `since` counts as not heard until it is done. */
async function takeIn(
  bot: Bot,
  { heard }: Shard,
  channelId: string,
  since: number,
  work: () => Promise<void>,
): Promise<void> {
  const done = heard.begin(since);
  await bot.inOrder(channelId, () => tirelessly(bot, work));
  if (!bot.stopping.aborted) done();
}

/** When a session begins, each server tells which of its threads were written in: what was missed comes first. */
async function onServer(bot: Bot, server: GatewayGuildCreateDispatchData, shard: Shard): Promise<void> {
  bot.serverNames.set(server.id, server.name);
  const sinceMs = shard.tells(server.id);
  if (sinceMs === null) return;
  const threads = threadsSince(server, sinceMs);
  await Promise.all(threads.map((channelId) => missed(bot, shard, { channelId, guildId: server.id, sinceMs })));
}

/** Of direct messages, which the first shard tells, nobody says where something was written. Never throws. */
export async function readDirectMessages(bot: Bot, shard: Shard): Promise<void> {
  const sinceMs = shard.missedSince;
  if (shard.id !== 0 || sinceMs === null) return;
  const done = shard.heard.begin(sinceMs);
  let read: Promise<void>[] = [];
  shard.directInLine = tirelessly(bot, async () => {
    const channels = await directChannelsToRead(bot);
    read = channels.map((channelId) => missed(bot, shard, { channelId, guildId: null, sinceMs }));
  });
  await shard.directInLine;
  await Promise.all(read);
  if (!bot.stopping.aborted) done();
}

function missed(bot: Bot, shard: Shard, place: Missed): Promise<void> {
  return takeIn(bot, shard, place.channelId, place.sinceMs, () => readMissed(bot, place));
}

/** The lesson ends as its learner would end it, and its card says so. What is still owed there reaches nobody. */
async function onThreadGone(bot: Bot, threadId: string): Promise<void> {
  await endGoneLesson(bot, 'discord', threadId);
}

/** Its threads are gone with it, which Discord does not say of each. */
async function onChannelGone(bot: Bot, channelId: string): Promise<void> {
  const threads = await threadsWithCardIn(bot.db, 'discord', channelId);
  for (const threadId of threads) await endGoneLesson(bot, 'discord', threadId);
}

/** Lessons are kept, and what was paid: who invites the bot again finds them where they were. */
function onKicked(bot: Bot, guildId: string): Promise<void> {
  bot.log.warn(
    { guildId, name: bot.serverNames.get(guildId) },
    'the bot was removed from a server; its lessons are kept',
  );
  bot.serverNames.delete(guildId);
  return onRemoved(bot, guildId);
}
