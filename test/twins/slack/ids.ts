/** Slack's ids and tokens: they name nothing, are never the same twice, and look as Slack's do. */
import { randomBytes } from 'node:crypto';

type Prefix = 'A' | 'B' | 'C' | 'D' | 'E' | 'Ev' | 'F' | 'G' | 'T' | 'U' | 'V';

export interface Ids {
  next(prefix: Prefix): string;
  secret(): string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

export function createIds(): Ids {
  return {
    next: (prefix) => `${prefix}0${[...randomBytes(9)].map((byte) => ALPHABET[byte % 32]).join('')}`,
    secret: () => randomBytes(12).toString('hex'),
  };
}
