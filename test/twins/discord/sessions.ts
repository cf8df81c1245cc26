/** Sessions of the gateway: how they begin, what they are sent, and how a client comes back to one. */
import { GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits, GatewayOpcodes } from 'discord-api-types/v10';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { sees } from './permissions.ts';
import { type GatewayEvent, type State, shardOf } from './state.ts';
import { endVoiceOf } from './voice/states.ts';
import { userWire, wholeGuildWire } from './wire.ts';

interface Session {
  id: string;
  shard: readonly [index: number, count: number];
  intents: number;
  sequence: number;
  /** What the client may ask for again: the latest. */
  sent: Dispatch[];
  connection: Connection | null;
  /** When its client was last there. */
  seenAt: number;
}

interface Dispatch {
  op: GatewayOpcodes.Dispatch;
  t: string;
  s: number;
  d: object;
}

export interface Connection {
  socket: WebSocket;
  session: Session | null;
  watchdog: NodeJS.Timeout;
  /** When the events of the running minute came. */
  heardAt: number[];
}

export interface GatewayState {
  state: State;
  heartbeatMs: number;
  silentIntervals: number;
  sessions: Map<string, Session>;
  connections: Set<Connection>;
  refusal: number | null;
  muted: boolean;
}

/** How long a session waits for its client. */
const RESUMABLE_MS = 5 * 60_000;
const MAX_SENT = 10_000;
/** Presences are privileged, and no application of ours gets them. */
const NEVER_GRANTED = GatewayIntentBits.GuildPresences;

const identifyForm = z.object({
  token: z.string(),
  intents: z.int(),
  properties: z.object({ os: z.string(), browser: z.string(), device: z.string() }),
  shard: z.tuple([z.int(), z.int()]).default([0, 1]),
});
const resumeForm = z.object({ token: z.string(), session_id: z.string(), seq: z.int() });

function isFor(state: State, session: Session, event: GatewayEvent): boolean {
  const [index, count] = session.shard;
  if (shardOf(event.guildId, count) !== index) return false;
  if (event.intent !== 0 && !(session.intents & event.intent)) return false;
  if (event.sessionId !== undefined && event.sessionId !== session.id) return false;
  return !event.channel || sees(state, state.bot.id, event.channel);
}

function readerOf(session: Session): { readsContent: boolean } {
  return { readsContent: Boolean(session.intents & GatewayIntentBits.MessageContent) };
}

/** From now on the session collects what its client misses. */
export function detach({ state }: GatewayState, connection: Connection): void {
  const { session } = connection;
  connection.session = null;
  if (session?.connection !== connection) return;
  session.connection = null;
  session.seenAt = state.now();
}

/** The session of that id, unless its client was away for too long. */
function sessionOf(gateway: GatewayState, id: string): Session | null {
  const { state, sessions } = gateway;
  const session = sessions.get(id);
  if (!session) return null;
  if (session.connection || state.now() - session.seenAt <= RESUMABLE_MS) return session;
  forget(gateway, id);
  return null;
}

/** Nobody comes back to this session. */
export function forget({ state, sessions }: GatewayState, id: string): void {
  if (sessions.delete(id)) endVoiceOf(state, id);
}

/** Sends an event to whom it concerns. */
export function route(gateway: GatewayState, event: GatewayEvent): void {
  for (const id of gateway.sessions.keys()) {
    const session = sessionOf(gateway, id);
    if (session && isFor(gateway.state, session, event)) dispatch(session, event.name, event.data(readerOf(session)));
  }
}

/** Begins a session; what is returned is the code to close with, or null. */
export function identify(gateway: GatewayState, connection: Connection, data: unknown): GatewayCloseCodes | null {
  const { state } = gateway;
  const form = identifyForm.safeParse(data);
  if (!form.success) return GatewayCloseCodes.DecodeError;
  if (connection.session) return GatewayCloseCodes.AlreadyAuthenticated;
  const { shard, intents } = form.data;
  const refusal = gateway.refusal ?? identifyFault(state, form.data);
  if (refusal !== null) return refusal;
  const id = `session-${state.nextId()}`;
  const session: Session = { ...{ id, shard, intents, connection }, sequence: 0, sent: [], seenAt: state.now() };
  connection.session = session;
  gateway.sessions.set(id, session);
  const guilds = [...state.guilds.values()].filter((guild) => {
    return guild.members.has(state.bot.id) && shardOf(guild.id, shard[1]) === shard[0];
  });
  dispatch(session, GatewayDispatchEvents.Ready, {
    v: 10,
    user: userWire(state.bot),
    guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
    session_id: id,
    resume_gateway_url: `${state.url.replace('http', 'ws')}/gateway`,
    shard,
    application: { id: state.applicationId, flags: applicationFlags(state) },
  });
  const seen = intents & GatewayIntentBits.Guilds ? guilds : [];
  for (const guild of seen) dispatch(session, GatewayDispatchEvents.GuildCreate, wholeGuildWire(state, guild));
  return null;
}

/** Why nobody may identify like this; null when they may. */
function identifyFault(
  state: State,
  { token, intents, shard }: z.infer<typeof identifyForm>,
): GatewayCloseCodes | null {
  const [index, count] = shard;
  if (token !== state.options.token) return GatewayCloseCodes.AuthenticationFailed;
  if (count < 1 || index < 0 || index >= count) return GatewayCloseCodes.InvalidShard;
  if (intents < 0 || intents >= 2 ** 27) return GatewayCloseCodes.InvalidIntents;
  const refused =
    NEVER_GRANTED |
    (state.options.messageContent ? 0 : GatewayIntentBits.MessageContent) |
    (state.options.guildMembers ? 0 : GatewayIntentBits.GuildMembers);
  return intents & refused ? GatewayCloseCodes.DisallowedIntents : null;
}

/** Takes a session up again, with all that its client missed; returns the code to close with, or null. */
export function resume(gateway: GatewayState, connection: Connection, data: unknown): GatewayCloseCodes | null {
  const form = resumeForm.safeParse(data);
  if (!form.success) return GatewayCloseCodes.DecodeError;
  const { token, session_id: id, seq } = form.data;
  if (token !== gateway.state.options.token) return GatewayCloseCodes.AuthenticationFailed;
  const session = sessionOf(gateway, id);
  const oldest = session?.sent[0]?.s ?? 0;
  if (!session || seq + 1 < oldest) {
    send(connection, GatewayOpcodes.InvalidSession, false);
    return null;
  }
  if (seq > session.sequence) return GatewayCloseCodes.InvalidSeq;
  // The client may be back before its old socket is known to be dead.
  if (session.connection) {
    const old = session.connection;
    detach(gateway, old);
    old.socket.terminate();
  }
  session.connection = connection;
  connection.session = session;
  for (const missed of session.sent.filter(({ s }) => s > seq)) connection.socket.send(JSON.stringify(missed));
  dispatch(session, GatewayDispatchEvents.Resumed, {});
  return null;
}

function dispatch(session: Session, name: string, data: object): void {
  session.sequence += 1;
  const payload: Dispatch = { op: GatewayOpcodes.Dispatch, t: name, s: session.sequence, d: data };
  session.sent.push(payload);
  if (session.sent.length > MAX_SENT) session.sent.shift();
  session.connection?.socket.send(JSON.stringify(payload));
}

export function send(connection: Connection, op: GatewayOpcodes, d: unknown): void {
  connection.socket.send(JSON.stringify({ op, d, s: null, t: null }));
}

const CONTENT_LIMITED = 1 << 19;
const MEMBERS_LIMITED = 1 << 15;

/** What the application may ask for, as its flags say it. */
export function applicationFlags({ options }: State): number {
  return (options.messageContent ? CONTENT_LIMITED : 0) | (options.guildMembers ? MEMBERS_LIMITED : 0);
}
