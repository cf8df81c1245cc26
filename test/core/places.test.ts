import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RuntimeOptions } from '../../src/runtime.ts';
import { openClassroom, type ScriptedLearner, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, gate, watchedModel } from '../support/models.ts';

/** Who is answered next, and how many at the same time, on the real queue. */

const database = useDatabase();
/** So long that nothing but the event itself can bring the next turn on. */
const NEVER_MS = 600_000;
const START = { topic: 'fractions', autostart: true };

/** A model that holds every question that begins with "hold" until its door is opened, and counts those it holds. */
function doorkeeper() {
  const doors = new Map<string, ReturnType<typeof gate>>();
  const counts = { now: 0, most: 0 };
  const order: string[] = [];
  const doorOf = (text: string) => {
    const door = doors.get(text) ?? gate();
    doors.set(text, door);
    return door;
  };
  const model = watchedModel(async (_, { input }) => {
    if (!('reply' in input) || !input.reply.startsWith('hold')) return undefined;
    order.push(input.reply);
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    await doorOf(input.reply).opened;
    counts.now -= 1;
    return undefined;
  });
  return { model, counts, order, open: (text: string) => doorOf(text).open() };
}

/** So many learners of a new workspace, each in a lesson. */
async function learnersOf(
  count: number,
  options: Partial<RuntimeOptions>,
): Promise<{ learners: ScriptedLearner[]; write(index: number, text: string): Promise<void> }> {
  const workspace = { id: `school-${randomUUID()}`, name: 'School' };
  const { newLearner } = await openClassroom(database.url, options);
  const learners: ScriptedLearner[] = [];
  for (let index = 0; index < count; index += 1) {
    const learner = await newLearner();
    await learner.say('', { start: START, workspace });
    learners.push(learner);
  }
  return { learners, write: async (index, text) => learners[index]?.send(text, { workspace }) };
}

async function waitingFor(place: 'workspace' | 'learner'): Promise<number> {
  const query = database.db.selectFrom('turns').select('id').where('waits_for', '=', place);
  return (await query.where('status', '=', 'queued').execute()).length;
}

test('two workers have no more turns of a workspace in hand than it has room for, and a free place is taken at once', async () => {
  const keeper = doorkeeper();
  const queue = `shared-${randomUUID()}`;
  const options = { model: keeper.model, queue, sweepMs: NEVER_MS, room: { learner: 9, workspace: 2 } };
  const { learners, write } = await learnersOf(6, options);
  await openClassroom(database.url, options);
  const texts = learners.map((_, index) => `hold ${index}`);
  // One after the other: those that start at the same moment may overshoot.
  for (const index of [0, 1]) {
    await write(index, `hold ${index}`);
    await until(() => keeper.counts.now === index + 1);
  }
  for (const index of [2, 3, 4, 5]) {
    await write(index, `hold ${index}`);
    await until(async () => (await waitingFor('workspace')) === index - 1);
  }
  expect(keeper.counts.now).toBe(2);
  for (const [index, text] of texts.entries()) {
    keeper.open(text);
    await until(() => keeper.order.length === Math.min(6, index + 3));
  }
  await Promise.all(learners.map((learner) => learner.settle()));
  expect(keeper.counts.most).toBe(2);
  expect(keeper.order).toEqual(texts);
});

test('a learner has no more turns in hand than there is room for, and their next lesson goes on at once', async () => {
  const keeper = doorkeeper();
  const options = { model: keeper.model, sweepMs: NEVER_MS, room: { learner: 1, workspace: 50 } };
  const { newLearner } = await openClassroom(database.url, options);
  const learner = { id: `ada-${randomUUID()}`, name: 'Ada' };
  const lessons = [await newLearner(), await newLearner()] as const;
  for (const lesson of lessons) await lesson.say('', { learner, start: START });
  await lessons[0].send('hold 0', { learner });
  await until(() => keeper.counts.now === 1);
  await lessons[1].send('hold 1', { learner });
  await until(async () => (await waitingFor('learner')) === 1);
  keeper.open('hold 0');
  keeper.open('hold 1');
  await Promise.all(lessons.map((lesson) => lesson.settle()));
  expect(keeper.counts.most).toBe(1);
  expect(keeper.order).toEqual(['hold 0', 'hold 1']);
});

test('two places that become free at the same moment go to two turns', async () => {
  const keeper = doorkeeper();
  const options = { model: keeper.model, sweepMs: NEVER_MS, room: { learner: 9, workspace: 2 } };
  const { learners, write } = await learnersOf(4, options);
  for (const index of [0, 1]) {
    await write(index, `hold ${index}`);
    await until(() => keeper.counts.now === index + 1);
  }
  for (const index of [2, 3]) {
    await write(index, `hold ${index}`);
    await until(async () => (await waitingFor('workspace')) === index - 1);
  }
  keeper.open('hold 0');
  keeper.open('hold 1');
  await until(() => keeper.order.length === 4);
  for (const text of ['hold 2', 'hold 3']) keeper.open(text);
  await Promise.all(learners.map((learner) => learner.settle()));
});

test('a learner who waits reads once how many are ahead, and then the answer', async () => {
  const keeper = doorkeeper();
  const options = { model: keeper.model, sweepMs: 20, patienceMs: 2_000, room: { learner: 9, workspace: 1 } };
  const { learners, write } = await learnersOf(4, options);
  const last = learners[3] as ScriptedLearner;
  const before = last.replies().length;
  await write(0, 'hold 0');
  await until(() => keeper.counts.now === 1);
  for (const index of [1, 2, 3]) {
    await write(index, `hold ${index}`);
    await until(async () => (await waitingFor('workspace')) === index);
  }
  await until(() => last.replies().length > before);
  for (const index of [0, 1, 2, 3]) keeper.open(`hold ${index}`);
  await Promise.all(learners.map((learner) => learner.settle()));
  const said = last.replies().slice(before);
  expect(said.map(({ kind }) => kind)).toEqual(['notice', 'message']);
  expect(said[0]?.text).toContain('about 3 messages are ahead of yours');
});

test('a learner who waits for their own other lesson is told so', async () => {
  const keeper = doorkeeper();
  // Long enough for the queue to have offered the turn a place: only then is it known what it waits for.
  const options = { model: keeper.model, sweepMs: 20, patienceMs: 5_000, room: { learner: 1, workspace: 50 } };
  const { newLearner } = await openClassroom(database.url, options);
  const learner = { id: `ada-${randomUUID()}`, name: 'Ada' };
  const lessons = [await newLearner(), await newLearner()] as const;
  for (const lesson of lessons) await lesson.say('', { learner, start: START });
  const before = lessons[1].replies().length;
  await lessons[0].send('hold 0', { learner });
  await until(() => keeper.counts.now === 1);
  await lessons[1].send('why?', { learner });
  await until(async () => (await waitingFor('learner')) === 1);
  await until(() => lessons[1].replies().length > before);
  keeper.open('hold 0');
  await Promise.all(lessons.map((lesson) => lesson.settle()));
  const said = lessons[1].replies().slice(before);
  expect(said.map(({ kind }) => kind)).toEqual(['notice', 'message']);
  expect(said[0]?.text).toContain('in another lesson first');
});

test('waiting for a provider costs no attempt, and never gives a turn up', async () => {
  let waits = 12;
  const model = watchedModel((_, { input }) => {
    if (!('reply' in input) || input.reply !== 'why?' || waits === 0) return undefined;
    waits -= 1;
    return { ...failure('rate_limited'), notTried: true, retryAfterMs: 5 };
  });
  const { newLearner } = await openClassroom(database.url, { model, retryDelaysMs: [5] });
  const learner = await newLearner(START);
  const before = learner.replies().length;
  await learner.say('why?');
  expect(waits).toBe(0);
  expect(
    learner
      .replies()
      .slice(before)
      .map(({ kind }) => kind),
  ).toEqual(['message']);
  const query = database.db.selectFrom('turns').innerJoin('lessons', 'lessons.id', 'turns.lesson_id');
  const turns = await query.select('attempts').where('thread_id', '=', learner.threadId).execute();
  expect(turns.map(({ attempts }) => attempts)).toEqual([0, 0]);
});

// The last one: what the noisy workspace has left waits for nobody.
test('a noisy workspace with 200 messages does not keep a quiet one waiting', async () => {
  const keeper = doorkeeper();
  const { newLearner } = await openClassroom(database.url, { model: keeper.model, concurrency: 1, sweepMs: NEVER_MS });
  const quiet = { id: 'quiet', name: 'Quiet' };
  const noisy = { id: 'noisy', name: 'Noisy' };
  const one = await newLearner();
  await one.say('', { start: START, workspace: quiet });
  const holder = await newLearner();
  await holder.say('', { start: START, workspace: noisy });
  await holder.send('hold', { workspace: noisy });
  await until(() => keeper.counts.now === 1);
  const crowd = await Promise.all(Array.from({ length: 200 }, () => newLearner()));
  await Promise.all(crowd.map((learner) => learner.send('help', { workspace: noisy })));
  await one.send('help', { workspace: quiet });
  keeper.open('hold');
  await until(() => one.replies().length === 2);
  const answered = crowd.filter((learner) => learner.replies().length > 0).length;
  // First come, first served for a few; those who write at the same moment may not see each other.
  expect(answered).toBeLessThan(40);
  await until(() => crowd.filter((learner) => learner.replies().length > 0).length > answered);
});
