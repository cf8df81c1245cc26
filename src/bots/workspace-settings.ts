import { UserError } from '../errors.ts';
import type { Translate } from './words.ts';

/** What admins choose from, and how what they write is read. */

/** Of the languages that a workspace may want, in their own words; a learner may name any other. */
export const LANGUAGES = [
  'English',
  'Deutsch',
  'Español',
  'Français',
  'Italiano',
  'Português',
  '日本語',
  '中文',
  'العربية',
  'हिन्दी',
];

/** At most two decimals: so nobody's thousands are read as a fraction. */
const AMOUNT = /^\$?\s*(\d+)(?:[.,](\d{1,2}))?\s*\$?$/;

/** In US dollars; null where the field is empty. Throws UserError for what is no amount. */
export function amountOf(field: string, words: Translate): number | null {
  const written = field.trim();
  if (written === '') return null;
  const [isAmount, whole, decimals = '0'] = AMOUNT.exec(written) ?? [];
  if (!isAmount) throw new UserError('not_an_amount', words('errors.notAnAmount'));
  return Number(`${whole}.${decimals}`);
}
