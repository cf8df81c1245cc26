/** What a person sees. */
import {
  type Channel,
  type EphemeralMessage,
  type Json,
  known,
  type Message,
  type Metadata,
  type State,
} from './state.ts';
import { isStreaming } from './streams.ts';

export interface ShownMessage {
  ts: string;
  channelId: string;
  /** The root of its thread, which has its own ts here. */
  threadTs: string | null;
  author: { id: string; name: string; isBot: boolean };
  text: string;
  blocks: readonly Json[];
  files: readonly { id: string; name: string; title: string }[];
  isStreaming: boolean;
  isEdited: boolean;
  isEphemeral: boolean;
  /** A deleted root, of which the replies are left. */
  isTombstone: boolean;
  /** Not for eyes. */
  metadata: Metadata | null;
}

export function show(state: State, message: Message): ShownMessage {
  const { ts, channelId, threadTs, userId, text, blocks, metadata, edited, subtype } = message;
  return {
    ...{ ts, channelId, threadTs, text, blocks, metadata },
    author: authorOf(state, userId),
    files: message.files.map((id) => {
      const { name, title } = known(state.files, id);
      return { id, name, title };
    }),
    isStreaming: isStreaming(state, message),
    isEdited: edited !== null,
    isEphemeral: false,
    isTombstone: subtype === 'tombstone',
  };
}

function authorOf(state: State, id: string): ShownMessage['author'] {
  const user = state.users.get(id);
  return { id, name: user?.realName ?? 'Slackbot', isBot: user?.isBot ?? true };
}

export function showEphemeral(state: State, message: EphemeralMessage): ShownMessage {
  const { ts, channelId, threadTs, botId, text, blocks } = message;
  const installation = [...state.installations].find((each) => each.botId === botId);
  return {
    ...{ ts, channelId, threadTs, text, blocks, files: [], metadata: null },
    author: authorOf(state, installation?.botUser.id ?? ''),
    ...{ isStreaming: false, isEdited: false, isEphemeral: true, isTombstone: false },
  };
}

/** What stands in the channel itself, oldest first. */
export function shownIn(state: State, { messages }: Channel): ShownMessage[] {
  const top = messages.filter(({ ts, threadTs, isBroadcast }) => isBroadcast || (threadTs ?? ts) === ts);
  return top.map((message) => show(state, message));
}

/** The root and its replies, oldest first. */
export function shownInThread(state: State, { messages }: Channel, rootTs: string): ShownMessage[] {
  const thread = messages.filter(({ ts, threadTs }) => ts === rootTs || threadTs === rootTs);
  return thread.map((message) => show(state, message));
}

/** What only this person sees, oldest first. */
export function ephemeralsFor(state: State, channelId: string, userId: string): ShownMessage[] {
  const theirs = state.ephemerals.filter((each) => each.channelId === channelId && each.userId === userId);
  return theirs.filter(({ deleted }) => !deleted).map((message) => showEphemeral(state, message));
}
