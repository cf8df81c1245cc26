/** An app that does nothing by itself: the real client, and what Slack said to it. */
import { ErrorCode, type Logger, LogLevel, WebClient } from '@slack/web-api';
import type { SlackTwin } from './twin.ts';

/** Tells of nothing: what Slack refuses is what tests ask for. */
const silent: Logger = {
  ...{ debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {} },
  getLevel: () => LogLevel.ERROR,
};

/** Tries once. */
export function plainClient(twin: SlackTwin, token?: string): WebClient {
  return new WebClient(token, {
    ...{ slackApiUrl: twin.url, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logger: silent },
  });
}

/** What Slack said instead of doing it; throws when it was done. */
export async function refused(answer: Promise<unknown>): Promise<{ error: string; [key: string]: unknown }> {
  const failure = await answer.then(
    () => null,
    (error) => error,
  );
  if (failure?.code !== ErrorCode.PlatformError) throw failure ?? new Error('it was done');
  return failure.data;
}

export async function errorOf(answer: Promise<unknown>): Promise<string> {
  return (await refused(answer)).error;
}
