import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Payments, StripeEvent } from '../core/billing/sources.ts';
import { type Logger, seldom } from '../log.ts';

/** Where Stripe posts what happened; it posts the same again until it is told 200. */

/** To be mounted at this path. */
export const STRIPE_WEBHOOK_PATH = '/stripe/webhook';
/** Larger than any event. */
const MAX_BODY_BYTES = 256 * 1024;

export interface StripeWebhookDeps {
  payments: Pick<Payments, 'read' | 'isLive'>;
  /** Keeps it, once however often it comes. Rejects where that failed: then Stripe is to tell it again. */
  receiveEvent(event: StripeEvent): Promise<void>;
  log: Pick<Logger, 'warn'>;
}

/** 200: it is kept, of whatever type it is; 503: it is to be sent again; anything else was not from our Stripe. */
export function stripeWebhookApp({ payments, receiveEvent, log }: StripeWebhookDeps): Hono {
  const warn = {
    refused: seldom(log, 'a webhook was refused that says it is of Stripe'),
    mode: seldom(log, 'a webhook of Stripe’s other mode was refused: its endpoint is set up in the wrong mode'),
    kept: seldom(log, 'an event of Stripe could not be kept; it is sent again'),
  };
  const refuseBody = (context: Context) => {
    warn.refused(new Error(`it has more than ${MAX_BODY_BYTES} bytes`));
    return refuse(context, 413, 'too_large', `A body may have up to ${MAX_BODY_BYTES} bytes.`);
  };
  const app = new Hono();
  app.post('/', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: refuseBody }), async (context) => {
    const body = Buffer.from(await context.req.arrayBuffer());
    const read = payments.read(body, context.req.header('stripe-signature') ?? null);
    if (!read.ok) {
      warn.refused(new Error(read.why));
      return refuse(context, 400, 'signature', 'The signature does not fit the body, or it is too old.');
    }
    const { event } = read;
    if (event.isLive !== payments.isLive) {
      warn.mode(new Error(`${event.id} is of ${event.isLive ? 'live' : 'test'} mode, the key is of the other one`));
      return refuse(context, 400, 'mode', 'The event is of the other mode than the key of this server.');
    }
    try {
      await receiveEvent(event);
    } catch (error) {
      warn.kept(error);
      return refuse(context, 503, 'unavailable', 'The event could not be kept just now. Send it again.');
    }
    return context.json({ received: true });
  });
  return app;
}

function refuse(context: Context, status: 400 | 413 | 503, code: string, message: string): Response {
  return context.json({ error: { code, message } }, status);
}
