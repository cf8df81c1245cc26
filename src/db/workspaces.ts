import { sql } from 'kysely';
import type { Platform } from '../core/messages.ts';
import type { Queryable } from './database.ts';

/** What a workspace's admins decided, as it is stored: core/settings.ts says what it means. */

/** Null when the workspace is not known. */
export async function readStoredSettings(db: Queryable, platform: Platform, workspace: string): Promise<unknown> {
  const row = await db
    .selectFrom('workspaces')
    .select('settings')
    .where('platform', '=', platform)
    .where('external_id', '=', workspace)
    .executeTakeFirst();
  return row?.settings ?? null;
}

/** Lays the change over what is stored, field by field, under the row's own lock. Returns what is stored then. */
export async function mergeSettings(
  db: Queryable,
  platform: Platform,
  workspace: { id: string; name: string },
  change: object,
): Promise<unknown> {
  const settings = JSON.stringify(change);
  const row = await db
    .insertInto('workspaces')
    .values({ platform, external_id: workspace.id, name: workspace.name, settings })
    .onConflict((conflict) =>
      conflict
        .columns(['platform', 'external_id'])
        .doUpdateSet({ name: workspace.name, settings: sql`workspaces.settings || excluded.settings` }),
    )
    .returning('settings')
    .executeTakeFirstOrThrow();
  return row.settings;
}
