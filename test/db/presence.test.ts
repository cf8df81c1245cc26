import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { joinDatabase, type Presence } from '../../src/db/presence.ts';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

async function join(): Promise<Presence> {
  const presence = await joinDatabase(database.url);
  onTestFinished(() => presence.leave());
  return presence;
}

/** As a restart of the server does to all of them. */
async function breakConnections(): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_locks join pg_database on pg_database.oid = database
    where locktype = 'advisory' and datname = current_database()`.execute(database.db);
}

test('whoever is alone knows it, until somebody comes and after they have left', async () => {
  const first = await join();
  expect(await first.isAlone()).toBe(true);
  const second = await joinDatabase(database.url);
  expect([await first.isAlone(), await second.isAlone()]).toEqual([false, false]);
  await second.leave();
  await until(() => first.isAlone());
});

test('a name belongs to one at a time', async () => {
  const first = await joinDatabase(database.url);
  const second = await join();
  expect([await first.claim('desk'), await second.claim('desk')]).toEqual([true, false]);
  await first.leave();
  await until(() => second.claim('desk'));
});

test('a process whose connection broke is soon present again, with its names', async () => {
  const first = await join();
  await first.claim('desk');
  await breakConnections();
  const second = await join();
  await until(async () => !(await second.isAlone()));
  expect(await second.claim('desk')).toBe(false);
});

test('a process that has left stays away', async () => {
  const first = await joinDatabase(database.url);
  await breakConnections();
  await first.leave();
  const second = await join();
  await until(() => second.isAlone());
});
