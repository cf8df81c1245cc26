import { setTimeout as sleep } from 'node:timers/promises';
import { type App, SocketModeReceiver } from '@slack/bolt';
import { SetupError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { patiently } from '../../patiently.ts';
import { isRefusal, reasonOf } from '../failures.ts';
import type { Take } from './app.ts';
import { clientOptions, quietLogger } from './clients.ts';

/** Socket Mode: a connection of ours on which Slack tells what happens. */

export interface SocketOptions {
  appToken: string;
  apiUrl: string | null;
  take: Take;
  log: Logger;
  /** It is connected, for the first time or again. */
  onOpen(): void;
  /** The connection cannot be had back: somebody has to act. */
  onFatal(error: SetupError): void;
  /** Ends the waiting for a Slack that is away. */
  stopping: AbortSignal;
}

export interface Socket {
  isConnected(): boolean;
  /** Slack is not waited for longer than so many milliseconds. */
  close(deadlineMs: number): Promise<void>;
}

/** Slack closes a connection every few hours, and says so; then the next one is there at once. */
const GRACE_MS = 200;

/**
 * Resolves when it is connected, however long Slack is away, and stays so until it is closed. Rejects with SetupError
 * where somebody has to act, and with an AbortError when it is told to stop.
 */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { log, take, stopping } = options;
  const receiver = receiverFor(options);
  receiver.init({ processEvent: take } as App);
  const closing = new AbortController();
  const ends = AbortSignal.any([stopping, closing.signal]);
  let isConnected = false;
  const connect = async () => {
    const waiting = 'Slack has not told yet where to connect';
    await patiently(() => receiver.start(), { log, waiting, reasonOf, refusal: fatalError, stopping: ends });
    // Told to stop in the middle of it.
    if (ends.aborted) return void receiver.client.disconnect();
    isConnected = true;
    log.info('connected to Slack');
    options.onOpen();
  };
  await connect();
  receiver.client.on('disconnected', () => {
    // While it is being connected, that is what an attempt in vain says.
    if (!isConnected) return;
    isConnected = false;
    if (ends.aborted) return;
    log.info('the connection to Slack was closed');
    setTimeout(() => {
      if (!ends.aborted) connect().catch((error) => error instanceof SetupError && options.onFatal(error));
    }, GRACE_MS).unref();
  });
  return {
    isConnected: () => isConnected,
    async close(deadlineMs) {
      closing.abort();
      isConnected = false;
      const deadline = sleep(deadlineMs, undefined, { ref: false });
      await Promise.race([receiver.client.disconnect(), deadline]);
    },
  };
}

function receiverFor({ appToken, apiUrl, log }: SocketOptions): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken,
    // Ours waits as long as it takes, where the client's own would break the process.
    autoReconnectEnabled: false,
    logger: quietLogger(log),
    installerOptions: { clientOptions: clientOptions({ apiUrl }, log) },
    async processEventErrorHandler({ error }) {
      log.warn({ err: error }, 'what Slack told could not be taken in; it tells it again');
      return false;
    },
  });
}

/** What connecting again would not change. */
function fatalError(error: unknown): SetupError | null {
  if (isRefusal(error, 'invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'not_allowed_token_type')) {
    return new SetupError([
      'SLACK_APP_TOKEN is not accepted: make a new app-level token on the Basic Information page of your app.',
    ]);
  }
  if (isRefusal(error, 'missing_scope')) {
    return new SetupError([
      'SLACK_APP_TOKEN may not open connections: make an app-level token with the scope connections:write.',
    ]);
  }
  return null;
}
