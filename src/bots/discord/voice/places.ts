import { DiscordAPIError } from '@discordjs/rest';
import {
  type APIChannel,
  type APIOverwrite,
  ChannelType,
  OverwriteType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import type { Bot } from '../bot.ts';
import { missingPermissions, type Permissions, VOICE_PERMISSIONS } from '../connection/invite.ts';

/** Whether the bot may come into a voice channel: Discord would not say why it does not get in. */

const NEEDED: Permissions = { 'View Channels': PermissionFlagsBits.ViewChannel, ...VOICE_PERMISSIONS };

export type Obstacle = { reason: 'full' } | { reason: 'permissions'; missing: string[] };

/** Null: nothing stands in the way, as far as Discord tells. */
export async function obstacleIn(
  { api, botId }: Pick<Bot, 'api' | 'botId'>,
  guildId: string,
  channelId: string,
  crowd: number,
): Promise<Obstacle | null> {
  try {
    const [channel, guild, member] = await Promise.all([
      api.channels.get(channelId),
      api.guilds.get(guildId),
      api.guilds.getMember(guildId, botId),
    ]);
    const everyone = guild.roles.find(({ id }) => id === guildId);
    const roles = guild.roles.filter(({ id }) => member.roles.includes(id));
    const base = [everyone, ...roles].reduce((all, role) => all | BigInt(role?.permissions ?? 0), 0n);
    const granted =
      guild.owner_id === botId ? PermissionFlagsBits.Administrator : within(base, channel, { guildId, member, botId });
    const missing = missingPermissions(granted, NEEDED);
    if (missing.length > 0) return { reason: 'permissions', missing };
    // On a stage somebody has to call the speakers up.
    if (channel.type === ChannelType.GuildStageVoice) return { reason: 'permissions', missing: ['Speak'] };
    const limit = 'user_limit' in channel ? (channel.user_limit ?? 0) : 0;
    const mayPush = (granted & (PermissionFlagsBits.MoveMembers | PermissionFlagsBits.Administrator)) !== 0n;
    return limit > 0 && crowd >= limit && !mayPush ? { reason: 'full' } : null;
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw error;
    return error.status === 403 || error.status === 404 ? { reason: 'permissions', missing: ['View Channels'] } : null;
  }
}

/** A channel's own rules: everybody's, then those of the roles, then those of the member. */
function within(
  base: bigint,
  channel: APIChannel,
  { guildId, member, botId }: { guildId: string; member: { roles: string[] }; botId: string },
): bigint {
  if (base & PermissionFlagsBits.Administrator) return base;
  const overwrites = 'permission_overwrites' in channel ? (channel.permission_overwrites ?? []) : [];
  const everybody = overwrites.filter(({ id }) => id === guildId);
  const roles = overwrites.filter(({ id, type }) => type === OverwriteType.Role && member.roles.includes(id));
  const own = overwrites.filter(({ id }) => id === botId);
  return [everybody, roles, own].reduce(overwritten, base);
}

function overwritten(permissions: bigint, overwrites: readonly APIOverwrite[]): bigint {
  const all = (side: 'allow' | 'deny') => overwrites.reduce((bits, each) => bits | BigInt(each[side]), 0n);
  return (permissions & ~all('deny')) | all('allow');
}
