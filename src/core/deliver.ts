import type { Database } from '../db/database.ts';
import { markSent, markUndeliverable, nextDelivery, postponeDelivery } from '../db/deliveries.ts';
import { extendLease, type LessonRow } from '../db/lessons.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Platform } from './messages.ts';
import type { OutboundDelivery, SendResult, Surface } from './ports.ts';
import { LeaseLost } from './steps.ts';

export type Surfaces = ReadonlyMap<Platform, Surface>;

export interface DeliverDeps {
  db: Database;
  surfaces: Surfaces;
  log: Logger;
  leaseMs: number;
}

const MAX_ATTEMPTS = 12;
/** However long a platform asks us to wait: a reply that comes a day late helps nobody. */
const MAX_WAIT_MS = 3_600_000;

/**
 * Sends what a lesson owes its learner, in order; call it holding the lease, which is renewed ahead of each sending, so
 * that nobody else can begin the same one. Returns how many milliseconds to wait before trying again, or null when
 * everything is sent. Throws LeaseLost.
 */
export async function deliverPending(deps: DeliverDeps, lesson: LessonRow): Promise<number | null> {
  const { db, log } = deps;
  const surface = deps.surfaces.get(lesson.platform);
  if (!surface) throw new Error(`this process has no surface for ${lesson.platform}`);
  for (;;) {
    const delivery = await nextDelivery(db, lesson.id);
    if (!delivery) return null;
    if (delivery.wait_ms > 0) return delivery.wait_ms;
    if (!(await extendLease(db, lesson, deps.leaseMs))) throw new LeaseLost();
    const sent = await send(surface, { id: delivery.id, threadId: lesson.thread_id, reply: delivery.reply });
    if (sent.ok) {
      await markSent(db, delivery.id, sent.platformMessageIds);
      continue;
    }
    const { reason, detail } = sent;
    log.warn({ lessonId: lesson.id, deliveryId: delivery.id, reason, detail }, 'a reply was not delivered');
    if (reason === 'gone' || delivery.attempts + 1 >= MAX_ATTEMPTS) {
      await markUndeliverable(db, delivery.id, reason === 'gone' ? 'gone' : 'failed', detail);
    } else {
      const wait = Math.min(sent.retryAfterMs ?? backoffMs(delivery.attempts), MAX_WAIT_MS);
      await postponeDelivery(db, delivery.id, wait, detail);
    }
  }
}

/** A surface that throws all the same, such as over one reply, must not be asked for ever. */
async function send(surface: Surface, delivery: OutboundDelivery): Promise<SendResult> {
  try {
    return await surface.send(delivery);
  } catch (error) {
    return { ok: false, reason: 'retry', detail: errorMessage(error) };
  }
}

/** 1 s, 2 s, 4 s … at most 5 minutes. */
function backoffMs(attempts: number): number {
  return Math.min(300_000, 1000 * 2 ** attempts);
}
