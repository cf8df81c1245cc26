import { type Selectable, sql, type Transaction } from 'kysely';
import type { Queryable } from './database.ts';
import type { Schema } from './schema.ts';

/** Where a chat app was installed by people there, with what it may be used for: encrypted before it comes here. */

export type StoredInstallation = Omit<Selectable<Schema['installations']>, 'created_at' | 'updated_at'>;

/** Takes the place of an earlier one. */
export async function saveInstallation(db: Queryable, installation: StoredInstallation): Promise<void> {
  const { workspace: _, ...rest } = installation;
  await db
    .insertInto('installations')
    .values(installation)
    .onConflict((conflict) =>
      conflict.column('workspace').doUpdateSet({ ...rest, created_at: sql`now()`, updated_at: sql`now()` }),
    )
    .execute();
}

/** New tokens for an installation; nothing happens where there is none any more. */
export async function renewInstallation(db: Queryable, installation: StoredInstallation): Promise<void> {
  const { workspace, token_expires_at, installation: encrypted } = installation;
  await db
    .updateTable('installations')
    .set({ token_expires_at, installation: encrypted, updated_at: sql`now()` })
    .where('workspace', '=', workspace)
    .execute();
}

export async function readInstallation(db: Queryable, workspace: string): Promise<StoredInstallation | null> {
  const row = await selectInstallation(db, workspace).executeTakeFirst();
  return row ?? null;
}

/**
 * The same, and until the transaction ends nobody else renews, replaces or removes it. Null also when somebody else has
 * it in hand, unless they are waited for.
 */
export async function lockInstallation(
  trx: Transaction<Schema>,
  workspace: string,
  { isAwaited }: { isAwaited: boolean },
): Promise<StoredInstallation | null> {
  const query = selectInstallation(trx, workspace).forUpdate();
  const row = await (isAwaited ? query : query.skipLocked()).executeTakeFirst();
  return row ?? null;
}

/** For a transaction that waits for another server: how long it may, instead of what the connection allows. */
export async function allowPause(trx: Transaction<Schema>, ms: number): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${String(ms)}, true)`.execute(trx);
}

/**
 * May be done twice. With the time at which the platform says it was removed, in whole seconds, one that was installed
 * after it stays: such news may come late.
 */
export async function removeInstallation(db: Queryable, workspace: string, removedAt?: Date): Promise<void> {
  let query = db.deleteFrom('installations').where('workspace', '=', workspace);
  if (removedAt) query = query.where(sql`date_trunc('second', created_at)`, '<=', removedAt);
  await query.execute();
}

function selectInstallation(db: Queryable, workspace: string) {
  return db
    .selectFrom('installations')
    .select(['workspace', 'enterprise', 'name', 'bot_user_id', 'bot_id', 'app_id', 'scopes'])
    .select(['token_expires_at', 'installation'])
    .where('workspace', '=', workspace);
}
