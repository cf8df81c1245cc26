import type Stripe from 'stripe';
import { z } from 'zod';
import type { StripeEvent } from '../../core/billing/sources.ts';
import { errorMessage } from '../../errors.ts';

/** What Stripe posts to us. */

/** How old a signature may be. */
const TOLERANCE_SECONDS = 300;
const STALE = /tolerance/;

/** Of what is told, only the names are kept: the rest is asked for anew. Some objects have no id. */
const eventSchema = z.object({
  id: z.string().min(1),
  object: z.literal('event'),
  type: z.string().min(1),
  livemode: z.boolean(),
  created: z.number(),
  data: z.object({ object: z.object({ object: z.string(), id: z.string().nullish() }) }),
});

export type Read = { ok: true; event: StripeEvent } | { ok: false; why: string };

/** Signed with any of the secrets, and not long ago. `why` has nothing of the body. */
export function readWebhook(
  { webhooks }: Pick<Stripe, 'webhooks'>,
  { body, signature }: { body: Buffer; signature: string | null },
  { secrets, now }: { secrets: readonly string[]; now: number },
): Read {
  if (signature === null) return { ok: false, why: 'it has no signature' };
  let why = 'there is no secret';
  for (const secret of secrets) {
    try {
      return eventFrom(webhooks.constructEvent(body, signature, secret, TOLERANCE_SECONDS, undefined, now));
    } catch (error) {
      // Only the one that it was signed with finds it stale, or no event.
      const isOfAnother = /No signatures found matching/.test(errorMessage(error));
      why = isOfAnother ? 'its signature is of another secret, or of another body' : reasonOf(error);
      if (!isOfAnother) break;
    }
  }
  return { ok: false, why };
}

function eventFrom(given: unknown): Read {
  const parsed = eventSchema.safeParse(given);
  if (!parsed.success) return { ok: false, why: 'it is signed, but it is no event' };
  const { id, type, livemode, created, data } = parsed.data;
  const { object } = data;
  return {
    ok: true,
    event: {
      id,
      type,
      object: { kind: object.object, id: object.id ?? '' },
      isLive: livemode,
      createdAt: new Date(created * 1000),
    },
  };
}

function reasonOf(error: unknown): string {
  const message = errorMessage(error);
  if (STALE.test(message)) return `its signature is more than ${TOLERANCE_SECONDS / 60} minutes old`;
  if (error instanceof SyntaxError) return 'it is signed, but it is not JSON';
  return 'its signature cannot be read';
}
