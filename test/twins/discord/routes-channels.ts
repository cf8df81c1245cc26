/** Routes of channels and their messages. */
import { GatewayDispatchEvents, MessageFlags, MessageType } from 'discord-api-types/v10';
import { parseForm } from './forms.ts';
import {
  announce,
  type Draft,
  deleteMessage,
  draftOf,
  editMessage,
  postMessage,
  postSystemMessage,
} from './messages.ts';
import { channelForBot, may, requireOfBot } from './permissions.ts';
import { invalidField, Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';
import { type Channel, known, type Message, type State } from './state.ts';
import { editThread, removeChannel, threadEditForm } from './threads.ts';
import { channelWire, messageWire } from './wire.ts';

export const channelRoutes: Routes = {
  'GET /channels/:channel': (call) => channelWire(call.state, channelOf(call)),
  'PATCH /channels/:channel': (call) => {
    const channel = channelOf(call);
    editThread(call.state, channel, parseForm(threadEditForm, call.body));
    return channelWire(call.state, channel);
  },
  'DELETE /channels/:channel': (call) => {
    const channel = channelOf(call);
    requireOfBot(call.state, channel, channel.thread ? 'ManageThreads' : 'ManageChannels');
    const gone = channelWire(call.state, channel);
    removeChannel(call.state, channel);
    return gone;
  },
  'POST /channels/:channel/typing': (call) => {
    requireSending(call.state, channelOf(call));
  },
  'GET /channels/:channel/messages': (call) => {
    const channel = channelOf(call);
    if (!may(call.state, call.state.bot.id, channel, 'ReadMessageHistory')) return [];
    return page(call, visible(channel)).map((message) => shown(call.state, message));
  },
  'POST /channels/:channel/messages': (call) => shown(call.state, post(call)),
  'GET /channels/:channel/pins': (call) =>
    visible(channelOf(call))
      .filter((message) => message.pinned)
      .map((message) => shown(call.state, message)),
  'GET /channels/:channel/messages/:message': (call) => {
    requireOfBot(call.state, channelOf(call), 'ReadMessageHistory');
    return shown(call.state, messageOf(call));
  },
  'PATCH /channels/:channel/messages/:message': (call) => {
    const message = ownMessage(call);
    const draft = draftOf(call.state, call.body, call.files);
    requireContent(call.state, channelOf(call), draft);
    editMessage(call.state, message, draft);
    return shown(call.state, message);
  },
  'DELETE /channels/:channel/messages/:message': (call) => {
    const message = messageOf(call);
    if (message.author.id !== call.state.bot.id) requireOfBot(call.state, channelOf(call), 'ManageMessages');
    requireUnarchived(channelOf(call));
    deleteMessage(call.state, message);
  },
  'PUT /channels/:channel/messages/pins/:message': pin,
  'PUT /channels/:channel/pins/:message': pin,
};

function channelOf({ state, params }: Call): Channel {
  return channelForBot(state, params.channel);
}

function messageOf(call: Call): Message {
  const channel = channelOf(call);
  const message = call.state.messages.get(call.params.message);
  // Ephemeral messages are reached through their interaction only.
  if (message?.channelId !== channel.id || message.onlyFor !== null) throw new Refusal('unknownMessage');
  return message;
}

function ownMessage(call: Call): Message {
  const message = messageOf(call);
  if (message.author.id !== call.state.bot.id) throw new Refusal('notYourMessage');
  const editable = [
    MessageType.Default,
    MessageType.Reply,
    MessageType.ChatInputCommand,
    MessageType.ContextMenuCommand,
  ];
  if (!editable.includes(message.type)) throw new Refusal('systemMessage');
  const channel = channelOf(call);
  requireUnarchived(channel);
  const manages = may(call.state, call.state.bot.id, channel, 'ManageThreads');
  if (channel.thread?.locked && !manages) throw new Refusal('locked');
  return message;
}

function requireUnarchived({ thread }: Channel): void {
  if (thread?.archived) throw new Refusal('archived');
}

function requireSending(state: State, channel: Channel): void {
  if (channel.recipientId !== null && known(state.users, channel.recipientId).closedDms) throw new Refusal('cannotDm');
  requireOfBot(state, channel, channel.thread ? 'SendMessagesInThreads' : 'SendMessages');
}

/** What a message holds may need more than sending does. */
function requireContent(state: State, channel: Channel, { form, files }: Draft): void {
  if (files.length > 0) requireOfBot(state, channel, 'AttachFiles');
  if (form.embeds?.length) requireOfBot(state, channel, 'EmbedLinks');
  if ((form.flags ?? 0) & MessageFlags.IsVoiceMessage) requireOfBot(state, channel, 'SendVoiceMessages');
}

function post(call: Call): Message {
  const { state } = call;
  const channel = channelOf(call);
  requireSending(state, channel);
  const draft = draftOf(state, call.body, call.files);
  requireContent(state, channel, draft);
  const readsHistory = may(state, state.bot.id, channel, 'ReadMessageHistory');
  if (draft.form.message_reference && !readsHistory) throw new Refusal('noHistory');
  return postMessage(state, channel, state.bot, draft);
}

function pin(call: Call): void {
  const { state } = call;
  const channel = channelOf(call);
  const message = messageOf(call);
  if (channel.guildId !== null) requireOfBot(state, channel, 'PinMessages');
  requireUnarchived(channel);
  if (message.pinned) return;
  message.pinned = true;
  announce(state, message, GatewayDispatchEvents.MessageUpdate);
  const reference = { channelId: channel.id, messageId: message.id };
  postSystemMessage(state, channel, state.bot, { type: MessageType.ChannelPinnedMessage, reference });
}

function shown(state: State, message: Message) {
  return messageWire(state, message, state.options.messageContent);
}

function visible(channel: Channel): Message[] {
  return channel.messages.filter(({ onlyFor }) => onlyFor === null);
}

/** Newest first; `around`, `before` and `after` exclude each other. */
function page({ query }: Call, messages: Message[]): Message[] {
  const limit = Number(query.get('limit') ?? 50);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100)) {
    throw invalidField(['limit'], 'NUMBER_TYPE_MAX', 'int value should be between 1 and 100.');
  }
  const { before, after, around } = Object.fromEntries(query);
  const olderThan = (id: string) => messages.filter((message) => BigInt(message.id) < BigInt(id));
  const newerThan = (id: string) => messages.filter((message) => BigInt(message.id) > BigInt(id));
  if (before) return olderThan(before).slice(-limit).toReversed();
  if (after) return newerThan(after).slice(0, limit).toReversed();
  if (!around) return messages.slice(-limit).toReversed();
  const half = Math.floor(limit / 2);
  const found = messages.filter(({ id }) => id === around);
  return [...olderThan(around).slice(-half), ...found, ...newerThan(around).slice(0, half)]
    .slice(0, limit)
    .toReversed();
}
