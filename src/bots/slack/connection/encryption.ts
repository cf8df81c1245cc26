import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Secrets at rest: AES-256-GCM, bound to what they belong to. */

export interface Cipher {
  /** What is encrypted for one subject cannot be passed off as another's. */
  encrypt(subject: string, text: string): Buffer;
  /** Throws when no key fits, or it was changed, or it is another subject's. */
  decrypt(subject: string, encrypted: Buffer): string;
}

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte: how the rest is written, so that a later way can stand beside this one. */
const VERSION = 1;

/** The first secret encrypts, all of them decrypt, so that one can follow another. */
export function openCipher(secrets: readonly string[]): Cipher {
  const keys = secrets.map((secret) => derive(secret, 'threadtutor/slack/installations'));
  const [newest] = keys;
  if (!newest) throw new Error('there is no key to encrypt with');
  return {
    encrypt: (subject, text) => seal(newest, subject, text),
    decrypt(subject, encrypted) {
      for (const key of keys) {
        const text = unseal(key, subject, encrypted);
        if (text !== null) return text;
      }
      throw new Error(`no key decrypts what is stored for ${subject}: is it in SLACK_ENCRYPTION_KEY, first or later?`);
    },
  };
}

/** A key for one purpose, from a secret that may serve several. */
export function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
}

/** version · IV · tag · ciphertext */
function seal(key: Buffer, subject: string, text: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(subject));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), encrypted]);
}

/** Null: the key does not fit. */
function unseal(key: Buffer, subject: string, sealed: Buffer): string | null {
  const tagAt = 1 + IV_BYTES;
  const textAt = tagAt + TAG_BYTES;
  if (sealed[0] !== VERSION || sealed.length < textAt) return null;
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(subject));
  decipher.setAuthTag(sealed.subarray(tagAt, textAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
