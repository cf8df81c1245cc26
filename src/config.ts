import { z } from 'zod';
import { SetupError } from './errors.ts';

/** Everything that the environment decides, read once and frozen. */
export interface Config {
  dataDir: string;
  /** Null: an embedded Postgres in the data directory. */
  databaseUrl: string | null;
  model: OpenAiConfig | null;
  /** In US dollars; null: no limit. */
  budgets: { readonly turn: number | null; readonly lesson: number | null; readonly workspaceMonth: number | null };
  /** True: evaluate and answer in two calls, for comparison. */
  separate: boolean;
  logLevel: string;
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
}

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const TIMEOUT_RANGE = 'must be a whole number of milliseconds from 100 to 3600000';

const DOLLARS = 'must be an amount in US dollars, or "none"';
/** "none" is no limit. */
const dollars = z.union([z.literal('none').transform(() => null), z.coerce.number().positive()], { error: DOLLARS });

const environmentSchema = z.object({
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: url.optional(),
  OPENAI_API: z.enum(['responses', 'chat'], { error: 'must be "responses" or "chat"' }).optional(),
  MODEL_LARGE: z.string().optional(),
  MODEL_SMALL: z.string().optional(),
  MODEL_TIMEOUT_MS: z.coerce
    .number({ error: TIMEOUT_RANGE })
    .int(TIMEOUT_RANGE)
    .min(100, TIMEOUT_RANGE)
    .max(3_600_000, TIMEOUT_RANGE)
    .default(45_000),
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
  if (!parsed.success || complaints.length > 0) throw new SetupError(complaints);
  const env = parsed.data;
  return Object.freeze({
    dataDir: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL ?? null,
    model: modelConfig(env),
    budgets: Object.freeze({
      turn: env.BUDGET_TURN_USD,
      lesson: env.BUDGET_LESSON_USD,
      workspaceMonth: env.BUDGET_MONTH_USD,
    }),
    separate: env.TUTOR_MODE === 'separate',
    logLevel: env.LOG_LEVEL,
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
    moderation: env.OPENAI_MODERATION ? env.OPENAI_MODERATION === 'on' : !env.OPENAI_BASE_URL,
  });
}
