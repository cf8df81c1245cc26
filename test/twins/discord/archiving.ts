/** When threads are archived and when they come back. */
import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import { may } from './permissions.ts';
import { Refusal } from './refusals.ts';
import type { Channel, State, Thread } from './state.ts';
import { channelWire } from './wire.ts';

/**
 * What a thread asks of whoever writes in it, and what writing does to it: an archived thread comes back, the writer
 * joins. Throws 50083 or 160005 for a locked one.
 */
export function enterThread(state: State, channel: Channel, userId: string): void {
  const { thread } = channel;
  if (!thread) return;
  if (thread.locked && !may(state, userId, channel, 'ManageThreads')) {
    throw new Refusal(thread.archived ? 'archived' : 'locked');
  }
  thread.members.add(userId);
  if (thread.archived) changeThread(state, channel, { archived: false });
}

/** Throws 50024 for what is no thread. */
export function changeThread(
  state: State,
  channel: Channel,
  change: Partial<Pick<Thread, 'archived' | 'locked' | 'autoArchiveMinutes'>>,
): void {
  const { thread } = channel;
  if (!thread) throw new Refusal('channelType');
  if (change.archived !== undefined && change.archived !== thread.archived) thread.archivedAt = state.now();
  Object.assign(thread, change);
  announceThread(state, channel, GatewayDispatchEvents.ThreadUpdate);
}

/** Tells the bot of a thread. */
export function announceThread(state: State, channel: Channel, name: GatewayDispatchEvents, more: object = {}): void {
  const { id, type, guildId, parentId } = channel;
  const isGone = name === GatewayDispatchEvents.ThreadDelete;
  const data = isGone
    ? { id, type, guild_id: guildId, parent_id: parentId }
    : { ...channelWire(state, channel), ...more };
  state.dispatch({ name, guildId, intent: GatewayIntentBits.Guilds, channel, data: () => data });
}
