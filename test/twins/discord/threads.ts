/** Threads: how they begin, who is in them, how they end. */
import { ChannelType, GatewayDispatchEvents, GatewayIntentBits, MessageType } from 'discord-api-types/v10';
import { z } from 'zod';
import { announceThread, changeThread } from './archiving.ts';
import { oneOf, text } from './forms.ts';
import { forgetNotices } from './guilds.ts';
import { postSystemMessage } from './messages.ts';
import { may } from './permissions.ts';
import { Refusal } from './refusals.ts';
import { type Channel, known, type Message, type State, type Thread, type User } from './state.ts';
import { emptyVoice } from './voice/states.ts';
import { channelWire, threadMemberWire } from './wire.ts';

const autoArchive = oneOf(60, 1440, 4320, 10_080);
const DEFAULT_AUTO_ARCHIVE = 1440;

export const threadForm = z.object({
  name: text(1, 100),
  auto_archive_duration: autoArchive.optional(),
  type: oneOf(ChannelType.AnnouncementThread, ChannelType.PublicThread, ChannelType.PrivateThread).optional(),
});

export const threadEditForm = z.object({
  name: text(1, 100).optional(),
  archived: z.boolean().optional(),
  locked: z.boolean().optional(),
  auto_archive_duration: autoArchive.optional(),
});

interface ThreadOptions {
  id: string;
  type: ChannelType;
  owner: User;
  name: string;
  autoArchiveMinutes?: number | undefined;
}

/** The thread of a message; its id is the message's. Throws 160004 for the second one. */
export function startThreadOn(state: State, message: Message, owner: User, form: z.infer<typeof threadForm>): Channel {
  if (state.channels.has(message.id)) throw new Refusal('threadExists');
  const parent = known(state.channels, message.channelId);
  const isNews = parent.type === ChannelType.GuildAnnouncement;
  const type = isNews ? ChannelType.AnnouncementThread : ChannelType.PublicThread;
  const thread = openThread(state, parent, {
    ...{ id: message.id, type, owner, name: form.name },
    autoArchiveMinutes: form.auto_archive_duration,
  });
  const reference = { channelId: parent.id, messageId: message.id };
  postSystemMessage(state, thread, message.author, { type: MessageType.ThreadStarterMessage, reference });
  return thread;
}

/** A thread without a message; what Discord says about a public one appears in the channel. */
export function startThread(state: State, parent: Channel, owner: User, form: z.infer<typeof threadForm>): Channel {
  const type = form.type ?? ChannelType.PrivateThread;
  if (type === ChannelType.PrivateThread && parent.type !== ChannelType.GuildText) throw new Refusal('channelType');
  const thread = openThread(state, parent, {
    ...{ id: state.nextId(), type, owner, name: form.name },
    autoArchiveMinutes: form.auto_archive_duration,
  });
  if (type === ChannelType.PublicThread) {
    const reference = { channelId: thread.id, messageId: thread.id };
    postSystemMessage(state, parent, owner, { type: MessageType.ThreadCreated, content: form.name, reference });
  }
  return thread;
}

function openThread(state: State, parent: Channel, options: ThreadOptions): Channel {
  const channel: Channel & { thread: Thread } = {
    id: options.id,
    type: options.type,
    guildId: parent.guildId,
    parentId: parent.id,
    name: options.name,
    permissions: new Map(),
    recipientId: null,
    thread: {
      ownerId: options.owner.id,
      archived: false,
      archivedAt: state.now(),
      locked: false,
      autoArchiveMinutes: options.autoArchiveMinutes ?? DEFAULT_AUTO_ARCHIVE,
      members: new Set([options.owner.id]),
    },
    messages: [],
  };
  state.channels.set(channel.id, channel);
  announceThread(state, channel, GatewayDispatchEvents.ThreadCreate, { newly_created: true });
  return channel;
}

/**
 * The bot's PATCH of a thread: its own it may rename, archive and bring back; any that it is in it may bring back
 * unless it is locked; locking takes MANAGE_THREADS. Throws 50013, 50083 and 160005.
 */
export function editThread(state: State, channel: Channel, form: z.infer<typeof threadEditForm>): void {
  const { thread } = channel;
  if (!thread) throw new Refusal('channelType');
  const { id } = state.bot;
  const manages = may(state, id, channel, 'ManageThreads');
  const onlyReturns = form.archived === false && form.name === undefined && form.auto_archive_duration === undefined;
  const mayReturn = onlyReturns && !thread.locked && thread.members.has(id);
  const isAllowed = form.locked === undefined && (thread.ownerId === id || mayReturn);
  if (!manages && !isAllowed) throw new Refusal('missingPermissions');
  if (!manages && thread.locked && !onlyReturns) throw new Refusal('locked');
  if (thread.archived && form.archived !== false && form.name !== undefined) throw new Refusal('archived');
  if (form.name !== undefined && form.name !== channel.name) {
    channel.name = form.name;
    postSystemMessage(state, channel, state.bot, { type: MessageType.ChannelNameChange, content: form.name });
  }
  changeThread(state, channel, {
    ...(form.archived !== undefined && { archived: form.archived }),
    ...(form.locked !== undefined && { locked: form.locked }),
    ...(form.auto_archive_duration !== undefined && { autoArchiveMinutes: form.auto_archive_duration }),
  });
}

/** The person is told so in the thread, unless they came by themselves. */
export function addToThread(state: State, channel: Channel, user: User, by: User): void {
  const { thread } = channel;
  if (!thread) throw new Refusal('channelType');
  if (thread.archived) throw new Refusal('archived');
  if (thread.members.has(user.id)) return;
  thread.members.add(user.id);
  if (user.id === state.bot.id) {
    announceThread(state, channel, GatewayDispatchEvents.ThreadCreate, { member: threadMemberWire(channel, user.id) });
  }
  if (user.id !== by.id) postSystemMessage(state, channel, by, { type: MessageType.RecipientAdd, mentions: [user.id] });
}

/** A channel goes with its threads, and all of them with their messages. */
export function removeChannel(state: State, channel: Channel): void {
  for (const each of [...state.channels.values()].filter(({ parentId }) => parentId === channel.id)) {
    if (each.thread) removeChannel(state, each);
  }
  emptyVoice(state, channel);
  // Discord tells of a channel that is gone while it still knows who saw it.
  if (channel.thread) announceThread(state, channel, GatewayDispatchEvents.ThreadDelete);
  else {
    const data = channelWire(state, channel);
    const name = GatewayDispatchEvents.ChannelDelete;
    state.dispatch({ name, guildId: channel.guildId, intent: GatewayIntentBits.Guilds, channel, data: () => data });
  }
  state.channels.delete(channel.id);
  forgetNotices(state, channel.id);
  for (const { id } of channel.messages) state.messages.delete(id);
}
