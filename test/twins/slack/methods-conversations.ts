/** Methods of channels: what they are, who is in them, what was said. */
import {
  type Call,
  channelOf,
  flagOf,
  type Methods,
  ownChannel,
  requireChannelScope,
  requireScope,
  textOf,
  userOf,
} from './calls.ts';
import { addChannel, directChannel, joinChannel } from './channels.ts';
import { Refusal } from './refusals.ts';
import { type Channel, type Json, type Message, messageAt, type User } from './state.ts';
import { channelWire, messageWire } from './wire.ts';

export const conversationMethods: Methods = {
  'conversations.info': {
    ...{ tier: 't3', auth: 'bot', required: ['channel'] },
    handle(call) {
      const channel = channelOf(call);
      requireChannelScope(call, channel, 'read');
      return { channel: channelWire(channel, call.installation.botUser.id) };
    },
  },
  'conversations.join': {
    ...{ tier: 't3', auth: 'bot', scope: 'channels:join', required: ['channel'] },
    handle(call) {
      const channel = channelOf(call);
      if (channel.kind !== 'public') throw new Refusal('method_not_supported_for_channel_type');
      if (channel.archived) throw new Refusal('is_archived');
      const { botUser } = call.installation;
      const wasIn = channel.members.has(botUser.id);
      joinChannel(call.state, channel, botUser);
      return { channel: channelWire(channel, botUser.id), ...(wasIn && { warning: 'already_in_channel' }) };
    },
  },
  'conversations.open': { tier: 't3', auth: 'bot', handle: open },
  'conversations.history': {
    ...{ tier: 't3', auth: 'bot', required: ['channel'] },
    handle(call) {
      const channel = ownChannel(call);
      requireChannelScope(call, channel, 'history');
      const said = channel.messages.filter(({ ts, threadTs, isBroadcast }) => isBroadcast || (threadTs ?? ts) === ts);
      const { page, ...more } = pageOf(call, within(call, said).toReversed(), 0, 100);
      return { messages: page.map((message) => shown(call, message)), pin_count: 0, ...more };
    },
  },
  'conversations.replies': {
    ...{ tier: 't3', auth: 'bot', required: ['channel', 'ts'] },
    handle(call) {
      const channel = ownChannel(call);
      requireChannelScope(call, channel, 'history');
      const root = messageAt(channel, textOf(call, 'ts'));
      if (!root) throw new Refusal('thread_not_found');
      const replies = channel.messages.filter((each) => each.threadTs === root.ts && each !== root);
      const { page, ...more } = pageOf(call, within(call, replies), 1, 1_000);
      // The root comes with every page.
      return { messages: [root, ...page].map((message) => shown(call, message)), ...more };
    },
  },
};

function shown(call: Call, message: Message): Json {
  return messageWire(call.state, message, { withMetadata: flagOf(call, 'include_all_metadata') });
}

/** Between `oldest` and `latest`, which themselves belong to it only with `inclusive`. */
function within(call: Call, messages: Message[]): Message[] {
  const isInclusive = flagOf(call, 'inclusive');
  const oldest = Number(textOf(call, 'oldest') || 0);
  const latest = textOf(call, 'latest') === '' ? Number.POSITIVE_INFINITY : Number(textOf(call, 'latest'));
  if (Number.isNaN(oldest)) throw new Refusal('invalid_ts_oldest');
  if (Number.isNaN(latest)) throw new Refusal('invalid_ts_latest');
  return messages.filter(({ ts }) => {
    const at = Number(ts);
    return isInclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

/** `taken` of the first page's places are somebody else's. */
function pageOf(call: Call, messages: Message[], taken: number, usual: number) {
  const asked = Number(textOf(call, 'limit') || usual);
  if (!(Number.isInteger(asked) && asked >= 1 && asked <= 1_000)) throw new Refusal('invalid_limit');
  const limit = Math.min(asked, call.state.historyPage);
  const cursor = textOf(call, 'cursor');
  const from = cursor === '' ? 0 : Number(/^after:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1]);
  if (Number.isNaN(from)) throw new Refusal('invalid_cursor');
  const to = from + limit - (cursor === '' ? taken : 0);
  const hasMore = to < messages.length;
  const next = hasMore ? Buffer.from(`after:${to}`).toString('base64') : '';
  return {
    page: messages.slice(from, to),
    has_more: hasMore,
    ...(hasMore && { response_metadata: { next_cursor: next } }),
  };
}

function open(call: Call): Json {
  const bot = call.installation.botUser;
  const named = textOf(call, 'channel');
  const channel = named === '' ? openWith(call) : channelOf(call);
  if (named !== '' && channel.kind !== 'im' && channel.kind !== 'mpim') throw new Refusal('channel_not_found');
  const isNew = channel.messages.length === 0;
  const wire = flagOf(call, 'return_im') ? channelWire(channel, bot.id) : { id: channel.id };
  return { channel: wire, ...(!isNew && { no_op: true, already_open: true }) };
}

/** The direct channel with one person, or the one of a group. */
function openWith(call: Call): Channel {
  const { state, installation } = call;
  const ids = textOf(call, 'users').split(',').filter(Boolean);
  if (ids.length === 0) throw new Refusal('users_list_not_supplied');
  requireScope(call, ids.length === 1 ? 'im:write' : 'mpim:write');
  const users = ids.map((id) => personOf(call, id));
  const [only] = users;
  if (only && users.length === 1) return directChannel(state, only, installation.botUser);
  const members = [installation.botUser.id, ...ids];
  const there = [...state.channels.values()].find(
    ({ kind, members: others }) =>
      kind === 'mpim' && others.size === members.length && members.every((id) => others.has(id)),
  );
  const teamIds = [...new Set(users.map(({ teamId }) => teamId))].slice(0, 1);
  return there ?? addChannel(state, { name: `mpdm-${members.length}`, kind: 'mpim', teamIds, members });
}

function personOf(call: Call, id: string): User {
  const user = userOf({ ...call, body: { user: id } });
  if (user.isBot) throw new Refusal('cannot_dm_bot');
  if (user.deleted) throw new Refusal('user_disabled');
  return user;
}
