import { API } from '@discordjs/core/http-only';
import { DefaultRestOptions, REST, type RESTOptions } from '@discordjs/rest';
import type { DiscordConfig } from '../../../config.ts';

/** Shorter than a lesson's lease. */
const TIMEOUT_MS = 6_000;
/** Waited for in place; a longer wait is left to the queue of replies, which holds nobody else up. */
const WORTH_WAITING_MS = 6_000;

/** Discord's REST API, through discord.js's own client: it keeps to the rate limits that Discord tells. */
export function openRest(
  { token, apiUrl }: Pick<DiscordConfig, 'token' | 'apiUrl'>,
  { timeoutMs = TIMEOUT_MS, perSecond = 50 }: { timeoutMs?: number; perSecond?: number } = {},
): API {
  const rest = new REST({
    version: '10',
    timeout: timeoutMs,
    retries: 2,
    globalRequestsPerSecond: perSecond,
    ...(apiUrl && { api: apiUrl }),
    makeRequest: requestOnce,
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > WORTH_WAITING_MS,
  });
  return new API(rest.setToken(token));
}

/** A thread without a message: nothing about it makes the second one the first. */
const UNREPEATABLE = /\/channels\/\d+\/threads$/;

/** The client repeats what failed, but for a connection that closed, which it does not know for a failure like others. */
const requestOnce: RESTOptions['makeRequest'] = async (url, init) => {
  const isRepeatable = init.method !== 'POST' || !UNREPEATABLE.test(url);
  try {
    const response = await DefaultRestOptions.makeRequest(url, init);
    if (isRepeatable || response.status < 500) return response;
  } catch (error) {
    if (!isRepeatable) throw failure('NO_ANSWER', error);
    throw error instanceof Error && 'code' in error && error.code === 'UND_ERR_SOCKET'
      ? failure('ECONNRESET', error)
      : error;
  }
  throw failure('NO_ANSWER');
};

function failure(code: 'ECONNRESET' | 'NO_ANSWER', cause?: unknown): Error {
  return Object.assign(new Error('the request failed', { cause }), { code });
}
