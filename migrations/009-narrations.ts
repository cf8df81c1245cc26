import { type Kysely, sql } from 'kysely';

/** Lessons that are narrated in a voice channel, and those that wait for their turn. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // turn_seq, said: the turn that is narrated, and its sentences that were heard to their end; is_over: no more of it.
  // draft_turn, draft: what is written so far of the reply that is under way.
  // taken_by, taken_until: the process that speaks, and for how long.
  `create table narrations (
    id uuid primary key default gen_random_uuid(),
    lesson_id uuid not null unique references lessons on delete cascade,
    platform text not null,
    server text not null,
    channel text not null,
    learner text not null,
    status text not null check (status in ('waiting', 'speaking')),
    turn_seq integer not null,
    said text[] not null default '{}',
    is_over boolean not null default false,
    draft_turn integer,
    draft text,
    taken_by uuid,
    taken_until timestamptz,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create unique index narrations_speaking on narrations (platform, server) where status = 'speaking'`,
  `create index narrations_waiting on narrations (platform, server, created_at) where status = 'waiting'`,
];
