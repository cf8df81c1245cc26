import { expect, test } from 'vitest';
import { forgetLearner } from '../../src/core/data-rights.ts';
import { recordFeedback, type Verdict } from '../../src/core/feedback.ts';
import { openClassroom } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

async function begun() {
  const learner = await (await openClassroom(database.url)).newLearner({ topic: 'fractions' });
  const { threadId } = learner;
  const says = (verdict: Verdict, messageId = 'm1', who = threadId, where = threadId) =>
    recordFeedback(database.db, { platform: 'terminal', threadId: where, learner: who, messageId, verdict });
  const kept = async () => {
    const rows = await database.db
      .selectFrom('events')
      .innerJoin('lessons', 'lessons.id', 'events.lesson_id')
      .select('data')
      .where('thread_id', '=', threadId)
      .where('type', '=', 'feedback')
      .orderBy('events.id')
      .execute();
    return rows.map(({ data }) => data);
  };
  return { threadId, says, kept };
}

test('each message has one verdict, and a changed mind counts', async () => {
  const { says, kept } = await begun();
  expect([await says('good'), await says('bad', 'm2'), await says('bad')]).toEqual([true, true, true]);
  expect(await kept()).toEqual([
    { messageId: 'm2', verdict: 'bad' },
    { messageId: 'm1', verdict: 'bad' },
  ]);
});

test('pressed many times at once, it is one', async () => {
  const { says, kept } = await begun();
  await Promise.all(Array.from({ length: 8 }, (_, n) => says(n % 2 ? 'good' : 'bad')));
  expect(await kept()).toHaveLength(1);
});

test('a lesson takes it from its own learner only, and a thread without a lesson from nobody', async () => {
  const { says, kept } = await begun();
  expect(await says('good', 'm1', 'somebody else')).toBe(false);
  expect(await says('good', 'm1', undefined, 'no such thread')).toBe(false);
  expect(await kept()).toEqual([]);
});

test('it is forgotten with the learner', async () => {
  const { threadId, says, kept } = await begun();
  await says('good');
  await forgetLearner(database.db, 'terminal', 'school', threadId);
  expect(await kept()).toEqual([]);
  expect(await says('good')).toBe(false);
});
