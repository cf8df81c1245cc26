import { cardShown, postponeCard, readDueCard } from '../db/cards.ts';
import type { Database } from '../db/database.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Surfaces } from './deliver.ts';
import { LAST_PRIORITY } from './fairness.ts';
import type { Nudger, SendResult } from './ports.ts';
import { cardReply } from './replies.ts';

const MIN_WAIT_MS = 10_000;
const MAX_WAIT_MS = 300_000;

/**
 * Shows a lesson's card as the lesson is now. Runs beside the lesson, never ahead of a reply, and holds nothing up:
 * many changes in a row are one, and a platform that is away is asked again later. One that cannot be shown is left as
 * it is until the lesson changes it again. Safe to run at any time.
 */
export async function showCard(
  deps: { db: Database; surfaces: Surfaces; nudger: Nudger; log: Logger },
  lessonId: string,
): Promise<void> {
  const { db, log, nudger } = deps;
  const due = await readDueCard(db, lessonId);
  const show = due && deps.surfaces.get(due.platform)?.showCard;
  if (!show) return;
  const { threadId, card, locale, state, queue } = due;
  const shown = await show({ threadId, card, locale, reply: cardReply(state) }).catch(
    (error): SendResult => ({ ok: false, reason: 'gone', detail: errorMessage(error) }),
  );
  if (!shown.ok) log.warn({ lessonId, reason: shown.reason, detail: shown.detail }, 'a card was not shown');
  if (shown.ok || shown.reason === 'gone') return cardShown(db, lessonId, due.due);
  const delayMs = Math.min(Math.max(shown.retryAfterMs ?? 0, MIN_WAIT_MS), MAX_WAIT_MS);
  await postponeCard(db, lessonId, delayMs);
  await nudger.nudge(queue, lessonId, { job: 'card', delayMs, priority: LAST_PRIORITY });
}
