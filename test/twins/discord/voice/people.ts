/** Scripted people in voice channels. They hear what they could hear on Discord. */
import { randomUUID } from 'node:crypto';
import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import { may, sees } from '../permissions.ts';
import { type Channel, type Guild, known, type State, type User, type VoiceState } from '../state.ts';
import { memberWire } from '../wire.ts';
import { enterVoice, leaveVoice, mayEnter, moveVoice, muteVoice } from './states.ts';

interface Known {
  id: string;
}

export interface Talking {
  /** Goes to a voice channel, from wherever they are in its guild; also to mute or to deafen themselves there. */
  joinsVoice(channel: Known, more?: { selfMute?: boolean; selfDeaf?: boolean }): void;
  /** Leaves all voice channels. */
  leavesVoice(): void;
  /** Takes somebody to another voice channel, or with null out of voice. */
  movesVoice(who: Known, channel: Known | null): void;
  /** Takes somebody's voice away in their whole guild, or gives it back. */
  mutesVoice(who: Known, isMuted: boolean): void;
  /** Begins to write; it shows for ten seconds. */
  types(channel: Known): void;
}

export function talking(state: State, user: User, placeOf: (at: Known) => Channel): Talking {
  return {
    joinsVoice(at, { selfMute = false, selfDeaf = false } = {}) {
      const channel = placeOf(at);
      const guild = known(state.guilds, channel.guildId ?? '');
      if (!mayEnter(state, guild, user, channel)) throw new Error(`${user.name} does not get into ${channel.name}`);
      const sessionId = guild.voice.get(user.id)?.sessionId ?? randomUUID();
      enterVoice(state, guild, user, channel, { sessionId, selfMute, selfDeaf });
    },
    leavesVoice() {
      for (const guild of state.guilds.values()) leaveVoice(state, guild, user.id);
    },
    movesVoice(who, to) {
      const { guild, at } = placeInVoice(state, who.id);
      const channel = to && placeOf(to);
      const places = [known(state.channels, at.channelId), ...(channel ? [channel] : [])];
      if (!places.every((place) => may(state, user.id, place, 'MoveMembers'))) {
        throw new Error(`${user.name} may not move anybody there`);
      }
      moveVoice(state, guild, who.id, channel);
    },
    mutesVoice(who, isMuted) {
      const { guild, at } = placeInVoice(state, who.id);
      if (!may(state, user.id, known(state.channels, at.channelId), 'MuteMembers')) {
        throw new Error(`${user.name} may not mute anybody there`);
      }
      muteVoice(state, guild, who.id, isMuted);
    },
    types(at) {
      const channel = placeOf(at);
      if (!sees(state, user.id, channel)) throw new Error(`${user.name} sees no channel ${at.id}`);
      const { guildId } = channel;
      const member = guildId === null ? null : known(known(state.guilds, guildId).members, user.id);
      const { GuildMessageTyping, DirectMessageTyping } = GatewayIntentBits;
      const data = {
        ...{ channel_id: channel.id, user_id: user.id, timestamp: Math.floor(state.now() / 1000) },
        ...(member && { guild_id: guildId, member: memberWire(member) }),
      };
      state.dispatch({
        ...{ name: GatewayDispatchEvents.TypingStart, guildId, channel },
        intent: guildId === null ? DirectMessageTyping : GuildMessageTyping,
        data: () => data,
      });
    },
  };
}

function placeInVoice(state: State, userId: string): { guild: Guild; at: VoiceState } {
  for (const guild of state.guilds.values()) {
    const at = guild.voice.get(userId);
    if (at) return { guild, at };
  }
  throw new Error(`${userId} is in no voice channel`);
}
