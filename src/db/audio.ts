import { sql } from 'kysely';
import type { Database, Queryable } from './database.ts';

/** Audio that was made, by a hash of the voice and of what it says: for all lessons and all processes. */

export interface StoredAudio {
  ogg: Buffer;
  seconds: number;
  waveform: Buffer;
}

/** What is made here and now, and by nobody else for as long as that lasts. */
export interface Making {
  key: string;
  token: string;
  leaseMs: number;
}

const until = ({ leaseMs }: Making) => sql`now() + ${leaseMs} * interval '1 millisecond'`;

/** The audio; or 'mine': it is to be made here; or 'theirs': somebody is making it. */
export async function findAudio(db: Database, making: Making): Promise<StoredAudio | 'mine' | 'theirs'> {
  const { key, token } = making;
  const { rows } = await sql<StoredAudio & { maker: string | null }>`
    insert into audio (key, maker, making_until) values (${key}, ${token}, ${until(making)})
    on conflict (key) do update set used_at = now(),
      maker = case when audio.ogg is null and audio.making_until < now() then excluded.maker else audio.maker end,
      making_until = case when audio.ogg is null and audio.making_until < now()
        then excluded.making_until else audio.making_until end
    returning ogg, seconds, waveform, maker`.execute(db);
  const [row] = rows;
  if (row?.ogg) return { ogg: row.ogg, seconds: row.seconds, waveform: row.waveform };
  return row?.maker === token ? 'mine' : 'theirs';
}

export async function renewMaking(db: Database, making: Making): Promise<void> {
  await sql`
    update audio set making_until = ${until(making)}
    where key = ${making.key} and maker = ${making.token} and ogg is null`.execute(db);
}

/** It could not be made here. */
export async function leaveMaking(db: Database, { key, token }: Making): Promise<void> {
  await sql`delete from audio where key = ${key} and maker = ${token} and ogg is null`.execute(db);
}

/** Of two that have made the same, the first counts. */
export async function storeAudio(db: Queryable, key: string, { ogg, seconds, waveform }: StoredAudio): Promise<void> {
  await sql`
    insert into audio (key, ogg, seconds, waveform) values (${key}, ${ogg}, ${seconds}, ${waveform})
    on conflict (key) do update set ogg = ${ogg}, seconds = ${seconds}, waveform = ${waveform}, making_until = null
    where audio.ogg is null`.execute(db);
}

/** Deletes what was used longest ago, beyond so many bytes; and what somebody began and never finished. */
export async function trimAudio(db: Database, mostBytes: number): Promise<void> {
  // What somebody else is just using or deleting is left to the next time.
  await sql`
    with sized as (
      select key, sum(octet_length(ogg)) over (order by used_at desc, key) as total from audio
    ), spare as (
      select audio.key from audio join sized on sized.key = audio.key
      where case when ogg is null then making_until < now() - interval '1 hour' else total > ${mostBytes} end
      for update of audio skip locked
    )
    delete from audio using spare where audio.key = spare.key`.execute(db);
}
