/** Socket Mode: connections that the app opens, and envelopes on them that it acknowledges. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Outcome, Parcel } from './http-delivery.ts';
import { Refusal } from './refusals.ts';
import type { State } from './state.ts';

type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

export interface SocketsHandle {
  /** Those that take envelopes, oldest first. */
  connections(): { id: string; openedAt: number; pings: number }[];
  /** Tells every client that its connection ends, and ends it. */
  disconnect(options: { reason: DisconnectReason }): void;
  /** Breaks every connection without a word. */
  drop(): void;
  /** Lets nobody connect: there are no new tickets, and those that there are open nothing. */
  refuse(refused: boolean): void;
  /** Sends no pings, and answers none. */
  silent(silent: boolean): void;
}

export interface Sockets extends SocketsHandle {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** With a ticket that lets one connection in, within thirty seconds. */
  socketUrl(): string;
  /** Whether the app ever came this way. */
  isUsed(): boolean;
  send(parcel: Parcel): Promise<Outcome>;
  close(): void;
}

interface Connection {
  id: string;
  socket: WebSocket;
  openedAt: number;
  /** How many it was sent. */
  pings: number;
  /** It was told to go, and gets nothing more. */
  isLeaving: boolean;
}

interface Waiting {
  connection: Connection;
  settle(outcome: Outcome): void;
}

interface Hub {
  state: State;
  options: Readonly<SocketsOptions>;
  connections: Connection[];
  tickets: Map<string, number>;
  /** By envelope id. */
  waiting: Map<string, Waiting>;
  turn: number;
  isUsed: boolean;
  isRefusing: boolean;
  isSilent: boolean;
}

const TICKET_MS = 30_000;
const MAX_CONNECTIONS = 10;
const APPROXIMATE_CONNECTION_SECONDS = 18_060;
const HOST = 'applink-twin';
/** An app that takes no answer for what it was sent need not be asked for one. */
const ANSWERABLE = ['slash_commands', 'view_submission'];

const ackForm = z.object({ envelope_id: z.string(), payload: z.unknown().optional() });

interface SocketsOptions {
  /** May change meanwhile. */
  ackMs: number;
  pingMs: number;
}

export function createSockets(state: State, options: Readonly<SocketsOptions>): Sockets {
  const server = new WebSocketServer({ noServer: true, autoPong: false });
  const hub: Hub = {
    ...{ state, options, connections: [], tickets: new Map(), waiting: new Map() },
    ...{ turn: 0, isUsed: false, isRefusing: false, isSilent: false },
  };
  const pings = setInterval(() => {
    for (const connection of hub.isSilent ? [] : hub.connections) {
      connection.socket.ping(`Ping from ${HOST}`);
      connection.pings += 1;
    }
  }, options.pingMs).unref();
  return {
    ...handleOf(hub),
    upgrade(request, socket, head) {
      const ticket = new URL(request.url ?? '', 'http://twin').searchParams.get('ticket') ?? '';
      if (hub.isRefusing || !redeem(hub, ticket)) socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      else server.handleUpgrade(request, socket, head, (webSocket) => open(hub, webSocket));
    },
    socketUrl() {
      if (hub.isRefusing) throw new Refusal('access_denied', { error: 'internal_error' });
      const ticket = randomUUID();
      hub.tickets.set(ticket, state.now());
      return `${state.url.replace('http', 'ws')}/link/?ticket=${ticket}&app_id=${state.appId}`;
    },
    isUsed: () => hub.isUsed,
    send: (parcel) => send(hub, parcel),
    close() {
      clearInterval(pings);
      for (const { socket } of hub.connections) socket.terminate();
      server.close();
    },
  };
}

function handleOf(hub: Hub): SocketsHandle {
  return {
    connections: () => listening(hub).map(({ id, openedAt, pings }) => ({ id, openedAt, pings })),
    disconnect({ reason }) {
      for (const connection of listening(hub)) dismiss(connection, reason);
    },
    drop() {
      for (const { socket } of hub.connections) socket.terminate();
    },
    refuse(refused) {
      hub.isRefusing = refused;
    },
    silent(silent) {
      hub.isSilent = silent;
    },
  };
}

function listening({ connections }: Hub): Connection[] {
  return connections.filter(({ isLeaving, socket }) => !isLeaving && socket.readyState === socket.OPEN);
}

function redeem({ state, tickets }: Hub, ticket: string): boolean {
  const issuedAt = tickets.get(ticket);
  tickets.delete(ticket);
  return issuedAt !== undefined && state.now() - issuedAt <= TICKET_MS;
}

function open(hub: Hub, socket: WebSocket): void {
  const { state } = hub;
  const connection: Connection = { id: randomUUID(), socket, openedAt: state.now(), pings: 0, isLeaving: false };
  socket.on('error', () => {
    // A client that dies says nothing that anybody could act on; its socket closes.
  });
  socket.on('ping', (data) => {
    if (!hub.isSilent) socket.pong(data);
  });
  socket.on('message', (data) => hear(hub, data));
  socket.on('close', () => {
    hub.connections = hub.connections.filter((each) => each !== connection);
    for (const { connection: on, settle } of hub.waiting.values()) {
      if (on === connection) settle({ acked: false, reason: 'timeout', mayRetry: true });
    }
  });
  if (listening(hub).length >= MAX_CONNECTIONS) {
    dismiss(connection, 'too_many_websockets');
    return;
  }
  hub.isUsed = true;
  hub.connections.push(connection);
  const debug = { host: HOST, approximate_connection_time: APPROXIMATE_CONNECTION_SECONDS };
  const about = { num_connections: listening(hub).length, connection_info: { app_id: state.appId } };
  socket.send(JSON.stringify({ type: 'hello', ...about, debug_info: debug }));
}

function dismiss(connection: Connection, reason: DisconnectReason): void {
  connection.isLeaving = true;
  connection.socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: HOST } }));
  connection.socket.close(1000);
}

/** One connection after the other gets what there is; what it does not acknowledge in time has failed. */
function send(hub: Hub, parcel: Parcel): Promise<Outcome> {
  const open = listening(hub);
  const connection = open[hub.turn % Math.max(open.length, 1)];
  hub.turn += 1;
  if (!connection) return Promise.resolve({ acked: false, reason: 'connection_failed', mayRetry: true });
  const id = randomUUID();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const settle = (outcome: Outcome) => {
    clearTimeout(timer);
    hub.waiting.delete(id);
    resolve(outcome);
  };
  const timer = setTimeout(() => settle({ acked: false, reason: 'timeout', mayRetry: true }), hub.options.ackMs);
  hub.waiting.set(id, { connection, settle });
  connection.socket.send(JSON.stringify(envelopeOf(id, parcel)));
  return promise;
}

function envelopeOf(id: string, { kind, body, retry, retryReason }: Parcel): object {
  const type = { event: 'events_api', interactive: 'interactive', command: 'slash_commands' }[kind];
  const isAnswerable = ANSWERABLE.includes(type) || ANSWERABLE.includes(String(body.type));
  return {
    ...{ envelope_id: id, payload: body, type, accepts_response_payload: isAnswerable },
    ...(kind === 'event' && { retry_attempt: retry, retry_reason: retryReason }),
  };
}

/** An acknowledgement that comes too late, or twice, is not heard. */
function hear({ state, waiting }: Hub, data: RawData): void {
  const form = ackForm.safeParse(parseJson(String(data)));
  if (form.success) {
    const { envelope_id: id, payload } = form.data;
    waiting.get(id)?.settle({ acked: true, response: payload ?? null });
  } else state.violations.push(`no acknowledgement of an envelope: ${String(data).slice(0, 200)}`);
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
