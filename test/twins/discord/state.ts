/** What the twin knows to be true: guilds, channels, people, messages, commands. Everything else reads and writes it. */
import type {
  APIApplicationCommand,
  APIAttachment,
  APIEmbed,
  APIMessageInteractionMetadata,
  APIMessageTopLevelComponent,
  ChannelType,
  GatewayDispatchEvents,
  MessageType,
} from 'discord-api-types/v10';
import type { Interaction } from './interactions.ts';
import type { Premium } from './premium.ts';

export interface User {
  id: string;
  name: string;
  isBot: boolean;
  locale: string;
  /** Takes no direct messages from the bot. */
  closedDms: boolean;
}

export interface Member {
  user: User;
  permissions: bigint;
  roles: string[];
  /** Somebody who may has taken their voice away, wherever in the guild they speak. */
  isMuted: boolean;
}

export interface Guild {
  id: string;
  name: string;
  locale: string;
  ownerId: string;
  /** Where Discord welcomes people, and where it tells the moderators of a community what they have to know. */
  systemChannelId: string | null;
  publicUpdatesChannelId: string | null;
  /** The bot is one of them for as long as it is in the guild. */
  members: Map<string, Member>;
  /** Who is in a voice channel, by their id. */
  voice: Map<string, VoiceState>;
}

/** Somebody in a voice channel: in one per guild. */
export interface VoiceState {
  guildId: string;
  channelId: string;
  user: User;
  /** A bot's is that of its gateway session; people have one of their own. */
  sessionId: string;
  selfMute: boolean;
  selfDeaf: boolean;
}

export interface Thread {
  ownerId: string;
  archived: boolean;
  archivedAt: number;
  locked: boolean;
  autoArchiveMinutes: number;
  members: Set<string>;
}

export interface Channel {
  id: string;
  type: ChannelType;
  guildId: string | null;
  parentId: string | null;
  name: string;
  /** What somebody may do here, instead of what they may do in the guild. */
  permissions: Map<string, bigint>;
  /** The person on the other side of a direct message. */
  recipientId: string | null;
  thread: Thread | null;
  /** How many people a voice channel takes; without it, any number. */
  userLimit?: number;
  /** Oldest first. */
  messages: Message[];
}

export interface Message {
  id: string;
  channelId: string;
  author: User;
  type: MessageType;
  content: string;
  embeds: APIEmbed[];
  components: APIMessageTopLevelComponent[];
  attachments: APIAttachment[];
  flags: number;
  nonce: string | number | null;
  /** Users who are pinged. */
  mentions: string[];
  mentionsEveryone: boolean;
  /** The message that it answers or that it stands for. */
  reference: { channelId: string; messageId: string } | null;
  createdAt: number;
  editedAt: number | null;
  pinned: boolean;
  /** The only person who sees an ephemeral message. */
  onlyFor: string | null;
  interaction: APIMessageInteractionMetadata | null;
}

export interface StoredFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

/** What goes out to the sessions of a shard whose intents cover it. */
export interface GatewayEvent {
  name: GatewayDispatchEvents;
  /** Decides on the shard; null for direct messages. */
  guildId: string | null;
  /** 0 when no intent is needed. */
  intent: number;
  /** Where it happened, if the bot has to see the place to hear of it. */
  channel?: Channel;
  /** When it is for one session only. */
  sessionId?: string;
  data(session: { readsContent: boolean }): object;
}

/** The voice servers, as far as the rest of Discord has to do with them. */
export interface VoiceService {
  /** Host and port. */
  endpoint: string;
  /** A token with which a bot may connect for this channel; those before it are worth nothing any more. */
  grant(at: VoiceState): string;
  isConnected(at: VoiceState): boolean;
  entered(at: VoiceState): void;
  left(at: VoiceState, code: number): void;
}

export interface StateOptions {
  token: string;
  /** Whether the application may ask for message content. */
  messageContent: boolean;
  /** Whether it may ask for the members of guilds. */
  guildMembers: boolean;
  acknowledgeMs: number;
  now(): number;
}

export interface State {
  options: StateOptions;
  now(): number;
  /** A snowflake of this moment, greater than all before. */
  nextId(): string;
  /** Not the id of the bot's user, as with old applications. */
  applicationId: string;
  bot: User;
  /** Without a slash at the end; known once the server listens. */
  url: string;
  users: Map<string, User>;
  guilds: Map<string, Guild>;
  channels: Map<string, Channel>;
  messages: Map<string, Message>;
  /** author:channel:nonce → what was posted with it. */
  nonces: Map<string, Message>;
  commands: Map<string, APIApplicationCommand>;
  commandWrites: number;
  /** By token. */
  interactions: Map<string, Interaction>;
  /** By the path of their URL. */
  files: Map<string, StoredFile>;
  premium: Premium;
  violations: string[];
  dispatch(event: GatewayEvent): void;
  voice: VoiceService;
  /** Whoever asks for a voice channel hears nothing. */
  ignoresVoice: boolean;
}

const DISCORD_EPOCH = 1_420_070_400_000;
/** Guilds are older than everything in them, and a millisecond apart, so that shards get one after the other. */
const FIRST_GUILD_AT = Date.UTC(2020, 0, 1);

export function createState(options: StateOptions): State {
  const nextId = snowflakes(options.now);
  const bot: User = { id: nextId(), name: 'Threadtutor', isBot: true, locale: 'en-US', closedDms: true };
  return {
    options,
    now: options.now,
    nextId,
    applicationId: nextId(),
    bot,
    url: '',
    users: new Map([[bot.id, bot]]),
    guilds: new Map(),
    channels: new Map(),
    messages: new Map(),
    nonces: new Map(),
    commands: new Map(),
    commandWrites: 0,
    interactions: new Map(),
    files: new Map(),
    premium: { skus: new Map(), entitlements: new Map(), subscriptions: new Map() },
    violations: [],
    dispatch() {},
    voice: { endpoint: '', grant: () => '', isConnected: () => false, entered() {}, left() {} },
    ignoresVoice: false,
  };
}

function snowflakes(now: () => number): () => string {
  let last = 0n;
  return () => {
    const earliest = BigInt(now() - DISCORD_EPOCH) << 22n;
    last = last < earliest ? earliest : last + 1n;
    return String(last);
  };
}

export function nextGuildId(state: State): string {
  return String(BigInt(FIRST_GUILD_AT - DISCORD_EPOCH + state.guilds.size) << 22n);
}

export function shardOf(guildId: string | null, shards: number): number {
  return guildId === null ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(shards));
}

export function channelsOf(state: State, guildId: string): Channel[] {
  return [...state.channels.values()].filter((channel) => channel.guildId === guildId);
}

/** For what the twin itself has put there: a miss is its own bug. */
export function known<Value>(values: ReadonlyMap<string, Value>, id: string): Value {
  const value = values.get(id);
  if (value === undefined) throw new Error(`the twin knows no ${id}`);
  return value;
}
