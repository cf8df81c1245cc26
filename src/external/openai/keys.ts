import { OpenAI } from 'openai';
import type { OpenAiConfig } from '../../config.ts';
import { isKeysFault, isRateLimit, retryAfterMs } from './failures.ts';

/** One client per key. A call is made with the key that served last, and with the others where a key is at fault. */
export interface KeyRing {
  /** Throws the error of the last key, or the one of the shortest wait if a key was limited. */
  call<T>(send: (client: OpenAI) => Promise<T>): Promise<T>;
}

export interface KeyRingOptions {
  maxRetries: number;
  now(): number;
}

/** The longest wait that a call sits out; the turn is put off for a longer one, and its worker is free meanwhile. */
const LONGEST_WAIT_MS = 2_000;
const PROVIDER_URL = 'https://api.openai.com/v1';

export function keyRing(config: OpenAiConfig, options: KeyRingOptions): KeyRing {
  const clients = config.apiKeys.map((apiKey) => clientOf(apiKey, config, options));
  let current = 0;
  return {
    async call(send) {
      const inTurn = clients.map((_, index) => (current + index) % clients.length);
      let complaint: unknown = new Error('there is no key');
      for (const index of inTurn) {
        const client = clients[index];
        if (!client) continue;
        try {
          const result = await send(client);
          current = index;
          return result;
        } catch (error) {
          if (!isKeysFault(error)) throw error;
          complaint = kinder(complaint, error, options.now);
        }
      }
      throw complaint;
    },
  };
}

/** What the SDK would read from the environment is set here: the configuration is read in one place. */
function clientOf(apiKey: string, config: OpenAiConfig, options: KeyRingOptions): OpenAI {
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    baseURL: config.baseUrl ?? PROVIDER_URL,
    organization: null,
    project: null,
    timeout: config.timeoutMs,
    maxRetries: options.maxRetries,
    logLevel: 'off',
    fetch: impatientFetch(config.apiKeys.length > 1, options.now),
  });
}

/**
 * The SDK sleeps as long as a Retry-After says, which would eat the whole deadline of a call and end as a timeout.
 * This tells it not to retry after a long wait, nor where another key can be tried at once.
 */
function impatientFetch(hasOtherKeys: boolean, now: () => number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const wait = retryAfterMs(response.headers, now) ?? 0;
    const keepsTrying = wait <= LONGEST_WAIT_MS && !(hasOtherKeys && response.status === 429);
    if (response.ok || keepsTrying) return response;
    const headers = new Headers(response.headers);
    headers.set('x-should-retry', 'false');
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  };
}

/** A limit passes and a wrong key does not; of two limits the shorter one counts. */
function kinder(before: unknown, error: unknown, now: () => number): unknown {
  if (!isRateLimit(before)) return error;
  return isRateLimit(error) && waitOf(error, now) < waitOf(before, now) ? error : before;
}

function waitOf(error: unknown, now: () => number): number {
  return (error instanceof OpenAI.APIError ? retryAfterMs(error.headers, now) : null) ?? 0;
}
