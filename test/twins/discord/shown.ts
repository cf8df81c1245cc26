/** What a person sees. */
import {
  type APIAttachment,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import { known, type Message, type State } from './state.ts';

export interface ShownMessage {
  id: string;
  channelId: string;
  author: { id: string; name: string; isBot: boolean };
  content: string;
  embeds: readonly APIEmbed[];
  components: readonly APIMessageTopLevelComponent[];
  attachments: readonly APIAttachment[];
  flags: number;
  isEphemeral: boolean;
  createdAt: number;
  editedAt: number | null;
  isPinned: boolean;
  /** The id of the message that it answers. */
  answers: string | null;
}

const SAID: readonly MessageType[] = [
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
];

export function show(message: Message): ShownMessage {
  const { id, channelId, author, content, embeds, components, attachments, flags, createdAt, editedAt } = message;
  return {
    ...{ id, channelId, content, embeds, components, attachments, flags, createdAt, editedAt },
    author: { id: author.id, name: author.name, isBot: author.isBot },
    isEphemeral: message.onlyFor !== null,
    isPinned: message.pinned,
    answers: message.type === MessageType.Reply ? (message.reference?.messageId ?? null) : null,
  };
}

/** Whether somebody said it: no notice of Discord's own, and no "is thinking". */
export function isSaid({ type, flags }: Message): boolean {
  return SAID.includes(type) && !(flags & MessageFlags.Loading);
}

/** What everybody sees in a channel, oldest first. */
export function shownIn(state: State, channelId: string): ShownMessage[] {
  const { messages } = known(state.channels, channelId);
  return messages.filter((message) => message.onlyFor === null && isSaid(message)).map(show);
}
