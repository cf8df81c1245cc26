import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import {
  answered,
  answerTo,
  asSeen,
  type DiscordServer,
  lessonIn,
  openDiscordServer,
  shownLines,
  startLesson,
} from '../../support/discord-lesson.ts';

/** What /tutor does in a lesson and elsewhere. */

const database = useDatabase();

const COMMANDS = ['plan', 'progress', 'hint', 'skip', 'pause', 'resume', 'end'];

test('in the thread of a lesson each command is answered there, and nowhere else', async () => {
  const server = await openDiscordServer(database.url);
  const lesson = await startLesson(server, server.channel, server.ada);
  await lesson.presses('Start');
  const said: string[] = [];
  for (const command of COMMANDS) {
    const before = lesson.messages().length;
    const used = await lesson.runs(`tutor ${command}`);
    await until(() => used.replies().length === 0);
    said.push(
      ...lesson
        .messages()
        .slice(before)
        .map((message) => `/tutor ${command} → ${shownLines(message)}`),
    );
  }
  expect(said.join('\n\n')).toMatchInlineSnapshot(`
    "/tutor plan → Threadtutor:
        Here is the plan.
        | # Your plan
        | ▶️ **1. What a fraction means**
        | Read and write a fraction as a number of equal parts of one whole.
        | ▫️ **2. Which fraction is bigger?**
        | Compare two fractions that have the same bottom number or the same top number.
        | ▫️ **3. Equivalent fractions**
        | Find fractions that look different but name the same amount.
        | ▫️ **4. Adding and taking away**
        | Add and subtract fractions that have the same bottom number.
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor progress → Threadtutor:
        | # Your progress
        | ▱▱▱▱ 0/4
        | ▶️ **1. What a fraction means**
        | not checked yet
        | ▫️ **2. Which fraction is bigger?**
        | not checked yet
        | ▫️ **3. Equivalent fractions**
        | not checked yet
        | ▫️ **4. Adding and taking away**
        | not checked yet
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor hint → Threadtutor:
        **Hint 1 of 3.** Count all the slices of the whole pizza first. Mia's slice counts too.
        -# Step 1 of 4 · What a fraction means
        **A pizza is cut into 6 equal slices. Mia eats 1 slice. What fraction of the pizza does Mia eat?**
        [A · 6/1] [B · 1/5] [C · 1/6] [D · 5/6]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor skip → Threadtutor:
        We leave "What a fraction means" for now; it goes on your review list.
        ### Which fraction is bigger?
        Which fraction is more? Use two wholes of the **same size** and look at the pieces.
        **Same bottom number: the pieces have the same size.** So more pieces are more. 5/6 is bigger than 4/6, because 5 pieces are more than 4.
        **Same top number: you have the same number of pieces.** Now the **size** of the pieces decides.
        \`\`\`
        1/6   |###|   |   |   |   |   |
        1/12  |#| | | | | | | | | | | |
        \`\`\`
        More cuts make **smaller** pieces. So 1/12 is smaller than 1/6, even though 12 is a bigger number than 6.
        We can write this with a sign. The wide side of the sign opens to the bigger fraction: \`5/6 > 4/6\` and \`1/12 < 1/6\`.
        **For example:** Compare 4/7 and 6/7.
        1. Look at the bottom numbers: 7 and 7. They are the same, so all the pieces have the same size.
        2. Now count the pieces: 4 pieces and 6 pieces.
        3. 6 pieces are more. So **6/7 is bigger**: \`6/7 > 4/7\`.
        -# Step 2 of 4 · Which fraction is bigger?
        **Two pizzas have the same size. Which is more pizza: 3/8 or 5/8?**
        [A · 3/8] [B · 5/8] [C · Equal]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor pause → Threadtutor:
        Paused. Your plan and your place in it are kept; say **resume**, or just answer, whenever you like.
        *Go on*

    /tutor resume → Threadtutor:
        Welcome back. Our topic: **Fractions for beginners**
        -# Step 2 of 4 · Which fraction is bigger?
        **Two pizzas have the same size. Which is more pizza: 3/8 or 5/8?**
        [A · 3/8] [B · 5/8] [C · Equal]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor end → Threadtutor:
        We stop here. It was good to work with you.

    /tutor end → Threadtutor:
        ## Your lesson: Fractions for beginners
        **Steps completed:** 0 of 4
        - – What a fraction means: not checked, skipped
        - ▸ Which fraction is bigger?: not checked
        - · Equivalent fractions: not checked
        - · Adding and taking away: not checked
        **What to review, and when:**
        - tomorrow: What a fraction means; Which fraction is bigger?
        **Suggestion:** start the next lesson with "What a fraction means"."
  `);
  expect((await stateOf(server.runtime, lesson.id)).phase).toBe('ended');
});

test('elsewhere a command goes to the lesson that was used last, and says where that is', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime, twin } = server;
  const first = await startLesson(server, channel, ada);
  const second = await startLesson(server, channel, ada, { topic: 'probability' });
  await second.presses('Start');
  const before = { first: asSeen(twin, first.id), channel: twin.messages(channel.id).length };
  const used = ada.runs(channel, 'tutor hint');
  expect(await answerTo(used)).toBe(`You find it here: <#${second.id}>`);
  await answered(runtime, used.id);
  expect(second.last().content).toMatch(/^\*\*Hint 1 of \d/);
  expect(asSeen(twin, first.id)).toBe(before.first);
  expect(twin.messages(channel.id)).toHaveLength(before.channel);

  // In a thread of their own, that lesson is meant.
  await first.presses('Start');
  await second.runs('tutor pause');
  expect(await stateOf(runtime, first.id)).toMatchObject({ paused: false, phase: 'teaching' });
  expect(await stateOf(runtime, second.id)).toMatchObject({ paused: true });
});

test.each(COMMANDS)('/tutor %s of somebody without a lesson is answered by a sentence', async (command) => {
  const { ada, channel } = await openDiscordServer(database.url);
  expect(await answerTo(ada.runs(channel, `tutor ${command}`))).toBe(
    'There is no lesson here. Use this in the thread of a lesson, or start one with /tutor start.',
  );
});

test('/tutor ask is read by everybody in a lesson, and opens one for questions elsewhere', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime, twin } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  await lesson.runs('tutor ask', { question: 'can the top number\nbe bigger than the bottom one?' });
  const [quoted, reply] = lesson.messages().slice(-2);
  expect(quoted?.content).toBe('> can the top number\n> be bigger than the bottom one?');
  expect(reply?.content).toContain('Yes, the top number may be bigger');

  const used = ada.runs(channel, 'tutor ask', { question: 'What is a numerator?' });
  const [, threadId = ''] = /^Your lesson is here: <#(\d+)>$/.exec(await answerTo(used)) ?? [];
  await answered(runtime, `${used.id}-question`);
  expect(threadId).not.toBe(lesson.id);
  expect(await stateOf(runtime, threadId)).toMatchObject({ phase: 'answering', preferences: { mode: 'questions' } });
  expect(asSeen(twin, threadId)).toMatchInlineSnapshot(`
    "Threadtutor:
        Ask me anything about **Fractions for beginners**. If you would rather follow a plan, say **course**.
        [Follow a plan] [End]

    Threadtutor:
        The course says: The **top number**, 2, counts the parts **we mean**. It is called the **numerator**.
        [Follow a plan] [End]"
  `);
});

test.each([
  ['thread', (server: DiscordServer) => server.channel],
  ['direct messages', (server: DiscordServer) => server.ada.dm()],
])('/tutor ask where a lesson has ended, in a %s, opens a new one', async (_, placeIn) => {
  const server = await openDiscordServer(database.url);
  const { ada, runtime } = server;
  const lesson = await startLesson(server, placeIn(server), ada);
  await lesson.runs('tutor end');
  const before = lesson.messages().length;
  const used = ada.runs(lesson, 'tutor ask', { question: 'What is a numerator?' });
  const place = await answerTo(used);
  await answered(runtime, `${used.id}-question`);
  const next = lessonIn(server, /<#(\d+)>/.exec(place)?.[1] ?? lesson.id, ada);
  expect(next.last().content).toContain('It is called the **numerator**.');
  if (next.id !== lesson.id) expect(lesson.messages()).toHaveLength(before);
});

test('a message of anybody can be asked about', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, runtime, twin } = server;
  const message = guild.addMember({ name: 'Ben' }).says(channel, 'can the top number be bigger than the bottom one?');
  const used = ada.usesOnMessage('Ask the tutor about this', message);
  const [, threadId = ''] = /<#(\d+)>/.exec(await answerTo(used)) ?? [];
  await answered(runtime, `${used.id}-question`);
  expect(lessonIn(server, threadId, ada).last().content).not.toBe('');
  expect(twin.threads(channel.id)).toHaveLength(1);

  const picture = { name: 'x.png', type: 'image/png', bytes: new Uint8Array(4) };
  const wordless = ada.says(channel, '', { attachments: [picture] });
  expect(await answerTo(ada.usesOnMessage('Ask the tutor about this', wordless))).toBe(
    'There is no text in that message that I could read.',
  );
  expect(twin.threads(channel.id)).toHaveLength(1);
});

test('speech is declined in a sentence', async () => {
  const { ada, channel } = await openDiscordServer(database.url);
  expect(await answerTo(ada.runs(channel, 'tutor voice', { speak: 'on' }))).toBe(
    'I cannot speak yet; everything works in text.',
  );
});

test('topics are suggested: own words first, then what was learnt before, then the courses', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel } = server;
  const typing = async (option: string, typed: string) =>
    (await ada.completes(channel, 'tutor start', option, typed)).map(({ name }) => name);
  const courses = server.runtime.curriculum.packs.map(({ title }) => title);
  expect(await typing('topic', '')).toEqual(courses);
  await startLesson(server, channel, ada, { topic: 'probability' });
  const [probable = ''] = courses.filter((title) => title.startsWith('Probability'));
  let suggested: string[] = [];
  // Without what was learnt, where that takes more than a second to read.
  await until(async () => {
    suggested = await typing('topic', '');
    return suggested[0] === probable;
  });
  expect(suggested).toEqual([probable, ...courses.filter((title) => title !== probable)]);
  expect(await typing('topic', 'frac')).toEqual(['frac', 'Fractions for beginners']);
  expect(await typing('topic', 'x'.repeat(100))).toEqual(['x'.repeat(100)]);
  expect(await typing('persona', 'play')).toMatchInlineSnapshot(`
    [
      "play",
      "Playful, with emojis",
    ]
  `);
  expect(await typing('persona', '')).toMatchInlineSnapshot(`
    [
      "Friendly and patient",
      "Direct and challenging",
      "Playful, with emojis",
    ]
  `);
});

test('what is chosen with /tutor start is not asked again', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime } = server;
  const options = { topic: 'fractions', level: 'beginner', mode: 'course', persona: 'pirate who likes puns' };
  const lesson = await startLesson(server, channel, ada, options);
  expect((await stateOf(runtime, lesson.id)).preferences).toMatchObject({
    topic: 'Fractions for beginners',
    level: 'beginner',
    mode: 'course',
    character: 'pirate who likes puns',
  });
  const open = await startLesson(server, channel, ada, {});
  await open.says('fractions');
  expect(asSeen(server.twin, open.id)).toMatchInlineSnapshot(`
    "Threadtutor:
        Hello! I'm your tutor. I make a short plan with you, teach it step by step, check what stuck, and keep to it however often we wander off.
        **What would you like to learn?**
        **A)** Fractions for beginners
        **B)** The French Revolution: from bread to Bonaparte
        **C)** Photosynthesis: how plants make their food
        **D)** Probability: how likely is it?
        **E)** Python basics: first programs
        **F)** Spanish for travellers
        [A] [B] [C] [D] [E]
        [F]

    Ada:
        fractions

    Threadtutor:
        Say **just start** to skip my questions.
        **How shall we work?**
        **A)** A planned course: I explain, you answer, we keep to a plan
        **B)** Questions only: you ask, I answer
        [A] [B]"
  `);
});
