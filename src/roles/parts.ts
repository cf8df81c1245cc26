import type { Config } from '../config.ts';
import type { Model, Speech } from '../core/ports.ts';
import type { Transcriber } from '../core/transcriber.ts';
import { limitedModel, limitedTranscriber, modelLimits } from '../external/limited-model.ts';
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
export async function openModel({ model, limits }: Config, shared: RateLimits | null): Promise<Model> {
  if (!model || !shared) return offlineModel();
  const { openAiModel } = await import('../external/openai/openai-model.ts');
  return limitedModel(openAiModel(model, { now: Date.now }), modelLimits(shared, limits.model), Math.random);
}

/** Null: nobody listens to recordings. */
export async function openTranscriber(
  { model, transcribe, limits }: Config,
  shared: RateLimits | null,
): Promise<Transcriber | null> {
  if (!model || transcribe === null || !shared) return null;
  const { openAiTranscriber } = await import('../external/openai/transcriber.ts');
  const transcriber = openAiTranscriber(model, transcribe, { now: Date.now });
  return limitedTranscriber(transcriber, modelLimits(shared, limits.model), Math.random);
}

/** The engines are loaded only where they are used. Null: nobody speaks. */
export async function openSpeech({ speech }: Config): Promise<Speech | null> {
  if (speech.engine === 'off') return null;
  if (speech.engine === 'google') {
    const { googleSpeech } = await import('../external/speech/google-speech.ts');
    return googleSpeech(speech);
  }
  const { offlineSpeech } = await import('../external/speech/offline-speech.ts');
  return offlineSpeech({ voice: speech.voice });
}

/** One line of the start table: what a part is now, and, where nothing is set, what would switch it. */
export interface StartRow {
  part: string;
  now: string;
  set?: string | false;
}

/** What is on, what is off, and what switches it. */
export function startTable({ config }: Pick<Base, 'config'>, more: readonly StartRow[]): string {
  const { databaseUrl, redisUrl, dataDir, model } = config;
  const rows: StartRow[] = [
    {
      part: 'database',
      now: databaseUrl ? 'yours (DATABASE_URL)' : `embedded Postgres in ${dataDir}`,
      set: !databaseUrl && 'DATABASE_URL for your own',
    },
    {
      part: 'queue',
      now: redisUrl ? 'BullMQ on Redis (REDIS_URL)' : 'BullMQ on the same database',
      set: !redisUrl && 'REDIS_URL to scale out',
    },
    {
      part: 'tutor',
      now: model ? `${model.models.large}, ${model.models.small}` : 'offline: teaches the bundled courses',
      set: !model && 'OPENAI_API_KEY or OPENAI_BASE_URL for any topic',
    },
    speechRow(config),
    hearingRow(config),
    ...more,
  ];
  const lines = rows.map(({ part, now, set }) => `  ${part.padEnd(10)}${now}${set ? `   (set ${set})` : ''}`);
  return `Threadtutor\n${lines.join('\n')}\n`;
}

function hearingRow({ transcribe }: Config): StartRow {
  const part = 'listening';
  if (transcribe !== null) return { part, now: transcribe };
  return { part, now: 'off: only text is read', set: 'MODEL_TRANSCRIBE for voice messages' };
}

function speechRow({ speech: { engine, voice, endpoint } }: Config): StartRow {
  const part = 'speech';
  if (engine === 'off') return { part, now: 'off (SPEECH_ENGINE)' };
  const place = endpoint ? ` at ${endpoint.host}` : '';
  const who = engine === 'google' ? `Google Text-to-Speech${place}` : 'espeak-ng, on this machine';
  const set = engine === 'offline' && 'GOOGLE_APPLICATION_CREDENTIALS for better voices';
  return { part, now: voice ? `${who}, ${voice}` : who, set };
}
