import { type Kysely, sql } from 'kysely';

/** What a lesson and a learner are remembered by, and what a workspace may spend. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // The part of a conversation that no longer fits into the window, in a few sentences.
  `create table summaries (
    lesson_id uuid primary key references lessons,
    text text not null,
    up_to_seq integer not null,
    updated_at timestamptz not null default now()
  )`,
  `alter table learners add column memory jsonb not null default '{}'`,
  // A summary is paid for by no turn.
  `alter table usage alter column turn_id drop not null`,
  // reserved: what calls under way may cost at most, so that a flood cannot spend the same dollar twice.
  `create table workspace_months (
    workspace_id uuid not null references workspaces,
    month date not null,
    spent double precision not null default 0,
    reserved double precision not null default 0,
    primary key (workspace_id, month)
  )`,
];
