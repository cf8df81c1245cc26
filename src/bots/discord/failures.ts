import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest';
import { RESTJSONErrorCodes } from 'discord-api-types/v10';
import type { SendResult } from '../../core/ports.ts';
import { errorMessage } from '../../errors.ts';

/** What Discord's refusals mean to us. */

export function isRefusal(error: unknown, ...codes: number[]): boolean {
  return error instanceof DiscordAPIError && codes.includes(Number(error.code));
}

/** The channel is deleted, or the person takes no direct messages of ours: nobody will ever read a reply there. */
const GONE = [RESTJSONErrorCodes.UnknownChannel, RESTJSONErrorCodes.CannotSendMessagesToThisUser];

/**
 * Somebody has to act first: the bot was kicked or may not write there, or the thread is locked. Asking more often
 * would only bring us nearer to the number of refusals for which Discord shuts an address out.
 */
const NOT_NOW = [
  RESTJSONErrorCodes.MissingAccess,
  RESTJSONErrorCodes.MissingPermissions,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.InvalidActionOnArchivedThread,
  RESTJSONErrorCodes.ThreadLocked,
];
const NOT_NOW_MS = 300_000;

/** Throws what is our own fault: a body that Discord does not take is not taken the second time either. */
export function sendFailure(error: unknown): SendResult {
  if (error instanceof RateLimitError) {
    return { ok: false, reason: 'retry', detail: 'rate limited', retryAfterMs: error.retryAfter };
  }
  const detail = reasonOf(error);
  if (isRefusal(error, ...GONE)) return { ok: false, reason: 'gone', detail };
  if (isRefusal(error, ...NOT_NOW)) return { ok: false, reason: 'retry', detail, retryAfterMs: NOT_NOW_MS };
  if (error instanceof DiscordAPIError && error.status === 400) throw error;
  return { ok: false, reason: 'retry', detail };
}

/** Discord has read what was asked for, and does not do it. */
export function saysNo(error: unknown): boolean {
  return error instanceof DiscordAPIError;
}

/** Discord fails, or asks us to wait. */
export function isAway(error: unknown): boolean {
  return error instanceof HTTPError || error instanceof RateLimitError;
}

/** How long Discord asks to be left alone, in ms; 0 where it does not say. */
export function waitFor(error: unknown): number {
  return error instanceof RateLimitError ? error.retryAfter : 0;
}

/** For the log: neither bodies, which people wrote, nor URLs, which may hold an interaction's token. */
export function reasonOf(error: unknown): string {
  if (error instanceof DiscordAPIError) return `Discord says ${error.status} (${error.code}: ${error.message})`;
  if (error instanceof HTTPError) return `Discord says ${error.status}`;
  if (error instanceof RateLimitError) return 'rate limited';
  const cause = error instanceof Error && 'code' in error ? String(error.code) : null;
  return `Discord was not reached: ${cause ?? (error instanceof Error ? error.name : errorMessage(error))}`;
}
