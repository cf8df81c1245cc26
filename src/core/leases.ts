import type { Database } from '../db/database.ts';
import { extendLeases, type LessonRow } from '../db/leases.ts';
import type { Logger } from '../log.ts';

/** The lessons that this process holds. */
export interface Leases {
  readonly leaseMs: number;
  /** Renews the lesson's lease until the returned function is called. */
  hold(lesson: LessonRow): () => void;
  /** True when a heartbeat has found that another worker took the lesson: what is not written is not to be shown. */
  isLost(lesson: LessonRow): boolean;
  stop(): void;
}

/** Three may be missed. */
const HEARTBEATS_PER_LEASE = 4;

/** Renews all leases of this process together: one statement a heartbeat, however many lessons are in hand. */
export function keepLeases(db: Database, leaseMs: number, log: Logger): Leases {
  const held = new Map<string, LessonRow>();
  let isBeating = false;
  const beat = async () => {
    const lessons = [...held.values()];
    if (isBeating || lessons.length === 0) return;
    isBeating = true;
    try {
      const kept = await extendLeases(db, lessons, leaseMs);
      const lost = lessons.filter((lesson) => !kept.has(lesson.id) && held.get(lesson.id) === lesson);
      for (const { id } of lost) held.delete(id);
    } catch (error) {
      log.warn({ err: error, lessons: lessons.length }, 'heartbeat failed');
    } finally {
      isBeating = false;
    }
  };
  const timer = setInterval(() => void beat(), leaseMs / HEARTBEATS_PER_LEASE);
  return {
    leaseMs,
    hold(lesson) {
      held.set(lesson.id, lesson);
      return () => {
        if (held.get(lesson.id) === lesson) held.delete(lesson.id);
      };
    },
    isLost: (lesson) => held.get(lesson.id) !== lesson,
    stop: () => clearInterval(timer),
  };
}
