import { z } from 'zod';
import type { WebhookConfig } from '../../config.ts';
import type { OutboundDelivery, SendResult, Surface } from '../../core/ports.ts';
import type { Logger } from '../../log.ts';
import { type GlimpseOptions, openGlimpses } from '../glimpses.ts';
import { idSchema } from './inbound.ts';
import { signatureHeaders } from './signature.ts';

export interface WebhookSurfaceOptions {
  now(): number;
  log: Logger;
  fetch?: typeof fetch;
  /** How long a post may take; has to be shorter than a lesson's lease. */
  timeoutMs?: number;
  pause?: GlimpseOptions['pause'];
}

type Post = (body: object, headers: Record<string, string>, stop?: AbortSignal) => Promise<Response>;

const TIMEOUT_MS = 6_000;
const GLIMPSE_MS = 500;
const TYPING_AFTER_MS = 100;

/** Posts to another program's chat, signed. The delivery's id is the identity of a reply: see docs/webhook.md. */
export function webhookSurface(config: WebhookConfig, options: WebhookSurfaceOptions): Surface {
  const { now, log, timeoutMs = TIMEOUT_MS, pause } = options;
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
  const glimpses = openGlimpses({
    ...{ everyMs: GLIMPSE_MS, typingAfterMs: TYPING_AFTER_MS, reason: nameOf, log, pause },
    async show(id, glimpse, stop) {
      const { type } = glimpse;
      const thread = { id };
      const response = await post(
        type === 'typing' ? { type, thread } : { type, thread, text: glimpse.text },
        {},
        stop,
      );
      await response.body?.cancel();
    },
  });
  return {
    platform: 'webhook',
    typing: glimpses.typing,
    preview: glimpses.preview,
    async send(delivery) {
      // What is under way is taken back, and a late glimpse does no harm there.
      void glimpses.end(delivery.threadId);
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
