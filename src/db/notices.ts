import { sql } from 'kysely';
import type { Notice, NoticeKind } from '../core/billing/notices.ts';
import type { Platform } from '../core/messages.ts';
import type { Queryable } from './database.ts';
import { DUE, TAKEN, triedAgain } from './retries.ts';

/** What the admins of workspaces are to be told of their subscriptions. */

/** Each once, by its name. */
export async function keepNotices(tx: Queryable, workspaceId: string, notices: readonly Notice[]): Promise<void> {
  if (notices.length === 0) return;
  await tx
    .insertInto('billing_notices')
    .values(
      notices.map(({ name, kind, data }) => ({ workspace_id: workspaceId, name, kind, data: JSON.stringify(data) })),
    )
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

export interface OwedNotice extends Pick<Notice, 'data'> {
  id: string;
  kind: NoticeKind;
  attempts: number;
  platform: Platform;
  /** The platform's id, and what it is called. */
  workspace: string;
  place: string;
  workspaceId: string;
  settings: unknown;
  /** The platform's id of who paid; null: not known. */
  payer: string | null;
}

/** The next one that is to be told on one of these platforms; taken by who asks. Null: there is none now. */
export async function takeNotice(db: Queryable, platforms: readonly Platform[]): Promise<OwedNotice | null> {
  if (platforms.length === 0) return null;
  const { rows } = await sql<OwedNotice>`
    with next as (
      select billing_notices.id from billing_notices join workspaces on workspaces.id = workspace_id
      where billing_notices.status = 'pending' and ${DUE}
        and platform = any(${platforms})
      order by billing_notices.created_at limit 1 for update of billing_notices skip locked
    ), taken as (
      update billing_notices set retry_at = ${TAKEN} where id in (select id from next) returning *
    )
    select taken.id, taken.kind, taken.data, taken.attempts, platform, external_id as workspace, workspaces.name as place,
      settings, payer, taken.workspace_id as "workspaceId"
    from taken join workspaces on workspaces.id = taken.workspace_id
    left join billing_accounts on billing_accounts.workspace_id = taken.workspace_id`.execute(db);
  return rows[0] ?? null;
}

export async function noticeSent(db: Queryable, id: string): Promise<void> {
  await db
    .updateTable('billing_notices')
    .set({ status: 'sent', sent_at: sql`now()`, retry_at: null, failure: null })
    .where('id', '=', id)
    .execute();
}

/** Null delay: it is not tried again. */
export async function noticeFailed(db: Queryable, id: string, failure: string, delayMs: number | null): Promise<void> {
  await db.updateTable('billing_notices').set(triedAgain(failure, delayMs)).where('id', '=', id).execute();
}
