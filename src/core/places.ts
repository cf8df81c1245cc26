import { readPlace, takeNextInLine } from '../db/backlog.ts';
import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/leases.ts';
import type { Logger } from '../log.ts';
import { nudgePriority } from './fairness.ts';
import type { Nudger } from './ports.ts';

/**
 * The place of a turn that is no longer in hand goes to the next one that waits for it: of the same learner, else of
 * the same workspace. Never throws: the sweep finds who was passed over.
 */
export async function passPlaceOn(
  { db, nudger, log }: { db: Database; nudger: Nudger; log: Logger },
  lesson: LessonRow,
): Promise<void> {
  try {
    const next = await takeNextInLine(db, lesson.workspace_id, lesson.learner_id);
    if (!next) return;
    // It has stood in its workspace's line; in the queue it stands behind nobody of its own.
    const { oldestMs } = await readPlace(db, lesson.workspace_id, 0);
    await nudger.nudge(next.queue, next.lessonId, { priority: nudgePriority({ oldestMs, ahead: 0 }) });
  } catch (error) {
    log.warn({ err: error, lessonId: lesson.id }, 'a place was not passed on');
  }
}
