/** Discord's gateway, version 10: sessions that outlive their sockets, and what is dispatched to them. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { type Connection, detach, forget, type GatewayState, identify, resume, route, send } from './sessions.ts';
import type { GatewayEvent, State } from './state.ts';
import { askForVoice } from './voice/states.ts';

export interface GatewayHandle {
  /** Also those whose client is away, and may come back. */
  sessions(): { id: string; shard: readonly [number, number]; intents: number; connected: boolean; sequence: number }[];
  /** Breaks all connections; with a code they are closed with it. The sessions can be resumed. */
  drop(code?: number): void;
  /** Asks every client to come back on a new connection. */
  reconnect(): void;
  /** Tells every client that its session is invalid; one that is not resumable is forgotten. */
  invalidate(resumable: boolean): void;
  /** Closes whoever identifies with this code; null: no longer. */
  refuse(code: number | null): void;
  /** Leaves heartbeats unanswered. */
  muteHeartbeats(muted: boolean): void;
}

export interface Gateway extends GatewayHandle {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  dispatch(event: GatewayEvent): void;
  close(): void;
}

const MAX_EVENT_BYTES = 4096;
const MAX_EVENTS_A_MINUTE = 120;

const payloadForm = z.object({ op: z.int(), d: z.unknown().optional() });

export function createGateway(state: State, options: { heartbeatMs: number; silentIntervals: number }): Gateway {
  const server = new WebSocketServer({ noServer: true });
  const gateway: GatewayState = {
    ...{ state, ...options },
    sessions: new Map(),
    connections: new Set(),
    refusal: null,
    muted: false,
  };
  return {
    ...handleOf(gateway),
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const query = new URL(request.url ?? '', 'http://twin').searchParams;
        const isPlain = query.get('encoding') === 'json' && !query.has('compress');
        if (query.get('v') === '10' && isPlain) open(gateway, webSocket);
        else webSocket.close(GatewayCloseCodes.InvalidAPIVersion);
      });
    },
    dispatch: (event) => route(gateway, event),
    close() {
      for (const connection of gateway.connections) connection.socket.terminate();
      server.close();
    },
  };
}

function handleOf(gateway: GatewayState): GatewayHandle {
  return {
    sessions: () =>
      [...gateway.sessions.values()].map(({ id, shard, intents, connection, sequence }) => {
        return { id, shard, intents, connected: connection !== null, sequence };
      }),
    drop(code) {
      for (const connection of gateway.connections) {
        detach(gateway, connection);
        if (code === undefined) connection.socket.terminate();
        else connection.socket.close(code);
      }
    },
    reconnect() {
      for (const connection of gateway.connections) send(connection, GatewayOpcodes.Reconnect, null);
    },
    invalidate(resumable) {
      for (const connection of gateway.connections) {
        if (!resumable && connection.session) forget(gateway, connection.session.id);
        detach(gateway, connection);
        send(connection, GatewayOpcodes.InvalidSession, resumable);
      }
      if (!resumable) for (const id of gateway.sessions.keys()) forget(gateway, id);
    },
    refuse(code) {
      gateway.refusal = code;
    },
    muteHeartbeats(muted) {
      gateway.muted = muted;
    },
  };
}

function open(gateway: GatewayState, socket: WebSocket): void {
  const timeoutMs = gateway.heartbeatMs * gateway.silentIntervals;
  const watchdog = setTimeout(() => {
    // Discord asks for a new session after this.
    if (connection.session) forget(gateway, connection.session.id);
    socket.close(GatewayCloseCodes.SessionTimedOut);
  }, timeoutMs);
  const connection: Connection = { socket, session: null, watchdog, heardAt: [] };
  gateway.connections.add(connection);
  socket.on('error', () => {
    // A client that dies says nothing that anybody could act on; its socket closes.
  });
  socket.on('message', (data) => {
    const code = hear(gateway, connection, data);
    if (code !== null) socket.close(code);
  });
  socket.on('close', (code) => {
    clearTimeout(watchdog);
    gateway.connections.delete(connection);
    const { session } = connection;
    detach(gateway, connection);
    // Who says goodbye does not come back.
    if (session && (code === 1000 || code === 1001)) forget(gateway, session.id);
  });
  send(connection, GatewayOpcodes.Hello, { heartbeat_interval: gateway.heartbeatMs });
}

/** What a client said; returns the code to close with, or null. */
function hear(gateway: GatewayState, connection: Connection, data: RawData): GatewayCloseCodes | null {
  const raw = String(data);
  if (Buffer.byteLength(raw) > MAX_EVENT_BYTES) return GatewayCloseCodes.DecodeError;
  const now = gateway.state.now();
  connection.heardAt = [...connection.heardAt.filter((at) => now - at < 60_000), now];
  if (connection.heardAt.length > MAX_EVENTS_A_MINUTE) return GatewayCloseCodes.RateLimited;
  const payload = payloadForm.safeParse(parseJson(raw));
  if (!payload.success) return GatewayCloseCodes.DecodeError;
  const { op, d } = payload.data;
  switch (op) {
    case GatewayOpcodes.Heartbeat:
      connection.watchdog.refresh();
      if (!gateway.muted) send(connection, GatewayOpcodes.HeartbeatAck, null);
      return null;
    case GatewayOpcodes.Identify:
      return identify(gateway, connection, d);
    case GatewayOpcodes.Resume:
      return resume(gateway, connection, d);
    case GatewayOpcodes.PresenceUpdate:
      return connection.session ? null : GatewayCloseCodes.NotAuthenticated;
    case GatewayOpcodes.VoiceStateUpdate:
      if (!connection.session) return GatewayCloseCodes.NotAuthenticated;
      return askForVoice(gateway.state, connection.session, d);
    default:
      gateway.state.violations.push(`gateway opcode ${op} is not known to the twin`);
      return GatewayCloseCodes.UnknownOpcode;
  }
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
