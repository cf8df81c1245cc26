import type { Database } from '../db/database.ts';
import { markSent, markUndeliverable, nextDelivery, postponeDelivery } from '../db/deliveries.ts';
import type { LessonRow } from '../db/lessons.ts';
import type { Platform } from './messages.ts';
import type { Surface } from './ports.ts';

export type Surfaces = ReadonlyMap<Platform, Surface>;

const MAX_ATTEMPTS = 12;

/**
 * Sends what a lesson owes its learner, in order; call it holding the lease. Returns how many milliseconds to wait
 * before trying again, or null when everything is sent.
 */
export async function deliverPending(db: Database, surfaces: Surfaces, lesson: LessonRow): Promise<number | null> {
  const surface = surfaces.get(lesson.platform);
  if (!surface) throw new Error(`this process has no surface for ${lesson.platform}`);
  for (;;) {
    const delivery = await nextDelivery(db, lesson.id);
    if (!delivery) return null;
    if (delivery.wait_ms > 0) return delivery.wait_ms;
    const sent = await surface.send({ id: delivery.id, threadId: lesson.thread_id, reply: delivery.reply });
    if (sent.ok) {
      await markSent(db, delivery.id, sent.platformMessageIds);
    } else if (sent.reason === 'gone' || delivery.attempts + 1 >= MAX_ATTEMPTS) {
      await markUndeliverable(db, delivery.id, sent.reason === 'gone' ? 'gone' : 'failed', sent.detail);
    } else {
      await postponeDelivery(db, delivery.id, sent.retryAfterMs ?? backoffMs(delivery.attempts), sent.detail);
    }
  }
}

/** 1 s, 2 s, 4 s … at most 5 minutes. */
function backoffMs(attempts: number): number {
  return Math.min(300_000, 1000 * 2 ** attempts);
}
