import type { LimitsConfig } from '../config.ts';
import type { AgentName } from '../core/agents/agents.ts';
import type { Model, ModelFailure, ModelRequest, RateLimit } from '../core/ports.ts';
import { promptTokens } from '../core/tokens.ts';
import type { Transcriber } from '../core/transcriber.ts';
import type { RateLimits } from './rate-limits.ts';

export interface ModelLimits {
  /** What the provider grants; null: it tells by itself. */
  requests: RateLimit | null;
  tokens: RateLimit | null;
  /** Blocked while the provider wants to be left alone. */
  pause: RateLimit;
}

/** There is one provider, and what it grants is for all models together. */
const PROVIDER = 'provider';
/** When the provider is at its limit and does not say for how long. */
const DEFAULT_PAUSE_MS = 5_000;
/** However long it says: somebody waits. */
const LONGEST_PAUSE_MS = 300_000;
/** Providers count the answer too; this is a long one. */
const ANSWER_TOKENS = 400;
/** A large one, as most models count it. */
const PICTURE_TOKENS = 1_500;
/** Never used up: the pause is only ever blocked. */
const NO_LIMIT = { points: 1_000_000, seconds: 60 };

export function modelLimits(limits: RateLimits, granted: LimitsConfig['model']): ModelLimits {
  const perMinute = (name: string, points: number | null) =>
    points === null ? null : limits.limit(name, { points, seconds: 60 });
  return {
    requests: perMinute('model-requests', granted.requests),
    tokens: perMinute('model-tokens', granted.tokens),
    pause: limits.limit('model-pause', NO_LIMIT),
  };
}

/**
 * A model that is called only as often as its provider allows, counted over all processes. A call that has to wait is
 * not made: it fails at once, as `notTried`. When the provider says that it is at its limit, everybody pauses.
 * `random` is from 0 to 1: it spreads the waits.
 */
export function limitedModel(model: Model, limits: ModelLimits, random: () => number): Model {
  return {
    ...model,
    generate: (request) =>
      limited(
        limits,
        random,
        () => waitFor(limits, request),
        () => model.generate(request),
      ),
  };
}

/** The same for who listens, who has the same provider. What it hears is no text, and counts as a request. */
export function limitedTranscriber(
  transcriber: Transcriber,
  limits: Pick<ModelLimits, 'requests' | 'pause'>,
  random: () => number,
): Transcriber {
  const isFree = () => waitForRequest(limits);
  return {
    ...transcriber,
    transcribe: (request) => limited(limits, random, isFree, () => transcriber.transcribe(request)),
  };
}

async function limited<Result extends { ok: true }>(
  { pause }: Pick<ModelLimits, 'pause'>,
  random: () => number,
  waiting: () => Promise<number>,
  call: () => Promise<Result | ModelFailure>,
): Promise<Result | ModelFailure> {
  /** So that those who were sent away together do not come back together. */
  const spread = (ms: number) => Math.ceil(ms + random() * Math.max(ms / 4, 100));
  const wait = await waiting();
  if (wait > 0) {
    const detail = 'not called: the limit of its provider is reached';
    return { ok: false, reason: 'rate_limited', detail, retryAfterMs: spread(wait), notTried: true };
  }
  const result = await call();
  if (result.ok || result.reason !== 'rate_limited') return result;
  const pauseMs = Math.min(result.retryAfterMs ?? DEFAULT_PAUSE_MS, LONGEST_PAUSE_MS);
  await pause.block(PROVIDER, pauseMs);
  return { ...result, retryAfterMs: spread(pauseMs) };
}

async function waitForRequest({ pause, requests }: Pick<ModelLimits, 'requests' | 'pause'>): Promise<number> {
  const paused = await pause.take(PROVIDER);
  return paused > 0 ? paused : ((await requests?.take(PROVIDER)) ?? 0);
}

/** Takes what the call needs, or says how long to wait. Tokens come last: a wait for them wastes one request at most. */
async function waitFor(limits: ModelLimits, { prompt }: Pick<ModelRequest<AgentName>, 'prompt'>): Promise<number> {
  const full = await waitForRequest(limits);
  const { tokens } = limits;
  if (full > 0 || !tokens) return full;
  const messages = prompt();
  const pictures = messages.reduce((sum, { pictures = [] }) => sum + pictures.length, 0);
  return tokens.take(PROVIDER, promptTokens(messages) + pictures * PICTURE_TOKENS + ANSWER_TOKENS);
}
