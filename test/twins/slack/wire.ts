/** How Slack writes what the twin knows. */
import { installationIn, teamsOf } from './installations.ts';
import {
  type Channel,
  type Json,
  known,
  type Message,
  messageAt,
  type State,
  type StoredFile,
  type User,
} from './state.ts';

/** With metadata only for those who ask for it, and for events of the app itself. */
export function messageWire(state: State, message: Message, { withMetadata = false } = {}): Json {
  const channel = known(state.channels, message.channelId);
  const { ts, threadTs, userId, teamId, botId, appId, subtype, text, blocks, attachments, metadata, edited } = message;
  const files = message.files.map((id) => fileWire(state, known(state.files, id)));
  const root = threadTs !== null && threadTs !== ts ? messageAt(channel, threadTs) : undefined;
  return {
    type: 'message',
    ...(subtype && { subtype }),
    ...{ user: userId, team: teamId, text, ts },
    ...(botId && { bot_id: botId, app_id: appId, bot_profile: botProfile(state, message) }),
    ...(blocks.length > 0 && { blocks }),
    ...(attachments.length > 0 && { attachments }),
    ...(files.length > 0 && { files, upload: false }),
    ...(edited && { edited: { user: edited.userId, ts: edited.ts } }),
    ...(threadTs && { thread_ts: threadTs }),
    ...(root && { parent_user_id: root.userId }),
    ...(threadTs === ts && threadSummary(channel, ts)),
    ...(withMetadata && metadata && { metadata }),
  };
}

function botProfile({ appName }: State, { botId, appId, teamId }: Message): Json {
  return { id: botId, app_id: appId, name: appName, team_id: teamId, deleted: false, updated: 0, icons: {} };
}

function threadSummary(channel: Channel, ts: string): Json {
  const replies = channel.messages.filter((each) => each.threadTs === ts && each.ts !== ts);
  const users = [...new Set(replies.map(({ userId }) => userId))];
  return {
    reply_count: replies.length,
    reply_users_count: users.length,
    latest_reply: replies.at(-1)?.ts,
    reply_users: users.slice(0, 5),
    is_locked: false,
    subscribed: false,
  };
}

export function channelType({ kind }: Channel): string {
  return { public: 'channel', private: 'group', im: 'im', mpim: 'mpim' }[kind];
}

/** As one of the app's bots sees it. */
export function channelWire(channel: Channel, botUserId: string): Json {
  const { id, kind, name, archived, teamIds, isExtShared, members } = channel;
  const shared = {
    is_archived: archived,
    is_im: kind === 'im',
    is_mpim: kind === 'mpim',
    is_ext_shared: isExtShared,
    is_org_shared: false,
    context_team_id: teamIds[0],
  };
  if (kind === 'im') return { id, ...shared, user: [...members].find((member) => member !== botUserId), is_open: true };
  return {
    ...{ id, name, name_normalized: name, ...shared },
    is_channel: kind === 'public' || (kind === 'private' && id.startsWith('C')),
    is_group: kind === 'private',
    is_private: kind !== 'public',
    is_shared: isExtShared,
    is_member: members.has(botUserId),
    shared_team_ids: teamIds,
    num_members: members.size,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}

export function userWire(user: User, { withLocale = false } = {}): Json {
  const { id, teamId, name, realName, locale, tz, isAdmin, isOwner, isBot, deleted } = user;
  return {
    ...{ id, team_id: teamId, name, real_name: realName, deleted, tz, tz_label: tz, tz_offset: 0 },
    profile: { real_name: realName, display_name: name, team: teamId },
    ...{ is_admin: isAdmin, is_owner: isOwner, is_primary_owner: false, is_bot: isBot, is_app_user: false },
    ...{ is_restricted: false, is_ultra_restricted: false, updated: 0 },
    ...(withLocale && { locale }),
  };
}

export function fileWire(state: State, file: StoredFile): Json {
  const { id, name, title, mimetype, bytes, userId, createdAt, channelIds, recordedMs } = file;
  const place = `${state.url}/files/${file.teamId}-${id}`;
  return {
    ...{ id, name, title, mimetype, size: bytes.byteLength, user: userId, created: Math.floor(createdAt / 1000) },
    ...(recordedMs !== undefined && { subtype: 'slack_audio', duration_ms: recordedMs }),
    filetype: name.split('.').at(-1) ?? '',
    ...{ mode: 'hosted', is_external: false, file_access: 'visible', channels: channelIds, ims: [], groups: [] },
    url_private: `${place}/${encodeURIComponent(name)}`,
    url_private_download: `${place}/download/${encodeURIComponent(name)}`,
  };
}

/** Whom of the app's installations a channel concerns: those whose bot is in it. */
export function installationsIn(state: State, channel: Channel) {
  const installed = channel.teamIds.flatMap((id) => installationIn(state, id) ?? []);
  const present = [...new Set(installed)].filter(({ botUser }) => channel.members.has(botUser.id));
  return present.filter((installation) => teamsOf(state, installation).length > 0);
}
