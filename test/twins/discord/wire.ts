/** The truth in the shapes that Discord sends. */
import {
  type APIChannel,
  type APIGuildMember,
  type APIMessage,
  type APIThreadMember,
  type APIUser,
  ChannelType,
  type GuildMemberFlags,
  MessageFlags,
  MessageType,
  OverwriteType,
  type ThreadMemberFlags,
} from 'discord-api-types/v10';
import { isSuppressed, permissionsIn, sees } from './permissions.ts';
import {
  type Channel,
  channelsOf,
  type Guild,
  known,
  type Member,
  type Message,
  type State,
  type User,
  type VoiceState,
} from './state.ts';

const LONG_AGO = '2020-01-01T00:00:00.000000+00:00';

export function iso(at: number): string {
  return new Date(at).toISOString().replace('Z', '000+00:00');
}

export function userWire(user: User): APIUser {
  return {
    id: user.id,
    username: user.name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, '_'),
    discriminator: user.isBot ? '0042' : '0',
    global_name: user.isBot ? null : user.name,
    avatar: null,
    ...(user.isBot && { bot: true }),
  };
}

export function memberWire(member: Member): APIGuildMember {
  return {
    user: userWire(member.user),
    roles: member.user.isBot ? [...member.roles, roleOf(member.user)] : member.roles,
    joined_at: LONG_AGO,
    deaf: false,
    mute: member.isMuted,
    flags: 0 as GuildMemberFlags,
  };
}

export function channelWire(state: State, channel: Channel): APIChannel {
  const { id, type, guildId, parentId, name, thread } = channel;
  const last_message_id = channel.messages.at(-1)?.id ?? null;
  if (type === ChannelType.DM) {
    return {
      id,
      type,
      name: null,
      last_message_id,
      recipients: [userWire(known(state.users, channel.recipientId ?? ''))],
    };
  }
  const shared = { id, type, name, guild_id: guildId, parent_id: parentId, last_message_id, rate_limit_per_user: 0 };
  const plain = { position: 0, nsfw: false, topic: null, permission_overwrites: overwritesWire(state, channel) };
  const voice = { bitrate: 64_000, user_limit: channel.userLimit ?? 0, rtc_region: null };
  const isVoice = type === ChannelType.GuildVoice || type === ChannelType.GuildStageVoice;
  if (!thread) return { ...shared, ...plain, ...(isVoice && voice) } as unknown as APIChannel;
  const own = thread.members.has(state.bot.id) && { member: threadMemberWire(channel, state.bot.id) };
  return {
    ...shared,
    ...own,
    owner_id: thread.ownerId,
    message_count: channel.messages.length,
    total_message_sent: channel.messages.length,
    member_count: thread.members.size,
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: iso(thread.archivedAt),
      auto_archive_duration: thread.autoArchiveMinutes,
      locked: thread.locked,
      ...(type === ChannelType.PrivateThread && { invitable: false }),
    },
  } as unknown as APIChannel;
}

/** How what somebody may do here differs from what they may do in the guild. */
function overwritesWire(state: State, { guildId, permissions }: Channel): object[] {
  return [...permissions].map(([id, here]) => {
    const everywhere = state.guilds.get(guildId ?? '')?.members.get(id)?.permissions ?? 0n;
    return { id, type: OverwriteType.Member, allow: String(here & ~everywhere), deny: String(everywhere & ~here) };
  });
}

export function threadMemberWire(channel: Channel, userId: string): APIThreadMember {
  return { id: channel.id, user_id: userId, join_timestamp: LONG_AGO, flags: 0 as ThreadMemberFlags };
}

/** Without its guild, and without its member, which come along where they are not clear. */
export function voiceStateWire(state: State, at: VoiceState) {
  const { guildId, channelId, user, sessionId, selfMute, selfDeaf } = at;
  const channel = state.channels.get(channelId);
  const mute = state.guilds.get(guildId)?.members.get(user.id)?.isMuted ?? false;
  return {
    channel_id: channelId,
    user_id: user.id,
    session_id: sessionId,
    ...{ deaf: false, mute, self_deaf: selfDeaf, self_mute: selfMute, self_video: false },
    suppress: channel !== undefined && isSuppressed(state, user.id, channel),
    request_to_speak_timestamp: null,
  };
}

/** Everybody's, and those of bots, which have their permissions by a role of their own. */
export function rolesWire(guild: Guild): object[] {
  const plain = { color: 0, hoist: false, mentionable: false };
  const bots = [...guild.members.values()].filter(({ user }) => user.isBot);
  return [
    { ...plain, id: guild.id, name: '@everyone', position: 0, permissions: '0', managed: false },
    ...bots.map(({ user, permissions }) => ({
      ...{ ...plain, id: roleOf(user), name: user.name, position: 1 },
      ...{ permissions: String(permissions), managed: true },
    })),
  ];
}

function roleOf(bot: User): string {
  return String(BigInt(bot.id) + 1n);
}

export function guildWire(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    owner_id: guild.ownerId,
    preferred_locale: guild.locale,
    roles: rolesWire(guild),
    emojis: [],
    features: guild.publicUpdatesChannelId === null ? [] : ['COMMUNITY'],
    system_channel_id: guild.systemChannelId,
    public_updates_channel_id: guild.publicUpdatesChannelId,
    premium_tier: 0,
    nsfw_level: 0,
  };
}

/** What GUILD_CREATE says: the guild as the bot sees it. */
export function wholeGuildWire(state: State, guild: Guild) {
  const seen = channelsOf(state, guild.id).filter((channel) => sees(state, state.bot.id, channel));
  return {
    ...guildWire(guild),
    joined_at: LONG_AGO,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: [...guild.members.values()]
      .filter(({ user }) => user.id === state.bot.id || guild.voice.has(user.id))
      .map(memberWire),
    channels: seen.filter(({ thread }) => !thread).map((channel) => channelWire(state, channel)),
    threads: seen.filter(({ thread }) => thread && !thread.archived).map((channel) => channelWire(state, channel)),
    voice_states: [...guild.voice.values()]
      .filter(({ channelId }) => seen.some(({ id }) => id === channelId))
      .map((each) => voiceStateWire(state, each)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/**
 * A message as the bot gets it. Without the right to read content, what people wrote is left out, unless they wrote
 * to the bot: in a direct message, or with a mention.
 */
export function messageWire(state: State, message: Message, readsContent: boolean): APIMessage {
  const channel = known(state.channels, message.channelId);
  const isForBot =
    message.author.id === state.bot.id || channel.guildId === null || message.mentions.includes(state.bot.id);
  const shown = readsContent || isForBot ? message : { content: '', embeds: [], attachments: [], components: [] };
  const thread = state.channels.get(message.id);
  const referenced = message.reference && state.messages.get(message.reference.messageId);
  return {
    id: message.id,
    channel_id: message.channelId,
    author: userWire(message.author),
    type: message.type,
    content: shown.content,
    embeds: shown.embeds,
    attachments: shown.attachments,
    components: shown.components,
    timestamp: iso(message.createdAt),
    edited_timestamp: message.editedAt === null ? null : iso(message.editedAt),
    tts: false,
    mention_everyone: message.mentionsEveryone,
    mentions: message.mentions.map((id) => userWire(known(state.users, id))),
    mention_roles: [],
    pinned: message.pinned,
    flags: message.flags | (thread ? MessageFlags.HasThread : 0),
    ...(message.nonce !== null && { nonce: message.nonce }),
    ...(message.interaction && { interaction_metadata: message.interaction, webhook_id: state.applicationId }),
    ...(message.author.id === state.bot.id && { application_id: state.applicationId }),
    ...(thread && { thread: channelWire(state, thread) }),
    ...(message.reference && {
      message_reference: { type: 0, channel_id: message.reference.channelId, message_id: message.reference.messageId },
    }),
    // What was answered comes along, but not what that answered.
    ...(message.type === MessageType.Reply &&
      message.reference && {
        referenced_message: referenced ? messageWire(state, { ...referenced, reference: null }, readsContent) : null,
      }),
  } as APIMessage;
}

/** What a member of an interaction has besides: their permissions in its channel. */
export function interactionMemberWire(state: State, member: Member, channel: Channel) {
  return { ...memberWire(member), permissions: String(permissionsIn(state, member.user.id, channel)) };
}
