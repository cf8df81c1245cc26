import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { errorMessage, SetupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { BoardQueue } from './board.ts';
import { type Check, readinessOf } from './readiness.ts';

export interface HttpServerOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  log: Logger;
  /** What has to work for this process to be of use: "database", "queue". Each is given two seconds. */
  checks: Readonly<Record<string, Check>>;
  metrics: { contentType: string; metrics(): Promise<string> };
  /** Null: there is no board, and its path is 404. */
  board: { password: string; queues: readonly BoardQueue[] } | null;
  /** What else is served. */
  routes?: readonly Routes[];
}

/** An app, and the path that it is mounted at. */
export type Routes = readonly [path: string, app: Hono];

export interface HttpServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** From now on /readyz says 503, so that a load balancer looks elsewhere; requests are still answered. */
  drain(): void;
  /** Takes no more connections, lets requests end within the deadline, and cuts off the rest. Never throws. */
  close(deadlineMs?: number): Promise<void>;
}

const BOARD_PATH = '/queues';
const CLOSE_MS = 5_000;

/** Resolves when it listens. Throws SetupError when it cannot. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const state = { draining: false, closing: false };
  const app = await makeApp(options, state);
  // The globals stay Node's own: other libraries in this process use them.
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await listen(server, options.host, options.port);
  server.on('error', (error) => options.log.error({ err: error }, 'the HTTP server failed'));
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    drain() {
      state.draining = true;
    },
    async close(deadlineMs = CLOSE_MS) {
      state.draining = true;
      state.closing = true;
      if (!server.listening) return;
      const closed = once(server, 'close').catch(() => {});
      // Idle connections end with it; busy ones after their answer, which tells the client to let go.
      server.close();
      await Promise.race([closed, delay(deadlineMs, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function makeApp(
  { log, checks, metrics, board, routes = [] }: HttpServerOptions,
  state: { draining: boolean; closing: boolean },
): Promise<Hono> {
  const app = new Hono();
  const readiness = readinessOf(checks, log);
  app.use(async (context, next) => {
    await next();
    if (state.closing) context.header('connection', 'close');
  });
  app.get('/healthz', (context) => context.json({ alive: true }));
  app.get('/readyz', async (context) => {
    const { ready, parts } = await readiness();
    const isReady = ready && !state.draining;
    return context.json({ ready: isReady, parts, stopping: state.draining }, isReady ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  );
  if (board) {
    const { openBoard } = await import('./board.ts');
    app.route(BOARD_PATH, openBoard(BOARD_PATH, board.password, board.queues));
  }
  for (const [path, there] of routes) app.route(path, there);
  app.notFound((context) => refusal(context, 404, 'not_found', 'There is nothing at this address.'));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse();
    log.error({ err: error, method: context.req.method, path: context.req.path }, 'a request failed');
    return refusal(context, 500, 'internal', 'Something went wrong on our side; try again in a moment.');
  });
  return app;
}

function refusal(context: Context, status: 404 | 500, code: string, message: string) {
  return context.json({ error: { code, message } }, status);
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new SetupError([whyNot(error, host, port)], { cause: error });
  }
}

function whyNot(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program: stop that one, or set PORT to a free port.`;
    case 'EACCES':
      return `Port ${port} may not be opened by this user: set PORT to one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: correct HOST, or unset it.`;
    default:
      return `The HTTP server cannot listen on ${host}:${port} (${errorMessage(error)}): correct HOST and PORT.`;
  }
}
