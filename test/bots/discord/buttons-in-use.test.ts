import { expect, test } from 'vitest';
import { forgetLearner } from '../../../src/core/data-rights.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import {
  answered,
  answerTo,
  asSeen,
  openDiscordServer,
  shownLines,
  startLesson,
} from '../../support/discord-lesson.ts';

/** Buttons and forms, and what becomes of them when the lesson has gone on. */

const database = useDatabase();

/** A lesson whose first question waits. */
async function openLesson(options = { topic: 'fractions' }) {
  const server = await openDiscordServer(database.url);
  const lesson = await startLesson(server, server.channel, server.ada, options);
  await lesson.presses('Start');
  return { ...server, lesson };
}

const buttonsOf = (message: Parameters<typeof shownLines>[0]) =>
  shownLines(message)
    .split('\n')
    .slice(-message.components.length)
    .map((line) => line.trim());

test('the choice that was made stands out, and none of them can be made again; all else stays', async () => {
  const { lesson } = await openLesson();
  const question = lesson.last();
  expect(buttonsOf(question)).toEqual([
    '[A · 6/1] [B · 1/5] [C · 1/6] [D · 5/6]',
    '[Hint] [Easier] [Harder] [Skip] [Stop]',
  ]);
  await lesson.presses('A · 6/1');
  const after = lesson.messages().find(({ id }) => id === question.id);
  expect(after && buttonsOf(after)).toEqual([
    '~*A · 6/1*~ ~B · 1/5~ ~C · 1/6~ ~D · 5/6~',
    '[Hint] [Easier] [Harder] [Skip] [Stop]',
  ]);
  expect(after?.content).toBe(question.content);
  // It was wrong, and so it is asked once more, with all of its choices.
  expect(buttonsOf(lesson.last())[0]).toBe('[A · 6/1] [B · 1/5] [C · 1/6] [D · 5/6]');
});

test('a choice of a question that is settled changes nothing, and says so', async () => {
  const { ada, runtime, lesson } = await openLesson();
  const question = lesson.last();
  await lesson.says('1/6');
  const before = await stateOf(runtime, lesson.id);
  const late = ada.presses(question, 'A · 6/1');
  await Promise.all([late.acknowledged, answered(runtime, late.id, question.id)]);
  expect(shownLines(lesson.last())).toMatchInlineSnapshot(`
    "Threadtutor:
        That question is behind us. This one is waiting:
        -# Step 1 of 4 · What a fraction means
        A strip of paper has 10 equal parts. 7 parts are blue. The other parts are white. What fraction of the strip is **white**? Write it with a slash, like 2/5.
        [Hint] [Easier] [Harder] [Skip] [Stop]"
  `);
  expect((await stateOf(runtime, lesson.id)).steps).toEqual(before.steps);
});

test('two presses at once are one answer', async () => {
  const { ada, runtime, lesson } = await openLesson();
  const question = lesson.last();
  const both = [ada.presses(question, 'A · 6/1'), ada.presses(question, 'A · 6/1')];
  await Promise.all(
    both.map(({ id, acknowledged }) => Promise.all([acknowledged, answered(runtime, id, question.id)])),
  );
  expect((await stateOf(runtime, lesson.id)).steps[0]).toMatchObject({ wrong: 1 });
});

test('the plan is changed in words, with a form', async () => {
  const { ada, twin, channel, runtime } = await openDiscordServer(database.url);
  const lesson = await startLesson({ twin, runtime }, channel, ada);
  const opened = ada.presses(lesson.last(), 'Change…');
  await opened.acknowledged;
  expect(opened.modal()).toMatchObject({
    title: 'Change the plan',
    components: [{ label: 'What should be different?' }],
  });
  expect(() => opened.submits({ written: '' })).toThrow('has to be filled in');
  await lesson.writes('Change…', 'please leave out the second step');
  expect(asSeen(twin, lesson.id)).toMatchInlineSnapshot(`
    "Threadtutor:
        **Fractions for beginners**
        Cut pizzas, chocolate bars and paper strips into equal parts, and find out how to read, compare, rename, add and take away fractions.
        Shall we start? Say **approve**, **easier**, **harder**, **questions only**, or tell me what to change.
        | # Your plan
        | ▫️ **1. What a fraction means**
        | Read and write a fraction as a number of equal parts of one whole.
        | ▫️ **2. Which fraction is bigger?**
        | Compare two fractions that have the same bottom number or the same top number.
        | ▫️ **3. Equivalent fractions**
        | Find fractions that look different but name the same amount.
        | ▫️ **4. Adding and taking away**
        | Add and subtract fractions that have the same bottom number.
        *Start* [Easier] [Harder] [Another plan] [Questions only]
        [Change…]

    Threadtutor:
        > please leave out the second step

    Threadtutor:
        Without "Which fraction is bigger?", then.
        Shall we start? Say **approve**, **easier**, **harder**, **questions only**, or tell me what to change.
        | # Your plan
        | ▫️ **1. What a fraction means**
        | Read and write a fraction as a number of equal parts of one whole.
        | ▫️ **2. Equivalent fractions**
        | Find fractions that look different but name the same amount.
        | ▫️ **3. Adding and taking away**
        | Add and subtract fractions that have the same bottom number.
        *Start* [Easier] [Harder] [Another plan] [Questions only]
        [Change…]"
  `);
});

test('what is open is answered in a form, which everybody reads', async () => {
  const { lesson, runtime } = await openLesson({ topic: 'probability' });
  await lesson.presses('Harder');
  while ((await stateOf(runtime, lesson.id)).pending?.question.kind !== 'open') await lesson.says('show me the answer');
  expect(buttonsOf(lesson.last())[0]).toContain('*Write…*');
  await lesson.writes('Write…', 'no idea\nat all');
  const [form, reply] = lesson.messages().slice(-2);
  expect(form).toMatchObject({ content: '> no idea\n> at all', author: { isBot: true } });
  expect(reply?.content).not.toBe('');
});

test('buttons of a lesson that is forgotten are answered in a sentence', async () => {
  const { ada, guild, runtime, lesson } = await openLesson();
  await forgetLearner(runtime.db, 'discord', guild.id, ada.id);
  expect(await answerTo(ada.presses(lesson.last(), 'Hint'))).toBe(
    'There is no lesson here. Use this in the thread of a lesson, or start one with /tutor start.',
  );
});
