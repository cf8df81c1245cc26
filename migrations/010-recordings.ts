import { type Kysely, sql } from 'kysely';

/** What learners say instead of typing: kept until it is words. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // audio: until somebody has listened to it; then there is a transcript, which may be empty, or a failure.
  // It goes with its message. Sound is compressed already.
  `create table recordings (
    lesson_id uuid not null,
    seq integer not null,
    place integer not null,
    name text not null,
    type text not null,
    seconds double precision,
    audio bytea storage external,
    transcript text,
    failure text,
    created_at timestamptz not null default now(),
    primary key (lesson_id, seq, place),
    foreign key (lesson_id, seq) references messages on delete cascade
  )`,
];
