/** One answer for an idempotency key, as often as it comes. */
import { Refusal } from './refusals.ts';

interface KeptAnswer {
  status: number;
  body: unknown;
}

export interface Idempotency {
  /** A request with this key begins. Gives back what ends it; refused while another one has not ended. */
  enter(key: string): () => void;
  /** The answer that the key had before; null for a new one. Refused when it came with another request. */
  recall(key: string, request: string, now: number): KeptAnswer | null;
  keep(key: string, request: string, now: number, answer: KeptAnswer): void;
}

const KEPT_SECONDS = 24 * 3_600;

export function createIdempotency(): Idempotency {
  const underWay = new Set<string>();
  const kept = new Map<string, KeptAnswer & { request: string; at: number }>();
  return {
    enter(key) {
      if (key.length > 255) throw refused(400, 'Idempotency keys can be up to 255 characters.');
      if (underWay.has(key)) {
        throw refused(
          409,
          `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
          'idempotency_key_in_use',
        );
      }
      underWay.add(key);
      return () => underWay.delete(key);
    },
    recall(key, request, now) {
      const known = kept.get(key);
      if (!known || now - known.at > KEPT_SECONDS) return null;
      if (known.request === request) return known;
      throw refused(
        400,
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    },
    keep(key, request, now, { status, body }) {
      kept.set(key, { request, status, body, at: now });
    },
  };
}

function refused(status: number, message: string, code?: string): Refusal {
  return new Refusal(status, { type: 'idempotency_error', message, ...(code !== undefined && { code }) });
}
