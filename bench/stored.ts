import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { migrate, openDatabase } from '../src/db/database.ts';
import { releaseLesson } from '../src/db/leases.ts';
import { claimWork } from '../src/db/work.ts';
import { storeLessons } from '../test/support/stored-lessons.ts';
import { figure, median, type Report, spread } from './figures.ts';
import { NO_LIMITS } from './fleet.ts';
import { openSchool, type School } from './lesson.ts';
import { replyAt } from './script.ts';
import type { Servers } from './servers.ts';

/** What a turn costs beside many stored lessons, against an empty database on the same server in the same rounds. */

export async function measureStored(servers: Servers, lessons: number, rounds: number, report: Report): Promise<void> {
  const beside = `beside ${lessons.toLocaleString('en')} lessons`;
  const place = await servers.newPlace('postgres');
  report(figure(`database ${beside}`, await fill(place.databaseUrl, lessons), 'MB'));
  const full = await openSchool(place);
  const empty = await openSchool(await servers.newPlace('postgres'));
  const samples = { full: noSamples(), empty: noSamples() };
  for (let round = 0; round < rounds; round += 1) {
    await sample(full, samples.full);
    await sample(empty, samples.empty);
  }
  for (const [what, name] of Object.entries(NAMES) as [keyof Samples, string][]) {
    for (const each of spread(name, samples.full[what], ` ${beside}`)) report(each);
    const ratio = median(samples.full[what]) / median(samples.empty[what]);
    report(figure(`${name} ${beside} to an empty database`, ratio, 'times'));
  }
  await Promise.all([full.runtime.close(), empty.runtime.close()]);
}

/** Returns the size of the database on disk, in MB. */
async function fill(databaseUrl: string, lessons: number): Promise<number> {
  const { db, close } = openDatabase(databaseUrl, () => {});
  await migrate(db, new URL('../migrations', import.meta.url).pathname);
  // Nobody works on this queue: the few lessons with work to do stay as they are.
  await storeLessons(db, 'bench-stored', lessons);
  const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db);
  await close();
  return (rows[0]?.bytes ?? 0) / 1e6;
}

interface Samples {
  claim: number[];
  acceptance: number[];
  turn: number[];
}

const NAMES: Record<keyof Samples, string> = { claim: 'claim', acceptance: 'accept tx', turn: 'turn overhead' };

function noSamples(): Samples {
  return { claim: [], acceptance: [], turn: [] };
}

async function sample({ runtime, openLesson }: School, samples: Samples): Promise<void> {
  const lesson = await openLesson();
  await delay(8);
  samples.turn.push((await lesson.say(replyAt(1))).overheadMs);
  await delay(8);
  samples.acceptance.push(await lesson.sayUnnudged(replyAt(2)));
  await delay(8);
  const start = performance.now();
  const look = { room: NO_LIMITS.room, mayStart: false };
  const claimed = await claimWork(runtime.db, lesson.id, { owner: 'bench', ms: 60_000 }, look);
  samples.claim.push(performance.now() - start);
  if (!claimed) throw new Error('somebody holds the lesson');
  await releaseLesson(runtime.db, claimed.lesson);
}
