import { expect, test } from 'vitest';
import { derive, openCipher } from '../../../src/bots/slack/connection/encryption.ts';

const NEW = 'the key of this year, long enough';
const OLD = 'the key of last year, long enough';
const TOKEN = 'xoxb-1-secret';

test.each(['', TOKEN, 'Ünïcödé ✓ 🎓', 'x'.repeat(100_000)])('what is encrypted comes back', (text) => {
  const cipher = openCipher([NEW]);
  expect(cipher.decrypt('T1', cipher.encrypt('T1', text))).toBe(text);
});

test('nothing of the text is to be seen, and no two are alike', () => {
  const cipher = openCipher([NEW]);
  const [one, other] = [cipher.encrypt('T1', TOKEN), cipher.encrypt('T1', TOKEN)];
  expect(one.includes('xoxb')).toBe(false);
  expect(one.equals(other)).toBe(false);
  expect(one[0]).toBe(1);
});

test('another process with the same key reads it, one with another key does not', () => {
  const encrypted = openCipher([NEW]).encrypt('T1', TOKEN);
  expect(openCipher([NEW]).decrypt('T1', encrypted)).toBe(TOKEN);
  expect(() => openCipher([OLD]).decrypt('T1', encrypted)).toThrow('no key decrypts what is stored for T1');
});

test('an old key decrypts beside a new one, which encrypts', () => {
  const both = openCipher([NEW, OLD]);
  expect(both.decrypt('T1', openCipher([OLD]).encrypt('T1', TOKEN))).toBe(TOKEN);
  const encrypted = both.encrypt('T1', TOKEN);
  expect(openCipher([NEW]).decrypt('T1', encrypted)).toBe(TOKEN);
  expect(() => openCipher([OLD]).decrypt('T1', encrypted)).toThrow('no key');
});

test('what was moved to another workspace is refused', () => {
  const cipher = openCipher([NEW]);
  const encrypted = cipher.encrypt('T1', TOKEN);
  expect(() => cipher.decrypt('T2', encrypted)).toThrow('no key decrypts what is stored for T2');
});

test('what was changed anywhere is refused, and so is what was cut off', () => {
  const cipher = openCipher([NEW]);
  const encrypted = cipher.encrypt('T1', TOKEN);
  for (let at = 0; at < encrypted.length; at += 1) {
    const changed = Buffer.from(encrypted);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => cipher.decrypt('T1', changed)).toThrow('no key');
    expect(() => cipher.decrypt('T1', encrypted.subarray(0, at))).toThrow('no key');
  }
});

test('without a key there is no cipher', () => {
  expect(() => openCipher([])).toThrow('there is no key');
});

test('a secret gives another key for each purpose, and the same one each time', () => {
  expect(derive(NEW, 'one')).toHaveLength(32);
  expect(derive(NEW, 'one').equals(derive(NEW, 'one'))).toBe(true);
  expect(derive(NEW, 'one').equals(derive(NEW, 'other'))).toBe(false);
});
