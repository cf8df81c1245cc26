/** What people write: as Slack's client sends it, with the files that they add to it. */
import { randomBytes } from 'node:crypto';
import { directChannel, readsChannel } from './channels.ts';
import { addFile } from './files.ts';
import { installationFor } from './interactions.ts';
import { deleteMessage, editMessage, postMessage } from './messages.ts';
import { type ShownMessage, show } from './shown.ts';
import { type Channel, type Json, type Message, messageAt, type State, type User } from './state.ts';

interface MessageAt {
  ts: string;
  channelId: string;
}

/** A channel by its id, or anything that has it. */
export type Place = string | { id: string };

interface Attached {
  name: string;
  mimetype: string;
  bytes: Uint8Array;
  /** Of what was recorded in Slack itself. */
  recordedMs?: number;
}

interface Extras {
  threadTs?: string;
  files?: Attached[];
  /** An answer in a thread that is shown in the channel too. */
  broadcast?: boolean;
}

export interface Writing {
  /** `<@BOT>` in it mentions the bot; everything else is text. */
  says(place: Place, text: string, extras?: Extras): ShownMessage;
  /** In the direct channel with the bot. */
  writes(text: string, extras?: Extras): ShownMessage;
  edits(message: MessageAt, text: string): void;
  deletes(message: MessageAt): void;
}

export function writing(state: State, user: User): Writing {
  const says = (channel: Channel, text: string, extras: Extras = {}) => {
    return show(state, post(state, channel, user, text, extras));
  };
  return {
    says: (place, text, extras) => says(channelSeenBy(state, user, place), text, extras),
    writes: (text, extras) =>
      says(directChannel(state, user, installationFor(state, user, null).botUser), text, extras),
    edits(at, words) {
      const message = ownOf(state, user, at);
      const text = asSent(state, user, channelSeenBy(state, user, at.channelId), words);
      editMessage(state, message, user, { text, blocks: richText(text) });
    },
    deletes(at) {
      deleteMessage(state, ownOf(state, user, at));
    },
  };
}

function post(state: State, channel: Channel, user: User, words: string, extras: Extras): Message {
  const { threadTs = null, files = [], broadcast = false } = extras;
  if (!channel.members.has(user.id)) throw new Error(`${user.name} is not in ${channel.id}`);
  if (channel.archived) throw new Error(`nobody can write in ${channel.id}: it is archived`);
  const root = threadTs === null ? null : messageAt(channel, threadTs);
  if (root === undefined || (root?.threadTs && root.threadTs !== root.ts)) throw new Error(`no thread ${threadTs}`);
  if (words === '' && files.length === 0) throw new Error('there is nothing to send');
  const text = asSent(state, user, channel, words);
  const stored = files.map((file) => Object.assign(addFile(state, user, file), { recordedMs: file.recordedMs }));
  for (const file of stored) file.channelIds.push(channel.id);
  return postMessage(state, channel, user, {
    ...{ text, blocks: text === '' ? [] : richText(text), files: stored.map(({ id }) => id), threadTs },
    ...{ isBroadcast: broadcast, subtype: files.length > 0 ? 'file_share' : broadcast ? 'thread_broadcast' : null },
  });
}

const BOT = '<@BOT>';

/** Slack's client escapes three characters, makes links of addresses, and ids of those who are mentioned. */
function asSent(state: State, user: User, channel: Channel, words: string): string {
  return words
    .split(BOT)
    .map((part) => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
    .map((part) => part.replaceAll(/https?:\/\/[^\s&]+/g, '<$&>'))
    .reduce((before, after) => `${before}<@${installationFor(state, user, channel).botUser.id}>${after}`);
}

/** What the client sends beside the text; the app may read either. */
function richText(text: string): Json[] {
  const parts = text.split(/(<@[A-Z0-9]+>|<https?:[^>]+>)/).filter((part) => part !== '');
  const elements = parts.map((part) => {
    const user = /^<@([A-Z0-9]+)>$/.exec(part)?.[1];
    if (user) return { type: 'user', user_id: user };
    const url = /^<(https?:[^>]+)>$/.exec(part)?.[1];
    if (url) return { type: 'link', url };
    return { type: 'text', text: part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') };
  });
  const block_id = randomBytes(3).toString('hex').slice(0, 5);
  return [{ type: 'rich_text', block_id, elements: [{ type: 'rich_text_section', elements }] }];
}

export function channelSeenBy(state: State, user: User, place: Place): Channel {
  const channelId = typeof place === 'string' ? place : place.id;
  const channel = state.channels.get(channelId);
  if (!channel || !readsChannel(state, user.id, channel)) throw new Error(`${user.name} sees no channel ${channelId}`);
  return channel;
}

export function messageSeenBy(state: State, user: User, { channelId, ts }: MessageAt): Message {
  const message = messageAt(channelSeenBy(state, user, channelId), ts);
  if (!message) throw new Error(`${user.name} sees no message ${ts} in ${channelId}`);
  return message;
}

function ownOf(state: State, user: User, at: MessageAt): Message {
  const message = messageSeenBy(state, user, at);
  if (message.userId !== user.id) throw new Error(`the message ${at.ts} is not by ${user.name}`);
  return message;
}
