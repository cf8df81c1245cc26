import { sql } from 'kysely';
import type { Queryable } from './database.ts';

/** What one process does for all, once in a while. */

/** True: it is time for the round, and the caller makes it. */
export async function beginRound(db: Queryable, name: string, everyMs: number): Promise<boolean> {
  const { rows } = await sql`
    insert into rounds (name, begun_at) values (${name}, now())
    on conflict (name) do update set begun_at = now()
      where rounds.begun_at <= now() - ${everyMs} * interval '1 millisecond'
    returning name`.execute(db);
  return rows.length > 0;
}

/** It came to nothing: the next one is due in so many milliseconds. */
export async function repeatRound(db: Queryable, name: string, everyMs: number, inMs: number): Promise<void> {
  await sql`
    update rounds set begun_at = now() - ${everyMs - inMs} * interval '1 millisecond' where name = ${name}`.execute(db);
}
