import { sql } from 'kysely';
import type { LessonState, Phase } from '../core/lesson.ts';
import type { Platform, Reply } from '../core/messages.ts';
import type { Database, Queryable } from './database.ts';
import { AUDIBLE } from './utterances.ts';

/**
 * Lessons that are narrated in a voice channel: one in a server at a time, the others wait in line. The process that
 * speaks has it in hand for as long as its lease lasts; every write of its asks for its token.
 */

/** Where news of narrations is told: a payload is the id of one. */
export const NEWS_CHANNEL = 'threadtutor_narrations';

export interface Narration {
  id: string;
  lessonId: string;
  threadId: string;
  server: string;
  /** The voice channel. */
  channel: string;
  /** The platform's id of who asked for it. */
  learner: string;
  locale: string | null;
  status: 'waiting' | 'speaking';
  /** Of one that waits: there is nothing more to say in the lesson. */
  isDone: boolean;
}

/** A process that speaks. */
export interface Speaker {
  token: string;
  leaseMs: number;
}

/** How far a narration has come, and what there is to say. */
export interface WrittenSoFar {
  /** The turn that is narrated, and its sentences that were heard to their end. */
  turn: number;
  said: string[];
  /** No more of that turn is to be said. */
  isOver: boolean;
  /** Of the reply that is being written. */
  draft: { turn: number; text: string } | null;
  /** Of that turn and later ones, in their order. */
  replies: { turn: number; reply: Reply }[];
  phase: Phase;
  state: LessonState;
  locale: string | null;
  workspaceId: string;
  /** Of the workspace, as they are stored. */
  settings: unknown;
}

const until = ({ leaseMs }: Speaker) => sql`now() + ${leaseMs} * interval '1 millisecond'`;

/** Of `narrations` joined with `lessons`. */
const NARRATION = sql`narrations.id, lesson_id as "lessonId", thread_id as "threadId", server, channel, learner, locale,
  narrations.status, phase in ('completed', 'ended') or (state->>'paused')::boolean as "isDone"`;

interface Asked extends Narration {
  /** It was asked for before. */
  isOld: boolean;
  /** It is in the hands of whoever asked. */
  isMine: boolean;
  /** How many wait before it. */
  ahead: number;
}

/**
 * Asks for a lesson to be narrated, from its last replies on: at once where nobody is spoken to in the server, else it
 * waits in line. Asked again, it takes the channel over and keeps its place. Another lesson of the same learner there
 * makes room. Null: somebody else asked at the same moment, or the lesson is gone; to be asked once more.
 */
export async function askForNarration(
  db: Database,
  platform: Platform,
  wish: Pick<Narration, 'lessonId' | 'server' | 'channel' | 'learner'>,
  speaker: Speaker,
): Promise<Asked | null> {
  const { lessonId, server, channel, learner } = wish;
  const there = sql`platform = ${platform} and server = ${server}`;
  try {
    return await db.transaction().execute(async (tx) => {
      await sql`delete from narrations where ${there} and learner = ${learner} and lesson_id <> ${lessonId}`.execute(
        tx,
      );
      const { rows } = await sql<Asked>`
        with asked as (
          insert into narrations (lesson_id, platform, server, channel, learner, status, turn_seq, taken_by, taken_until)
          select lessons.id, ${platform}, ${server}, ${channel}, ${learner},
            case when busy.is then 'waiting' else 'speaking' end,
            coalesce((
              select max(turns.seq) from turns join deliveries on turn_id = turns.id
              where turns.lesson_id = lessons.id and reply->>'kind' in ${AUDIBLE}
            ), 0),
            case when busy.is then null else ${speaker.token}::uuid end,
            case when busy.is then null else ${until(speaker)} end
          from lessons, (
            select exists (select from narrations where ${there} and status = 'speaking' and lesson_id <> ${lessonId}) as is
          ) as busy
          where lessons.id = ${lessonId}
          on conflict (lesson_id) do update set channel = excluded.channel
          returning *, xmax <> 0 as "isOld"
        )
        select narrations.id, lesson_id as "lessonId", thread_id as "threadId", server, channel, learner, locale,
          narrations.status, false as "isDone", "isOld", coalesce(taken_by = ${speaker.token}::uuid, false) as "isMine", (
            select count(*)::int from narrations others
            where ${there} and others.status = 'waiting' and others.created_at < narrations.created_at
          ) as ahead
        from asked narrations join lessons on lessons.id = lesson_id`.execute(tx);
      return rows[0] ?? null;
    });
  } catch (error) {
    if (isTaken(error)) return null;
    throw error;
  }
}

/** Somebody else speaks in the server since a moment ago. */
const isTaken = (error: unknown) => error instanceof Error && 'code' in error && error.code === '23505';

/** The one that is spoken in a server. */
export async function narrationIn(db: Database, platform: Platform, server: string): Promise<Narration | null> {
  const { rows } = await sql<Narration>`
    select ${NARRATION} from narrations join lessons on lessons.id = lesson_id
    where narrations.platform = ${platform} and server = ${server} and narrations.status = 'speaking'`.execute(db);
  return rows[0] ?? null;
}

/** Ends it, whoever speaks. Null where there was none. */
export async function endNarrationOf(
  db: Database,
  platform: Platform,
  { server, learner }: { server: string; learner: string },
): Promise<{ id: string; status: Narration['status'] } | null> {
  const { rows } = await sql<{ id: string; status: Narration['status'] }>`
    with ended as (
      delete from narrations where platform = ${platform} and server = ${server} and learner = ${learner}
      returning id, status
    )
    select id, status, pg_notify(${NEWS_CHANNEL}, id::text) from ended order by status limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Its learner wants quiet. Whoever speaks there has it no longer. */
export async function endNarrationOfLesson(db: Queryable, lessonId: string): Promise<void> {
  await sql`delete from narrations where lesson_id = ${lessonId}`.execute(db);
}

/** The server is no longer one of ours. */
export async function endNarrationsIn(db: Database, platform: Platform, server: string): Promise<void> {
  await sql`delete from narrations where platform = ${platform} and server = ${server}`.execute(db);
}

/** False where it was not in this speaker's hands. */
export async function endNarration(db: Database, id: string, { token }: Speaker): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`delete from narrations where id = ${id} and taken_by = ${token}`.execute(
    db,
  );
  return numAffectedRows > 0n;
}

/** Null where its lesson is not narrated, and waits for nothing. */
export async function narrationOfLesson(
  db: Queryable,
  lessonId: string,
): Promise<{ channel: string; status: Narration['status']; since: Date } | null> {
  const row = await db
    .selectFrom('narrations')
    .select(['channel', 'status', 'created_at as since'])
    .where('lesson_id', '=', lessonId)
    .executeTakeFirst();
  return row ?? null;
}

/** Whoever waits in line and is gone. */
export async function dropWaiting(db: Database, id: string): Promise<void> {
  await sql`delete from narrations where id = ${id} and status = 'waiting'`.execute(db);
}

/**
 * What nobody is at: narrations whose speaker has died, and the first in line where nobody is spoken to. In any server.
 */
export async function unattendedNarrations(db: Database, platform: Platform): Promise<Narration[]> {
  const { rows } = await sql<Narration>`
    select ${NARRATION} from narrations join lessons on lessons.id = lesson_id
    where narrations.platform = ${platform} and (
      narrations.status = 'speaking' and coalesce(taken_until < now(), true)
      or narrations.status = 'waiting' and not exists (
        select from narrations others
        where others.platform = narrations.platform and others.server = narrations.server
          and (others.status = 'speaking' or others.created_at < narrations.created_at)
      )
    )`.execute(db);
  return rows;
}

/** Takes one of them in hand. False when somebody else was faster. */
export async function takeNarration(db: Database, id: string, channel: string, speaker: Speaker): Promise<boolean> {
  try {
    const { numAffectedRows = 0n } = await sql`
      update narrations set status = 'speaking', channel = ${channel}, taken_by = ${speaker.token},
        taken_until = ${until(speaker)}
      where id = ${id} and (status = 'waiting' or coalesce(taken_until < now(), true))`.execute(db);
    return numAffectedRows > 0n;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/** Renews them, all in one statement. Returns those that are still in hand. */
export async function renewNarrations(db: Database, ids: readonly string[], speaker: Speaker): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    update narrations set taken_until = ${until(speaker)}
    where id = any(${[...ids]}::uuid[]) and taken_by = ${speaker.token} returning id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** For another process to go on with, at once. */
export async function releaseNarration(db: Database, id: string, { token }: Speaker): Promise<void> {
  await sql`update narrations set taken_by = null, taken_until = null where id = ${id} and taken_by = ${token}`.execute(
    db,
  );
}

/** Null where it is not in this speaker's hands any more. */
export async function readNarration(db: Database, id: string, { token }: Speaker): Promise<WrittenSoFar | null> {
  const { rows } = await sql<WrittenSoFar>`
    select turn_seq as turn, said, is_over as "isOver", phase, state, locale, workspace_id as "workspaceId", settings,
      case when draft_turn >= turn_seq then jsonb_build_object('turn', draft_turn, 'text', draft) end as draft,
      coalesce((
        select jsonb_agg(jsonb_build_object('turn', turns.seq, 'reply', reply) order by deliveries.seq)
        from turns join deliveries on turn_id = turns.id
        where turns.lesson_id = narrations.lesson_id and turns.seq >= turn_seq and reply->>'kind' in ${AUDIBLE}
          and deliveries.status in ('pending', 'sent')
      ), '[]') as replies
    from narrations join lessons on lessons.id = lesson_id join workspaces on workspaces.id = workspace_id
    where narrations.id = ${id} and taken_by = ${token}`.execute(db);
  return rows[0] ?? null;
}

/** These are false where it is not in this speaker's hands any more. */
export async function recordHeard(
  db: Database,
  id: string,
  { token }: Speaker,
  { turn, said }: { turn: number; said: readonly string[] },
): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update narrations set turn_seq = ${turn}, said = ${[...said]}::text[], is_over = is_over and turn_seq = ${turn}
    where id = ${id} and taken_by = ${token} and turn_seq <= ${turn}`.execute(db);
  return numAffectedRows > 0n;
}

export async function recordOver(db: Database, id: string, { token }: Speaker, turn: number): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update narrations set turn_seq = ${turn}, is_over = true,
      said = case when turn_seq = ${turn} then said else '{}' end
    where id = ${id} and taken_by = ${token} and turn_seq <= ${turn}`.execute(db);
  return numAffectedRows > 0n;
}

export async function recordMove(db: Database, id: string, { token }: Speaker, channel: string): Promise<boolean> {
  const { numAffectedRows = 0n } =
    await sql`update narrations set channel = ${channel} where id = ${id} and taken_by = ${token}`.execute(db);
  return numAffectedRows > 0n;
}

// Of a worker, for whoever speaks.

/** What is written so far of a turn's reply. */
export async function handOver(db: Database, id: string, draft: { turn: number; text: string }): Promise<void> {
  await sql`
    with written as (
      update narrations set draft_turn = ${draft.turn}, draft = ${draft.text}
      where id = ${id} and coalesce(draft_turn, 0) <= ${draft.turn} returning id
    )
    select pg_notify(${NEWS_CHANNEL}, id::text) from written`.execute(db);
}

/** There is more to say, or nothing more. */
export async function tellSpeaker(db: Database, id: string): Promise<void> {
  await sql`select pg_notify(${NEWS_CHANNEL}, ${id}::text)`.execute(db);
}
