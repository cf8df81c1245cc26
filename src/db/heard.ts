import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Database } from './database.ts';

/** Until when everything was taken in that a platform tells on a connection. */

/** Never goes back. */
export async function recordHeard(db: Database, platform: Platform, connection: string, until: Date): Promise<void> {
  await db
    .insertInto('heard')
    .values({ platform, connection, until })
    .onConflict((conflict) =>
      conflict.columns(['platform', 'connection']).doUpdateSet({ until: sql`greatest(heard.until, excluded.until)` }),
    )
    .execute();
}

/**
 * When a connection began to tell again that was there a moment ago: what was stored before is of before it broke. By the
 * database's clock.
 */
export async function startOfHearing(db: Database): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select now() - interval '2 seconds' as at`.execute(db);
  return rows[0]?.at ?? new Date(0);
}

/** By connection. */
export async function readHeard(db: Database, platform: Platform): Promise<Map<string, Date>> {
  const rows = await db.selectFrom('heard').select(['connection', 'until']).where('platform', '=', platform).execute();
  return new Map(rows.map(({ connection, until }) => [connection, until]));
}
