/** Guilds: how they change, and who hears of it. */
import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import type { Guild, State } from './state.ts';
import { guildWire } from './wire.ts';

export function announceGuild(state: State, guild: Guild, name: GatewayDispatchEvents, data: object): void {
  state.dispatch({ name, guildId: guild.id, intent: GatewayIntentBits.Guilds, data: () => data });
}

export function changeGuild(state: State, guild: Guild, changes: Partial<Guild>): void {
  Object.assign(guild, changes);
  if (!guild.members.has(state.bot.id)) return;
  announceGuild(state, guild, GatewayDispatchEvents.GuildUpdate, guildWire(guild));
}

/** A guild sends no notices to a channel that is gone. */
export function forgetNotices(state: State, channelId: string): void {
  for (const guild of state.guilds.values()) {
    if (guild.systemChannelId === channelId) changeGuild(state, guild, { systemChannelId: null });
    if (guild.publicUpdatesChannelId === channelId) changeGuild(state, guild, { publicUpdatesChannelId: null });
  }
}
