import { type Kysely, sql } from 'kysely';

/** Servers that pay: what they have, what Stripe told, what their admins are told, and what a month has seen. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // ticket: taken before the subscription was asked for; of two answers the one with the higher ticket is written.
  `create sequence billing_tickets`,
  `create table subscriptions (
    source text not null check (source in ('stripe', 'discord')),
    id text not null,
    workspace_id uuid not null references workspaces,
    plan text not null,
    status text not null check (status in (
      'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled', 'incomplete', 'disputed', 'refunded')),
    owed_since timestamptz,
    renews_at timestamptz,
    ends_at timestamptz,
    trial_ends_at timestamptz,
    ticket bigint not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (source, id)
  )`,
  `create index subscriptions_of_workspace on subscriptions (workspace_id)`,
  // payer: the platform's id of who paid, for as long as they are known to us.
  `create table billing_accounts (
    workspace_id uuid primary key references workspaces,
    customer text unique,
    payer text,
    created_at timestamptz not null default now()
  )`,
  // Pages on which somebody may pay: who opened them is nobody's business but ours.
  `create table checkouts (
    reference uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references workspaces,
    opened_by text,
    session text unique,
    created_at timestamptz not null default now()
  )`,
  // An event is applied once: what it tells of is asked for, so that neither order nor repetition counts.
  `create table stripe_events (
    id text primary key,
    type text not null,
    object_kind text not null,
    object_id text not null,
    status text not null default 'pending' check (status in ('pending', 'applied', 'ignored', 'failed')),
    attempts integer not null default 0,
    retry_at timestamptz,
    failure text,
    event_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
  `create index stripe_events_pending on stripe_events (retry_at) where status = 'pending'`,
  // name: of what happened; it is told once, however often it is heard of.
  `create table billing_notices (
    id uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references workspaces,
    name text not null unique,
    kind text not null,
    data jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
    attempts integer not null default 0,
    retry_at timestamptz,
    failure text,
    created_at timestamptz not null default now(),
    sent_at timestamptz
  )`,
  `create index billing_notices_pending on billing_notices (retry_at) where status = 'pending'`,
  // What a workspace has used in a month, and what is set aside for work under way.
  `create table meters (
    workspace_id uuid not null references workspaces,
    month date not null,
    meter text not null check (meter in ('lessons', 'voice_seconds', 'code_runs')),
    used double precision not null default 0 check (used >= 0),
    reserved double precision not null default 0 check (reserved >= 0),
    primary key (workspace_id, month, meter)
  )`,
  // It counts in its workspace's month.
  `alter table lessons add column counted boolean not null default false`,
  // Rounds that one process makes for all: when they were begun for the last time.
  `create table rounds (name text primary key, begun_at timestamptz not null)`,
  `create index openings_of_workspace on openings (platform, workspace)`,
  `create index lessons_going_on on lessons (workspace_id) where phase not in ('ended', 'completed')`,
];
