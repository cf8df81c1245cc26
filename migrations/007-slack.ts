import { type Kysely, sql } from 'kysely';

/** Slack: who installed the app, with what it may be used there for; and where something was said lately. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // workspace: a team's id, or an enterprise's for an installation in all of its teams. enterprise: whose team it is.
  // installation: everything that Slack gave, tokens too, encrypted: see bots/slack/connection/encryption.ts.
  // created_at: of the last time that somebody installed it; renewed tokens do not count.
  `create table installations (
    workspace text primary key,
    enterprise text,
    name text not null,
    bot_user_id text not null,
    bot_id text not null,
    app_id text not null,
    scopes text[] not null,
    token_expires_at timestamptz,
    installation bytea not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  // Who opens a lesson has it until then: Slack has nothing by which posting twice would be once.
  `alter table openings add column taken_until timestamptz`,
  // What was used last, without an index on a column that changes with every turn.
  `create index turns_by_time on turns (created_at)`,
];
