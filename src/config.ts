import { z } from 'zod';
import { type BillingConfig, billingComplaints, billingConfig, billingVariables } from './config/billing.ts';
import { type SlackConfig, slackComplaints, slackConfig, slackVariables } from './config/slack.ts';
import { type SpeechConfig, speechConfig, speechVariables } from './config/speech.ts';
import { SetupError } from './errors.ts';

/** Everything that the environment decides, read once and frozen. */
export interface Config {
  dataDir: string;
  /** Null: an embedded Postgres in the data directory. */
  databaseUrl: string | null;
  /** Of one process, for everything but the queues and the rate limits. */
  databaseConnections: number;
  /** Null: the queues are in the database. */
  redisUrl: string | null;
  web: WebConfig;
  /** Another program's chat, over HTTP; null: none. */
  webhook: WebhookConfig | null;
  discord: DiscordConfig | null;
  slack: SlackConfig | null;
  speech: SpeechConfig;
  billing: BillingConfig;
  limits: LimitsConfig;
  /** Where traces go; null: nowhere. */
  otlpEndpoint: string | null;
  /** How long the turns in hand may take when the process is asked to stop. */
  shutdownMs: number;
  model: OpenAiConfig | null;
  /** Which model at the same server listens to recordings; null: nobody does. */
  transcribe: string | null;
  /** In US dollars; null: no limit. */
  budgets: { readonly turn: number | null; readonly lesson: number | null; readonly workspaceMonth: number | null };
  /** True: evaluate and answer in two calls, for comparison. */
  separate: boolean;
  logLevel: string;
}

interface WebConfig {
  host: string;
  /** Null: no HTTP server, unless a role needs one. */
  port: number | null;
  /** For the queue board, under the name "admin"; null: no board. */
  boardPassword: string | null;
  /** Where browsers and Slack reach this server, without a slash at the end; null: nobody has to. */
  publicUrl: string | null;
}

export interface WebhookConfig {
  /** Where replies are posted. */
  url: string;
  /** Signs what goes out and what comes in. */
  secret: string;
}

export interface DiscordConfig {
  token: string;
  /** Without the version. Null: Discord's own. */
  apiUrl: string | null;
  /** Commands are registered in this server only: for development. Null: in all. */
  guildId: string | null;
  /** Which connections this process keeps, of how many. Null: all, and as many as Discord recommends. */
  shards: { readonly ids: readonly number[]; readonly count: number } | null;
  /** Whether messages are read that do not mention the bot. auto: if the application may. */
  messageContent: 'auto' | 'on' | 'off';
  /** What this process may ask of Discord, which grants all processes with the token 50. Null: by its role. */
  requestsPerSecond: number | null;
}

export interface LimitsConfig {
  /** Messages that are accepted within a minute. */
  readonly perMinute: { readonly learner: number; readonly workspace: number };
  /** Turns at the same time: of one learner and of one workspace in all workers, and of all lessons in this worker. */
  readonly concurrency: { readonly learner: number; readonly workspace: number; readonly worker: number };
  /** What the model's provider grants within a minute; null: only its own 429 tells. */
  readonly model: { readonly requests: number | null; readonly tokens: number | null };
}

export interface OpenAiConfig {
  /** Several keys are used in turn when one is limited. */
  apiKeys: readonly string[];
  /** Null: the provider's own. */
  baseUrl: string | null;
  api: 'responses' | 'chat';
  models: { readonly small: string; readonly large: string };
  timeoutMs: number;
  /** Whether the server has OpenAI's moderation endpoint. */
  moderation: boolean;
  /** Whether the models can look at pictures. */
  pictures: boolean;
}

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const TIMEOUT_RANGE = 'must be a whole number of milliseconds from 100 to 3600000';

const DOLLARS = 'must be an amount in US dollars, or "none"';
/** "none" is no limit. */
const dollars = z.union([z.literal('none').transform(() => null), z.coerce.number().positive()], { error: DOLLARS });

/** A whole number from `least` up. */
function count(least: number) {
  const error = `must be a whole number of at least ${least}`;
  return z.coerce.number({ error }).int(error).min(least, error);
}

const PORT_RANGE = 'must be a port from 1 to 65535';
const MIN_SECRET = 16;

/** The bot's id in base64, a time, a signature. */
const DISCORD_TOKEN = /^[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}$/;
const DISCORD_TOKEN_FORM = 'must be the token of your application’s Bot page, three parts with dots between them';
const SHARDS = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?\/(?<count>\d{1,5})$/;
const SHARDS_FORM = 'must be like "0-3/16" or "5/16", the shards of this process (from 0) and how many there are';

const shards = z.string().transform((text, context) => {
  const { first = '', last = first, count = '' } = SHARDS.exec(text)?.groups ?? {};
  const [from, to] = [Number(first), Number(last)];
  if (from <= to && to < Number(count)) {
    const ids = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    return Object.freeze({ ids: Object.freeze(ids), count: Number(count) });
  }
  context.addIssue({ code: 'custom', message: SHARDS_FORM });
  return z.NEVER;
});

const environmentSchema = z.object({
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  DATABASE_CONNECTIONS: count(2).default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' }).optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number({ error: PORT_RANGE }).int(PORT_RANGE).min(1, PORT_RANGE).max(65_535, PORT_RANGE).optional(),
  QUEUE_BOARD_PASSWORD: z.string().min(MIN_SECRET, `must have at least ${MIN_SECRET} characters`).optional(),
  PUBLIC_URL: url.transform((text) => text.replace(/\/+$/, '')).optional(),
  CHAT_WEBHOOK_URL: url.optional(),
  CHAT_WEBHOOK_SECRET: z.string().min(MIN_SECRET, `must have at least ${MIN_SECRET} characters`).optional(),
  DISCORD_TOKEN: z.string().regex(DISCORD_TOKEN, DISCORD_TOKEN_FORM).optional(),
  DISCORD_API_URL: url.optional(),
  DISCORD_GUILD_ID: z
    .string()
    .regex(/^\d{17,20}$/, 'must be the id of a server, 17 to 20 digits')
    .optional(),
  DISCORD_SHARDS: shards.optional(),
  DISCORD_REQUESTS_PER_SECOND: count(1).optional(),
  DISCORD_MESSAGE_CONTENT: z.enum(['auto', 'on', 'off'], { error: 'must be auto, on or off' }).default('auto'),
  ...slackVariables,
  ...speechVariables,
  ...billingVariables,
  LEARNER_MESSAGES_PER_MINUTE: count(1).default(30),
  WORKSPACE_MESSAGES_PER_MINUTE: count(1).default(1_200),
  LEARNER_CONCURRENCY: count(1).default(2),
  WORKSPACE_CONCURRENCY: count(1).default(50),
  WORKER_CONCURRENCY: count(1).default(100),
  MODEL_REQUESTS_PER_MINUTE: count(1).optional(),
  MODEL_TOKENS_PER_MINUTE: count(1).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  SHUTDOWN_MS: count(0).max(3_600_000, 'must be at most 3600000').default(20_000),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: url.optional(),
  OPENAI_API: z.enum(['responses', 'chat'], { error: 'must be "responses" or "chat"' }).optional(),
  MODEL_LARGE: z.string().optional(),
  MODEL_SMALL: z.string().optional(),
  MODEL_TRANSCRIBE: z.string().optional(),
  MODEL_TIMEOUT_MS: z.coerce
    .number({ error: TIMEOUT_RANGE })
    .int(TIMEOUT_RANGE)
    .min(100, TIMEOUT_RANGE)
    .max(3_600_000, TIMEOUT_RANGE)
    .default(45_000),
  MODEL_PICTURES: z.enum(['on', 'off'], { error: 'must be on or off' }).optional(),
  OPENAI_MODERATION: z.enum(['on', 'off'], { error: 'must be on or off' }).optional(),
  TUTOR_MODE: z.enum(['single', 'separate'], { error: 'must be single or separate' }).default('single'),
  BUDGET_TURN_USD: dollars.default(0.05),
  BUDGET_LESSON_USD: dollars.default(0.5),
  BUDGET_MONTH_USD: dollars.default(null),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], { error: 'must be debug, info, warn, error or silent' })
    .default('info'),
});

const DEFAULT_LARGE = 'gpt-4o';
const DEFAULT_SMALL = 'gpt-4o-mini';

/** Throws SetupError with one sentence per mistake, none with a value in it. An empty variable counts as unset. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const trimmed = Object.entries(environment).map(([name, value]) => [name, value?.trim()] as const);
  const given = Object.fromEntries(trimmed.filter(([, value]) => value));
  const parsed = environmentSchema.safeParse(given);
  const complaints = parsed.success
    ? []
    : [
        ...new Set(
          parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}: correct it or unset it.`),
        ),
      ];
  if (given.OPENAI_BASE_URL && !given.MODEL_LARGE) {
    complaints.push('MODEL_LARGE is needed with OPENAI_BASE_URL: set it to the name of a model of that server.');
  }
  if (given.MODEL_TRANSCRIBE && !given.OPENAI_API_KEY && !given.OPENAI_BASE_URL) {
    complaints.push('MODEL_TRANSCRIBE needs a server: set OPENAI_API_KEY or OPENAI_BASE_URL, or unset it.');
  }
  if (Boolean(given.CHAT_WEBHOOK_URL) !== Boolean(given.CHAT_WEBHOOK_SECRET)) {
    complaints.push('CHAT_WEBHOOK_URL and CHAT_WEBHOOK_SECRET belong together: set both, or neither.');
  }
  complaints.push(...slackComplaints(given), ...billingComplaints(given));
  if (!parsed.success || complaints.length > 0) throw new SetupError(complaints);
  const env = parsed.data;
  const model = modelConfig(env);
  return Object.freeze({
    dataDir: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL ?? null,
    databaseConnections: env.DATABASE_CONNECTIONS,
    redisUrl: env.REDIS_URL ?? null,
    web: webConfig(env),
    webhook:
      env.CHAT_WEBHOOK_URL && env.CHAT_WEBHOOK_SECRET
        ? Object.freeze({ url: env.CHAT_WEBHOOK_URL, secret: env.CHAT_WEBHOOK_SECRET })
        : null,
    discord: discordConfig(env),
    slack: slackConfig(env, env.PUBLIC_URL ?? null),
    speech: speechConfig(env),
    billing: billingConfig(env),
    limits: limitsConfig(env),
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    shutdownMs: env.SHUTDOWN_MS,
    model,
    transcribe: model && (env.MODEL_TRANSCRIBE ?? null),
    budgets: Object.freeze({
      turn: env.BUDGET_TURN_USD,
      lesson: env.BUDGET_LESSON_USD,
      workspaceMonth: env.BUDGET_MONTH_USD,
    }),
    separate: env.TUTOR_MODE === 'separate',
    logLevel: env.LOG_LEVEL,
  });
}

function webConfig(env: z.infer<typeof environmentSchema>): WebConfig {
  return Object.freeze({
    host: env.HOST,
    port: env.PORT ?? null,
    boardPassword: env.QUEUE_BOARD_PASSWORD ?? null,
    publicUrl: env.PUBLIC_URL ?? null,
  });
}

function discordConfig(env: z.infer<typeof environmentSchema>): DiscordConfig | null {
  if (!env.DISCORD_TOKEN) return null;
  return Object.freeze({
    token: env.DISCORD_TOKEN,
    apiUrl: env.DISCORD_API_URL ?? null,
    guildId: env.DISCORD_GUILD_ID ?? null,
    shards: env.DISCORD_SHARDS ?? null,
    messageContent: env.DISCORD_MESSAGE_CONTENT,
    requestsPerSecond: env.DISCORD_REQUESTS_PER_SECOND ?? null,
  });
}

function limitsConfig(env: z.infer<typeof environmentSchema>): LimitsConfig {
  return Object.freeze({
    perMinute: Object.freeze({
      learner: env.LEARNER_MESSAGES_PER_MINUTE,
      workspace: env.WORKSPACE_MESSAGES_PER_MINUTE,
    }),
    concurrency: Object.freeze({
      learner: env.LEARNER_CONCURRENCY,
      workspace: env.WORKSPACE_CONCURRENCY,
      worker: env.WORKER_CONCURRENCY,
    }),
    model: Object.freeze({
      requests: env.MODEL_REQUESTS_PER_MINUTE ?? null,
      tokens: env.MODEL_TOKENS_PER_MINUTE ?? null,
    }),
  });
}

function modelConfig(env: z.infer<typeof environmentSchema>): OpenAiConfig | null {
  const keys = (env.OPENAI_API_KEY ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean);
  if (keys.length === 0 && !env.OPENAI_BASE_URL) return null;
  const large = env.MODEL_LARGE ?? DEFAULT_LARGE;
  return Object.freeze({
    // Local servers ask for no key, the SDK does.
    apiKeys: Object.freeze(keys.length > 0 ? keys : ['none']),
    baseUrl: env.OPENAI_BASE_URL ?? null,
    api: env.OPENAI_API ?? (env.OPENAI_BASE_URL ? 'chat' : 'responses'),
    models: Object.freeze({ large, small: env.MODEL_SMALL ?? (env.OPENAI_BASE_URL ? large : DEFAULT_SMALL) }),
    timeoutMs: env.MODEL_TIMEOUT_MS,
    pictures: env.MODEL_PICTURES ? env.MODEL_PICTURES === 'on' : !env.OPENAI_BASE_URL,
    moderation: env.OPENAI_MODERATION ? env.OPENAI_MODERATION === 'on' : !env.OPENAI_BASE_URL,
  });
}
