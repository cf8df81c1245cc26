import { expect, test } from 'vitest';
import { answerText } from '../../../src/core/grading.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { asSeen, openDiscordServer, shownLines, startLesson } from '../../support/discord-lesson.ts';

/** A lesson from the command to the summary, as the people of a server see it. */

const database = useDatabase();

test('a lesson in a thread, and its card in the channel', async () => {
  const server = await openDiscordServer(database.url);
  const { twin, runtime, channel, ada } = server;
  const lesson = await startLesson(server, channel, ada, { topic: 'fractions' });
  /** Once it is as the lesson is: it is shown beside the lesson. */
  const card = async () => {
    const due = runtime.db.selectFrom('lessons').select('id').where('card_due_at', 'is not', null);
    await until(async () => (await due.execute()).length === 0);
    return twin.messages(channel.id).map(shownLines);
  };
  expect(twin.threads(channel.id).map((thread) => thread.name())).toEqual(['fractions with Ada']);
  expect(await card()).toMatchInlineSnapshot(`
    [
      "Threadtutor:
        | # Fractions for beginners
        | ▱▱▱▱ 0/4
        | ▫️ **1. What a fraction means**
        | ▫️ **2. Which fraction is bigger?**
        | ▫️ **3. Equivalent fractions**
        | ▫️ **4. Adding and taking away**
        | *Waiting for your approval*
        *Start*",
    ]
  `);

  const silently = await lesson.presses('Start');
  expect(silently.replies()).toEqual([]);
  expect(await card()).toMatchInlineSnapshot(`
    [
      "Threadtutor:
        | # Fractions for beginners
        | ▱▱▱▱ 0/4
        | ▶️ **1. What a fraction means**
        | ▫️ **2. Which fraction is bigger?**
        | ▫️ **3. Equivalent fractions**
        | ▫️ **4. Adding and taking away**
        | *Under way* · Step 1 of 4
        [Progress] [Stop]",
    ]
  `);
  await lesson.presses('C · 1/6');
  await lesson.says('can the top number be bigger than the bottom one?');
  await lesson.says('3/5');
  await lesson.presses('Hint');
  await lesson.says('3/8');
  await lesson.says('10/3');
  expect(await card()).toMatchInlineSnapshot(`
    [
      "Threadtutor:
        | # Fractions for beginners
        | ▱▱▱▱▱ 0/5
        | ▶️ **1. Fair shares first**
        | ▫️ **2. What a fraction means**
        | ▫️ **3. Which fraction is bigger?**
        | ▫️ **4. Equivalent fractions**
        | ▫️ **5. Adding and taking away**
        | *Under way* · Step 1 of 5
        [Progress] [Stop]",
    ]
  `);
  await lesson.presses('A · Into 2 pieces of the same size');
  expect(await card()).toMatchInlineSnapshot(`
    [
      "Threadtutor:
        | # Fractions for beginners
        | ▰▱▱▱▱ 1/5
        | ✅ **1. Fair shares first**
        | ▶️ **2. What a fraction means**
        | ▫️ **3. Which fraction is bigger?**
        | ▫️ **4. Equivalent fractions**
        | ▫️ **5. Adding and taking away**
        | *Under way* · Step 2 of 5
        [Progress] [Stop]",
    ]
  `);

  for (;;) {
    const { pending } = await stateOf(runtime, lesson.id);
    if (pending === null) break;
    await lesson.says(pending.question.kind === 'choice' ? pending.question.answer : answerText(pending.question));
  }
  expect(await card()).toMatchInlineSnapshot(`
    [
      "Threadtutor:
        | # Fractions for beginners
        | ▰▰▰▰▰ 5/5
        | ✅ **1. Fair shares first**
        | ✅ **2. What a fraction means**
        | ✅ **3. Which fraction is bigger?**
        | ✅ **4. Equivalent fractions**
        | ✅ **5. Adding and taking away**
        | *Finished*
        [Progress]",
    ]
  `);
  // Everything that was said, for people to read.
  await expect(`${asSeen(twin, lesson.id)}\n`).toMatchFileSnapshot('lesson.seen.txt');
  expect(twin.threads(channel.id)).toHaveLength(1);
});
