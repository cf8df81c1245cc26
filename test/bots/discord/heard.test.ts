import { expect, test } from 'vitest';
import type { Bot } from '../../../src/bots/discord/bot.ts';
import { firstIdAt, openHeard, timeOf } from '../../../src/bots/discord/connection/heard.ts';
import { openShards } from '../../../src/bots/discord/connection/shards.ts';
import { readHeard } from '../../../src/db/heard.ts';
import { silentLog } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';

/** How far Discord was heard: never further than what was taken in. */

const database = useDatabase();
const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 25, 12);
const bot = () => ({ db: database.db, log: silentLog, now: () => NOW }) as unknown as Bot;
const stored = async (connection: string) => (await readHeard(database.db, 'discord')).get(connection)?.getTime();

test('the mark is a row, with a margin, and does not pass what is still being taken in', async () => {
  const heard = (await openHeard(bot()))(0, 1);
  expect(heard.until()).toBeNull();
  await heard.proved(NOW);
  expect(heard.until()).toBe(NOW - 15_000);
  const done = heard.begin(NOW + MINUTE);
  await heard.proved(NOW + 3 * MINUTE);
  expect(heard.until()).toBe(NOW + MINUTE);
  done();
  await heard.proved(NOW + 2 * MINUTE);
  expect(await stored('0/1')).toBe(NOW + 2 * MINUTE - 15_000);
  await heard.proved(NOW);
  expect((await openHeard(bot()))(0, 1).until()).toBe(NOW + 2 * MINUTE - 15_000);
});

test('another number of shards begins where the last of the former ones was, and a week ago at most', async () => {
  const heardOn = await openHeard(bot());
  await heardOn(0, 2).proved(NOW - 5 * MINUTE);
  await heardOn(1, 2).proved(NOW - 7 * MINUTE);
  const later = await openHeard({ ...bot(), now: () => NOW + 30 * 24 * 60 * MINUTE } as Bot);
  expect(later(1, 2).until()).toBe(NOW + 23 * 24 * 60 * MINUTE);
  await heardOn(0, 2).proved(NOW + 10 * MINUTE);
  await heardOn(1, 2).proved(NOW + 8 * MINUTE);
  expect((await openHeard(bot()))(3, 4).until()).toBe(NOW + 8 * MINUTE - 15_000);
});

test('a session counts as heard when each of its servers has told, or is away', async () => {
  const LATER = NOW + 60 * MINUTE;
  const shard = (await openShards(bot()))(0, 8);
  await shard.heard.proved(LATER);
  const since = LATER - 15_000;
  shard.begins({ guilds: ['1', '2', '3'].map((id) => ({ id, unavailable: true as const })) });
  expect(shard.missedSince).toBe(shard.heard.until());
  expect(shard.tells('1')).toBe(since);
  await shard.heard.proved(LATER + MINUTE);
  expect(shard.heard.until()).toBe(since);
  expect(shard.tells('2')).toBe(since);
  shard.lost('3');
  await Promise.resolve();
  await shard.heard.proved(LATER + MINUTE);
  expect(shard.heard.until()).toBe(LATER + MINUTE - 15_000);
  // One that comes back tells since it was last heard; one that is new has nothing to tell.
  expect(shard.tells('3')).toBe(since);
  expect(shard.tells('4')).toBeNull();
});

test('ids and times', () => {
  expect(timeOf('175928847299117063')).toBe(1_462_015_105_796);
  expect(timeOf(firstIdAt(NOW))).toBe(NOW);
  expect(firstIdAt(0)).toBe('0');
});
