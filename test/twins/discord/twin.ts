/**
 * A twin of Discord for the real clients: REST and gateway on one port of the loopback interface. It holds the truth
 * about guilds, channels and messages, enforces Discord's rules, and lets a test script people. Any number of bot
 * processes may connect, and may be killed.
 */
import { type APIApplicationCommand, ChannelType, GatewayDispatchEvents } from 'discord-api-types/v10';
import { changeThread } from './archiving.ts';
import { createDiscordFaults, type DiscordFaults } from './faults.ts';
import { createGateway, type GatewayHandle } from './gateway.ts';
import { announceGuild, changeGuild } from './guilds.ts';
import { createPerson, type Person } from './people.ts';
import { BOT_PERMISSIONS, MEMBER_PERMISSIONS } from './permissions.ts';
import { settle } from './premium.ts';
import { createPremiumHandle, type PremiumHandle } from './premium-handle.ts';
import { createRateLimiter, type Limits } from './rate-limits.ts';
import { registered } from './routes-commands.ts';
import { type SeenRequest, startServer } from './server.ts';
import { type ShownMessage, shownIn } from './shown.ts';
import { type Channel, createState, type Guild, known, nextGuildId, type State, type User } from './state.ts';
import { removeChannel } from './threads.ts';
import { startVoice, type VoiceHandle } from './voice/handle.ts';
import { leaveVoice } from './voice/states.ts';
import { wholeGuildWire } from './wire.ts';

export interface DiscordTwinOptions {
  token?: string;
  /** Whether the application has the intent for message content. */
  messageContent?: boolean;
  guildMembers?: boolean;
  /** `real`, or limits so wide that nobody waits. */
  limits?: 'loose' | 'real' | Limits;
  now?(): number;
  heartbeatMs?: number;
  voiceHeartbeatMs?: number;
  /** A client that sends no heartbeat for so many intervals is gone. */
  silentIntervals?: number;
  /** How long an interaction waits for its first answer. */
  acknowledgeMs?: number;
  /** Whether voice channels turn bots away that cannot encrypt from end to end; Discord's do. */
  requiresDave?: boolean;
}

export interface ChannelHandle {
  id: string;
  name(): string;
  /** What the bot may do here, instead of what it may do in the guild. */
  setBotPermissions(permissions: bigint): void;
  remove(): void;
  /** For threads. */
  lock(): void;
  archive(options?: { locked?: boolean }): void;
  unarchive(): void;
  isArchived(): boolean;
  isLocked(): boolean;
  isPrivate(): boolean;
  memberIds(): string[];
}

export interface GuildHandle {
  id: string;
  addChannel(options: { name: string; type?: ChannelType; userLimit?: number }): ChannelHandle;
  addMember(options: PersonOptions & { permissions?: bigint; roles?: string[] }): Person;
  setBotPermissions(permissions: bigint): void;
  kickBot(): void;
  /** Installs the bot once more. */
  inviteBot(): void;
  /** Makes a member the owner. */
  transferTo(member: { id: string }): void;
  rename(name: string): void;
  /** Where notices go; with a channel for `publicUpdates` it is a community. */
  setNotices(channels: { system?: ChannelHandle | null; publicUpdates?: ChannelHandle | null }): void;
  /** Discord has an outage here, which is not the same as that the bot was kicked. */
  goesDown(): void;
  comesBack(): void;
}

interface PersonOptions {
  name: string;
  locale?: string;
  /** Somebody who is there already, in another guild. */
  id?: string;
}

export interface DiscordTwin {
  /** For DISCORD_API_URL: without the version. */
  url: string;
  token: string;
  applicationId: string;
  botId: string;
  /** What no bot of ours may do, and every request that the twin does not know: a test expects none. */
  violations: string[];
  requests: readonly SeenRequest[];
  /** Answers with 401, 403 and 429, of which Discord allows ten thousand in ten minutes. */
  invalidRequests(): number;
  addGuild(options: { name: string; id?: string; botPermissions?: bigint; locale?: string }): GuildHandle;
  /** Somebody who has no guild with the bot. */
  addUser(options: PersonOptions): Person;
  /** As everybody sees them now, oldest first; ephemeral ones are in the replies of their interaction. */
  messages(channelId: string): ShownMessage[];
  /** Oldest first, with archived ones. */
  threads(parentId: string): ChannelHandle[];
  channel(id: string): ChannelHandle;
  /** Those that are registered for all guilds, or for this one. */
  commands(guildId?: string): APIApplicationCommand[];
  /** How often commands were written. */
  commandWrites(): number;
  faults: DiscordFaults;
  gateway: GatewayHandle;
  voice: VoiceHandle;
  premium: PremiumHandle;
  now(): number;
  /** Moves the twin's clock ahead. */
  advance(ms: number): void;
  close(): Promise<void>;
}

const HEARTBEAT_MS = 41_250;
const VOICE_HEARTBEAT_MS = 13_750;
const SILENT_INTERVALS = 1.5;
const ACKNOWLEDGE_MS = 3_000;

export async function startDiscordTwin(options: DiscordTwinOptions = {}): Promise<DiscordTwin> {
  const { token = 'twin-token', messageContent = true, guildMembers = false, limits = 'loose' } = options;
  const clock = options.now ?? Date.now;
  let ahead = 0;
  const now = () => clock() + ahead;
  const { acknowledgeMs = ACKNOWLEDGE_MS, silentIntervals = SILENT_INTERVALS } = options;
  const state = createState({ token, messageContent, guildMembers, acknowledgeMs, now });
  const gateway = createGateway(state, { heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS, silentIntervals });
  const { voiceHeartbeatMs = VOICE_HEARTBEAT_MS, requiresDave = true } = options;
  const voice = await startVoice(state, { heartbeatMs: voiceHeartbeatMs, silentIntervals, requiresDave });
  const faults = createDiscordFaults();
  state.dispatch = (event) => {
    if (!faults.losesEvent(event.name)) gateway.dispatch(event);
  };
  const requests: SeenRequest[] = [];
  const loopback = await startServer({ state, gateway, faults, limit: createRateLimiter(limits, now), requests });
  return {
    ...viewOf(state),
    url: `${state.url}/api`,
    ...{ token, requests, faults, gateway, now, voice: voice.handle },
    premium: createPremiumHandle(state),
    invalidRequests: () => requests.filter(({ status }) => status === 401 || status === 403 || status === 429).length,
    addGuild: (guild) => addGuild(state, guild),
    addUser: (person) => createPerson(state, addUser(state, person)),
    advance(ms) {
      ahead += ms;
      settle(state);
    },
    async close() {
      gateway.close();
      await Promise.all([loopback.close(), voice.close()]);
    },
  };
}

type View =
  | 'applicationId'
  | 'botId'
  | 'violations'
  | 'messages'
  | 'threads'
  | 'channel'
  | 'commands'
  | 'commandWrites';

function viewOf(state: State): Pick<DiscordTwin, View> {
  return {
    applicationId: state.applicationId,
    botId: state.bot.id,
    violations: state.violations,
    messages: (channelId) => shownIn(state, channelId),
    threads: (id) =>
      [...state.channels.values()]
        .filter(({ parentId, thread }) => thread && parentId === id)
        .map((channel) => channelHandle(state, channel)),
    channel: (id) => channelHandle(state, known(state.channels, id)),
    commands: (guildId) => registered(state, guildId ?? null),
    commandWrites: () => state.commandWrites,
  };
}

function addUser(state: State, { name, locale = 'en-US', id }: PersonOptions): User {
  const there = id && state.users.get(id);
  if (there) return there;
  const user: User = { id: id ?? state.nextId(), name, isBot: false, locale, closedDms: false };
  state.users.set(user.id, user);
  return user;
}

function addGuild(state: State, options: Parameters<DiscordTwin['addGuild']>[0]): GuildHandle {
  const { name, id = nextGuildId(state), botPermissions = BOT_PERMISSIONS, locale = 'en-US' } = options;
  const guild: Guild = {
    ...{ id, name, locale, ownerId: state.nextId(), systemChannelId: null, publicUpdatesChannelId: null },
    ...{ members: new Map(), voice: new Map() },
  };
  state.guilds.set(id, guild);
  invite(state, guild, botPermissions);
  return {
    id,
    addChannel: (channel) => addChannel(state, guild, channel),
    addMember({ permissions = MEMBER_PERMISSIONS, roles = [], ...person }) {
      const user = addUser(state, person);
      guild.members.set(user.id, { user, permissions, roles, isMuted: false });
      return createPerson(state, user);
    },
    setBotPermissions(permissions) {
      known(guild.members, state.bot.id).permissions = permissions;
    },
    kickBot() {
      leaveVoice(state, guild, state.bot.id);
      guild.members.delete(state.bot.id);
      announceGuild(state, guild, GatewayDispatchEvents.GuildDelete, { id });
    },
    inviteBot: () => invite(state, guild, botPermissions),
    ...changing(state, guild),
  };
}

type Changes = 'transferTo' | 'rename' | 'setNotices' | 'goesDown' | 'comesBack';

function changing(state: State, guild: Guild): Pick<GuildHandle, Changes> {
  return {
    transferTo: ({ id }) => changeGuild(state, guild, { ownerId: known(guild.members, id).user.id }),
    rename: (name) => changeGuild(state, guild, { name }),
    setNotices: ({ system, publicUpdates }) =>
      changeGuild(state, guild, {
        ...(system !== undefined && { systemChannelId: system?.id ?? null }),
        ...(publicUpdates !== undefined && { publicUpdatesChannelId: publicUpdates?.id ?? null }),
      }),
    goesDown: () => announceGuild(state, guild, GatewayDispatchEvents.GuildDelete, { id: guild.id, unavailable: true }),
    comesBack: () => announceGuild(state, guild, GatewayDispatchEvents.GuildCreate, wholeGuildWire(state, guild)),
  };
}

function invite(state: State, guild: Guild, permissions: bigint): void {
  guild.members.set(state.bot.id, { user: state.bot, permissions, roles: [], isMuted: false });
  announceGuild(state, guild, GatewayDispatchEvents.GuildCreate, wholeGuildWire(state, guild));
}

function addChannel(state: State, guild: Guild, options: Parameters<GuildHandle['addChannel']>[0]): ChannelHandle {
  const channel: Channel = {
    id: state.nextId(),
    type: options.type ?? ChannelType.GuildText,
    guildId: guild.id,
    parentId: null,
    name: options.name,
    permissions: new Map(),
    recipientId: null,
    thread: null,
    ...(options.userLimit !== undefined && { userLimit: options.userLimit }),
    messages: [],
  };
  state.channels.set(channel.id, channel);
  return channelHandle(state, channel);
}

function channelHandle(state: State, channel: Channel): ChannelHandle {
  return {
    id: channel.id,
    name: () => channel.name,
    setBotPermissions(permissions) {
      channel.permissions.set(state.bot.id, permissions);
    },
    remove: () => removeChannel(state, channel),
    lock: () => changeThread(state, channel, { locked: true }),
    archive: ({ locked = false } = {}) => changeThread(state, channel, { archived: true, locked }),
    unarchive: () => changeThread(state, channel, { archived: false, locked: false }),
    isArchived: () => Boolean(channel.thread?.archived),
    isLocked: () => Boolean(channel.thread?.locked),
    isPrivate: () => channel.type === ChannelType.PrivateThread,
    memberIds: () => [...(channel.thread?.members ?? [])],
  };
}
