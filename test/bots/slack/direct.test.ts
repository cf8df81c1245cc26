import { expect, test } from 'vitest';
import { forgetLearner } from '../../../src/core/data-rights.ts';
import { changeSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { answered, asSeen, doorOf, lessonWith, toldTo } from '../../support/slack-lesson.ts';

/** Lessons in direct messages: each in the thread on what began it. */

const database = useDatabase();

/** All of somebody's lessons, the first one first. */
function lessonsOf({ runtime }: Pick<SlackSchool, 'runtime'>, learner: { id: string }) {
  const query = runtime.db.selectFrom('lessons').innerJoin('learners', 'learners.id', 'learner_id');
  const mine = query.where('learners.external_id', '=', learner.id);
  return mine.select(['thread_id', 'phase', 'state', 'locale']).orderBy('thread_id').execute();
}

/** What is kept of an opening goes while its first answer may be there already. */
function nothingIsOpened({ db }: SlackSchool['runtime']): Promise<void> {
  return until(async () => (await db.selectFrom('openings').select('id').execute()).length === 0);
}

test('whoever writes to the tutor has a lesson, in the thread on what they wrote', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, twin } = school;
  const root = ada.writes('hello');
  const lesson = await lessonWith(school, root.ts, ada);
  expect(lesson.threadId).toBe(`${ada.dm()}:${root.ts}`);
  await lesson.says('fractions');
  await lesson.says('just start');
  await lesson.presses('Start');
  await lesson.presses('C · 1/6');
  expect(await lessonsOf(school, ada)).toMatchObject([
    { phase: 'teaching', locale: 'en-US', state: { steps: [{ right: 1 }, {}, {}, {}] } },
  ]);
  await until(() => lesson.messages()[0]?.text.includes('Step 1 of 4') === true);
  expect(asSeen(lesson.messages().slice(0, 2))).toMatchInlineSnapshot(`
    "Threadtutor: Fractions for beginners
    ▱▱▱▱ 0/4

    ▶️ 1. What a fraction means
    ▫️ 2. Which fraction is bigger?
    ▫️ 3. Equivalent fractions
    ▫️ 4. Adding and taking away

    Under way · Step 1 of 4

    Threadtutor: Hello! I'm your tutor. I make a short plan with you, teach it step by step, check what stuck, and keep to it however often we wander off.

    Pick one, or name it in your own words.

    What would you like to learn?
    A) Fractions for beginners
    B) The French Revolution: from bread to Bonaparte
    C) Photosynthesis: how plants make their food
    D) Probability: how likely is it?
    E) Python basics: first programs
    F) Spanish for travellers"
  `);
  // Nothing stands beside the threads but what people wrote.
  expect(
    twin
      .channel(ada.dm())
      .messages()
      .map(({ ts }) => ts),
  ).toEqual([root.ts]);
  expect(twin.title({ id: ada.dm() }, root.ts)).toBe('hello');
});

test('two lessons there are two threads, and each goes on by itself', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const [one, two] = [ada.writes('fractions'), ada.writes('probability')];
  const [first, second] = [await lessonWith(school, one.ts, ada), await lessonWith(school, two.ts, ada)];
  await first.says('just start');
  expect((await first.state()).phase).toBe('approving');
  expect((await second.state()).phase).toBe('intake');
  await second.says('just start');
  expect(await lessonsOf(school, ada)).toMatchObject([
    { phase: 'approving', state: { packId: 'fractions' } },
    { phase: 'approving', state: { packId: 'probability' } },
  ]);
});

test('however often Slack tells of a message, it opens one lesson and is answered once', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, runtime, twin } = school;
  const root = ada.writes('fractions');
  const lesson = await lessonWith(school, root.ts, ada);
  const [told] = twin.delivery.about(root.ts);
  await twin.delivery.redeliver(told?.eventId ?? '');
  const next = await lesson.says('just start');
  await twin.delivery.redeliver(told?.eventId ?? '');
  await answered(school, next.ts);
  expect(await lessonsOf(school, ada)).toHaveLength(1);
  const messages = runtime.db.selectFrom('messages').select('text').where('author', '=', 'learner');
  const own = messages.innerJoin('lessons', 'lessons.id', 'lesson_id').where('thread_id', '=', lesson.threadId);
  expect((await own.orderBy('seq').execute()).map(({ text }) => text)).toEqual(['fractions', 'just start']);
  // The card, what was asked, the answer to that, and the plan.
  expect(lesson.messages().map(({ author }) => author.name)).toEqual([
    'Threadtutor',
    'Threadtutor',
    'Ada',
    'Threadtutor',
  ]);
});

test('in a thread whose lesson is forgotten, the next message begins a new one', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, runtime, team } = school;
  const root = ada.writes('fractions');
  const lesson = await lessonWith(school, root.ts, ada);
  await forgetLearner(runtime.db, 'slack', team.id, ada.id);
  const reply = ada.says(ada.dm(), 'probability', { threadTs: root.ts });
  const again = await lessonWith(school, reply.ts, ada);
  expect(again.threadId).toBe(lesson.threadId);
  await again.says('just start');
  expect((await again.state()).packId).toBe('probability');
});

test('a lesson there has what the workspace wants, and is for those who may start lessons', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, runtime, team } = school;
  const ben = team.addMember({ name: 'Ben' });
  const workspace = { id: team.id, name: team.name };
  await changeSettings(runtime.db, 'slack', workspace, { starters: [ben.id], character: 'a pirate', channels: ['C0'] });
  ada.writes('fractions');
  expect(await toldTo(ada, ada.dm())).toEqual([
    'In this workspace only some people may start lessons. An admin can add you on my Home tab.',
  ]);
  expect(await lessonsOf(school, ada)).toEqual([]);
  const lesson = await lessonWith(school, ben.writes('fractions').ts, ben);
  expect((await lesson.state()).preferences.character).toBe('a pirate');
  await nothingIsOpened(runtime);
});

test('what cannot be read is told before anything is opened', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, twin } = school;
  ada.writes(`fractions ${'and so on '.repeat(800)}`);
  expect(await toldTo(ada, ada.dm())).toEqual([expect.stringMatching(/^That message has 8,\d{3} characters/)]);
  ada.writes('', { files: [{ name: 'a&b.zip', mimetype: 'application/zip', bytes: new Uint8Array(3) }] });
  expect(await toldTo(ada, ada.dm(), 2)).toContain(
    'I cannot read a&amp;b.zip. Copy the part that matters into a message.',
  );
  expect(twin.channel(ada.dm()).messages()).toHaveLength(2);
  expect(await lessonsOf(school, ada)).toEqual([]);
});

test('who is faster than the tutor reads so before anything is opened', async () => {
  const school = await openSlackSchool(database.url, { runtime: { doorLimits: doorOf(1) } });
  const { ada, runtime } = school;
  const lesson = await lessonWith(school, ada.writes('fractions').ts, ada);
  ada.writes('probability');
  expect(await toldTo(ada, ada.dm())).toEqual([expect.stringContaining('Send it again in 5 seconds')]);
  expect(await lessonsOf(school, ada)).toHaveLength(1);
  expect(lesson.messages().length).toBeGreaterThan(1);
  await nothingIsOpened(runtime);
});

test('a card whose answer is lost is there once, and who was let in is not stopped by that', async () => {
  const school = await openSlackSchool(database.url, { runtime: { doorLimits: doorOf(1) } });
  const { ada, twin } = school;
  twin.faults.loseNext((method) => method === 'chat.postMessage', 1);
  const lesson = await lessonWith(school, ada.writes('fractions').ts, ada);
  const cards = lesson.messages().filter(({ metadata }) => String(metadata?.event_payload.key).startsWith('card-'));
  expect(cards).toHaveLength(1);
});
