import type { ColumnType, Generated } from 'kysely';
import type { Meter } from '../core/billing/meters.ts';
import type { SourceName, SubscriptionStatus } from '../core/billing/sources.ts';
import type { CreatedAt } from './schema.ts';

/** The tables of servers that pay. */
export interface BillingTables {
  subscriptions: SubscriptionsTable;
  billing_accounts: BillingAccountsTable;
  checkouts: CheckoutsTable;
  stripe_events: StripeEventsTable;
  billing_notices: BillingNoticesTable;
  meters: MetersTable;
  rounds: RoundsTable;
}

/** A subscription as its source told of it last: see subscriptions.ts. */
interface SubscriptionsTable {
  source: SourceName;
  /** Its source's. */
  id: string;
  workspace_id: string;
  plan: string;
  status: SubscriptionStatus;
  owed_since: Date | null;
  renews_at: Date | null;
  ends_at: Date | null;
  trial_ends_at: Date | null;
  /** Taken before it was asked for. */
  ticket: number;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

interface BillingAccountsTable {
  workspace_id: string;
  /** Stripe's id. */
  customer: string | null;
  /** The platform's id of who paid; null: not known, or not any more. */
  payer: string | null;
  created_at: CreatedAt;
}

/** A page on which somebody may pay. */
interface CheckoutsTable {
  reference: Generated<string>;
  workspace_id: string;
  /** The platform's id. */
  opened_by: string | null;
  /** Stripe's id of it. */
  session: string | null;
  created_at: CreatedAt;
}

interface StripeEventsTable {
  id: string;
  type: string;
  object_kind: string;
  object_id: string;
  status: Generated<'pending' | 'applied' | 'ignored' | 'failed'>;
  attempts: Generated<number>;
  retry_at: Date | null;
  failure: string | null;
  event_at: Date;
  created_at: CreatedAt;
}

interface BillingNoticesTable {
  id: Generated<string>;
  workspace_id: string;
  /** Unique: of what happened. */
  name: string;
  kind: string;
  data: ColumnType<Record<string, string>, string, never>;
  status: Generated<'pending' | 'sent' | 'failed'>;
  attempts: Generated<number>;
  retry_at: Date | null;
  failure: string | null;
  created_at: CreatedAt;
  sent_at: Date | null;
}

/** What is used within a month, beside money: see meters.ts. */
interface MetersTable {
  workspace_id: string;
  month: Date;
  meter: Meter;
  used: Generated<number>;
  reserved: Generated<number>;
}

/** What one process does for all: see rounds.ts. */
interface RoundsTable {
  name: string;
  begun_at: Generated<Date>;
}
