/** A call of a method: what came, who is asking, and what every method looks at first. */
import { type Installation, seesChannel, type Token, teamsOf } from './installations.ts';
import type { Tier } from './rate-limits.ts';
import { complaint, missingScope, Refusal } from './refusals.ts';
import { type Channel, type Json, known, type Message, messageAt, type State, type User } from './state.ts';

export interface Call {
  state: State;
  /** Arguments, as text or JSON; what is JSON in a form is read by `jsonOf`. */
  body: Json;
  /** The bot that asks; for methods without a bot token nothing may look at it. */
  installation: Installation;
  token: Token;
}

export interface Method {
  tier: Tier;
  /** The token that it takes: of a bot, of the app itself, or none. */
  auth: 'bot' | 'app' | 'none';
  /** What it needs whatever it is asked; what depends on the channel is asked for by `requireChannelScope`. */
  scope?: string;
  required?: readonly string[];
  /** Counted by messages in the channel instead of by calls. */
  isPost?: boolean;
  /** What is returned is the answer, without `ok`. Throws a Refusal. */
  handle(call: Call): Json;
}

export type Methods = Record<string, Method>;

/** An argument as text; empty when it is missing. */
export function textOf({ body }: Call, name: string): string {
  const value = body[name];
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

export function flagOf(call: Call, name: string): boolean {
  return ['true', '1'].includes(textOf(call, name));
}

/** An argument that is JSON: written out in a form, or as it is in a JSON body; undefined when it is missing. */
export function jsonOf({ body }: Call, name: string, error: 'invalid_arguments' | 'invalid_blocks_format'): unknown {
  const value = body[name];
  if (typeof value !== 'string') return value ?? undefined;
  if (value === '') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    throw complaint(error, [`failed to parse ${name}`]);
  }
}

export function requireScope({ installation: { scopes } }: Call, ...anyOf: string[]): void {
  if (!anyOf.some((scope) => scopes.has(scope))) throw missingScope(anyOf.join(','), scopes);
}

const SCOPE_PREFIX = { public: 'channels', private: 'groups', im: 'im', mpim: 'mpim' } as const;

/** As `channels:history` or `im:read`, by the kind of channel. */
export function requireChannelScope(call: Call, { kind }: Channel, right: 'history' | 'read'): void {
  requireScope(call, `${SCOPE_PREFIX[kind]}:${right}`);
}

/** A channel that the bot can see; whatever else there is does not exist for it. */
export function channelOf(call: Call, name = 'channel'): Channel {
  const channel = call.state.channels.get(textOf(call, name));
  if (!channel || !seesChannel(call.state, call.installation, channel)) throw new Refusal('channel_not_found');
  return channel;
}

export function isIn({ installation }: Call, channel: Channel): boolean {
  return channel.members.has(installation.botUser.id);
}

/** A channel that the bot is in. */
export function ownChannel(call: Call, name = 'channel'): Channel {
  const channel = channelOf(call, name);
  if (!isIn(call, channel)) throw new Refusal('not_in_channel');
  return channel;
}

export function messageOf(call: Call, channel: Channel, name = 'ts'): Message {
  const message = messageAt(channel, textOf(call, name));
  if (!message) throw new Refusal('message_not_found');
  return message;
}

/** The root of the thread that an answer goes to; null when it goes to no thread. */
export function rootOf(call: Call, channel: Channel): Message | null {
  const ts = textOf(call, 'thread_ts');
  if (ts === '') return null;
  const root = messageAt(channel, ts);
  if (!root) throw new Refusal('thread_not_found');
  if (root.threadTs !== null && root.threadTs !== root.ts) throw new Refusal('cannot_reply_to_message');
  return root;
}

/** Somebody in the installation's workspaces, or in a channel that is shared with them. */
export function userOf(call: Call, name = 'user'): User {
  const { state, installation } = call;
  const user = state.users.get(textOf(call, name));
  if (!user || !meets(state, installation, user)) throw new Refusal('user_not_found');
  return user;
}

function meets(state: State, installation: Installation, user: User): boolean {
  if (user.id === installation.botUser.id) return true;
  if (isAtHome(state, installation, user)) return true;
  const shared = [...state.channels.values()].filter(({ isExtShared }) => isExtShared);
  return shared.some((channel) => channel.members.has(user.id) && seesChannel(state, installation, channel));
}

export function isAtHome(state: State, installation: Installation, user: User): boolean {
  return teamsOf(state, installation).some(({ id }) => id === user.teamId);
}

/** The workspace's name and address, for an answer. */
export function teamWire(state: State, id: string): Json {
  const { name, domain, enterpriseId } = known(state.teams, id);
  const enterprise = enterpriseId === null ? null : known(state.enterprises, enterpriseId);
  return {
    ...{ id, name, domain, url: `https://${domain}.slack.com/`, email_domain: '', icon: { image_default: true } },
    ...(enterprise && { enterprise_id: enterprise.id, enterprise_name: enterprise.name }),
  };
}
