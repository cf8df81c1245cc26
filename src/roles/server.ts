import { once } from 'node:events';
import type { Role } from '../arguments.ts';
import { SHARED_QUEUE } from '../bots/queue.ts';
import type { ReceiveDeps } from '../bots/receive.ts';
import type { Speech } from '../core/ports.ts';
import type { SetupError } from '../errors.ts';
import { openRateLimits, type RateLimits } from '../external/rate-limits.ts';
import { type HttpServer, openHttpServer } from '../http/server.ts';
import { type BillingOptions, type Runtime, startRuntime } from '../runtime.ts';
import { type OpenedTelemetry, openTelemetry } from '../telemetry/telemetry.ts';
import { billingRoutes, billingRow, openBilling } from './billing.ts';
import { type Chat, type Connection, openChats } from './chats.ts';
import { type Base, openModel, openSpeech, openTranscriber, queueBackend, type StartRow, startTable } from './parts.ts';

const DEFAULT_PORT = 8080;
/** What is left when the turns in hand are done: open requests, and spans to be sent. */
const LEAVE_MS = 2_000;

/**
 * Serves the chats that are configured, until the process is asked to end: `web` takes their HTTP requests in, `bot`
 * keeps connections to platforms, `worker` answers, `all` does everything. Any number of each may run. Throws SetupError.
 */
export async function serve(base: Base, role: Role): Promise<void> {
  const { config, databaseUrl, log, stopping } = base;
  const chats = await openChats(base, role).catch((error) => {
    if (stopping.signal.aborted) return null;
    throw error;
  });
  if (chats === null) return;
  const limits = await openRateLimits({ redisUrl: config.redisUrl, databaseUrl, log });
  const watched: OpenedTelemetry = await openTelemetry({
    otlpEndpoint: config.otlpEndpoint,
    log,
    backlog: () => runtime.backlog(),
  });
  const speech = await openSpeech(config);
  const billing = await openBilling(
    base,
    chats.flatMap((chat) => (chat.source ? [chat.source] : [])),
  );
  const runtime: Runtime = await startRuntime({
    databaseUrl,
    maxConnections: config.databaseConnections,
    queueBackend: queueBackend(base),
    model: await openModel(config, limits),
    speech,
    transcriber: await openTranscriber(config, limits),
    audioCacheBytes: config.speech.cacheBytes,
    surfaces: (db) => chats.map(({ surface }) => surface(db)),
    queue: SHARED_QUEUE,
    works: role === 'worker' || role === 'all',
    log,
    telemetry: watched.telemetry,
    isAlone: base.isAlone,
    concurrency: config.limits.concurrency.worker,
    room: config.limits.concurrency,
    budgets: config.budgets,
    billing,
    separate: config.separate,
    doorLimits: doorLimits(base, limits),
  });
  const connections = openConnections(base, chats, runtime, speech);
  let server: HttpServer | null = null;
  try {
    server = await openServer(base, { role, chats, runtime, watched, check: connections.check });
    process.stderr.write(startTable(base, serverRows(base, { role, chats, server, billing })));
    await connections.open();
    log.info({ role, url: server?.url }, 'started');
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
    log.info({ role }, 'stopping: what is in hand is finished, or left to others');
  } finally {
    server?.drain();
    await connections.close(LEAVE_MS);
    await runtime.finish(config.shutdownMs);
    await server?.close(LEAVE_MS);
    await runtime.close(LEAVE_MS);
    await watched.close(LEAVE_MS);
    await speech?.close();
    await limits.close();
  }
  connections.throwIfBroken();
  log.info({ role }, 'stopped');
}

/** Those of the chats that keep one in this role. A connection that is lost for good ends the process. */
function openConnections({ log, stopping }: Base, chats: readonly Chat[], runtime: Runtime, speech: Speech | null) {
  const connects = chats.flatMap(({ connect }) => (connect ? [connect] : []));
  const opened: Connection[] = [];
  let broken: SetupError | null = null;
  const onFatal = (error: SetupError) => {
    log.error({ err: error }, 'the connection to a chat is lost for good');
    broken = error;
    stopping.abort();
  };
  return {
    async open() {
      // Side by side: a platform that is away keeps nobody on another one waiting.
      const open = async (connect: (typeof connects)[number]) =>
        void opened.push(await connect(runtime, onFatal, speech));
      try {
        await Promise.all(connects.map(open));
      } catch (error) {
        if (stopping.signal.aborted) return;
        stopping.abort();
        throw error;
      }
    },
    /** Null where this role keeps none. */
    check:
      connects.length === 0
        ? null
        : async () => {
            if (opened.length < connects.length) throw new Error('not connected yet');
            await Promise.all(opened.map((connection) => connection.check()));
          },
    async close(deadlineMs: number) {
      await Promise.all(opened.map((connection) => connection.close(deadlineMs)));
    },
    throwIfBroken() {
      if (broken) throw broken;
    },
  };
}

function doorLimits({ config }: Base, limits: RateLimits): ReceiveDeps['limits'] {
  const { learner, workspace } = config.limits.perMinute;
  return {
    learner: limits.limit('learner', { points: learner, seconds: 60 }),
    workspace: limits.limit('workspace', { points: workspace, seconds: 60 }),
  };
}

interface Served {
  role: Role;
  chats: readonly Chat[];
  runtime: Runtime;
  watched: OpenedTelemetry;
  check: (() => Promise<void>) | null;
}

/** Health and metrics wherever PORT is set; the chats' messages come in where the web is served. */
async function openServer({ config, log }: Base, served: Served): Promise<HttpServer | null> {
  const { role, chats, runtime, watched, check } = served;
  const { host, port, boardPassword } = config.web;
  const isWeb = role === 'web' || role === 'all';
  const routes = isWeb
    ? [...chats.flatMap((chat) => chat.routes?.(runtime) ?? []), ...(await billingRoutes(runtime))]
    : [];
  if (routes.length === 0 && role !== 'web' && port === null) return null;
  return openHttpServer({
    host,
    port: port ?? DEFAULT_PORT,
    log,
    checks: { ...runtime.checks, ...(check && { chat: check }) },
    metrics: watched,
    board: boardPassword ? { password: boardPassword, queues: await runtime.boardQueues() } : null,
    routes,
  });
}

interface Started extends Pick<Served, 'role' | 'chats'> {
  server: HttpServer | null;
  billing: BillingOptions | null;
}

function serverRows({ config }: Base, { role, chats, server, billing }: Started): StartRow[] {
  const { otlpEndpoint, discord, slack } = config;
  return [
    { part: 'role', now: role },
    ...chats.flatMap(({ rows }) => rows),
    ...(discord ? [] : [{ part: 'Discord', now: 'off', set: 'DISCORD_TOKEN' }]),
    ...(slack ? [] : [{ part: 'Slack', now: 'off', set: 'SLACK_BOT_TOKEN and SLACK_APP_TOKEN' }]),
    billingRow(billing),
    { part: 'web', now: server ? `${server.url} (/healthz /readyz /metrics)` : 'off', set: !server && 'PORT' },
    {
      part: 'traces',
      now: otlpEndpoint ? 'OpenTelemetry' : 'off',
      set: !otlpEndpoint && 'OTEL_EXPORTER_OTLP_ENDPOINT',
    },
  ];
}
