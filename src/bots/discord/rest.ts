import { API } from '@discordjs/core/http-only';
import { DefaultRestOptions, REST, type RESTOptions } from '@discordjs/rest';
import type { DiscordConfig } from '../../config.ts';

/** Shorter than a lesson's lease. */
const TIMEOUT_MS = 6_000;
/** Waited for in place; a longer wait is left to the queue of replies, which holds nobody else up. */
const WORTH_WAITING_MS = 6_000;

/** Discord's REST API, through discord.js's own client: it keeps to the rate limits that Discord tells. */
export function openRest(
  { token, apiUrl }: Pick<DiscordConfig, 'token' | 'apiUrl'>,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): API {
  const rest = new REST({
    version: '10',
    timeout: timeoutMs,
    retries: 2,
    makeRequest: resettable(DefaultRestOptions.makeRequest),
    ...(apiUrl && { api: apiUrl }),
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > WORTH_WAITING_MS,
  });
  return new API(rest.setToken(token));
}

/**
 * discord.js repeats what a connection's reset broke. A connection that the other side closes, as it does with one that
 * was idle, is the same to us, and has another name.
 */
function resettable(makeRequest: RESTOptions['makeRequest']): RESTOptions['makeRequest'] {
  return (url, init) =>
    makeRequest(url, init).catch((error) => {
      throw error.code === 'UND_ERR_SOCKET' ? Object.assign(error, { code: 'ECONNRESET' }) : error;
    });
}
