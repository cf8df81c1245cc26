/** Messages of people and apps: how they come to be, change and go, and what the Events API tells of it. */
import {
  type Channel,
  extrasOf,
  type Json,
  known,
  type Message,
  type Metadata,
  messageAt,
  type State,
  type User,
} from './state.ts';
import { channelType, installationsIn, messageWire } from './wire.ts';

export interface Draft {
  text: string;
  blocks?: Json[];
  attachments?: Json[];
  metadata?: Metadata | null;
  files?: string[];
  threadTs?: string | null;
  subtype?: string | null;
  isBroadcast?: boolean;
  stream?: Message['stream'];
  /** For messages of apps. */
  botId?: string;
}

/** Posts it; the root becomes a thread with its first reply. Whoever calls has checked what is allowed. */
export function postMessage(state: State, channel: Channel, author: User, draft: Draft): Message {
  const { text, threadTs = null, botId = null } = draft;
  const message: Message = {
    ts: state.nextTs(channel),
    ...{ channelId: channel.id, userId: author.id, teamId: author.teamId, threadTs, text, botId },
    appId: botId === null ? null : state.appId,
    subtype: draft.subtype ?? null,
    blocks: draft.blocks ?? [],
    attachments: draft.attachments ?? [],
    metadata: draft.metadata ?? null,
    files: draft.files ?? [],
    edited: null,
    stream: draft.stream ?? null,
    isBroadcast: draft.isBroadcast ?? false,
  };
  const root = threadTs === null ? undefined : messageAt(channel, threadTs);
  if (root) root.threadTs = root.ts;
  channel.messages.push(message);
  if (botId !== null && threadTs !== null) extrasOf(state, channel.id, threadTs).status = '';
  announce(state, message, messageWire(state, message, { withMetadata: true }));
  if (botId === null) announceMentions(state, channel, message);
  return message;
}

/** Changes what is given; an app's message is marked as edited only where its text changes for people. */
export function editMessage(state: State, message: Message, author: User, change: Partial<Message>): void {
  const previous = messageWire(state, message);
  const channel = known(state.channels, message.channelId);
  const ts = state.nextTs(channel);
  Object.assign(message, change, { edited: { userId: author.id, ts } });
  announceChange(state, message, previous, ts);
}

/** `message_changed`: for edits, and for streams that end. */
export function announceChange(state: State, message: Message, previous: Json, ts: string): void {
  const wire = messageWire(state, message, { withMetadata: true });
  announce(state, message, {
    ...{ type: 'message', subtype: 'message_changed', hidden: true, ts },
    ...{ message: wire, previous_message: previous },
  });
}

/** A root with replies leaves a tombstone, as people see it; anything else is gone. */
export function deleteMessage(state: State, message: Message): void {
  const channel = known(state.channels, message.channelId);
  const previous = messageWire(state, message);
  const ts = state.nextTs(channel);
  const hasReplies = channel.messages.some((each) => each.threadTs === message.ts && each !== message);
  if (hasReplies) {
    Object.assign(message, {
      ...{ subtype: 'tombstone', text: 'This message was deleted.', blocks: [], attachments: [], files: [] },
      ...{ metadata: null, userId: 'USLACKBOT', botId: null, appId: null, stream: null },
    });
    announceChange(state, message, previous, ts);
    return;
  }
  channel.messages = channel.messages.filter((each) => each !== message);
  announce(state, message, {
    ...{ type: 'message', subtype: 'message_deleted', hidden: true, ts, deleted_ts: message.ts },
    previous_message: previous,
  });
}

function announce(state: State, { channelId, teamId, ts }: Message, event: Json): void {
  const channel = known(state.channels, channelId);
  const place = { channel: channelId, channel_type: channelType(channel), event_ts: String(event.ts ?? ts) };
  state.emit({ event: { type: 'message', ...event, ...place }, teamId, channelId, installation: null });
}

/** A mention comes as an event of its own, beside the message; in direct messages there is none. */
function announceMentions(state: State, channel: Channel, message: Message): void {
  if (channel.kind === 'im') return;
  const mentioned = installationsIn(state, channel).filter(({ botUser }) => message.text.includes(`<@${botUser.id}`));
  for (const installation of mentioned) {
    const event = { ...messageWire(state, message), type: 'app_mention', channel: channel.id, event_ts: message.ts };
    state.emit({ event, teamId: message.teamId, channelId: channel.id, installation });
  }
}
