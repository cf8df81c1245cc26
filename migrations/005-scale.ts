import { type Kysely, sql } from 'kysely';

/** Many lessons on many workers: who has how many turns in hand, and rows that can be updated in place. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // updated_at in an index made every update of a lesson write all of its indexes.
  `drop index lessons_of_learner`,
  `create index lessons_of_learner on lessons (learner_id)`,
  // Room on each page for a lesson's next version.
  `alter table lessons set (fillfactor = 70)`,
  // What the answered turns of a lesson cost: a sum over all of them would grow with the lesson.
  `alter table lessons add column spent double precision not null default 0`,
  `update lessons set spent = paid.cost
    from (
      select usage.lesson_id, sum(cost) as cost from usage left join turns on turns.id = usage.turn_id
      where cost is not null and (usage.turn_id is null or turns.status = 'done') group by usage.lesson_id
    ) paid
    where paid.lesson_id = lessons.id`,
  `drop index usage_of_lesson`,
  `create index usage_of_turn on usage (turn_id)`,
  // in_hand_since: a worker is at it, or was when it died; null while it waits.
  // waits_for: whose concurrency left no room for it. told_at: the learner has read that it waits.
  `alter table turns
    add column workspace_id uuid references workspaces,
    add column learner_id uuid references learners,
    add column traceparent text,
    add column in_hand_since timestamptz,
    add column waits_for text check (waits_for in ('workspace', 'learner')),
    add column told_at timestamptz`,
  `update turns set workspace_id = lessons.workspace_id, learner_id = lessons.learner_id
    from lessons where lessons.id = turns.lesson_id`,
  `alter table turns alter column workspace_id set not null, alter column learner_id set not null`,
  `create index turns_in_hand on turns (workspace_id, learner_id)
    where status = 'running' and in_hand_since is not null`,
  `create index turns_queued on turns (workspace_id, created_at) where status = 'queued'`,
  `create index turns_in_line on turns (workspace_id, created_at)
    where waits_for is not null and status in ('queued', 'running')`,
  `create index turns_oldest on turns (created_at) where status = 'queued' and waits_for is null`,
  `create index deliveries_failed on deliveries (lesson_id) where status = 'failed'`,
];
