import { type Kysely, sql } from 'kysely';

/** Speech: what is owed to the ear, the audio that was made, and what it came to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // asked: somebody wished to hear just this one; the rest are spoken while the lesson's voice is on.
  // parts: how many it has, once that is known; shown: how many were; posted: the platform's ids of those.
  // audio: keys of what is spoken. taken_by, taken_until: the worker that has it in hand, and for how long.
  `create table utterances (
    id uuid primary key default gen_random_uuid(),
    lesson_id uuid not null,
    delivery_id uuid not null unique references deliveries on delete cascade,
    status text not null default 'pending' check (status in ('pending', 'spoken', 'failed', 'gone')),
    asked boolean not null default false,
    parts integer,
    shown integer not null default 0,
    posted text[] not null default '{}',
    audio text[] not null default '{}',
    attempts integer not null default 0,
    retry_at timestamptz,
    failure text,
    taken_by uuid,
    taken_until timestamptz,
    created_at timestamptz not null default now()
  )`,
  `create index utterances_pending on utterances (lesson_id) where status = 'pending'`,
  `create index utterances_by_lesson on utterances (lesson_id)`,
  // key: of the voice and of what it says. ogg is null while its maker is at it, who has until making_until.
  `create table audio (
    key text primary key,
    ogg bytea,
    seconds double precision,
    waveform bytea,
    maker uuid,
    making_until timestamptz,
    used_at timestamptz not null default now()
  )`,
  `create index audio_by_use on audio (used_at)`,
  // When speech came to an end in a lesson whose voice is on, until the learner asks for it again.
  `alter table lessons add column silenced_at timestamptz`,
  `alter table usage add column characters integer not null default 0`,
  `alter table usage add column seconds double precision not null default 0`,
];
