import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/leases.ts';
import { recordDraft } from '../db/turns.ts';
import type { TurnRow } from '../db/work.ts';
import type { Logger } from '../log.ts';
import type { Leases } from './leases.ts';
import type { Draft } from './ports.ts';

/**
 * The draft of a turn's reply, whichever attempt shows it: one that was begun in vain becomes the reply of the next. Its
 * id, once it is recorded, survives a crash, and goes over to the first reply with the turn's commit, or to the excuse of
 * an attempt that failed.
 */
export function openDraft(
  deps: { db: Database; leases: Leases; log: Logger },
  lesson: LessonRow,
  turn: TurnRow,
): Draft {
  let shownAs = turn.draft_id;
  return {
    key: `${turn.id}-0`,
    get id() {
      return shownAs;
    },
    isStale: () => deps.leases.isLost(lesson),
    async shown(id) {
      shownAs = id;
      try {
        await recordDraft(deps.db, lesson, turn.id, id);
      } catch (error) {
        deps.log.warn({ err: error, turnId: turn.id }, 'a draft was not recorded');
      }
    },
  };
}
