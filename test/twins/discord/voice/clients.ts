/** Connections to a voice server, version 8: how a client comes, comes back, and what it is told. */
import { randomBytes, randomInt } from 'node:crypto';
import { VoiceCloseCodes, VoiceEncryptionMode, VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { oneOf, snowflake } from '../forms.ts';
import type { State } from '../state.ts';
import type { RoomMember } from './listener.ts';
import type { Rooms } from './rooms.ts';

/** What a bot may do with the token it was sent: connect to this channel, once. */
interface Grant {
  token: string;
  guildId: string;
  channelId: string;
  userId: string;
  sessionId: string;
}

export interface VoiceClient {
  grant: Grant;
  /** Null while the client is away. */
  socket: WebSocket | null;
  ssrc: number;
  key: Buffer;
  /** Where its sound comes from, once it has asked. */
  address: { address: string; port: number } | null;
  isReady: boolean;
  isSpeaking: boolean;
  sequence: number;
  /** What it may ask for again: all it has not acknowledged. */
  sent: { sequence: number; message: string | Buffer }[];
  resumed: number;
}

export interface VoiceConnection {
  socket: WebSocket;
  client: VoiceClient | null;
  watchdog: NodeJS.Timeout;
}

export interface VoiceServers {
  state: State;
  heartbeatMs: number;
  silentIntervals: number;
  /** Whether a client without DAVE is turned away. */
  requiresDave: boolean;
  /** Host and port, as clients are told. */
  endpoint: string;
  rooms: Rooms;
  /** By token. */
  grants: Map<string, Grant>;
  clients: Map<string, VoiceClient>;
  connections: Set<VoiceConnection>;
  udpPort: number;
  /** With which codes connections were closed from here, oldest first. */
  closed: number[];
  refusal: number | null;
  muted: boolean;
  /** Nobody who connects is let into the group that shares keys. */
  withholdsKeys: boolean;
  /** Who is about to be told how to send sound, while nobody is; null: everybody is told at once. */
  waiting: (() => void)[] | null;
}

const DAVE = 1;
const MODES = [VoiceEncryptionMode.AeadAes256GcmRtpSize, VoiceEncryptionMode.AeadXChaCha20Poly1305RtpSize];
const MAX_SEQUENCE = 0xffff;

const identifyForm = z.object({
  server_id: snowflake,
  user_id: snowflake,
  session_id: z.string(),
  token: z.string(),
  max_dave_protocol_version: z.int().default(0),
});
const resumeForm = z.object({
  server_id: snowflake,
  session_id: z.string(),
  token: z.string(),
  seq_ack: z.int().default(-1),
});
const selectForm = z.object({
  protocol: z.string(),
  data: z.object({ address: z.string(), port: z.int(), mode: z.string() }),
});

/** Returns the code to close with, or null, as all that follow. */
export function identify(voice: VoiceServers, connection: VoiceConnection, data: unknown): number | null {
  if (connection.client) return VoiceCloseCodes.AlreadyAuthenticated;
  const form = identifyForm.safeParse(data);
  if (!form.success) return VoiceCloseCodes.FailedToDecode;
  if (voice.refusal !== null) return voice.refusal;
  const { token, server_id, user_id, session_id, max_dave_protocol_version: dave } = form.data;
  const grant = voice.grants.get(token);
  if (grant?.userId !== user_id) return VoiceCloseCodes.AuthenticationFailed;
  if (grant.guildId !== server_id) return VoiceCloseCodes.ServerNotFound;
  if (grant.sessionId !== session_id || voice.clients.has(token)) return VoiceCloseCodes.SessionNoLongerValid;
  if (dave < DAVE && voice.requiresDave) return VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired;
  // Whoever comes to another server or channel is no longer where they were.
  for (const other of voice.clients.values()) {
    if (other.grant.guildId === server_id) endClient(voice, other, VoiceCloseCodes.CallTerminated);
  }
  const client: VoiceClient = {
    ...{ grant, socket: connection.socket, ssrc: randomInt(1, 2 ** 31), key: randomBytes(32), address: null },
    ...{ isReady: false, isSpeaking: false, sequence: 0, sent: [], resumed: 0 },
  };
  voice.clients.set(token, client);
  connection.client = client;
  tellOnce(client, VoiceOpcodes.Ready, { ssrc: client.ssrc, ip: '127.0.0.1', port: voice.udpPort, modes: MODES });
  return null;
}

export function selectProtocol(voice: VoiceServers, connection: VoiceConnection, data: unknown): number | null {
  const { client } = connection;
  if (!client) return VoiceCloseCodes.NotAuthenticated;
  const form = selectForm.safeParse(data);
  if (!form.success) return VoiceCloseCodes.FailedToDecode;
  const { protocol, data: chosen } = form.data;
  if (protocol !== 'udp') return VoiceCloseCodes.UnknownProtocol;
  if (!MODES.some((mode) => mode === chosen.mode)) return VoiceCloseCodes.UnknownEncryptionMode;
  if (chosen.mode !== VoiceEncryptionMode.AeadAes256GcmRtpSize) {
    voice.state.violations.push(`the twin cannot do ${chosen.mode}, and a client should prefer AES`);
    return VoiceCloseCodes.UnknownEncryptionMode;
  }
  if (client.address?.address !== chosen.address || client.address.port !== chosen.port) {
    voice.state.violations.push('a voice client takes another address for its own than it was told');
  }
  if (voice.waiting) voice.waiting.push(() => begin(voice, client, chosen.mode));
  else begin(voice, client, chosen.mode);
  return null;
}

function begin(voice: VoiceServers, client: VoiceClient, mode: string): void {
  if (voice.clients.get(client.grant.token) !== client) return;
  client.isReady = true;
  tellOnce(client, VoiceOpcodes.SessionDescription, {
    mode,
    secret_key: [...client.key],
    dave_protocol_version: DAVE,
  });
  voice.rooms.enter(client.grant.channelId, () => memberOf(client));
}

/** A client that was cut off is there again, and gets what it has missed. */
export function resume(voice: VoiceServers, connection: VoiceConnection, data: unknown): number | null {
  if (connection.client) return VoiceCloseCodes.AlreadyAuthenticated;
  const form = resumeForm.safeParse(data);
  if (!form.success) return VoiceCloseCodes.FailedToDecode;
  const { token, server_id, session_id, seq_ack } = form.data;
  const client = voice.clients.get(token);
  if (!client || client.grant.guildId !== server_id) return VoiceCloseCodes.SessionNoLongerValid;
  if (client.grant.sessionId !== session_id) return VoiceCloseCodes.SessionNoLongerValid;
  client.socket?.terminate();
  client.socket = connection.socket;
  client.resumed += 1;
  connection.client = client;
  tellOnce(client, VoiceOpcodes.Resumed, null);
  for (const { sequence, message } of client.sent) if (sequence > seq_ack) connection.socket.send(message);
  return null;
}

const speakingForm = z.object({ speaking: z.int(), delay: z.literal(0), ssrc: z.int() });
const transitionForm = z.object({ transition_id: z.int() });
const heartbeatForm = z.object({ t: z.number(), seq_ack: z.int() });

export function heartbeat(voice: VoiceServers, connection: VoiceConnection, data: unknown): number | null {
  const form = heartbeatForm.safeParse(data);
  if (!form.success) return VoiceCloseCodes.BadRequest;
  connection.watchdog.refresh();
  const { client, socket } = connection;
  if (client) client.sent = client.sent.filter(({ sequence }) => sequence > form.data.seq_ack);
  if (!voice.muted) socket.send(JSON.stringify({ op: VoiceOpcodes.HeartbeatAck, d: { t: form.data.t } }));
  return null;
}

export function speaking(client: VoiceClient, data: unknown): number | null {
  const form = speakingForm.safeParse(data);
  if (!form.success || form.data.ssrc !== client.ssrc) return VoiceCloseCodes.BadRequest;
  client.isSpeaking = form.data.speaking !== 0;
  return null;
}

/** What a member says about keys, as JSON. */
export function transition(voice: VoiceServers, client: VoiceClient, op: number, data: unknown): number | null {
  const form = transitionForm.safeParse(data);
  if (!form.success) return VoiceCloseCodes.BadRequest;
  const { channelId, userId } = client.grant;
  const group = voice.rooms.group(channelId);
  if (op === VoiceOpcodes.DaveTransitionReady) group?.ready(userId, form.data.transition_id);
  else group?.reject(userId);
  return null;
}

const binaryForm = oneOf(VoiceOpcodes.DaveMlsKeyPackage, VoiceOpcodes.DaveMlsCommitWelcome);

/** Key packages and commits. */
export function hearBytes(voice: VoiceServers, client: VoiceClient, bytes: Buffer): number | null {
  const op = binaryForm.safeParse(bytes[0]);
  if (!op.success) return VoiceCloseCodes.UnknownOpcode;
  if (voice.withholdsKeys) return null;
  const { channelId, userId } = client.grant;
  const group = voice.rooms.group(channelId);
  try {
    if (op.data === VoiceOpcodes.DaveMlsKeyPackage) group?.takeKeyPackage(userId, bytes.subarray(1));
    else group?.takeCommit(userId, bytes.subarray(1));
    return null;
  } catch (error) {
    voice.state.violations.push(`a message of DAVE could not be read: ${error}`);
    return VoiceCloseCodes.BadRequest;
  }
}

export function hangUp(voice: VoiceServers, socket: WebSocket, code: number): void {
  if (socket.readyState === socket.OPEN) voice.closed.push(code);
  socket.close(code);
}

/** It is no longer in its channel, and does not come back with this token. */
export function endClient(voice: VoiceServers, client: VoiceClient, code: number): void {
  const { token, channelId, userId } = client.grant;
  if (!voice.clients.delete(token)) return;
  voice.grants.delete(token);
  if (client.socket) hangUp(voice, client.socket, code);
  client.socket = null;
  voice.rooms.leave(channelId, userId);
}

function memberOf(client: VoiceClient): RoomMember {
  return {
    ...{ userId: client.grant.userId, isBot: true },
    tell(op, d) {
      const sequence = nextSequence(client);
      keep(client, sequence, JSON.stringify({ op, d, seq: sequence }));
    },
    tellBytes(op, payload) {
      const header = Buffer.alloc(3);
      const sequence = nextSequence(client);
      header.writeUInt16BE(sequence, 0);
      header.writeUInt8(op, 2);
      keep(client, sequence, Buffer.concat([header, payload]));
    },
    // Nobody but bots speaks here, and a server has one.
    hears() {},
  };
}

function nextSequence(client: VoiceClient): number {
  client.sequence = (client.sequence % MAX_SEQUENCE) + 1;
  return client.sequence;
}

function keep(client: VoiceClient, sequence: number, message: string | Buffer): void {
  client.sent.push({ sequence, message });
  client.socket?.send(message);
}

/** What is part of connecting, and of no use to who connects again. */
function tellOnce(client: VoiceClient, op: VoiceOpcodes, d: object | null): void {
  client.socket?.send(JSON.stringify({ op, d }));
}
