/** Messages that are written while people watch: started, appended to, stopped. */
import { type Call, jsonOf, type Methods, messageOf, ownChannel, rootOf, textOf } from './calls.ts';
import { blocksOf, isObject, markdownBlock, metadataOf, recordCalls } from './drafts.ts';
import { announceChange, postMessage } from './messages.ts';
import { complaint, Refusal } from './refusals.ts';
import type { Channel, Json, Message, State } from './state.ts';
import { messageWire } from './wire.ts';

/** Of one call, and of all that a message holds in the end. */
const MAX_MARKDOWN = 12_000;
/** Slack ends a stream that nobody stopped, however often it is appended to. */
const STREAM_MS = 5 * 60_000;

export const streamMethods: Methods = {
  'chat.startStream': {
    ...{ tier: 't2', auth: 'bot', scope: 'chat:write', required: ['channel', 'thread_ts'] },
    handle: start,
  },
  'chat.appendStream': {
    ...{ tier: 't4', auth: 'bot', scope: 'chat:write', required: ['channel', 'ts'] },
    handle(call) {
      const { channel, message } = streamOf(call);
      const text = streamedText(call);
      if (text === '') throw new Refusal('no_text');
      append(call, message, text);
      return { channel: channel.id, ts: message.ts };
    },
  },
  'chat.stopStream': {
    ...{ tier: 't2', auth: 'bot', scope: 'chat:write', required: ['channel', 'ts'] },
    handle: stop,
  },
};

/** Whether it may be appended to; a stream that is too old ends here. */
export function isStreaming(state: State, { stream }: Message): boolean {
  if (stream?.state !== 'streaming') return false;
  if (state.now() - stream.startedAt >= STREAM_MS) stream.state = 'stopped';
  return stream.state === 'streaming';
}

function start(call: Call): Json {
  const { state, installation } = call;
  const channel = ownChannel(call);
  if (channel.archived) throw new Refusal('is_archived');
  if (!(state.takesStreams && channel.takesStreams)) throw new Refusal('channel_type_not_supported');
  const root = rootOf(call, channel);
  checkRecipient(call, channel);
  const text = streamedText(call);
  const message = postMessage(state, channel, installation.botUser, {
    ...{ text: '', threadTs: root?.ts ?? null, botId: installation.botId },
    stream: { state: 'streaming', startedAt: state.now() },
  });
  if (text !== '') append(call, message, text);
  return { channel: channel.id, ts: message.ts };
}

/** In a channel Slack wants to know for whom it is; in a direct channel it knows. */
function checkRecipient(call: Call, channel: Channel): void {
  const userId = textOf(call, 'recipient_user_id');
  const teamId = textOf(call, 'recipient_team_id');
  if (channel.kind !== 'im' && teamId === '') throw new Refusal('missing_recipient_team_id');
  if (channel.kind !== 'im' && userId === '') throw new Refusal('missing_recipient_user_id');
  if (userId === '' && teamId === '') return;
  const user = call.state.users.get(userId);
  if (!user) throw new Refusal('user_not_found');
  if (teamId !== '' && user.teamId !== teamId) throw new Refusal('team_not_found');
}

function stop(call: Call): Json {
  const { state } = call;
  const { channel, message } = streamOf(call);
  const blocks = blocksOf(call) ?? [];
  const metadata = metadataOf(call) ?? null;
  recordCalls(call, { blocks });
  const text = streamedText(call);
  const previous = messageWire(state, message);
  if (text !== '') append(call, message, text);
  if (message.text === '' && blocks.length === 0) throw new Refusal('no_text');
  message.stream = { startedAt: message.stream?.startedAt ?? 0, state: 'stopped' };
  message.blocks = [...message.blocks, ...blocks];
  message.metadata = metadata;
  announceChange(state, message, previous, state.nextTs(channel));
  return { channel: channel.id, ts: message.ts, message: messageWire(state, message, { withMetadata: true }) };
}

function streamOf(call: Call): { channel: Channel; message: Message } {
  const channel = ownChannel(call);
  if (channel.archived) throw new Refusal('is_archived');
  const message = messageOf(call, channel);
  if (message.botId !== call.installation.botId) throw new Refusal('message_not_owned_by_app');
  if (!isStreaming(call.state, message)) throw new Refusal('message_not_in_streaming_state');
  return { channel, message };
}

/** What a call adds; empty when it adds nothing. */
function streamedText(call: Call): string {
  const markdown = textOf(call, 'markdown_text');
  const chunks = jsonOf(call, 'chunks', 'invalid_arguments');
  if (chunks !== undefined && markdown !== '') {
    throw complaint('invalid_arguments', ['markdown_text and chunks may not be used together']);
  }
  const text = chunks === undefined ? markdown : chunkedText(chunks);
  if (text.length > MAX_MARKDOWN) throw new Refusal('msg_too_long');
  return text;
}

const CHUNKS = ['markdown_text', 'task_update', 'plan_update', 'blocks'];

function chunkedText(chunks: unknown): string {
  if (!Array.isArray(chunks)) throw new Refusal('invalid_chunks');
  const texts = chunks.map((chunk) => {
    if (!isObject(chunk) || !CHUNKS.includes(String(chunk.type))) throw new Refusal('invalid_chunks');
    if (chunk.type !== 'markdown_text') return '';
    if (typeof chunk.text !== 'string') throw new Refusal('invalid_chunks');
    return chunk.text;
  });
  return texts.join('');
}

function append(call: Call, message: Message, added: string): void {
  const text = message.text + added;
  if (text.length > MAX_MARKDOWN) throw new Refusal('msg_too_long');
  // The whole of it: what calls people may have come in pieces.
  recordCalls(call, { text });
  message.text = text;
  message.blocks = [markdownBlock(text)];
}
