/** Discord's voice servers: a gateway of their own over TLS, and UDP for what is said. All on the loopback interface. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { isSuppressed } from '../permissions.ts';
import { known, type State } from '../state.ts';
import { loopbackCertificate } from './certificate.ts';
import {
  endClient,
  hangUp,
  hearBytes,
  heartbeat,
  identify,
  resume,
  selectProtocol,
  speaking,
  transition,
  type VoiceConnection,
  type VoiceServers,
} from './clients.ts';
import { isPrivate, isSilence, type VoiceFrame } from './listener.ts';
import { discoveryOf, openPacket, ssrcOf } from './packets.ts';
import { createRooms } from './rooms.ts';

export interface RunningVoice {
  servers: VoiceServers;
  /** What arrived from bots, oldest first. */
  frames: VoiceFrame[];
  /** Safe to call twice. */
  close(): Promise<void>;
}

export interface VoiceOptions {
  heartbeatMs: number;
  silentIntervals: number;
  requiresDave: boolean;
}

/** A client keeps its way through routers open with these, and gets them back. */
const KEEP_ALIVE_LENGTH = 8;
const HOST = '127.0.0.1';

export async function startVoiceServers(state: State, options: VoiceOptions): Promise<RunningVoice> {
  const { key, certificate: cert } = loopbackCertificate();
  const server = createServer({ key, cert });
  const gateway = new WebSocketServer({ server });
  const udp = createSocket('udp4');
  server.listen(0, HOST);
  udp.bind(0, HOST);
  await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
  const servers: VoiceServers = {
    ...{ state, ...options, rooms: createRooms(), grants: new Map(), clients: new Map(), connections: new Set() },
    endpoint: `${HOST}:${(server.address() as AddressInfo).port}`,
    udpPort: udp.address().port,
    ...{ closed: [], refusal: null, muted: false, withholdsKeys: false, waiting: null },
  };
  const frames: VoiceFrame[] = [];
  let closing: Promise<unknown> | undefined;
  udp.on('message', (packet, from) => receive({ servers, udp, frames }, packet, from));
  gateway.on('connection', (socket, request) => {
    const version = new URL(request.url ?? '', 'https://twin').searchParams.get('v');
    if (version === '8') open(servers, socket);
    else hangUp(servers, socket, VoiceCloseCodes.BadRequest);
  });
  const stop = () => {
    for (const { socket } of servers.connections) socket.terminate();
    server.close();
    server.closeAllConnections();
    udp.close();
  };
  return {
    ...{ servers, frames },
    async close() {
      closing ??= Promise.all([once(server, 'close'), once(udp, 'close'), stop()]);
      await closing;
    },
  };
}

function open(servers: VoiceServers, socket: WebSocket): void {
  const { heartbeatMs, silentIntervals, state } = servers;
  const giveUp = () => hangUp(servers, socket, VoiceCloseCodes.SessionTimeout);
  const watchdog = setTimeout(giveUp, heartbeatMs * silentIntervals);
  const connection: VoiceConnection = { socket, client: null, watchdog };
  servers.connections.add(connection);
  socket.on('error', () => {
    // A client that dies says nothing that anybody could act on; its socket closes.
  });
  socket.on('message', (data, isBinary) => {
    const code = hear(servers, connection, data, isBinary);
    if (code === null) return;
    state.violations.push(...(code === VoiceCloseCodes.BadRequest ? [`a bad voice request: ${data}`] : []));
    hangUp(servers, socket, code);
  });
  socket.on('close', (code) => {
    clearTimeout(watchdog);
    servers.connections.delete(connection);
    const { client } = connection;
    if (client?.socket !== socket) return;
    client.socket = null;
    // Who says goodbye does not come back.
    if (code === 1000 || code === 1001) endClient(servers, client, code);
  });
  socket.send(JSON.stringify({ op: VoiceOpcodes.Hello, d: { v: 8, heartbeat_interval: heartbeatMs } }));
}

const payloadForm = z.object({ op: z.int(), d: z.unknown().optional() });

/** What a client said; returns the code to close with, or null. */
function hear(servers: VoiceServers, connection: VoiceConnection, data: RawData, isBinary: boolean): number | null {
  const { client } = connection;
  if (isBinary) return client ? hearBytes(servers, client, data as Buffer) : VoiceCloseCodes.NotAuthenticated;
  const payload = payloadForm.safeParse(parseJson(String(data)));
  if (!payload.success) return VoiceCloseCodes.FailedToDecode;
  const { op, d } = payload.data;
  switch (op) {
    case VoiceOpcodes.Identify:
      return identify(servers, connection, d);
    case VoiceOpcodes.SelectProtocol:
      return selectProtocol(servers, connection, d);
    case VoiceOpcodes.Resume:
      return resume(servers, connection, d);
    case VoiceOpcodes.Heartbeat:
      return heartbeat(servers, connection, d);
    case VoiceOpcodes.Speaking:
      return client ? speaking(client, d) : VoiceCloseCodes.NotAuthenticated;
    case VoiceOpcodes.DaveTransitionReady:
    case VoiceOpcodes.DaveMlsInvalidCommitWelcome:
      return client ? transition(servers, client, op, d) : VoiceCloseCodes.NotAuthenticated;
    default:
      servers.state.violations.push(`voice opcode ${op} is not known to the twin`);
      return VoiceCloseCodes.UnknownOpcode;
  }
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

interface Receiving {
  servers: VoiceServers;
  udp: Socket;
  frames: VoiceFrame[];
}

function receive({ servers, udp, frames }: Receiving, packet: Buffer, from: { address: string; port: number }): void {
  if (packet.length === KEEP_ALIVE_LENGTH) return void udp.send(packet, from.port, from.address);
  const clients = [...servers.clients.values()];
  const discovery = discoveryOf(packet, from);
  if (discovery) {
    const asking = clients.find(({ ssrc }) => ssrc === packet.readUInt32BE(4));
    if (!asking) return;
    asking.address = { address: from.address, port: from.port };
    udp.send(discovery, from.port, from.address);
    return;
  }
  const ssrc = ssrcOf(packet);
  const client = clients.find((each) => each.isReady && each.ssrc === ssrc);
  if (!client) return;
  const opened = openPacket(packet, client.key);
  if (!opened) return void servers.state.violations.push('a voice packet could not be decrypted');
  const { userId, channelId } = client.grant;
  const { state } = servers;
  // What somebody says who may not speak is not passed on.
  const isMuted = state.guilds.get(client.grant.guildId)?.members.get(userId)?.isMuted;
  if (isMuted || isSuppressed(state, userId, known(state.channels, channelId))) return;
  const { sequence, timestamp, payload } = opened;
  const kind = { isSilence: isSilence(payload), isPrivate: isPrivate(payload) };
  const frame: VoiceFrame = { userId, channelId, at: state.now(), sequence, timestamp, opus: payload, ...kind };
  frames.push(frame);
  servers.rooms.forward(frame);
}
