import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { openClassroom, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, gate, watchedModel } from '../support/models.ts';

const database = useDatabase();

const answersOf = (replies: { kind: string }[]) => replies.filter((reply) => reply.kind !== 'notice');

test('messages that arrive while a turn runs are answered together by the next one', async () => {
  const door = gate();
  const model = watchedModel((_, { agent, input }) =>
    agent === 'teacher' && 'reply' in input && input.reply === 'first' ? door.opened.then(() => undefined) : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;

  await learner.send('first');
  await until(() => model.requests.some(({ input }) => 'reply' in input && input.reply === 'first'));
  for (const text of ['second', 'third', 'fourth']) await learner.send(text);
  door.open();
  await learner.settle();

  expect(learner.replies().length - before).toBe(2);
  const replies = model.requests.flatMap(({ input }) => ('reply' in input ? [input.reply] : []));
  expect(replies.slice(-2)).toEqual(['first', 'second\nthird\nfourth']);
});

test('two workers on one queue answer every message once and in order', async () => {
  const queue = `shared-${randomUUID()}`;
  const one = await openClassroom(database.url, { queue });
  const learner = await one.newLearner({ topic: 'probability', autostart: true });
  const two = await openClassroom(database.url, { queue });
  const commands = ['progress', 'hint', 'plan', 'hint', 'progress', 'hint', 'help', 'plan', 'progress', 'help'];
  for (const command of commands) await learner.send(command);
  await learner.settle();

  const all = [...one.surface.sent, ...two.surface.sent].filter((sent) => sent.threadId === learner.threadId);
  expect(new Set(all.map((sent) => sent.id)).size).toBe(all.length);
  const lesson = await database.db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['author', 'messages.turn_id'])
    .where('lessons.thread_id', '=', learner.threadId)
    .where('author', '=', 'tutor')
    .orderBy('messages.seq')
    .execute();
  expect(all).toHaveLength(lesson.length);
  const turns = await database.db
    .selectFrom('turns')
    .innerJoin('lessons', 'lessons.id', 'turns.lesson_id')
    .select(['turns.id', 'turns.seq'])
    .where('lessons.thread_id', '=', learner.threadId)
    .orderBy('turns.seq')
    .execute();
  expect([...new Set(lesson.map((row) => row.turn_id))]).toEqual(turns.map((turn) => turn.id));
});

test('a worker that lost its lease writes nothing and says nothing', async () => {
  const door = gate();
  const model = watchedModel((_, { input }) =>
    'reply' in input && input.reply === 'slow' ? door.opened.then(() => undefined) : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  const slowCalls = () => model.requests.filter(({ input }) => 'reply' in input && input.reply === 'slow').length;

  await learner.send('slow');
  await until(() => slowCalls() === 1);
  // Somebody else takes the lesson and dies at once: the fence is raised, the lease is over.
  await database.db
    .updateTable('lessons')
    .set({ version: sql`version + 1`, lease_until: sql`now() - interval '1 second'` })
    .where('thread_id', '=', learner.threadId)
    .execute();
  door.open();
  await learner.settle();

  expect(learner.replies().length - before).toBe(1);
  expect(slowCalls()).toBe(2);
});

test('a stored step is replayed after a failure, never paid for again', async () => {
  const model = watchedModel();
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  const calls = model.calls.length;
  await failNextCommit();

  await learner.say('is that so?');

  expect(model.calls.length - calls).toBe(1);
  expect(
    learner
      .replies()
      .slice(before)
      .map((reply) => reply.kind),
  ).toEqual(['notice', 'message']);
});

/** The next insert of a delivery fails as a broken database would: after the steps are stored, before the commit. */
async function failNextCommit(): Promise<void> {
  await sql.raw('create sequence broken_once').execute(database.db);
  await sql
    .raw(
      `create function break_once() returns trigger language plpgsql as $$
       begin
         if nextval('broken_once') = 1 then raise exception 'broken once'; end if;
         return new;
       end $$`,
    )
    .execute(database.db);
  await sql
    .raw('create trigger break_once before insert on deliveries for each row execute function break_once()')
    .execute(database.db);
}

test('a model that is down costs one notice, and then the answer comes once', async () => {
  let down = 0;
  const model = watchedModel((_, { input }) => {
    if (!('reply' in input) || input.reply !== 'hello?') return undefined;
    down += 1;
    return down <= 2 ? failure(down === 1 ? 'timeout' : 'rate_limited') : undefined;
  });
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  await learner.say('hello?');
  const said = learner.replies().slice(before);
  expect(said.map((reply) => reply.kind)).toEqual(['notice', 'message']);
  expect(said[0]?.text).toContain('Your message is safe');
});

test('a turn that is given up stays on record, and the next message takes it up again', async () => {
  let isDown = true;
  const model = watchedModel((_, { agent, input }) =>
    isDown && agent === 'teacher' && 'reply' in input && input.reply !== '' ? failure('unavailable') : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;

  await learner.say('are you there?');
  expect(
    learner
      .replies()
      .slice(before)
      .map((reply) => reply.kind),
  ).toEqual(['notice', 'notice']);
  const failed = await database.db
    .selectFrom('turns')
    .select(['failure', 'attempts'])
    .where('status', '=', 'failed')
    .execute();
  expect(failed).toEqual([{ failure: 'unavailable: as the test wants it', attempts: 4 }]);

  isDown = false;
  await learner.say('and now?');
  expect(answersOf(learner.replies().slice(before))).toHaveLength(2);
  const asked = model.requests.flatMap(({ input }) => ('reply' in input && input.reply ? [input.reply] : []));
  expect(asked.slice(-2)).toEqual(['are you there?', 'and now?']);
});

test('all turns that were given up are taken up again, in order, and each time the learner is told', async () => {
  let isDown = true;
  const model = watchedModel((_, { agent, input }) =>
    isDown && agent === 'teacher' && 'reply' in input && input.reply !== '' ? failure('unavailable') : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('one?');
  const before = learner.replies().length;
  await learner.say('two?');
  expect(
    learner
      .replies()
      .slice(before)
      .map((reply) => reply.kind),
  ).toEqual(['notice', 'notice', 'notice', 'notice']);

  isDown = false;
  await learner.say('three?');
  const asked = model.requests.flatMap(({ input }) => ('reply' in input && input.reply ? [input.reply] : []));
  expect(asked.slice(-3)).toEqual(['one?', 'two?', 'three?']);
});

test('a turn that always fails gets one attempt a message once others overtook it, and does not hold them up', async () => {
  const model = watchedModel((_, { input }) =>
    'reply' in input && input.reply === 'poison?' ? failure('unavailable') : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('poison?');
  await learner.say('one?');
  const before = { replies: learner.replies().length, calls: model.calls.length };
  await learner.say('two?');
  expect(model.calls.length - before.calls).toBe(2);
  expect(learner.replies().length - before.replies).toBe(1);
});

test('unusable output keeps the lesson alive', async () => {
  const model = watchedModel((_, { input }) =>
    'reply' in input && input.reply === 'hm' ? failure('invalid_output') : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  const reply = await learner.say('hm');
  expect(reply).toMatchObject({ kind: 'message', question: { id: question.id } });
});

test('a lost nudge is found by the sweep', async () => {
  const { newLearner, runtime, queue } = await openClassroom(database.url, { sweepMs: 20 });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  await accept(runtime.db, {
    platform: 'terminal',
    workspace: { id: 'school', name: 'School' },
    learner: { id: learner.threadId, name: 'Ada' },
    threadId: learner.threadId,
    messageId: randomUUID(),
    text: 'did you hear me?',
    queue,
  });
  await learner.settle();
  expect(learner.replies().length - before).toBe(1);
});

test('a delivery that fails is sent again, in order and once; one whose thread is gone is not', async () => {
  const { newLearner, surface } = await openClassroom(database.url, { sweepMs: 20 });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  let failures = 2;
  surface.intercept = () => {
    failures -= 1;
    return failures >= 0 ? { ok: false, reason: 'retry', detail: 'busy', retryAfterMs: 1 } : null;
  };
  const before = learner.replies().length;
  await learner.send('hint');
  await learner.send('progress');
  await learner.settle();
  expect(
    learner
      .replies()
      .slice(before)
      .map((reply) => reply.text.split('\n')[0]),
  ).toEqual([expect.stringContaining('Hint 1 of 3'), expect.stringContaining('Progress')]);

  surface.intercept = () => ({ ok: false, reason: 'gone', detail: 'deleted' });
  await learner.send('hint');
  await learner.settle();
  const gone = await database.db.selectFrom('deliveries').select('status').where('status', '=', 'gone').execute();
  expect(gone).toHaveLength(1);
});

test('a surface that breaks its promise and throws loses nothing', async () => {
  const { newLearner, surface } = await openClassroom(database.url, { sweepMs: 20 });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  let broken = true;
  surface.intercept = () => {
    if (!broken) return null;
    broken = false;
    throw new Error('the surface broke');
  };
  await learner.say('hint');
  expect(learner.replies().length - before).toBe(1);
});

test('a topic with characters that no database stores is accepted without them', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'frac\0tions\ud800', autostart: true });
  expect((await learner.state()).preferences.topic).toBe('Fractions for beginners');
});

test('a turn that was given up a month ago is taken up again like any other', async () => {
  let isDown = true;
  const model = watchedModel((_, { agent, input }) =>
    isDown && agent === 'teacher' && 'reply' in input && input.reply !== '' ? failure('unavailable') : undefined,
  );
  const { newLearner } = await openClassroom(database.url, { model });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('are you there?');
  await sql`update turns set created_at = now() - interval '30 days' where status = 'failed'`.execute(database.db);
  isDown = false;
  const before = learner.replies().length;
  await learner.say('and now?');
  expect(answersOf(learner.replies().slice(before))).toHaveLength(2);
});
