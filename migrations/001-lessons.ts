import { type Kysely, sql } from 'kysely';

/** Lessons, their conversation, their turns, what was sent, and what it cost. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table workspaces (
    id uuid primary key default gen_random_uuid(),
    platform text not null,
    external_id text not null,
    name text not null,
    created_at timestamptz not null default now(),
    unique (platform, external_id)
  )`,
  `create table learners (
    id uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references workspaces,
    external_id text not null,
    name text not null,
    created_at timestamptz not null default now(),
    unique (workspace_id, external_id)
  )`,
  // version is the fence: claiming the lease raises it, and only its holder's version may write.
  `create table lessons (
    id uuid primary key default gen_random_uuid(),
    workspace_id uuid not null references workspaces,
    learner_id uuid not null references learners,
    platform text not null,
    thread_id text not null,
    queue text not null,
    phase text not null,
    state jsonb not null,
    version bigint not null default 0,
    message_count integer not null default 0,
    turn_count integer not null default 0,
    lease_owner text,
    lease_until timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (platform, thread_id)
  )`,
  `create index lessons_of_learner on lessons (learner_id, updated_at desc)`,
  `create table turns (
    id uuid primary key default gen_random_uuid(),
    lesson_id uuid not null references lessons,
    seq integer not null,
    status text not null check (status in ('queued', 'running', 'done', 'failed')),
    joinable boolean not null,
    attempts integer not null default 0,
    retry_at timestamptz,
    failure text,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (lesson_id, seq)
  )`,
  `create index turns_unfinished on turns (lesson_id, seq) where status in ('queued', 'running')`,
  `create table messages (
    lesson_id uuid not null references lessons,
    seq integer not null,
    turn_id uuid not null references turns,
    author text not null check (author in ('learner', 'tutor')),
    platform_message_id text,
    text text not null,
    payload jsonb,
    created_at timestamptz not null default now(),
    primary key (lesson_id, seq)
  )`,
  `create unique index messages_once on messages (lesson_id, platform_message_id)
    where platform_message_id is not null`,
  `create index messages_of_turn on messages (turn_id)`,
  `create table turn_steps (
    turn_id uuid not null references turns,
    name text not null,
    output jsonb not null,
    created_at timestamptz not null default now(),
    primary key (turn_id, name)
  )`,
  `create table deliveries (
    id uuid primary key default gen_random_uuid(),
    lesson_id uuid not null references lessons,
    turn_id uuid not null references turns,
    name text not null,
    seq bigint generated always as identity,
    reply jsonb not null,
    status text not null default 'pending' check (status in ('pending', 'sent', 'gone', 'failed')),
    platform_message_ids text[],
    attempts integer not null default 0,
    retry_at timestamptz,
    failure text,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    unique (turn_id, name)
  )`,
  `create index deliveries_pending on deliveries (lesson_id, seq) where status = 'pending'`,
  `create table events (
    id bigint generated always as identity primary key,
    lesson_id uuid not null references lessons,
    turn_id uuid references turns,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now()
  )`,
  `create index events_of_lesson on events (lesson_id, id)`,
  `create table usage (
    id bigint generated always as identity primary key,
    workspace_id uuid not null references workspaces,
    lesson_id uuid not null references lessons,
    turn_id uuid not null references turns,
    step text not null,
    agent text not null,
    model text not null,
    input_tokens integer not null,
    cached_tokens integer not null,
    output_tokens integer not null,
    cost double precision,
    latency_ms integer not null,
    created_at timestamptz not null default now()
  )`,
  `create index usage_of_lesson on usage (lesson_id, id)`,
  `create index usage_of_workspace on usage (workspace_id, created_at)`,
];
