import { OAuth2Scopes, PermissionFlagsBits } from 'discord-api-types/v10';

/** What the bot may do in a server, named as Discord names it to those who set it. */

export type Permissions = Readonly<Record<string, bigint>>;

/** Without these there are no lessons. */
export const REQUIRED_PERMISSIONS: Permissions = {
  'View Channels': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Send Messages in Threads': PermissionFlagsBits.SendMessagesInThreads,
  'Create Public Threads': PermissionFlagsBits.CreatePublicThreads,
  'Create Private Threads': PermissionFlagsBits.CreatePrivateThreads,
  'Embed Links': PermissionFlagsBits.EmbedLinks,
  'Attach Files': PermissionFlagsBits.AttachFiles,
  'Read Message History': PermissionFlagsBits.ReadMessageHistory,
};

/** Lessons go on without these; what they are for is then done in another way. */
export const WISHED_PERMISSIONS: Permissions = {
  'Send Voice Messages': PermissionFlagsBits.SendVoiceMessages,
};

/** To read lessons out in a voice channel. A channel may have its own rules. */
export const VOICE_PERMISSIONS: Permissions = {
  Connect: PermissionFlagsBits.Connect,
  Speak: PermissionFlagsBits.Speak,
};

/** Where somebody who manages a server adds the bot to it. */
export function inviteUrl(applicationId: string): string {
  const wanted = Object.values({ ...REQUIRED_PERMISSIONS, ...WISHED_PERMISSIONS, ...VOICE_PERMISSIONS });
  const url = new URL('https://discord.com/oauth2/authorize');
  url.searchParams.set('client_id', applicationId);
  url.searchParams.set('scope', `${OAuth2Scopes.Bot} ${OAuth2Scopes.ApplicationsCommands}`);
  url.searchParams.set('permissions', String(wanted.reduce((all, bit) => all | bit, 0n)));
  return url.href;
}

/** The names of what is needed and not there. Administrators may do everything. */
export function missingPermissions(bits: string | bigint, needed: Permissions = REQUIRED_PERMISSIONS): string[] {
  const granted = BigInt(bits);
  if (granted & PermissionFlagsBits.Administrator) return [];
  return Object.entries(needed).flatMap(([name, bit]) => (granted & bit ? [] : [name]));
}
