import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as soon } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { SHARED_QUEUE } from '../../src/bots/queue.ts';
import { webhookApp } from '../../src/bots/webhook/app.ts';
import { webhookSurface } from '../../src/bots/webhook/outbound.ts';
import type { Happening } from '../../src/core/happenings.ts';
import type { Telemetry } from '../../src/core/ports.ts';
import type { StepName } from '../../src/core/step-names.ts';
import { countTokens } from '../../src/core/tokens.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import { openAiTranscriber } from '../../src/external/openai/transcriber.ts';
import { createLogger } from '../../src/log.ts';
import { startRuntime } from '../../src/runtime.ts';
import { SILENT } from '../../src/telemetry/silent.ts';

/**
 * A whole tutor in a process of its own, which dies or waits at a step of a message's way when it is told to. Its
 * parent is test/support/mortals.ts.
 */

export interface WorkerOptions {
  databaseUrl: string;
  chatUrl: string;
  chatSecret: string;
  modelUrl: string;
  leaseMs: number;
  isAlone: boolean;
}

/** Where it ends, or waits until it may go on: around the nth occurrence of the step from now on. */
export interface Stop {
  step: StepName;
  nth: number;
  when: 'before' | 'after';
  end: 'die' | 'wait';
}

export type ToWorker = { type: 'start'; options: WorkerOptions } | { type: 'stop'; at: Stop } | { type: 'go' };
export type FromWorker =
  | { type: 'started'; url: string }
  | { type: 'armed' }
  | { type: 'waits' }
  | { type: 'noted'; happening: Happening['type'] };

let stop: Stop | null = null;
let seen = 0;
let goOn = () => {};

const tell = (message: FromWorker) => process.send?.(message);

async function reach(at: Stop): Promise<void> {
  stop = null;
  if (at.end === 'die') {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  }
  return new Promise((resolve) => {
    goOn = resolve;
    tell({ type: 'waits' });
  });
}

const telemetry: Telemetry = {
  ...SILENT,
  async step(name, _attributes, work) {
    const at = stop?.step === name && ++seen === stop.nth ? stop : null;
    if (at?.when === 'before') await reach(at);
    const result = await work();
    if (at?.when === 'after') await reach(at);
    return result;
  },
  note: ({ type }) => tell({ type: 'noted', happening: type }),
};

async function start({ databaseUrl, chatUrl, chatSecret, modelUrl, leaseMs, isAlone }: WorkerOptions): Promise<void> {
  const log = createLogger('silent');
  const chat = { url: chatUrl, secret: chatSecret };
  // Glimpses are not paced: what may be shown is shown at once, for the test to see.
  const surface = webhookSurface(chat, { now: Date.now, log, pause: () => soon() });
  const models = { small: 'gpt-4o-mini', large: 'gpt-4o' };
  const provider = {
    apiKeys: ['sk-test'],
    baseUrl: modelUrl,
    api: 'responses',
    moderation: false,
    pictures: false,
  } as const;
  const config = { ...provider, models, timeoutMs: 20_000 };
  const runtime = await startRuntime({
    databaseUrl,
    model: openAiModel(config, { now: Date.now, maxRetries: 0 }),
    transcriber: openAiTranscriber(config, 'whisper-1', { now: Date.now, maxRetries: 0 }),
    surfaces: () => [surface],
    queue: SHARED_QUEUE,
    works: true,
    log,
    telemetry,
    isAlone: async () => isAlone,
    leaseMs,
    sweepMs: 100,
    // No word about waiting, however slow the machine.
    patienceMs: 60_000,
    separate: true,
  });
  const app = webhookApp(runtime, chat, { now: Date.now });
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server;
  if (!server.listening) await once(server, 'listening');
  tell({ type: 'started', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

// The tokenizer's first word takes longer than a short lease.
countTokens('ready');
process.on('message', (message: ToWorker) => {
  if (message.type === 'start') void start(message.options);
  if (message.type === 'go') goOn();
  if (message.type === 'stop') {
    stop = message.at;
    seen = 0;
    tell({ type: 'armed' });
  }
});
process.on('disconnect', () => process.exit());
