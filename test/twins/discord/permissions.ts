/** Who may do what where: a member's bits of the guild, or those that a test has set for one channel. */
import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import { Refusal } from './refusals.ts';
import type { Channel, State } from './state.ts';

type Permission = keyof typeof PermissionFlagsBits;

const ALL = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What an app asks for when it is installed; a test may take some of it away. */
export const BOT_PERMISSIONS = bits(
  'ViewChannel',
  'SendMessages',
  'SendMessagesInThreads',
  'CreatePublicThreads',
  'CreatePrivateThreads',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
  'SendVoiceMessages',
  'Connect',
  'Speak',
);

export const MEMBER_PERMISSIONS = BOT_PERMISSIONS | bits('UseApplicationCommands', 'AddReactions', 'UseVAD');

function bits(...names: Permission[]): bigint {
  return names.reduce((all, name) => all | PermissionFlagsBits[name], 0n);
}

/** 0n for somebody who is not in the guild, and everything for its owner. A thread has its parent's. */
export function permissionsIn(state: State, userId: string, channel: Channel): bigint {
  if (channel.guildId === null) return MEMBER_PERMISSIONS;
  const guild = state.guilds.get(channel.guildId);
  const member = guild?.members.get(userId);
  if (!member) return 0n;
  if (guild?.ownerId === userId) return ALL;
  const place = (channel.thread && state.channels.get(channel.parentId ?? '')) ?? channel;
  const own = place.permissions.get(userId) ?? member.permissions;
  return own & PermissionFlagsBits.Administrator ? ALL : own;
}

export function may(state: State, userId: string, channel: Channel, ...names: Permission[]): boolean {
  const wanted = bits(...names);
  return (permissionsIn(state, userId, channel) & wanted) === wanted;
}

/** Whether somebody sees a channel; a private thread is seen by its members and by those who manage threads. */
export function sees(state: State, userId: string, channel: Channel): boolean {
  if (channel.guildId === null) return channel.recipientId === userId || userId === state.bot.id;
  if (!may(state, userId, channel, 'ViewChannel')) return false;
  if (channel.type !== ChannelType.PrivateThread) return true;
  return Boolean(channel.thread?.members.has(userId)) || may(state, userId, channel, 'ManageThreads');
}

/** Whether nobody hears what somebody says in a voice channel, who may not speak there or is among the audience. */
export function isSuppressed(state: State, userId: string, channel: Channel): boolean {
  return channel.type === ChannelType.GuildStageVoice || !may(state, userId, channel, 'Speak');
}

/** Throws 50013 when the bot lacks one of them. */
export function requireOfBot(state: State, channel: Channel, ...names: Permission[]): void {
  if (!may(state, state.bot.id, channel, ...names)) throw new Refusal('missingPermissions');
}

/** The channel, for a bot that sees it; throws 10003 or 50001. */
export function channelForBot(state: State, id: string): Channel {
  const channel = state.channels.get(id);
  if (!channel) throw new Refusal('unknownChannel');
  if (!sees(state, state.bot.id, channel)) throw new Refusal('missingAccess');
  return channel;
}
