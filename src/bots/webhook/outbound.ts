import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { WebhookConfig } from '../../config.ts';
import type { OutboundDelivery, SendResult, Surface } from '../../core/ports.ts';
import type { Logger } from '../../log.ts';
import { idSchema } from './inbound.ts';
import { signatureHeaders } from './signature.ts';

export interface WebhookSurfaceOptions {
  now(): number;
  log: Logger;
  fetch?: typeof fetch;
  /** How long a post may take; has to be shorter than a lesson's lease. */
  timeoutMs?: number;
  /** Waits between two glimpses; throws when the signal aborts. */
  pause?(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** What is shown while a reply is being made: it may be lost. */
type Glimpse = { type: 'typing'; thread: { id: string } } | { type: 'preview'; thread: { id: string }; text: string };

type Post = (body: object, headers: Record<string, string>, stop?: AbortSignal) => Promise<Response>;

const TIMEOUT_MS = 6_000;
const GLIMPSE_MS = 500;
/** A reply that comes sooner needs no sign of typing. */
const TYPING_AFTER_MS = 100;

/** Posts to another program's chat, signed. The delivery's id is the identity of a reply: see docs/webhook.md. */
export function webhookSurface(config: WebhookConfig, options: WebhookSurfaceOptions): Surface {
  const { now, log, timeoutMs = TIMEOUT_MS, pause = unheldPause } = options;
  const request = options.fetch ?? fetch;
  const post: Post = (body, headers, stop) => {
    const raw = JSON.stringify(body);
    const timeout = AbortSignal.timeout(timeoutMs);
    return request(config.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers, ...signatureHeaders(config.secret, raw, now()) },
      body: raw,
      // A redirect would lose the body, or take it to somebody else.
      redirect: 'manual',
      signal: stop ? AbortSignal.any([stop, timeout]) : timeout,
    });
  };
  const glimpses = openGlimpses(post, pause, log);
  return {
    platform: 'webhook',
    typing: (id) => glimpses.show({ type: 'typing', thread: { id } }),
    preview: (id, text) => glimpses.show({ type: 'preview', thread: { id }, text }),
    send(delivery) {
      glimpses.end(delivery.threadId);
      return sendReply(post, delivery, now);
    },
  };
}

async function sendReply(
  post: Post,
  { id, threadId, reply }: OutboundDelivery,
  now: () => number,
): Promise<SendResult> {
  try {
    const body = { type: 'reply', delivery: id, thread: { id: threadId }, reply };
    const response = await post(body, { 'Idempotency-Key': id });
    if (response.ok) return { ok: true, platformMessageIds: await messageIds(response) };
    await response.body?.cancel();
    const { status, headers } = response;
    const detail = `the chat answered ${status}`;
    // Not 404: a wrong address is put right, and what was sent to it is not lost.
    if (status === 410) return { ok: false, reason: 'gone', detail };
    const retryAfterMs = status === 429 || status === 503 ? wait(headers.get('Retry-After'), now()) : 0;
    return { ok: false, reason: 'retry', detail, ...(retryAfterMs > 0 && { retryAfterMs }) };
  } catch (error) {
    return { ok: false, reason: 'retry', detail: `the chat was not reached: ${nameOf(error)}` };
  }
}

const answerSchema = z.object({ messageIds: z.array(idSchema).max(100) });

/** The chat has taken the reply, whatever becomes of the rest of its answer. */
async function messageIds(response: Response): Promise<string[]> {
  try {
    const answer = answerSchema.safeParse(await response.json());
    return answer.success ? answer.data.messageIds : [];
  } catch {
    return [];
  }
}

/** Of a Retry-After, in seconds or as a date; 0 where there is none. */
function wait(retryAfter: string | null, nowMs: number): number {
  const value = retryAfter?.trim() ?? '';
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** Not the message, which may quote the URL and with it what is secret in there. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.name;
}

/**
 * Shows glimpses of a thread one at a time and not too often, the latest in place of those that had to wait. Nothing
 * is kept of a thread that shows none, and nothing is sent or under way once its glimpses have ended.
 */
function openGlimpses(post: Post, pause: NonNullable<WebhookSurfaceOptions['pause']>, log: Logger) {
  const threads = new Map<string, { next: Glimpse | null; stop: AbortController }>();
  const run = async (id: string, first: Glimpse) => {
    const thread = { next: first as Glimpse | null, stop: new AbortController() };
    const { signal } = thread.stop;
    threads.set(id, thread);
    if (first.type === 'typing') await pause(TYPING_AFTER_MS, signal).catch(() => {});
    while (thread.next && !signal.aborted) {
      const glimpse = thread.next;
      thread.next = null;
      try {
        const response = await post(glimpse, {}, signal);
        await response.body?.cancel();
      } catch (error) {
        if (!signal.aborted) log.debug({ type: glimpse.type, reason: nameOf(error) }, 'a glimpse was not shown');
      }
      await pause(GLIMPSE_MS, signal).catch(() => {});
    }
    if (threads.get(id) === thread) threads.delete(id);
  };
  return {
    show(glimpse: Glimpse): void {
      const { id } = glimpse.thread;
      const thread = threads.get(id);
      if (!thread) void run(id, glimpse);
      // A preview says more than the sign of typing that it may replace.
      else if (glimpse.type === 'preview') thread.next = glimpse;
    },
    end(id: string): void {
      threads.get(id)?.stop.abort();
      threads.delete(id);
    },
  };
}

/** Does not keep a process from ending. */
const unheldPause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal, ref: false });
