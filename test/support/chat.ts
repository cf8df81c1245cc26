import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { webhookApp } from '../../src/bots/webhook/app.ts';
import { webhookSurface } from '../../src/bots/webhook/outbound.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../src/runtime.ts';
import { type ChatMessage, type ChatTwin, startChatTwin } from '../twins/chat.ts';
import { silentLog } from './classroom.ts';

export const CHAT_SECRET = 'a secret of sixteen or more';

/** An app on a port of the loopback interface until the test is finished. Returns its URL. */
export async function listen(app: Hono): Promise<string> {
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  if (!server.listening) await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A twin of a chat and a tutor for it, connected both ways by real HTTP, until the test is finished. */
export async function openChat(
  databaseUrl: string,
  more: Partial<RuntimeOptions> = {},
): Promise<{ twin: ChatTwin; runtime: Runtime; url: string }> {
  const twin = await startChatTwin({ secret: CHAT_SECRET });
  onTestFinished(() => twin.close());
  const config = { url: twin.url, secret: CHAT_SECRET };
  const surface = webhookSurface(config, { now: Date.now, log: silentLog });
  const runtime = await startRuntime({
    databaseUrl,
    model: offlineModel(),
    surfaces: () => [surface],
    queue: SHARED_QUEUE,
    log: silentLog,
    retryDelaysMs: [5, 5, 5],
    sweepMs: 200,
    patienceMs: 60_000,
    ...more,
  });
  onTestFinished(() => runtime.close());
  const url = await listen(webhookApp(runtime, config, { now: Date.now }));
  twin.connect(url);
  return { twin, runtime, url };
}

/** A message of a school's learner; everybody has one thread, named after them. */
export function chatMessage(learner: string, text: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    message: { id: randomUUID(), text },
    thread: { id: `thread-${learner}` },
    learner: { id: learner, name: learner },
    workspace: { id: 'school', name: 'School' },
    ...more,
  };
}
