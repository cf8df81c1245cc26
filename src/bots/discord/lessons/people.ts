import { createHash } from 'node:crypto';
import { type APIInteractionGuildMember, type APIUser, PermissionFlagsBits } from 'discord-api-types/v10';
import { cleanInput } from '../../../core/text.ts';
import type { Sender } from '../../visitor.ts';
import type { Bot } from '../bot.ts';

/** Who writes, and where: as the core knows them. */

/** In direct messages everybody is a workspace of their own: nobody there shares a limit or a budget with others. */
export function senderOf(
  bot: Pick<Bot, 'serverNames'>,
  user: APIUser,
  member: { nick?: string | null } | undefined,
  guildId: string | undefined,
): Sender {
  const name = cleanInput(member?.nick ?? user.global_name ?? user.username) || user.id;
  const workspace = guildId
    ? { id: guildId, name: bot.serverNames.get(guildId) ?? guildId }
    : { id: directWorkspace(user.id), name: 'Direct messages' };
  return { workspace, learner: { id: user.id, name } };
}

/**
 * A pseudonym, because workspaces stay when a person is forgotten, with the sum of what their month has cost.
 */
function directWorkspace(userId: string): string {
  return `direct-${createHash('sha256').update(userId).digest('base64url').slice(0, 22)}`;
}

/** Whether somebody may decide for the whole server. */
export function mayManage(member: Pick<APIInteractionGuildMember, 'permissions'> | undefined): boolean {
  const { ManageGuild, Administrator } = PermissionFlagsBits;
  return (BigInt(member?.permissions ?? 0) & (ManageGuild | Administrator)) !== 0n;
}
