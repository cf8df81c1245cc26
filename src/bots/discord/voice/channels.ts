import type { GatewayGuildCreateDispatchData, GatewayVoiceStateUpdateDispatchData } from 'discord-api-types/v10';

/** Who is in which voice channel, as the gateway tells it. */

export interface Channels {
  /** Null where the person is in none. */
  channelOf(guildId: string, userId: string): string | null;
  /** Nobody hears what they say: a moderator took their voice away, or they may not speak there. */
  isMuted(guildId: string, userId: string): boolean;
  /** Apart from programs. */
  people(guildId: string, channelId: string): number;
  /** Programs as well. */
  crowd(guildId: string, channelId: string): number;
  /** A server that has told of itself, and is not away. */
  isKnown(guildId: string): boolean;
  tells(guild: Pick<GatewayGuildCreateDispatchData, 'id' | 'voice_states' | 'members'>): void;
  lost(guildId: string): void;
  moves(state: GatewayVoiceStateUpdateDispatchData): void;
}

interface Talker {
  channelId: string;
  isBot: boolean;
  isMuted: boolean;
}

export function openChannels(botId: string): Channels {
  const guilds = new Map<string, Map<string, Talker>>();
  const talkersIn = (guildId: string) => guilds.get(guildId);
  return {
    channelOf: (guildId, userId) => talkersIn(guildId)?.get(userId)?.channelId ?? null,
    isMuted: (guildId, userId) => talkersIn(guildId)?.get(userId)?.isMuted ?? false,
    people: (guildId, channelId) =>
      [...(talkersIn(guildId)?.values() ?? [])].filter((each) => each.channelId === channelId && !each.isBot).length,
    crowd: (guildId, channelId) =>
      [...(talkersIn(guildId)?.values() ?? [])].filter((each) => each.channelId === channelId).length,
    isKnown: (guildId) => guilds.has(guildId),
    tells({ id, voice_states, members }) {
      const bots = new Set([botId, ...members.flatMap(({ user }) => (user?.bot ? [user.id] : []))]);
      const talkers = voice_states.flatMap(({ user_id, channel_id: channelId, mute, suppress }) =>
        channelId ? [[user_id, { channelId, isBot: bots.has(user_id), isMuted: mute || suppress }] as const] : [],
      );
      guilds.set(id, new Map(talkers));
    },
    lost: (guildId) => void guilds.delete(guildId),
    moves({ guild_id, user_id, channel_id, member, mute, suppress }) {
      const talkers = guild_id ? talkersIn(guild_id) : undefined;
      if (!talkers) return;
      const isBot = user_id === botId || (member?.user?.bot ?? talkers.get(user_id)?.isBot ?? false);
      if (channel_id) talkers.set(user_id, { channelId: channel_id, isBot, isMuted: mute || suppress });
      else talkers.delete(user_id);
    },
  };
}
