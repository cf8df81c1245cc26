import type { Database } from '../db/database.ts';
import { type DeliveryRow, markSent, markUndeliverable, postponeDelivery } from '../db/deliveries.ts';
import type { LessonRow } from '../db/leases.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Leases } from './leases.ts';
import type { Platform } from './messages.ts';
import type { OutboundDelivery, SendResult, Surface, Telemetry } from './ports.ts';
import { LeaseLost } from './steps.ts';

export type Surfaces = ReadonlyMap<Platform, Surface>;

export interface DeliverDeps {
  db: Database;
  surfaces: Surfaces;
  leases: Leases;
  telemetry: Telemetry;
  log: Logger;
}

/** Of a platform that is away: with the waits below, about a day. */
const MAX_ATTEMPTS = 300;
/** Of a surface that breaks over a reply: the fault is ours, and will not go away by itself. */
const MAX_BREAKDOWNS = 12;
/** However long a platform asks us to wait: a reply that comes a day late helps nobody. */
const MAX_WAIT_MS = 3_600_000;

/**
 * Sends what a turn owes, in order; one that fails is left for later, and nothing overtakes it: false. Throws LeaseLost.
 */
export async function deliverAll(
  deps: DeliverDeps,
  lesson: LessonRow,
  deliveries: readonly Omit<DeliveryRow, 'wait_ms'>[],
): Promise<boolean> {
  for (const delivery of deliveries) {
    if (!(await deliver(deps, lesson, delivery))) return false;
  }
  return true;
}

/**
 * Sends what is owed, and records what came of it: sent, put off, or undeliverable. Makes sure of the lease at the
 * last moment, so that nobody else can begin the same one meanwhile. False when it was not sent. Throws LeaseLost.
 */
export async function deliver(
  deps: DeliverDeps,
  lesson: LessonRow,
  delivery: Omit<DeliveryRow, 'wait_ms'>,
): Promise<boolean> {
  const { telemetry } = deps;
  const surface = deps.surfaces.get(lesson.platform);
  if (!surface) throw new Error(`this process has no surface for ${lesson.platform}`);
  const outbound = { id: delivery.id, threadId: lesson.thread_id, reply: delivery.reply };
  const sent = await telemetry.step('send', { platform: lesson.platform }, async () => {
    if (!(await deps.leases.secure(lesson))) throw new LeaseLost();
    return trySending(surface, outbound);
  });
  await telemetry.step('record', {}, () => record(deps, lesson, delivery, sent));
  return sent.ok;
}

/** A surface that throws all the same, such as over one reply, must not be asked for ever. */
async function trySending(surface: Surface, delivery: OutboundDelivery): Promise<SendResult & { isBroken?: true }> {
  try {
    return await surface.send(delivery);
  } catch (error) {
    return { ok: false, reason: 'retry', detail: errorMessage(error), isBroken: true };
  }
}

async function record(
  { db, log, telemetry }: DeliverDeps,
  lesson: LessonRow,
  delivery: Omit<DeliveryRow, 'wait_ms'>,
  sent: SendResult & { isBroken?: true },
): Promise<void> {
  const { platform } = lesson;
  if (sent.ok) {
    telemetry.note({ type: 'delivery_sent', platform });
    return markSent(db, delivery.id, sent.platformMessageIds);
  }
  const { detail } = sent;
  const isLast = delivery.attempts + 1 >= (sent.isBroken ? MAX_BREAKDOWNS : MAX_ATTEMPTS);
  const reason = sent.reason === 'retry' && isLast ? 'given_up' : sent.reason;
  telemetry.note({ type: 'delivery_failed', platform, reason });
  log.warn({ lessonId: lesson.id, deliveryId: delivery.id, reason, detail }, 'a reply was not delivered');
  if (reason !== 'retry') return markUndeliverable(db, delivery.id, reason === 'gone' ? 'gone' : 'failed', detail);
  // However short a wait the platform asks for: the attempts have to last for its whole absence.
  const wait = Math.min(Math.max(sent.retryAfterMs ?? 0, backoffMs(delivery.attempts)), MAX_WAIT_MS);
  return postponeDelivery(db, delivery.id, wait, detail);
}

/** 1 s, 2 s, 4 s … at most 5 minutes. */
function backoffMs(attempts: number): number {
  return Math.min(300_000, 1000 * 2 ** attempts);
}
