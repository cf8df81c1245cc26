import { LogLevel, type Logger as SlackLogger, WebClient, type WebClientOptions } from '@slack/web-api';
import type { SlackConfig } from '../../../config/slack.ts';
import { errorMessage } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import type { Clients } from '../bot.ts';
import { NotInstalled } from '../failures.ts';
import type { Tokens } from './tokens.ts';

/** Slack's own client, one for each token. */

/** A call that takes longer has failed; what waits for it is done again later. */
const TIMEOUT_MS = 10_000;
/** Clients hold no connection, so that one more costs little; a renewed token leaves one behind that nobody needs. */
const MAX_CLIENTS = 500;

export function openClients(config: Pick<SlackConfig, 'apiUrl'>, tokens: Tokens, log: Logger): Clients {
  const options = clientOptions(config, log);
  const clients = new Map<string, WebClient>();
  return {
    async of(workspace) {
      const access = await tokens.of(workspace);
      if (!access) throw new NotInstalled(workspace);
      const client = clients.get(access.token) ?? new WebClient(access.token, options);
      // A Map keeps its order: what is used goes to its end, and what was not used for longest is first.
      clients.delete(access.token);
      clients.set(access.token, client);
      const [oldest] = clients.keys();
      if (clients.size > MAX_CLIENTS && oldest) clients.delete(oldest);
      return client;
    },
  };
}

/** Nothing is repeated or waited for in the client: whoever asked for the call knows whether, and when, to try again. */
export function clientOptions(
  { apiUrl }: Pick<SlackConfig, 'apiUrl'>,
  log: Logger,
): WebClientOptions & { logger: SlackLogger } {
  return {
    ...(apiUrl && { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: TIMEOUT_MS,
    logger: quietLogger(log),
  };
}

/** What the libraries say of a call without saying what is in it. */
const HARMLESS = /^apiCall\('[\w.]+'\) (?:start|end)$/;
const MAX_LENGTH = 200;

/**
 * A log for Slack's libraries, at debug: who calls them is told of an error anyway. Of what they say at debug most is
 * left out: it holds tokens, codes, and what people wrote.
 */
export function quietLogger(log: Pick<Logger, 'debug' | 'warn'>, errorsAt: 'debug' | 'warn' = 'debug'): SlackLogger {
  const text = (said: unknown[]) => said.map(errorMessage).join(' ').slice(0, MAX_LENGTH);
  const say = (...said: unknown[]) => log.debug({ from: 'slack' }, text(said));
  return {
    debug(...said) {
      const [first] = said;
      if (said.length === 1 && typeof first === 'string' && HARMLESS.test(first)) say(first);
    },
    info: say,
    warn: say,
    error: (...said) => log[errorsAt]({ from: 'slack' }, text(said)),
    setLevel() {},
    getLevel: () => LogLevel.DEBUG,
    setName() {},
  };
}
