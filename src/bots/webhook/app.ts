import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { WebhookConfig } from '../../config.ts';
import { UserError } from '../../errors.ts';
import { type ReceiveDeps, receive } from '../receive.ts';
import { readInbound } from './inbound.ts';
import { isSigned, SIGNATURE_HEADER, TIMESTAMP_HEADER } from './signature.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** What a sender is told to wait when the fault is ours. */
const RETRY_AFTER_MS = 5_000;

/**
 * Takes another program's messages: POST /chat/messages, signed. 202 promises an answer, which comes through the
 * surface; 429 and 503 ask for the same message once more, later; any other refusal is final. See docs/webhook.md.
 */
export function webhookApp(deps: ReceiveDeps, config: WebhookConfig, options: { now(): number }): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    if (error instanceof UserError) return refusePerson(context, error);
    deps.log.warn({ err: error }, 'a message of the chat was not accepted, and is to be sent again');
    const sentence = 'The message could not be taken just now. Send it again.';
    return refuse(context, 503, 'unavailable', sentence, RETRY_AFTER_MS);
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) => refuse(context, 413, 'too_large', `A body may have up to ${MAX_BODY_BYTES} bytes.`),
  });
  app.post('/chat/messages', limit, async (context) => {
    const body = Buffer.from(await context.req.arrayBuffer());
    const given = { timestamp: context.req.header(TIMESTAMP_HEADER), signature: context.req.header(SIGNATURE_HEADER) };
    if (!isSigned(config.secret, body, given, options.now())) {
      const sentence = 'The signature does not fit the body, or its time is more than five minutes off.';
      return refuse(context, 401, 'signature', sentence);
    }
    const inbound = readInbound(body.toString());
    if (!inbound.ok) return refuse(context, 400, 'invalid', inbound.problem);
    const { lessonId, turnId, created } = await receive(deps, inbound.message);
    return context.json({ lesson: lessonId, turn: turnId, created }, 202);
  });
  return app;
}

/** A person did something that we can explain; the sentence is meant for them. */
function refusePerson(context: Context, error: UserError): Response {
  const retryAfterMs = error.retryAfterMs ?? null;
  const status = retryAfterMs !== null ? 429 : error.code === 'not_your_lesson' ? 409 : 422;
  return refuse(context, status, error.code, error.message, retryAfterMs);
}

function refuse(
  context: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  retryAfterMs: number | null = null,
): Response {
  if (retryAfterMs !== null) context.header('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  return context.json({ error: { code, message } }, status);
}
