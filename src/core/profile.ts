import type { Database } from '../db/database.ts';
import { findLearner, updateMemory, upsertLearner, upsertWorkspace } from '../db/lessons.ts';
import { cleanWishes, type LearnerMemory, recall, wishesIn, withWishes } from './memory.ts';
import type { Platform, TeachingWishes, Wishes } from './messages.ts';

/** What is remembered of a learner, as they may read it. */
export interface Profile {
  wishes: Wishes;
  /** Misconceptions that were open at the end of a lesson. */
  misconceptions: string[];
  /** Lessons begin with the voice on; absent: they do not. */
  voice?: true;
}

/** Empty for somebody who is not known. Ids are the platform's. */
export async function readProfile(
  db: Database,
  platform: Platform,
  workspace: string,
  learner: string,
): Promise<Profile> {
  const known = await findLearner(db, platform, workspace, learner);
  return profileIn(known?.memory ?? {});
}

export function profileIn(memory: LearnerMemory): Profile {
  const { remembered, voice } = recall(memory);
  return { wishes: wishesIn(memory), misconceptions: remembered, ...(voice && { voice }) };
}

/**
 * Keeps wishes for the lessons to come, of somebody who may have had none yet; '' takes one back. What is not named
 * stays. In a running lesson the action "prefer" does this, and changes the lesson as well.
 */
export async function saveWishes(
  db: Database,
  platform: Platform,
  workspace: { id: string; name: string },
  learner: { id: string; name: string },
  wishes: TeachingWishes,
): Promise<void> {
  const workspaceId = await upsertWorkspace(db, platform, workspace);
  const learnerId = await upsertLearner(db, workspaceId, learner);
  await db
    .transaction()
    .execute((tx) => updateMemory(tx, learnerId, (memory) => withWishes(memory, cleanWishes(wishes))));
}
