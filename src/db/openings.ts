import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import { THIS_MONTH } from './budgets.ts';
import type { Database, Queryable } from './database.ts';

/** Lessons that were asked for and are not open yet. */

export interface Opening {
  /** The platform's id of what asked for it. */
  id: string;
  workspace: string;
  /** What a bot needs to go on with it; its own business. */
  request: object;
}

/** How long somebody may take to open one before it is another one's. */
const TAKEN = sql<Date>`now() + interval '45 seconds'`;

/** It is in nobody's hands. */
const FREE = sql<boolean>`(taken_until is null or taken_until < now())`;

/** Taken by who inserts it. False when it is there already. */
export async function insertOpening(db: Queryable, platform: Platform, opening: Opening): Promise<boolean> {
  const { id, workspace, request } = opening;
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('openings')
    .values({ id, platform, workspace, request: JSON.stringify(request), taken_until: TAKEN })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** What is older is not opened any more: nobody waits for it. */
const FRESH_MINUTES = 15;

/** Lessons of a workspace that are about to be opened. */
export async function countOpenings(db: Queryable, platform: Platform, workspace: string): Promise<number> {
  const { count } = await db
    .selectFrom('openings')
    .select(sql<number>`count(*)`.as('count'))
    .where('platform', '=', platform)
    .where('workspace', '=', workspace)
    .where('created_at', '>', sql<Date>`now() - ${FRESH_MINUTES} * interval '1 minute'`)
    .executeTakeFirstOrThrow();
  return count;
}

/**
 * Lessons of a workspace that are not over and that somebody has written in within the last hour. One whose opening is
 * not finished is not counted yet: that counts for it.
 */
export async function lessonsGoingOn(db: Queryable, workspaceId: string): Promise<number> {
  const { count } = await db
    .selectFrom('lessons')
    .select(sql<number>`count(*)`.as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('counted', '=', true)
    .where('phase', 'not in', ['ended', 'completed'])
    .where('updated_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  return count;
}

/** False when it is in somebody's hands, or not there any more. */
export async function takeOpening(db: Database, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('openings')
    .set({ taken_until: TAKEN })
    .where('id', '=', id)
    .where(FREE)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Of who has it: for longer, or, with false, no longer. False when it is not there any more. */
export async function keepOpening(db: Database, id: string, isKept: boolean): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('openings')
    .set({ taken_until: isKept ? TAKEN : null })
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether a lesson is about to begin in the thread on that message. */
export async function isBeingOpened(
  db: Database,
  platform: Platform,
  channelId: string,
  rootTs: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('openings')
    .select('id')
    .where('platform', '=', platform)
    .where(sql`request->>'channelId'`, '=', channelId)
    .where(sql`request->>'rootTs'`, '=', rootTs)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Nothing is to be opened any more. */
export async function deleteOpening(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('openings').where('id', '=', id).execute();
}

/** The lesson in that thread is open, and counts in its workspace's month: once, however often this is run. */
export async function finishOpening(db: Database, platform: Platform, id: string, threadId: string): Promise<void> {
  await sql`
    with finished as (delete from openings where id = ${id}), counted as (
      update lessons set counted = true
      where platform = ${platform} and thread_id = ${threadId} and not counted
      returning workspace_id
    )
    insert into meters (workspace_id, month, meter, used)
    select workspace_id, ${THIS_MONTH}, 'lessons', 1 from counted
    on conflict (workspace_id, month, meter) do update set used = meters.used + 1`.execute(db);
}

/** Those that are to be opened still, oldest first; older ones are forgotten. `isFree`: in no hands. */
export async function recentOpenings(db: Database, platform: Platform, { isFree = false } = {}): Promise<Opening[]> {
  const since = sql<Date>`now() - ${FRESH_MINUTES} * interval '1 minute'`;
  await db.deleteFrom('openings').where('platform', '=', platform).where('created_at', '<', since).execute();
  return db
    .selectFrom('openings')
    .select(['id', 'workspace', 'request'])
    .where('platform', '=', platform)
    .$if(isFree, (all) => all.where(FREE))
    .orderBy('created_at')
    .execute();
}
