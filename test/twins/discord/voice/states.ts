/** Who is in which voice channel of a guild: how they come, move and go, and who hears of it. */
import { ChannelType, GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { z } from 'zod';
import { snowflake } from '../forms.ts';
import { may, sees } from '../permissions.ts';
import { type Channel, type Guild, known, type State, shardOf, type User, type VoiceState } from '../state.ts';
import { memberWire, voiceStateWire } from '../wire.ts';

type Entering = Pick<VoiceState, 'sessionId' | 'selfMute' | 'selfDeaf'>;

/** Whether somebody gets into a channel: they may connect, and there is a place, unless they may move others. */
export function mayEnter(state: State, guild: Guild, user: User, channel: Channel): boolean {
  if (channel.type !== ChannelType.GuildVoice && channel.type !== ChannelType.GuildStageVoice) return false;
  if (channel.guildId !== guild.id || !may(state, user.id, channel, 'ViewChannel', 'Connect')) return false;
  const others = [...guild.voice.values()].filter((each) => each.channelId === channel.id && each.user !== user);
  const isFull = Boolean(channel.userLimit) && others.length >= (channel.userLimit ?? 0);
  return !isFull || may(state, user.id, channel, 'MoveMembers');
}

/** Puts somebody into a channel, from wherever they were. */
export function enterVoice(state: State, guild: Guild, user: User, channel: Channel, entering: Entering): VoiceState {
  const before = guild.voice.get(user.id) ?? null;
  const entered: VoiceState = { ...entering, guildId: guild.id, channelId: channel.id, user };
  guild.voice.set(user.id, entered);
  announceVoice(state, guild, entered, before);
  if (before?.channelId !== channel.id) {
    if (before) state.voice.left(before, VoiceCloseCodes.Disconnected);
    state.voice.entered(entered);
  }
  return entered;
}

/** Takes somebody out of voice; a bot's connection is closed with the code. */
export function leaveVoice(
  state: State,
  guild: Guild,
  userId: string,
  code: number = VoiceCloseCodes.Disconnected,
): void {
  const before = guild.voice.get(userId);
  if (!before) return;
  guild.voice.delete(userId);
  announceVoice(state, guild, null, before);
  state.voice.left(before, code);
}

/** As the bot sees it: a channel that it does not see is none. */
function announceVoice(state: State, guild: Guild, now: VoiceState | null, before: VoiceState | null): void {
  const place = (at: VoiceState | null) => {
    const channel = at && state.channels.get(at.channelId);
    return channel && sees(state, state.bot.id, channel) ? at : null;
  };
  const [shown, last] = [place(now), place(before)];
  const about = shown ?? last;
  if (!about) return;
  const member = guild.members.get(about.user.id);
  const data = {
    ...voiceStateWire(state, about),
    ...{ guild_id: guild.id, channel_id: shown?.channelId ?? null },
    ...(now && { self_mute: now.selfMute, self_deaf: now.selfDeaf }),
    ...(member && { member: memberWire(member) }),
  };
  const intent = GatewayIntentBits.GuildVoiceStates;
  state.dispatch({ name: GatewayDispatchEvents.VoiceStateUpdate, guildId: guild.id, intent, data: () => data });
}

const askForm = z.object({
  guild_id: snowflake,
  channel_id: snowflake.nullable(),
  self_mute: z.boolean(),
  self_deaf: z.boolean(),
});

/**
 * The gateway's opcode 4: the bot comes, moves, changes or goes. Where it may not go, and where there is no place,
 * nothing happens at all. Returns the code to close with, or null.
 */
export function askForVoice(
  state: State,
  session: { id: string; shard: readonly [number, number] },
  data: unknown,
): GatewayCloseCodes | null {
  const form = askForm.safeParse(data);
  if (!form.success) return GatewayCloseCodes.DecodeError;
  const { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf } = form.data;
  const guild = state.guilds.get(guildId);
  const [index, count] = session.shard;
  if (!guild?.members.has(state.bot.id) || shardOf(guildId, count) !== index) return null;
  if (channelId === null) {
    leaveVoice(state, guild, state.bot.id);
    return null;
  }
  const channel = state.channels.get(channelId);
  if (state.ignoresVoice || !channel || !mayEnter(state, guild, state.bot, channel)) return null;
  const before = guild.voice.get(state.bot.id);
  const entered = enterVoice(state, guild, state.bot, channel, { sessionId: session.id, selfMute, selfDeaf });
  const isThere = before?.channelId === channelId && before.sessionId === session.id;
  if (!isThere || !state.voice.isConnected(entered)) sendServer(state, entered);
  return null;
}

/** Somebody who may takes somebody else to another channel, or out of voice. */
export function moveVoice(state: State, guild: Guild, userId: string, channel: Channel | null): void {
  const there = guild.voice.get(userId);
  if (!channel || !there) {
    leaveVoice(state, guild, userId);
    return;
  }
  const moved = enterVoice(state, guild, there.user, channel, there);
  if (there.user.isBot && there.channelId !== channel.id) sendServer(state, moved);
}

/** Somebody who may takes somebody's voice away, or gives it back. */
export function muteVoice(state: State, guild: Guild, userId: string, isMuted: boolean): void {
  known(guild.members, userId).isMuted = isMuted;
  const there = known(guild.voice, userId);
  announceVoice(state, guild, there, there);
}

/** Tells a bot's session which server is its voice server now. */
export function sendServer(state: State, at: VoiceState): void {
  tellServer(state, at, state.voice.grant(at), state.voice.endpoint);
}

/** The server has gone away, and there is no other yet. */
export function loseServer(state: State, at: VoiceState): void {
  tellServer(state, at, state.voice.grant(at), null);
}

function tellServer(state: State, at: VoiceState, token: string, endpoint: string | null): void {
  state.dispatch({
    name: GatewayDispatchEvents.VoiceServerUpdate,
    ...{ guildId: at.guildId, intent: 0, sessionId: at.sessionId },
    data: () => ({ token, guild_id: at.guildId, endpoint }),
  });
}

/** A session that ends takes its bot out of voice. */
export function endVoiceOf(state: State, sessionId: string): void {
  for (const guild of state.guilds.values()) {
    for (const { user, sessionId: id } of [...guild.voice.values()])
      if (id === sessionId) leaveVoice(state, guild, user.id);
  }
}

/** All who were in a channel that is being deleted are out. */
export function emptyVoice(state: State, channel: Channel): void {
  if (channel.guildId === null) return;
  const guild = known(state.guilds, channel.guildId);
  for (const { user, channelId } of [...guild.voice.values()]) {
    if (channelId === channel.id) leaveVoice(state, guild, user.id, VoiceCloseCodes.CallTerminated);
  }
}
