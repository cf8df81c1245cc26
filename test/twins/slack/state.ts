/** What the twin knows to be true: workspaces, people, channels, messages, views. Everything else reads and writes it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createIds, type Ids } from './ids.ts';
import type { Credentials, Installation, IssuedCode, Token } from './installations.ts';

export type Json = Record<string, unknown>;

export interface Enterprise {
  id: string;
  name: string;
  domain: string;
}

export interface Team {
  /** T… */
  id: string;
  name: string;
  domain: string;
  enterpriseId: string | null;
}

export interface User {
  /** U… */
  id: string;
  teamId: string;
  name: string;
  realName: string;
  /** As `en-US`. */
  locale: string;
  tz: string;
  isAdmin: boolean;
  isOwner: boolean;
  isBot: boolean;
  deleted: boolean;
}

export interface Channel {
  /** C…, and D… for direct messages. */
  id: string;
  kind: 'public' | 'private' | 'im' | 'mpim';
  name: string;
  /** Several when it is shared with Slack Connect; the first one is the one that made it. */
  teamIds: string[];
  isExtShared: boolean;
  members: Set<string>;
  archived: boolean;
  /** What the twin answers to `chat.startStream` here: `channel_type_not_supported` when false. */
  takesStreams: boolean;
  /** Oldest first, replies among them; what is deleted is not there any more. */
  messages: Message[];
  lastTs: number;
}

export interface Message {
  ts: string;
  channelId: string;
  /** The ts of the root; on the root itself too as soon as it has replies. */
  threadTs: string | null;
  userId: string;
  /** The workspace of who wrote it. */
  teamId: string;
  /** For messages of apps. */
  botId: string | null;
  appId: string | null;
  subtype: string | null;
  text: string;
  blocks: Json[];
  attachments: Json[];
  metadata: Metadata | null;
  files: string[];
  edited: { userId: string; ts: string } | null;
  /** Not null from the start of a stream on; `streaming` for as long as it may be appended to. */
  stream: { state: 'streaming' | 'stopped'; startedAt: number } | null;
  isBroadcast: boolean;
}

export interface Metadata {
  event_type: string;
  event_payload: Json;
}

/** Only one person sees it, and no method finds it. */
export interface EphemeralMessage {
  ts: string;
  channelId: string;
  threadTs: string | null;
  userId: string;
  botId: string;
  text: string;
  blocks: Json[];
  /** Taken away through its response URL. */
  deleted: boolean;
}

export interface View {
  /** V… */
  id: string;
  type: 'modal' | 'home';
  teamId: string;
  userId: string;
  installation: Installation;
  /** As the app sent it: title, blocks, callback_id, private_metadata, … */
  content: Json;
  hash: string;
  rootId: string;
  previousId: string | null;
  /** What opened or pushed it. */
  triggerId: string | null;
  /** A modal that was submitted or closed is gone for the methods. */
  isOpen: boolean;
}

export interface StoredFile {
  /** F… */
  id: string;
  name: string;
  title: string;
  mimetype: string;
  bytes: Uint8Array;
  /** The length that was promised for an upload. */
  length: number;
  userId: string;
  teamId: string;
  channelIds: string[];
  /** The messages that it is in. */
  shares: { channelId: string; ts: string; threadTs: string | null }[];
  /** What it shows, for those who do not see it. */
  altText: string;
  /** `announced`: has an upload URL; `uploaded`: bytes are there; `complete`: may be used. */
  stage: 'announced' | 'uploaded' | 'complete';
  deleted: boolean;
  createdAt: number;
  /** It was recorded in Slack itself, and is so long. */
  recordedMs?: number | undefined;
}

/** Lets the app open a modal for somebody who just did something: three seconds, and once. */
export interface Trigger {
  id: string;
  userId: string;
  teamId: string;
  /** The open modal that it was issued in: what `views.push` builds on. */
  viewId: string | null;
  issuedAt: number;
  isUsed: boolean;
}

/** Five uses in thirty minutes. */
export interface ResponseUrl {
  id: string;
  userId: string;
  teamId: string;
  channelId: string;
  threadTs: string | null;
  /** The message that was acted on. */
  messageTs: string | null;
  installation: Installation;
  issuedAt: number;
  uses: number;
}

/** What an assistant shows beside a thread; prompts may stand in a channel without a thread. */
export interface ThreadExtras {
  status: string;
  loadingMessages: string[];
  statusAt: number;
  title: string | null;
  prompts: { title: string | null; prompts: { title: string; message: string }[] } | null;
}

/** Something that the Events API tells of. Who is subscribed, envelopes and retries are the delivery's. */
export interface Happening {
  /** The inner event as Slack sends it. */
  event: { type: string; [key: string]: unknown };
  /** The workspace in which it happened: that of who did it. */
  teamId: string;
  /** Where it happened: only installations that see this channel hear of it. */
  channelId: string | null;
  /** The only one that hears of it: app_mention, app_home_opened, app_uninstalled, tokens_revoked. */
  installation: Installation | null;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What the delivery fills in; until then nothing is heard, and every socket is closed. */
interface Hooks {
  emit(happening: Happening): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** A WebSocket URL for `apps.connections.open`. */
  socketUrl(): string;
  /** A request to a response URL of this id, which is known. */
  respond(url: ResponseUrl, body: Json): Answer;
}

export interface State extends Hooks, Credentials {
  now(): number;
  ids: Ids;
  /** Without a slash at the end; known once the server listens. */
  url: string;
  appId: string;
  appName: string;
  /** Whether Slack lets the app stream anywhere. */
  takesStreams: boolean;
  /** As many messages as a page of history has at most. */
  historyPage: number;
  enterprises: Map<string, Enterprise>;
  teams: Map<string, Team>;
  users: Map<string, User>;
  channels: Map<string, Channel>;
  ephemerals: EphemeralMessage[];
  views: Map<string, View>;
  files: Map<string, StoredFile>;
  /** Those of the past too, which have no valid token. */
  installations: Set<Installation>;
  /** By the token itself. */
  tokens: Map<string, Token>;
  codes: Map<string, IssuedCode>;
  triggers: Map<string, Trigger>;
  responseUrls: Map<string, ResponseUrl>;
  /** By `channel:ts`. */
  threads: Map<string, ThreadExtras>;
  violations: string[];
  /** A timestamp of this moment in a channel, later than all before. */
  nextTs(channel: Channel): string;
}

export interface StateOptions extends Credentials {
  now(): number;
  takesStreams: boolean;
  historyPage: number;
}

export function createState(options: StateOptions): State {
  const ids = createIds();
  return {
    ...options,
    ids,
    url: '',
    appId: ids.next('A'),
    appName: 'Threadtutor',
    enterprises: new Map(),
    teams: new Map(),
    users: new Map(),
    channels: new Map(),
    ephemerals: [],
    views: new Map(),
    files: new Map(),
    installations: new Set(),
    tokens: new Map(),
    codes: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    threads: new Map(),
    violations: [],
    nextTs(channel) {
      channel.lastTs = Math.max(channel.lastTs + 1, Math.floor(options.now() * 1000));
      return tsOf(channel.lastTs);
    },
    emit() {},
    upgrade: (_request, socket) => socket.destroy(),
    socketUrl: () => 'ws://127.0.0.1:0/',
    respond: () => ({ status: 404 }),
  };
}

/** Seconds and microseconds. */
export function tsOf(microseconds: number): string {
  return `${Math.floor(microseconds / 1_000_000)}.${String(microseconds % 1_000_000).padStart(6, '0')}`;
}

/** For what the twin itself has put there: a miss is its own bug. */
export function known<Value>(values: ReadonlyMap<string, Value>, id: string): Value {
  const value = values.get(id);
  if (value === undefined) throw new Error(`the twin knows no ${id}`);
  return value;
}

export function messageAt(channel: Channel, ts: string): Message | undefined {
  return channel.messages.find((message) => message.ts === ts);
}

/** What is shown beside a thread, made on first use. */
export function extrasOf(state: State, channelId: string, ts: string): ThreadExtras {
  const key = `${channelId}:${ts}`;
  const extras = state.threads.get(key) ?? {
    ...{ status: '', loadingMessages: [], statusAt: 0 },
    ...{ title: null, prompts: null },
  };
  state.threads.set(key, extras);
  return extras;
}
