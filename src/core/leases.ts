import type { Database } from '../db/database.ts';
import { extendLeases, type LessonRow } from '../db/leases.ts';
import { type Logger, seldom } from '../log.ts';

/** The lessons that this process holds. */
export interface Leases {
  readonly leaseMs: number;
  /** Renews the lesson's lease, which was claimed at `since`, until the returned function is called. */
  hold(lesson: LessonRow, since: number): () => void;
  /** The lease was renewed by other means, at `since`. */
  renewed(lesson: LessonRow, since: number): void;
  /**
   * True when another worker took the lesson, or may have taken it, because the lease ran out by our clock: this
   * process may have been stopped for a while. What is not written is not to be shown.
   */
  isLost(lesson: LessonRow): boolean;
  /** Sees to it that most of the lease is left. False when it is lost. */
  secure(lesson: LessonRow): Promise<boolean>;
  /** Ends the leases that are left, so that nobody has to wait until they run out. */
  stop(): Promise<void>;
}

/** Three may be missed. */
const HEARTBEATS_PER_LEASE = 4;

interface Held {
  lesson: LessonRow;
  /** On this process's clock, which goes on while it is stopped: before the database heard of it. */
  renewedAt: number;
}

/** Renews all leases of this process together: one statement a heartbeat, however many lessons are in hand. */
export function keepLeases(db: Database, leaseMs: number, log: Logger): Leases {
  const held = new Map<string, Held>();
  const beatMs = leaseMs / HEARTBEATS_PER_LEASE;
  const complain = seldom(log, 'heartbeat failed');
  /** Null when the lesson is not held, or held anew. */
  const holdOf = (lesson: LessonRow) => {
    const found = held.get(lesson.id);
    return found?.lesson === lesson ? found : null;
  };
  const ageOf = (lesson: LessonRow) => now() - (holdOf(lesson)?.renewedAt ?? Number.NEGATIVE_INFINITY);
  const renewed = (lesson: LessonRow, since: number) => {
    const found = holdOf(lesson);
    if (found) found.renewedAt = since;
  };
  const renew = async (lessons: readonly LessonRow[]) => {
    const since = now();
    const asked = lessons.map(({ version }) => version);
    const kept = await extendLeases(db, lessons, leaseMs);
    for (const [index, lesson] of lessons.entries()) {
      if (kept.has(lesson.id)) renewed(lesson, since);
      // Its holder may have raised the fence meanwhile: then the next heartbeat renews it.
      else if (holdOf(lesson) && lesson.version === asked[index]) held.delete(lesson.id);
    }
    return kept;
  };
  const all = () => [...held.values()].map(({ lesson }) => lesson);
  const beat = async () => {
    if (held.size > 0) await renew(all());
  };
  let isBeating = false;
  const timer = setInterval(() => {
    if (isBeating) return;
    isBeating = true;
    const end = () => {
      isBeating = false;
    };
    void beat().catch(complain).finally(end);
  }, beatMs);
  return {
    leaseMs,
    hold(lesson, since) {
      held.set(lesson.id, { lesson, renewedAt: since });
      return () => {
        if (holdOf(lesson)) held.delete(lesson.id);
      };
    },
    renewed,
    isLost: (lesson) => ageOf(lesson) > leaseMs,
    secure: async (lesson) => ageOf(lesson) < beatMs || (await renew([lesson])).has(lesson.id),
    async stop() {
      clearInterval(timer);
      const left = all();
      held.clear();
      if (left.length > 0) await extendLeases(db, left, 0);
    },
  };
}

/** Of a clock that nobody sets. */
export const now = () => performance.now();
