import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openDiscordSchool } from '../../support/discord.ts';
import { beginLesson, type DiscordLesson } from '../../support/discord-lesson.ts';

/** What was written while no session told of it. */

const database = useDatabase();

async function open() {
  const { twin, runtime } = await openDiscordSchool(database.url);
  onTestFinished(() => expect(twin.violations).toEqual([]));
  return {
    twin,
    begin: () => beginLesson({ twin, db: runtime.db }),
    /** What learners have written in a lesson, as it was taken in. */
    async takenIn({ thread }: DiscordLesson): Promise<string[]> {
      const rows = await runtime.db
        .selectFrom('messages')
        .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
        .select('text')
        .where('thread_id', '=', thread.id)
        .where('author', '=', 'learner')
        .where('text', '!=', '')
        .orderBy('seq')
        .execute();
      return rows.map(({ text }) => text);
    },
    /** How often the messages of a thread were asked for. */
    asked: ({ thread }: DiscordLesson) =>
      twin.requests.filter(({ method, path }) => method === 'GET' && path === `/channels/${thread.id}/messages`).length,
  };
}

test('more than Discord tells at a time is read to its end, in order', async () => {
  const { twin, begin, takenIn, asked } = await open();
  const lesson = await begin();
  twin.gateway.invalidate(false);
  const written = Array.from({ length: 105 }, (_, index) => `I think that it is number ${index}`);
  for (const text of written) lesson.ada.says(lesson.thread, text);
  await until(async () => (await takenIn(lesson)).length === written.length);
  expect(await takenIn(lesson)).toEqual(written);
  expect(asked(lesson)).toBe(2);
  await lesson.settle();
});

test('only learners of lessons that go on are listened to, and a thread that is gone holds up no other', async () => {
  const { twin, begin, takenIn, asked } = await open();
  const [over, gone, under] = [await begin(), await begin(), await begin()];
  over.ada.says(over.thread, 'end');
  await until(() => over.replies().some(({ content }) => content.includes('We stop here')));
  await over.settle();
  twin.gateway.invalidate(false);
  gone.ada.says(gone.thread, 'help');
  gone.thread.remove();
  over.ada.says(over.thread, 'help');
  const bob = under.guild.addMember({ name: 'Bob' });
  bob.says(under.thread, 'I am not the learner here');
  under.ada.says(under.thread, 'help');
  await until(async () => (await takenIn(under)).length > 0);
  await under.settle();
  expect(await takenIn(under)).toEqual(['help']);
  expect(await takenIn(gone)).toEqual([]);
  expect([over, gone, under].map(asked)).toEqual([0, 1, 1]);
});

test('what was taken in before is not taken in again', async () => {
  const { twin, begin, takenIn, asked } = await open();
  const lesson = await begin();
  lesson.ada.says(lesson.thread, 'help');
  await until(async () => (await takenIn(lesson)).length === 1);
  await lesson.settle();
  const { length } = lesson.replies();
  twin.gateway.invalidate(false);
  await until(() => asked(lesson) === 1);
  lesson.ada.says(lesson.thread, 'hint');
  await until(async () => (await takenIn(lesson)).length === 2);
  await lesson.settle();
  expect(await takenIn(lesson)).toEqual(['help', 'hint']);
  expect(lesson.replies()).toHaveLength(length + 1);
});

test('what is written meanwhile waits for what was written before it', async () => {
  const { twin, begin, takenIn } = await open();
  const [lesson, other] = [await begin(), await begin()];
  const { length } = other.replies();
  twin.gateway.invalidate(false);
  lesson.ada.says(lesson.thread, 'first');
  twin.faults.onRequest(async ({ method, path, moment }) => {
    if (method !== 'GET' || moment !== 'arrived' || path !== `/channels/${lesson.thread.id}/messages`) return;
    lesson.ada.says(lesson.thread, 'second');
    // When this is answered, the bot has heard of all that.
    other.ada.says(other.thread, 'hint');
    await until(() => other.replies().length > length);
  });
  await until(async () => (await takenIn(lesson)).length === 2);
  expect(await takenIn(lesson)).toEqual(['first', 'second']);
  await lesson.settle();
});
