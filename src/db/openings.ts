import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';
import { allowPause } from './installations.ts';

/** Lessons that were asked for and are not open yet. */

export interface Opening {
  /** The platform's id of what asked for it. */
  id: string;
  workspace: string;
  /** What a bot needs to go on with it; its own business. */
  request: object;
}

/** False when it is there already. */
export async function insertOpening(db: Database, platform: Platform, opening: Opening): Promise<boolean> {
  const { id, workspace, request } = opening;
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('openings')
    .values({ id, platform, workspace, request: JSON.stringify(request) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export async function deleteOpening(db: Database, id: string): Promise<void> {
  await db.deleteFrom('openings').where('id', '=', id).execute();
}

/** Those that were asked for within so many minutes, oldest first; older ones are forgotten. */
export async function recentOpenings(db: Database, platform: Platform, minutes: number): Promise<Opening[]> {
  const since = sql<Date>`now() - ${minutes} * interval '1 minute'`;
  await db.deleteFrom('openings').where('platform', '=', platform).where('created_at', '<', since).execute();
  return db
    .selectFrom('openings')
    .select(['id', 'workspace', 'request'])
    .where('platform', '=', platform)
    .orderBy('created_at')
    .execute();
}

/** The class of the advisory locks of openings. */
const LOCKS = 746_191;
/** Longer than a platform takes for all that has to be asked of it. */
const PAUSE_MS = 60_000;

/**
 * Nobody else works on this opening at the same time, in this process or in another one; who dies over it has let go of
 * it. `isLeft`: nobody has opened it yet. Holds a connection.
 */
export function whileAlone<T>(db: Database, id: string, work: (isLeft: boolean) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    await allowPause(trx, PAUSE_MS);
    await sql`select pg_advisory_xact_lock(${LOCKS}, hashtext(${id}))`.execute(trx);
    const row = await trx.selectFrom('openings').select('id').where('id', '=', id).executeTakeFirst();
    return work(row !== undefined);
  });
}
