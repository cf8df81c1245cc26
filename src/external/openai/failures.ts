import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import type { ModelFailure, ModelFailureReason } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';

/** Turns what the SDK throws into a failure that the core and an operator understand. */

interface FailedCall {
  model: string;
  /** The variables that name it. */
  setBy?: string;
  timeoutMs: number;
  /** Our own deadline has passed: whatever the error says, this is why. */
  late: boolean;
  /** Must not stand in a detail. */
  secrets: readonly string[];
  now(): number;
}

/** Codes by which the provider says that it will not answer this text, ever. */
const POLICY_CODES = [
  'content_filter',
  'content_policy_violation',
  'invalid_prompt',
  'bio_policy',
  'misalignment_policy_violation',
];
const MAX_DETAIL = 300;

export function failureOf(error: unknown, call: FailedCall): ModelFailure {
  const [reason, detail] = explain(error, call);
  const wait = error instanceof APIError ? retryAfterMs(error.headers, call.now) : null;
  return {
    ok: false,
    reason,
    detail: withoutSecrets(detail, call.secrets).slice(0, MAX_DETAIL),
    ...(wait !== null && { retryAfterMs: wait }),
  };
}

function explain(error: unknown, call: FailedCall): [ModelFailureReason, string] {
  const said = errorMessage(deepestCause(error));
  if (call.late || error instanceof APIConnectionTimeoutError) {
    return ['timeout', `no complete answer within ${call.timeoutMs} ms`];
  }
  if (!(error instanceof APIError)) return ['unavailable', `the stream broke: ${said}`];
  if (isRateLimit(error)) return ['rate_limited', said];
  if (POLICY_CODES.includes(error.code ?? '')) return ['refused', said];
  if (error instanceof APIConnectionError) return ['unavailable', `the provider was not reached: ${said}`];
  switch (error.status) {
    case 401:
    case 403:
      return ['unavailable', `the provider refuses the key, check OPENAI_API_KEY: ${said}`];
    case 404:
      return [
        'unavailable',
        `no model "${call.model}" at this address, check ${call.setBy ?? 'MODEL_LARGE, MODEL_SMALL'} and OPENAI_BASE_URL: ${said}`,
      ];
    default:
      return ['unavailable', `the provider answers with an error: ${said}`];
  }
}

export function isRateLimit(error: unknown): boolean {
  return error instanceof APIError && (error.status === 429 || error.code === 'rate_limit_exceeded');
}

/** True where the same call may succeed with another key. */
export function isKeysFault(error: unknown): boolean {
  return isRateLimit(error) || (error instanceof APIError && (error.status === 401 || error.status === 403));
}

/** True where a compatible server says that it does not know structured output by schema. */
export function refusesSchemas(error: unknown): boolean {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return false;
  return /response_format|json_schema|text\.format/i.test(`${error.message} ${error.param ?? ''}`);
}

/** True where the same call may succeed without its pictures: one cannot be fetched or read, or none is taken. */
export function refusesPictures(error: unknown): boolean {
  if (!(error instanceof APIError) || (error.status !== 400 && error.status !== 422)) return false;
  return /image|picture|vision|multimodal/i.test(`${error.message} ${error.code ?? ''} ${error.param ?? ''}`);
}

/** True where this sound is at fault, and no other. */
export function refusesSound(error: unknown): boolean {
  return error instanceof APIError && [400, 413, 415, 422].includes(Number(error.status));
}

/** How long a response asks us to wait; null when it does not say. */
export function retryAfterMs(headers: Headers | undefined, now: () => number): number | null {
  const millis = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (millis >= 0) return Math.ceil(millis);
  const after = headers?.get('retry-after') ?? '';
  const seconds = Number(after || Number.NaN);
  if (seconds >= 0) return Math.ceil(seconds * 1000);
  const date = Date.parse(after);
  return Number.isNaN(date) ? null : Math.max(date - now(), 0);
}

/** fetch says no more than "fetch failed"; the reason is in its cause. */
function deepestCause(error: unknown): unknown {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (deepest instanceof Error && !deepest.message && 'code' in deepest) return deepest.code;
  return deepest;
}

/** Providers quote keys, whole or in part, and fetch quotes addresses with their passwords. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
    .replace(/\bsk-\S+/g, '…')
    .replace(/\/\/[^/\s@]+@/g, '//…@');
}
