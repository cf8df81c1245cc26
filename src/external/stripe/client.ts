import Stripe from 'stripe';
import type { StripeConfig } from '../../config/billing.ts';

/** Every shape in this folder is that version's. */
const API_VERSION = '2026-10-28.endive';
/** Of one request; the SDK makes up to two more when the first is lost. */
const TIMEOUT_MS = 15_000;
const RETRIES = 2;

export function openClient(
  { secretKey, apiUrl }: Pick<StripeConfig, 'secretKey' | 'apiUrl'>,
  { timeoutMs = TIMEOUT_MS, retries = RETRIES }: { timeoutMs?: number | undefined; retries?: number } = {},
): Stripe {
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: retries,
    timeout: timeoutMs,
    telemetry: false,
    ...(apiUrl && addressOf(apiUrl)),
  });
}

function addressOf(apiUrl: string) {
  const { hostname, port, protocol } = new URL(apiUrl);
  const isPlain = protocol === 'http:';
  return {
    // Node's client wants an IPv6 address without its brackets.
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || (isPlain ? 80 : 443),
    protocol: isPlain ? ('http' as const) : ('https' as const),
  };
}

/** Whether the money behind it is real. */
export function isLiveKey(secretKey: string): boolean {
  return /^[sr]k_live_/.test(secretKey);
}

export function idOf(reference: string | { id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}

export function isPresent<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
