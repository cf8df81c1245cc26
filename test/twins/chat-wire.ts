import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Reply } from '../../src/core/messages.ts';

/** The wire of docs/webhook.md as another program implements it: shares no code with what it checks. */

export type ChatPost =
  | { type: 'reply'; delivery: string; thread: { id: string }; reply: Reply }
  | { type: 'typing'; thread: { id: string } }
  | { type: 'preview'; thread: { id: string }; text: string };

const TOLERANCE_SECONDS = 300;

export function signed(secret: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return { 'x-threadtutor-timestamp': timestamp, 'x-threadtutor-signature': signature(secret, timestamp, body) };
}

/** What is wrong with a signature; null for nothing. */
export function verify(secret: string, body: Buffer, headers: IncomingHttpHeaders, nowMs: number): string | null {
  const timestamp = String(headers['x-threadtutor-timestamp'] ?? '');
  if (!/^\d+$/.test(timestamp)) return 'no timestamp';
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return 'a stale timestamp';
  const isRight = headers['x-threadtutor-signature'] === signature(secret, timestamp, body);
  return isRight ? null : 'a wrong signature';
}

function signature(secret: string, timestamp: string, body: string | Buffer): string {
  const bytes = Buffer.concat([Buffer.from(`v1:${timestamp}:`), Buffer.from(body)]);
  return `v1=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
}

const thread = z.strictObject({ id: z.string().min(1) });
const planLine = z.strictObject({
  title: z.string(),
  objective: z.string(),
  status: z.string(),
  mastery: z.number().min(0).max(1).nullable(),
  right: z.int(),
  wrong: z.int(),
});
const postSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('reply'),
    delivery: z.uuid(),
    thread,
    reply: z.strictObject({
      kind: z.enum(['message', 'plan', 'progress', 'summary', 'notice']),
      text: z.string(),
      question: z
        .strictObject({
          id: z.string(),
          kind: z.enum(['choice', 'numeric', 'short', 'open']),
          prompt: z.string().min(1),
          choices: z.array(z.strictObject({ id: z.string(), text: z.string() })),
        })
        .nullable(),
      plan: z.array(planLine).nullable(),
      progress: z.strictObject({ step: z.int(), of: z.int(), title: z.string() }).nullable(),
      closing: z.string().nullable(),
      commands: z.array(z.string()),
    }),
  }),
  z.strictObject({ type: z.literal('typing'), thread }),
  z.strictObject({ type: z.literal('preview'), thread, text: z.string().min(1) }),
]);

/** Reads what the tutor posted, and says what is malformed in it. */
export function readPost(
  body: string,
  headers: IncomingHttpHeaders,
): { ok: true; post: ChatPost } | { ok: false; complaint: string } {
  const parsed = postSchema.safeParse(parseJson(body));
  if (!parsed.success) return { ok: false, complaint: z.prettifyError(parsed.error) };
  const post = parsed.data as ChatPost;
  if (post.type === 'reply' && headers['idempotency-key'] !== post.delivery) {
    return { ok: false, complaint: `the idempotency key of ${post.delivery} is ${headers['idempotency-key']}` };
  }
  return { ok: true, post };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
