import type { Database } from '../../db/database.ts';
import { upsertWorkspace } from '../../db/lessons.ts';
import { lockMeter } from '../../db/meters.ts';
import { countOpenings, deleteOpening, insertOpening, lessonsGoingOn, type Opening } from '../../db/openings.ts';
import type { Platform } from '../messages.ts';
import { type Entitlements, EVERYTHING } from './entitlements.ts';
import type { Plan } from './plans.ts';

/** Whether another lesson may begin in a workspace: asked when somebody wishes for one, and never later. */

export interface Full {
  /** Which limit is reached, and how much it allows. */
  limit: 'lessonsPerMonth' | 'lessonsAtOnce';
  most: number;
  plan: Plan;
}

export type Admitted =
  /** `isFirst` false: it is kept already. `left`: how many more may begin this month, when they are few; null: nothing to be told. */
  { ok: true; isFirst: boolean; left: number | null } | { ok: false; full: Full };

/**
 * Keeps that a lesson is to be opened, if the plan of its workspace leaves room for it. Whoever is let in counts until
 * the opening is finished or forgotten: at most as many as the plan allows are let in, however many ask at once. Safe
 * to run twice with one opening.
 */
export async function admitLesson(
  { db, entitlements = EVERYTHING }: { db: Database; entitlements?: Entitlements },
  platform: Platform,
  workspace: { id: string; name: string },
  opening: Pick<Opening, 'id' | 'request'>,
): Promise<Admitted> {
  const kept = { ...opening, workspace: workspace.id };
  if (!entitlements.plans) return { ok: true, isFirst: await insertOpening(db, platform, kept), left: null };
  const workspaceId = await upsertWorkspace(db, platform, workspace);
  const { plan, limits } = await entitlements.of(workspaceId);
  const { lessonsPerMonth, lessonsAtOnce } = limits;
  if (!plan) return { ok: true, isFirst: await insertOpening(db, platform, kept), left: null };
  return db.transaction().execute(async (tx): Promise<Admitted> => {
    if (!(await insertOpening(tx, platform, kept))) return { ok: true, isFirst: false, left: null };
    // From here on, whoever asks for the last place waits for this one.
    const used = await lockMeter(tx, workspaceId, 'lessons');
    const opened = await countOpenings(tx, platform, workspace.id);
    const going = await lessonsGoingOn(tx, workspaceId);
    const limit =
      lessonsPerMonth !== null && used + opened > lessonsPerMonth
        ? 'lessonsPerMonth'
        : lessonsAtOnce !== null && going + opened > lessonsAtOnce
          ? 'lessonsAtOnce'
          : null;
    if (limit === null) {
      return { ok: true, isFirst: true, left: few(lessonsPerMonth, used + opened) };
    }
    await deleteOpening(tx, opening.id);
    return { ok: false, full: { limit, most: limits[limit] ?? 0, plan } };
  });
}

/** How many are left, when it is time to tell. */
function few(most: number | null, taken: number): number | null {
  const left = most === null ? null : most - taken;
  return left !== null && left <= Math.max(3, (most ?? 0) / 10) ? left : null;
}
