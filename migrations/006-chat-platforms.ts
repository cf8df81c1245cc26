import { type Kysely, sql } from 'kysely';

/** What platforms with threads, cards and edits need: Discord first. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // What a workspace's admins decided: see core/settings.ts.
  `alter table workspaces add column settings jsonb not null default '{}'`,
  // What a lesson has from such settings: none had any yet.
  `update lessons set state = state || '{"lent": []}'`,
  // locale: what the learner's client speaks. card: where the lesson's card is shown. card_due_at: it is not as the
  // lesson is, and to be shown anew then.
  `alter table lessons add column locale text, add column card jsonb, add column card_due_at timestamptz`,
  `create index lessons_card_due on lessons (card_due_at) where card_due_at is not null`,
  // draft_id: the message in which a reply is shown while it is written; the delivery that it becomes takes it over.
  // moved_on: the lesson went on with it, so that to answer it anew would make no sense.
  `alter table turns add column draft_id text, add column moved_on boolean not null default false`,
  `alter table deliveries add column draft_id text`,
  // Erasing: what leads to its lesson by its turn needs no second key, which would be looked for in the whole table.
  `alter table events drop constraint events_turn_id_fkey`,
  `alter table deliveries drop constraint deliveries_lesson_id_fkey`,
  `alter table usage drop constraint usage_lesson_id_fkey`,
  `create index usage_of_lesson on usage (lesson_id) where turn_id is null`,
  // Another key that would be looked for in the whole table: turns go with their lessons.
  `alter table turns drop constraint turns_learner_id_fkey`,
  // In direct messages, where one channel holds one lesson after the other.
  `create index lessons_in_direct on lessons (split_part(thread_id, '/', 1)) where strpos(thread_id, '/') > 0`,
  `create index lessons_of_card on lessons ((card->>'channelId')) where card is not null`,
  // Until when everything was heard that a platform tells on a connection.
  `create table heard (
    platform text not null,
    connection text not null,
    until timestamptz not null,
    primary key (platform, connection)
  )`,
  // Lessons that were asked for and are not open yet: what a crash in the middle of opening leaves behind.
  `create table openings (
    id text primary key,
    platform text not null,
    workspace text not null,
    request jsonb not null,
    created_at timestamptz not null default now()
  )`,
];
