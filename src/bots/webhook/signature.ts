import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 over `v1:<seconds>:<raw body>`, after Slack's: the same in both directions. */

export const TIMESTAMP_HEADER = 'X-Threadtutor-Timestamp';
export const SIGNATURE_HEADER = 'X-Threadtutor-Signature';

/** How far the clocks may be apart, and how long a request that somebody recorded is of use. */
const TOLERANCE_SECONDS = 300;

export function signatureHeaders(secret: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    [TIMESTAMP_HEADER]: timestamp,
    [SIGNATURE_HEADER]: `v1=${digest(secret, timestamp, body).toString('hex')}`,
  };
}

/** True when the body was signed with the secret, at most five minutes from now. Takes the same time wherever it differs. */
export function isSigned(
  secret: string,
  body: string | Uint8Array,
  given: { timestamp: string | undefined; signature: string | undefined },
  nowMs: number,
): boolean {
  const { timestamp = '', signature = '' } = given;
  if (!/^\d{1,12}$/.test(timestamp) || !/^v1=[\da-f]{64}$/.test(signature)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  return timingSafeEqual(digest(secret, timestamp, body), Buffer.from(signature.slice(3), 'hex'));
}

function digest(secret: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`v1:${timestamp}:`).update(body).digest();
}
