/** Stripe's ids and secrets: they are never the same twice, and look as Stripe's do. */
import { randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const LENGTHS = { cus: 14, prod: 14, cs: 58, bps: 24, si: 14, whsec: 32, req: 14, sk: 40, rk: 40 } as const;

type Prefix =
  | keyof typeof LENGTHS
  | 'ch'
  | 'du'
  | 'evt'
  | 'il'
  | 'in'
  | 'inpay'
  | 'li'
  | 'pi'
  | 'pm'
  | 'price'
  | 're'
  | 'sub';

export function newId(prefix: Prefix, middle = ''): string {
  const length = prefix in LENGTHS ? LENGTHS[prefix as keyof typeof LENGTHS] : 24;
  return `${prefix}_${middle}${randomText(length)}`;
}

export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
