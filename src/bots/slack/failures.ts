import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import type { SendResult } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';
import { persistently } from '../persistently.ts';
import type { Bot } from './bot.ts';

/** What Slack's refusals mean to us. */

/** The app is not in this workspace, or not any more. */
export class NotInstalled extends Error {
  constructor(workspace: string) {
    super(`the app is not installed in ${workspace}`);
    this.name = 'NotInstalled';
  }
}

/** Somebody else, such as another process, is opening a lesson there: it is there soon. */
export class ComeAgain extends Error {
  /** It passes, however long that takes. */
  readonly code = 'COME_AGAIN';

  constructor() {
    super('the lesson is being opened');
  }
}

/** Such as "channel_not_found"; null where Slack has not read what was asked for. */
export function refusalOf(error: unknown): string | null {
  return error instanceof WebAPIPlatformError ? error.data.error : null;
}

export function isRefusal(error: unknown, ...codes: string[]): boolean {
  const refusal = refusalOf(error);
  return refusal !== null && codes.includes(refusal);
}

/** Slack's own failures, which it tells in the way of refusals. */
const PASSING = [
  ...['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'],
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'accesslimited', 'messaging_processing_failed'],
  'streaming_state_conflict',
];

/** Slack has read what was asked for, and does not do it. */
export function saysNo(error: unknown): boolean {
  return refusalOf(error) !== null && !isRefusal(error, ...PASSING);
}

/** Slack fails, is not reached, or asks us to wait. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof WebAPIHTTPError ||
    error instanceof WebAPIRequestError ||
    error instanceof WebAPIRateLimitedError ||
    isRefusal(error, ...PASSING) ||
    isOfSocket(error)
  );
}

/** An acknowledgement found no connection. */
function isOfSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('slack_socket_mode_');
}

/** The channel or the thread is no longer there: nobody will ever read a reply in it. */
const GONE = ['thread_not_found', 'channel_is_deleted', 'messages_tab_disabled', 'user_not_found', 'user_disabled'];

/**
 * Somebody has to act first: the tutor was removed, or has lost its rights, or the channel is archived. A channel that
 * it cannot see may be one that it was removed from.
 */
const NOT_NOW = [
  ...['channel_not_found', 'not_in_channel', 'is_archived', 'is_inactive', 'restricted_action'],
  ...['restricted_action_thread_locked', 'restricted_action_thread_only_channel'],
  ...['restricted_action_read_only_channel', 'restricted_action_non_threadable_channel', 'missing_scope'],
  ...['not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired', 'org_login_required'],
  ...['access_denied', 'ekm_access_denied', 'team_access_not_granted', 'external_channel_migrating'],
];
const NOT_NOW_MS = 300_000;

/** Throws what is our own fault: a body that Slack does not take is not taken the second time either. */
export function sendFailure(error: unknown): SendResult {
  const detail = reasonOf(error);
  if (error instanceof WebAPIRateLimitedError) {
    return { ok: false, reason: 'retry', detail, retryAfterMs: error.retryAfter * 1000 };
  }
  if (isRefusal(error, ...GONE)) return { ok: false, reason: 'gone', detail };
  if (error instanceof NotInstalled || isRefusal(error, ...NOT_NOW)) {
    return { ok: false, reason: 'retry', detail, retryAfterMs: NOT_NOW_MS };
  }
  if (saysNo(error)) throw error;
  return { ok: false, reason: 'retry', detail };
}

/** Until it is done, or Slack has said no: however long the database or Slack is away. Never rejects. */
export function tirelessly({ log, stopping }: Pick<Bot, 'log' | 'stopping'>, work: () => Promise<void>): Promise<void> {
  return persistently({ log, stopping, isRefusal: saysNo, isAway, waitFor }, work);
}

/** How long Slack asks to be left alone, in ms; 0 where it does not say. */
function waitFor(error: unknown): number {
  return error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : 0;
}

/** For the log: neither bodies, which people wrote, nor addresses, which may hold a secret. */
export function reasonOf(error: unknown): string {
  const refusal = refusalOf(error);
  if (refusal) return `Slack says ${refusal}`;
  if (error instanceof WebAPIHTTPError) return `Slack says ${error.statusCode}`;
  if (error instanceof WebAPIRateLimitedError) return `Slack asks to wait for ${error.retryAfter} s`;
  if (error instanceof NotInstalled) return error.message;
  return `Slack was not reached: ${codeIn(error) ?? (error instanceof Error ? error.name : errorMessage(error))}`;
}

/** Such as "ECONNREFUSED", which the client and the network's own library wrap up. */
function codeIn(error: unknown): string | null {
  if (error instanceof WebAPIRequestError) return codeIn(error.original) ?? error.original.name;
  if (!(error instanceof Error)) return null;
  return 'code' in error ? String(error.code) : codeIn(error.cause);
}
