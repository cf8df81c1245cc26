import { UserError } from '../errors.ts';
import type { Translate } from './words.ts';

/** A platform wants its answer within seconds, whatever the work takes. */

/** What the first answer depends on may take so long; then there is still time to say that it took too long. */
const SOON_MS = 2_000;

/**
 * Rejects with UserError where the work takes too long to answer in time. The work itself goes on. `since`: when the
 * platform has asked, as performance.now() says it, where something else was waited for before.
 */
export async function soon<T>(work: Promise<T>, words: Translate, since = performance.now()): Promise<T> {
  const late = Promise.withResolvers<never>();
  const left = since + SOON_MS - performance.now();
  const timer = setTimeout(() => late.reject(new UserError('unavailable', words('errors.unavailable'))), left);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/**
 * What was taken is promised, whether or not the platform hears of it in time; and the person hears why not, also when it
 * does. Both are begun at once, so that a crash in between is unlikely to leave one without the other. Resolves with
 * what the work comes to.
 */
export async function both<T>(answer: Promise<void>, work: Promise<T>): Promise<T> {
  const [answered, done] = await Promise.allSettled([answer, work]);
  if (done.status === 'rejected') throw done.reason;
  if (answered.status === 'rejected') throw answered.reason;
  return done.value;
}
