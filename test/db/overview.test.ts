import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { settle } from '../../src/db/budgets.ts';
import { upsertWorkspace } from '../../src/db/lessons.ts';
import { latestLessons, monthOf } from '../../src/db/overview.ts';
import { openClassroom } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

const month = () => monthOf(database.db, 'terminal', 'school');

async function age(threadId: string, column: 'created_at' | 'updated_at', months: number): Promise<void> {
  await sql`update lessons set ${sql.ref(column)} = now() - ${months} * interval '1 month'
    where thread_id = ${threadId}`.execute(database.db);
}

test('a month has what was begun in it, who learnt in it, and what it cost', async () => {
  expect(await month()).toEqual({ spent: 0, lessons: 0, learners: 0 });
  const { newLearner } = await openClassroom(database.url);
  const begin = () => newLearner({ topic: 'fractions' });
  const [ada, ben, eve] = [await begin(), await begin(), await begin()];
  expect(await month()).toEqual({ spent: 0, lessons: 3, learners: 3 });

  // Begun before, and used since; and one that nobody has come back to.
  await age(ada.threadId, 'created_at', 2);
  await age(ben.threadId, 'created_at', 2);
  await age(ben.threadId, 'updated_at', 2);
  await eve.say('', { threadId: 'another', learner: { id: eve.threadId, name: 'Eve' }, start: { topic: 'fractions' } });
  expect(await month()).toEqual({ spent: 0, lessons: 2, learners: 2 });

  const workspace = await upsertWorkspace(database.db, 'terminal', { id: 'school', name: 'School' });
  const months = sql<{ now: string; before: string }>`
    select date_trunc('month', now() at time zone 'utc')::date::text as now,
      (date_trunc('month', now() at time zone 'utc') - interval '1 month')::date::text as before`;
  const [{ now, before } = { now: '', before: '' }] = (await months.execute(database.db)).rows;
  for (const [of, spent] of [
    [now, 1.25],
    [before, 8],
  ] as const) {
    await sql`insert into workspace_months (workspace_id, month) values (${workspace}, ${of}::date)
      on conflict do nothing`.execute(database.db);
    await settle(database.db, workspace, of, 0, spent);
  }
  expect(await month()).toMatchObject({ spent: 1.25 });
  expect(await monthOf(database.db, 'slack', 'school')).toEqual({ spent: 0, lessons: 0, learners: 0 });
});

test('lessons are there as they were last used', async () => {
  const { newLearner } = await openClassroom(database.url);
  const ada = await newLearner({ topic: 'fractions' });
  const learner = { id: ada.threadId, name: 'Ada' };
  await ada.say('', { threadId: 'second', learner, start: { topic: 'probability' } });
  await age(ada.threadId, 'updated_at', 1);
  const latest = (limit: number) => latestLessons(database.db, 'terminal', 'school', ada.threadId, limit);
  expect((await latest(5)).map(({ threadId }) => threadId)).toEqual(['second', ada.threadId]);
  expect((await latest(1)).map(({ state }) => state.preferences.topic)).toEqual(['Probability: how likely is it?']);
  expect(await latestLessons(database.db, 'terminal', 'school', 'nobody', 5)).toEqual([]);
});
