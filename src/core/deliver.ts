import type { Database } from '../db/database.ts';
import {
  markPosted,
  markSent,
  markSentAndRelease,
  markUndeliverable,
  type Owed,
  postponeDelivery,
} from '../db/deliveries.ts';
import type { LessonRow } from '../db/leases.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Leases } from './leases.ts';
import type { Platform } from './messages.ts';
import type { OutboundDelivery, SendResult, Surface, Telemetry } from './ports.ts';
import { asShown } from './replies.ts';
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

export interface Delivered {
  isSent: boolean;
  /** The lesson was given back, with so many messages; null: it is still held. */
  givenBack: number | null;
}

/**
 * Sends what an answered turn owes, in order, and gives the lesson back with the last of it. One that fails is left
 * for later, and nothing overtakes it. Throws LeaseLost.
 */
export async function deliverAll(deps: DeliverDeps, lesson: LessonRow, owed: readonly Owed[]): Promise<Delivered> {
  let delivered: Delivered = { isSent: true, givenBack: null };
  for (const [index, delivery] of owed.entries()) {
    delivered = await deliver(deps, lesson, delivery, index === owed.length - 1);
    if (!delivered.isSent) break;
  }
  return delivered;
}

/**
 * Sends what is owed, and records what came of it: sent, put off, or undeliverable. Makes sure of the lease at the
 * last moment, so that nobody else can begin the same one meanwhile. Throws LeaseLost.
 */
export async function deliver(
  deps: DeliverDeps,
  lesson: LessonRow,
  delivery: Owed,
  isLast = false,
): Promise<Delivered> {
  const { telemetry } = deps;
  const surface = deps.surfaces.get(lesson.platform);
  if (!surface) throw new Error(`this process has no surface for ${lesson.platform}`);
  const outbound = outboundOf(deps, lesson, delivery);
  const sent = await telemetry.step('send', { platform: lesson.platform }, async () => {
    if (!(await deps.leases.secure(lesson))) throw new LeaseLost();
    return trySending(surface, outbound);
  });
  return telemetry.step('record', {}, async () => {
    if (!sent.ok) {
      await recordFailure(deps, lesson, delivery, sent);
      return { isSent: false, givenBack: null };
    }
    return { isSent: true, givenBack: await recordSent(deps, lesson, delivery.id, sent.platformMessageIds, isLast) };
  });
}

function outboundOf({ db, log }: DeliverDeps, lesson: LessonRow, delivery: Owed): OutboundDelivery {
  const { id, reply, draft, posted, mayBeShown } = delivery;
  return {
    ...{ id, reply: asShown(reply), draft, posted, mayBeShown },
    threadId: lesson.thread_id,
    locale: lesson.locale,
    // Without it a crash may show a part twice where the platform has forgotten it; no reason to hold the rest back.
    onPosted: (ids) =>
      markPosted(db, id, ids).catch((error) => log.warn({ err: error, deliveryId: id }, 'a part was not recorded')),
  };
}

async function recordSent(
  { db, telemetry }: DeliverDeps,
  lesson: LessonRow,
  id: string,
  platformMessageIds: string[],
  isLast: boolean,
): Promise<number | null> {
  telemetry.note({ type: 'delivery_sent', platform: lesson.platform });
  if (!isLast) {
    await markSent(db, id, platformMessageIds);
    return null;
  }
  const messageCount = await markSentAndRelease(db, lesson, id, platformMessageIds);
  if (messageCount === null) throw new LeaseLost();
  return messageCount;
}

/** A surface that throws all the same, such as over one reply, must not be asked for ever. */
async function trySending(surface: Surface, delivery: OutboundDelivery): Promise<SendResult & { isBroken?: true }> {
  try {
    return await surface.send(delivery);
  } catch (error) {
    return { ok: false, reason: 'retry', detail: errorMessage(error), isBroken: true };
  }
}

async function recordFailure(
  { db, log, telemetry }: DeliverDeps,
  lesson: LessonRow,
  delivery: Owed,
  { reason: said, detail, retryAfterMs, isBroken }: Extract<SendResult, { ok: false }> & { isBroken?: true },
): Promise<void> {
  const isLast = delivery.attempts + 1 >= (isBroken ? MAX_BREAKDOWNS : MAX_ATTEMPTS);
  const reason = said === 'retry' && isLast ? 'given_up' : said;
  telemetry.note({ type: 'delivery_failed', platform: lesson.platform, reason });
  log.warn({ lessonId: lesson.id, deliveryId: delivery.id, reason, detail }, 'a reply was not delivered');
  if (reason !== 'retry') return markUndeliverable(db, delivery.id, reason === 'gone' ? 'gone' : 'failed', detail);
  // However short a wait the platform asks for: the attempts have to last for its whole absence.
  const wait = Math.min(Math.max(retryAfterMs ?? 0, backoffMs(delivery.attempts)), MAX_WAIT_MS);
  return postponeDelivery(db, lesson.id, delivery.id, wait, detail);
}

/** 1 s, 2 s, 4 s … at most 5 minutes. */
function backoffMs(attempts: number): number {
  return Math.min(300_000, 1000 * 2 ** attempts);
}
