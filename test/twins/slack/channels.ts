/** Channels and who is in them. */
import { type Channel, known, type State, type Team, type User } from './state.ts';
import { channelType } from './wire.ts';

export interface NewChannel {
  name: string;
  kind: Channel['kind'];
  teamIds: string[];
  members?: string[];
}

export function addChannel(state: State, { name, kind, teamIds, members = [] }: NewChannel): Channel {
  const channel: Channel = {
    id: state.ids.next(kind === 'im' ? 'D' : 'C'),
    ...{ kind, name, teamIds, isExtShared: teamIds.length > 1, members: new Set(members) },
    ...{ archived: false, takesStreams: true, messages: [], lastTs: 0 },
  };
  state.channels.set(channel.id, channel);
  return channel;
}

/** The one direct channel between two. */
export function directChannel(state: State, user: User, bot: User): Channel {
  const there = [...state.channels.values()].find(
    ({ kind, members }) => kind === 'im' && members.has(user.id) && members.has(bot.id),
  );
  return there ?? addChannel(state, { name: '', kind: 'im', teamIds: [user.teamId], members: [user.id, bot.id] });
}

export function joinChannel(state: State, channel: Channel, user: User, inviterId?: string): void {
  if (channel.members.has(user.id)) return;
  channel.members.add(user.id);
  announce(state, channel, {
    ...{ type: 'member_joined_channel', user: user.id, channel_type: channelType(channel).slice(0, 1).toUpperCase() },
    ...{ team: user.teamId, ...(inviterId && { inviter: inviterId }) },
  });
}

/** A bot that is taken out hears of its own going, though it sees the channel no more. */
export function leaveChannel(state: State, channel: Channel, user: User): void {
  if (!channel.members.has(user.id)) return;
  announce(state, channel, {
    ...{ type: 'member_left_channel', user: user.id, channel_type: channelType(channel).slice(0, 1).toUpperCase() },
    team: user.teamId,
  });
  channel.members.delete(user.id);
}

export function setArchived(state: State, channel: Channel, archived: boolean, userId = 'U0'): void {
  if (channel.archived === archived) return;
  channel.archived = archived;
  const prefix = channel.kind === 'private' ? 'group' : 'channel';
  announce(state, channel, { type: `${prefix}_${archived ? 'archive' : 'unarchive'}`, user: userId });
}

export function removeChannel(state: State, channel: Channel): void {
  announce(state, channel, { type: channel.kind === 'private' ? 'group_deleted' : 'channel_deleted' });
  state.channels.delete(channel.id);
}

function announce(state: State, channel: Channel, event: { type: string; [key: string]: unknown }): void {
  const place = { channel: channel.id, event_ts: state.nextTs(channel) };
  const teamId = channel.teamIds[0] ?? '';
  state.emit({ event: { ...event, ...place }, teamId, channelId: channel.id, installation: null });
}

export interface NewUser {
  name: string;
  locale?: string;
  tz?: string;
  isAdmin?: boolean;
  isOwner?: boolean;
}

export function addUser(state: State, team: Team, options: NewUser): User {
  const { name, locale = 'en-US', tz = 'Europe/London', isAdmin = false, isOwner = false } = options;
  const user: User = {
    ...{ id: state.ids.next('U'), teamId: team.id, name: name.toLowerCase(), realName: name },
    ...{ locale, tz, isAdmin: isAdmin || isOwner, isOwner, isBot: false, deleted: false },
  };
  state.users.set(user.id, user);
  return user;
}

/** Whether a person may read it: everybody in its workspaces may read a public one. */
export function readsChannel(state: State, userId: string, channel: Channel): boolean {
  if (channel.members.has(userId)) return true;
  return channel.kind === 'public' && channel.teamIds.includes(known(state.users, userId).teamId);
}
