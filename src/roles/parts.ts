import type { Config } from '../config.ts';
import type { Model } from '../core/ports.ts';
import { limitedModel, modelLimits } from '../external/limited-model.ts';
import { offlineModel } from '../external/offline/offline-model.ts';
import type { RateLimits } from '../external/rate-limits.ts';
import type { QueueBackend } from '../jobs/queue-connection.ts';
import type { Logger } from '../log.ts';

/** What main.ts has made when a role begins. */
export interface Base {
  config: Config;
  databaseUrl: string;
  /** True while no other process uses the database. */
  isAlone(): Promise<boolean>;
  log: Logger;
  /** Aborts when the process is asked to end. */
  stopping: AbortController;
}

export function queueBackend({ config, databaseUrl }: Pick<Base, 'config' | 'databaseUrl'>): QueueBackend {
  return config.redisUrl ? { kind: 'redis', url: config.redisUrl } : { kind: 'postgres', url: databaseUrl };
}

/** The SDK is loaded only where it is used: it costs a tenth of a second and 12 MB. */
export async function openModel({ model, limits }: Config, shared: RateLimits): Promise<Model> {
  if (!model) return offlineModel();
  const { openAiModel } = await import('../external/openai/openai-model.ts');
  return limitedModel(openAiModel(model, { now: Date.now }), modelLimits(shared, limits.model), Math.random);
}

/** What is on, what is off, and what switches it. */
export function startTable({ config }: Pick<Base, 'config'>, chat: string, more: string[][] = []): string {
  const { databaseUrl, redisUrl, dataDir, model, otlpEndpoint } = config;
  const rows = [
    ['database', databaseUrl ? 'yours (DATABASE_URL)' : `embedded Postgres in ${dataDir}`, 'DATABASE_URL for your own'],
    ['queue', redisUrl ? 'BullMQ on Redis (REDIS_URL)' : 'BullMQ on the same database', 'REDIS_URL to scale out'],
    [
      'tutor',
      model ? `${model.models.large}, ${model.models.small}` : 'offline: teaches the bundled courses',
      'OPENAI_API_KEY or OPENAI_BASE_URL for any topic',
    ],
    ['chat', chat, 'CHAT_WEBHOOK_URL and CHAT_WEBHOOK_SECRET for a chat of yours'],
    ['traces', otlpEndpoint ? 'OpenTelemetry' : 'off', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ...more,
  ];
  const isSet = [databaseUrl, redisUrl, model, config.webhook, otlpEndpoint];
  const lines = rows.map(([part = '', now = '', set = ''], index) => {
    const hint = set && !isSet[index] ? `   (set ${set})` : '';
    return `  ${part.padEnd(10)}${now}${hint}`;
  });
  return `Threadtutor\n${lines.join('\n')}\n`;
}
