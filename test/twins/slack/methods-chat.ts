/** Methods of messages. */
import {
  type Call,
  channelOf,
  flagOf,
  isAtHome,
  isIn,
  type Methods,
  messageOf,
  ownChannel,
  rootOf,
  textOf,
} from './calls.ts';
import { directChannel } from './channels.ts';
import { contentOf, requireSomething } from './drafts.ts';
import { deleteMessage, editMessage, postMessage } from './messages.ts';
import { Refusal } from './refusals.ts';
import { type Channel, known, type Message, messageAt, type State } from './state.ts';
import { isStreaming } from './streams.ts';
import { messageWire } from './wire.ts';

/** `chat.update` takes less than a new message does. */
const MAX_UPDATED_TEXT = 4_000;

export const chatMethods: Methods = {
  'chat.postMessage': {
    tier: 't5',
    auth: 'bot',
    scope: 'chat:write',
    isPost: true,
    required: ['channel'],
    handle: post,
  },
  'chat.postEphemeral': {
    ...{ tier: 't4', auth: 'bot', scope: 'chat:write', required: ['channel', 'user'] },
    handle: postEphemeral,
  },
  'chat.update': { tier: 't3', auth: 'bot', scope: 'chat:write', required: ['channel', 'ts'], handle: update },
  'chat.delete': {
    ...{ tier: 't3', auth: 'bot', scope: 'chat:write', required: ['channel', 'ts'] },
    handle(call) {
      const channel = channelOf(call);
      const message = messageOf(call, channel);
      if (!isOwn(call, message)) throw new Refusal('cant_delete_message');
      deleteMessage(call.state, message);
      return { channel: channel.id, ts: message.ts };
    },
  },
  'chat.getPermalink': {
    ...{ tier: 't5', auth: 'bot', required: ['channel', 'message_ts'] },
    handle(call) {
      const channel = channelOf(call);
      const message = messageAt(channel, textOf(call, 'message_ts'));
      if (!message) throw new Refusal('message_not_found');
      return { channel: channel.id, permalink: permalinkOf(call.state, channel, message) };
    },
  },
};

function post(call: Call) {
  const { state, installation } = call;
  const channel = placeOf(call);
  const root = rootOf(call, channel);
  const content = contentOf(call);
  const draft = {
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    metadata: content.metadata ?? null,
  };
  requireSomething(draft);
  const message = postMessage(state, channel, installation.botUser, {
    ...draft,
    threadTs: root?.ts ?? null,
    ...(root !== null && flagOf(call, 'reply_broadcast') && { isBroadcast: true, subtype: 'thread_broadcast' }),
    botId: installation.botId,
  });
  return { channel: channel.id, ts: message.ts, message: messageWire(state, message, { withMetadata: true }) };
}

/** A channel, or a person for the direct channel with them. */
function placeOf(call: Call): Channel {
  const { state, installation } = call;
  const user = state.users.get(textOf(call, 'channel'));
  if (user && !user.isBot && isAtHome(state, installation, user)) {
    return directChannel(state, user, installation.botUser);
  }
  const channel = channelOf(call);
  // What is public may be written to from outside, with a scope of its own.
  if (!isIn(call, channel) && !installation.scopes.has('chat:write.public')) throw new Refusal('not_in_channel');
  if (channel.archived) throw new Refusal('is_archived');
  return channel;
}

function postEphemeral(call: Call) {
  const { state, installation } = call;
  const channel = ownChannel(call);
  if (channel.archived) throw new Refusal('is_archived');
  const userId = textOf(call, 'user');
  if (!channel.members.has(userId)) throw new Refusal('user_not_in_channel');
  const root = rootOf(call, channel);
  const { text = '', blocks = [], attachments = [] } = contentOf(call);
  requireSomething({ text, blocks, attachments });
  const ts = state.nextTs(channel);
  state.ephemerals.push({
    ...{ ts, channelId: channel.id, threadTs: root?.ts ?? null, userId, botId: installation.botId },
    ...{ text, blocks, deleted: false },
  });
  return { message_ts: ts };
}

function update(call: Call) {
  const { state, installation } = call;
  const channel = channelOf(call);
  const message = messageOf(call, channel);
  if (!isOwn(call, message)) throw new Refusal('cant_update_message');
  if (channel.archived) throw new Refusal('is_inactive');
  if (isStreaming(state, message)) throw new Refusal('streaming_state_conflict');
  const { text, blocks, attachments, metadata } = contentOf(call, { maxText: MAX_UPDATED_TEXT });
  requireSomething({ text: text ?? '', blocks: blocks ?? [], attachments: attachments ?? [] });
  // What a call does not speak of stays.
  const change = {
    text: text ?? message.text,
    blocks: blocks ?? message.blocks,
    attachments: attachments ?? message.attachments,
    metadata: metadata === undefined ? message.metadata : metadata,
  };
  editMessage(state, message, installation.botUser, change);
  return { channel: channel.id, ts: message.ts, text: message.text, message: messageWire(state, message) };
}

function isOwn({ installation }: Call, { botId }: Message): boolean {
  return botId === installation.botId;
}

function permalinkOf(state: State, channel: Channel, { ts, threadTs }: Message): string {
  const { domain } = known(state.teams, channel.teamIds[0] ?? '');
  const thread = threadTs !== null && threadTs !== ts ? `?thread_ts=${threadTs}&cid=${channel.id}` : '';
  return `https://${domain}.slack.com/archives/${channel.id}/p${ts.replace('.', '')}${thread}`;
}
