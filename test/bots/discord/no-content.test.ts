import { expect, test } from 'vitest';
import { answerText } from '../../../src/core/grading.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import {
  answerTo,
  asSeen,
  type DiscordLesson,
  openDiscordServer,
  shownLines,
  startLesson,
} from '../../support/discord-lesson.ts';

/** Where Discord does not let the bot read what is typed, unless it is mentioned. */

const database = useDatabase();
const HIDDEN = { twin: { messageContent: false } };

async function openLesson() {
  const server = await openDiscordServer(database.url, HIDDEN);
  const lesson = await startLesson(server, server.channel, server.ada);
  return { ...server, lesson };
}

test('whoever starts a lesson is told at once how to be read there', async () => {
  const { ada, channel } = await openDiscordServer(database.url, HIDDEN);
  const start = async (place: { id: string }) => answerTo(ada.runs(place, 'tutor start', { topic: 'fractions' }));
  const [where, how] = (await start(channel)).split('\n');
  expect(where).toMatch(/^Your lesson is here: <#\d+>$/);
  expect(how).toBe('I cannot read messages here unless you mention me. Mention me, or press the button.');
  expect(await start(ada.dm())).toBe('Let us begin. Write to me right here.');
});

test('what is typed cannot be read, and a button is offered to write with', async () => {
  const { ada, lesson, twin } = await openLesson();
  await lesson.presses('Start');
  const state = asSeen(twin, lesson.id);
  const typed = ada.says(lesson, '1/6');
  await until(() => lesson.last().answers === typed.id);
  expect(asSeen(twin, lesson.id).slice(state.length + 2)).toMatchInlineSnapshot(`
    "Ada:
        1/6

    Threadtutor:
        I cannot read messages here unless you mention me. Mention me, or press the button.
        *Write to the tutor…*"
  `);
  await lesson.writes('Write to the tutor…', '1/6');
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
});

test('what is typed elsewhere is nobody’s business', async () => {
  const { ada, channel, guild, lesson, twin } = await openLesson();
  const ben = guild.addMember({ name: 'Ben' });
  const before = twin.messages(channel.id).length;
  ada.says(channel, 'hello everybody');
  ben.says(lesson, 'may I join?');
  // The learner's own message comes after both, and is answered.
  const own = ada.says(lesson, 'no');
  await until(() => lesson.last().answers === own.id);
  expect(twin.messages(lesson.id).filter(({ answers }) => answers !== null)).toHaveLength(1);
  expect(twin.messages(channel.id)).toHaveLength(before + 1);
});

test('a mention is read, and so are direct messages', async () => {
  const server = await openLesson();
  const { ada, lesson, twin } = server;
  await lesson.presses('Start');
  await lesson.says('1/6', { mentionsBot: true });
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
  const direct = await startLesson(server, ada.dm(), ada);
  await direct.says('ok');
  expect(shownLines(direct.last())).toContain('What fraction of the pizza does Mia eat?');
  expect(asSeen(twin, direct.id)).not.toContain('Write');
});

/** With nothing but buttons and forms, whatever the question. */
async function answerRight(lesson: DiscordLesson, state: Awaited<ReturnType<typeof stateOf>>): Promise<void> {
  const question = state.pending?.question;
  if (!question) throw new Error('no question waits');
  if (question.kind !== 'choice') return void (await lesson.writes('Write…', answerText(question)));
  const chosen = question.choices.find(({ id }) => id === question.answer);
  await lesson.presses(`${chosen?.id.toUpperCase()} · ${chosen?.text}`);
}

test('a whole lesson by buttons and forms', async () => {
  const { lesson, runtime, twin, channel } = await openLesson();
  await lesson.writes('Change…', 'please leave out the second step');
  await lesson.presses('Start');
  for (;;) {
    const state = await stateOf(runtime, lesson.id);
    if (state.phase !== 'teaching') break;
    await answerRight(lesson, state);
  }
  await until(() => asSeen(twin, channel.id).includes('*Finished*'));
  expect(asSeen(twin, channel.id)).toMatchInlineSnapshot(`
    "Threadtutor:
        | # Fractions for beginners
        | ▰▰▰ 3/3
        | ✅ **1. What a fraction means**
        | ✅ **2. Equivalent fractions**
        | ✅ **3. Adding and taking away**
        | *Finished*
        [Progress]"
  `);
  expect(lesson.messages().every(({ author }) => author.isBot)).toBe(true);
  // Every message of the tutor can be answered, at least in a form.
  const silent = lesson
    .messages()
    .filter(({ components, content }) => components.length === 0 && !content.startsWith('>'));
  expect(silent.map(shownLines)).toMatchInlineSnapshot(`[]`);
});
