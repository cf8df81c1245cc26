import { describe, expect, test } from 'vitest';
import { isSigned, signatureHeaders } from '../../../src/bots/webhook/signature.ts';

const NOW = 1_700_000_000_000;
const SECRET = 'a secret of sixteen or more';
const BODY = '{"text":"½ of π"}';

function headers(nowMs = NOW, secret = SECRET, body = BODY) {
  const { 'X-Threadtutor-Timestamp': timestamp, 'X-Threadtutor-Signature': signature } = signatureHeaders(
    secret,
    body,
    nowMs,
  );
  return { timestamp, signature };
}
const right = headers();

describe('a signature', () => {
  test('is the HMAC-SHA256 of version, time and body', () => {
    // printf '%s' 'v1:1700000000:{"text":"½ of π"}' | openssl dgst -sha256 -hmac 'a secret of sixteen or more'
    expect(right).toEqual({
      timestamp: '1700000000',
      signature: 'v1=b85d3c503c9a83090605eedcd1776c03b9e0a7e021ee1789bdc244caecd653fa',
    });
  });

  test.each([
    ['as it was made', right, NOW, true],
    ['five minutes late', right, NOW + 300_000, true],
    ['five minutes early', right, NOW - 300_000, true],
    ['later than that', right, NOW + 301_000, false],
    ['earlier than that', right, NOW - 301_000, false],
    ['of another secret', headers(NOW, 'another secret of sixteen'), NOW, false],
    ['of another body', headers(NOW, SECRET, `${BODY} `), NOW, false],
    ['with another time', { ...right, timestamp: '1700000001' }, NOW, false],
    ['without a time', { ...right, timestamp: undefined }, NOW, false],
    ['with a time that is no number', { ...right, timestamp: '1700000000.0' }, NOW, false],
    ['that is missing', { ...right, signature: undefined }, NOW, false],
    ['that is empty', { ...right, signature: '' }, NOW, false],
    ['cut short', { ...right, signature: right.signature?.slice(0, -1) }, NOW, false],
    ['in capitals', { ...right, signature: right.signature?.toUpperCase() }, NOW, false],
    ['of another version', { ...right, signature: right.signature?.replace('v1', 'v0') }, NOW, false],
    ['with one digit changed', { ...right, signature: flipped(right.signature ?? '') }, NOW, false],
  ])('%s', (_name, given, now, expected) => {
    expect(isSigned(SECRET, Buffer.from(BODY), given, now)).toBe(expected);
  });
});

function flipped(signature: string): string {
  return signature.slice(0, -1) + (signature.endsWith('0') ? '1' : '0');
}
