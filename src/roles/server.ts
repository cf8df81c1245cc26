import { once } from 'node:events';
import type { Role } from '../arguments.ts';
import { SHARED_QUEUE } from '../bots/queue.ts';
import type { ReceiveDeps } from '../bots/receive.ts';
import { webhookApp } from '../bots/webhook/app.ts';
import { webhookSurface } from '../bots/webhook/outbound.ts';
import type { WebhookConfig } from '../config.ts';
import { SetupError } from '../errors.ts';
import { openRateLimits, type RateLimits } from '../external/rate-limits.ts';
import { type HttpServer, openHttpServer } from '../http/server.ts';
import { type Runtime, startRuntime } from '../runtime.ts';
import { type OpenedTelemetry, openTelemetry } from '../telemetry/telemetry.ts';
import { type Base, openModel, queueBackend, type StartRow, startTable } from './parts.ts';

const DEFAULT_PORT = 8080;
/** What is left when the turns in hand are done: open requests, and spans to be sent. */
const LEAVE_MS = 2_000;

/**
 * Serves the chats that are configured, until the process is asked to end: `web` takes their HTTP requests in, `bot`
 * keeps connections to platforms, `worker` answers, `all` does everything. Any number of each may run. Throws SetupError.
 */
export async function serve(base: Base, role: Role): Promise<void> {
  const { config, databaseUrl, log, stopping } = base;
  const webhook = requireChat(base, role);
  const limits = await openRateLimits({ redisUrl: config.redisUrl, databaseUrl, log });
  const watched: OpenedTelemetry = await openTelemetry({
    otlpEndpoint: config.otlpEndpoint,
    log,
    backlog: () => runtime.backlog(),
  });
  const runtime: Runtime = await startRuntime({
    databaseUrl,
    maxConnections: config.databaseConnections,
    queueBackend: queueBackend(base),
    model: await openModel(config, limits),
    surfaces: [webhookSurface(webhook, { now: Date.now, log })],
    queue: SHARED_QUEUE,
    works: role === 'worker' || role === 'all',
    log,
    telemetry: watched.telemetry,
    isAlone: base.isAlone,
    concurrency: config.limits.concurrency.worker,
    room: config.limits.concurrency,
    budgets: config.budgets,
    separate: config.separate,
    doorLimits: doorLimits(base, limits),
  });
  const server = await openServer(base, role, runtime, watched);
  process.stderr.write(startTable(base, serverRows(base, role, server)));
  log.info({ role, url: server?.url }, 'started');
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  log.info({ role }, 'stopping: what is in hand is finished, or left to others');
  server?.drain();
  await runtime.finish(config.shutdownMs);
  await server?.close(LEAVE_MS);
  await runtime.close(LEAVE_MS);
  await watched.close(LEAVE_MS);
  await limits.close();
  log.info({ role }, 'stopped');
}

function requireChat({ config }: Base, role: Role): WebhookConfig {
  if (!config.webhook) {
    throw new SetupError([
      'No chat is configured: set CHAT_WEBHOOK_URL and CHAT_WEBHOOK_SECRET (docs/webhook.md), or run "npm start" without a role for a lesson in this terminal.',
    ]);
  }
  if (role === 'bot') {
    throw new SetupError([
      'No platform that needs a bot is configured: a chat over HTTP is served by "npm start -- web" and "npm start -- worker", or by "npm start -- all".',
    ]);
  }
  return config.webhook;
}

function doorLimits({ config }: Base, limits: RateLimits): ReceiveDeps['limits'] {
  const { learner, workspace } = config.limits.perMinute;
  return {
    learner: limits.limit('learner', { points: learner, seconds: 60 }),
    workspace: limits.limit('workspace', { points: workspace, seconds: 60 }),
  };
}

/** Health and metrics wherever PORT is set; the chat's messages come in where the web is served. */
async function openServer(
  { config, log }: Base,
  role: Role,
  runtime: Runtime,
  watched: OpenedTelemetry,
): Promise<HttpServer | null> {
  const { host, port, boardPassword } = config.web;
  const takesMessages = role === 'web' || role === 'all';
  if (!takesMessages && port === null) return null;
  try {
    return await openHttpServer({
      host,
      port: port ?? DEFAULT_PORT,
      log,
      checks: runtime.checks,
      metrics: watched,
      board: boardPassword ? { password: boardPassword, queues: await runtime.boardQueues() } : null,
      routes: takesMessages && config.webhook ? { '/': webhookApp(runtime, config.webhook, { now: Date.now }) } : {},
    });
  } catch (error) {
    await runtime.close(0);
    throw error;
  }
}

function serverRows({ config }: Base, role: Role, server: HttpServer | null): StartRow[] {
  const { otlpEndpoint } = config;
  return [
    { part: 'chat', now: `a chat of yours, over HTTP (${role})` },
    { part: 'web', now: server ? `${server.url} (/healthz /readyz /metrics)` : 'off', set: !server && 'PORT' },
    {
      part: 'traces',
      now: otlpEndpoint ? 'OpenTelemetry' : 'off',
      set: !otlpEndpoint && 'OTEL_EXPORTER_OTLP_ENDPOINT',
    },
  ];
}
