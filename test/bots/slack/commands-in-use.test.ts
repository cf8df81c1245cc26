import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { holdTable, useDatabase } from '../../support/database.ts';
import { gate } from '../../support/models.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, lessonIn, startLesson, toldTo } from '../../support/slack-lesson.ts';
import { answeredBy, shownLines } from '../../support/slack-use.ts';

/** What /tutor does. */

const database = useDatabase();

const COMMANDS = ['plan', 'progress', 'hint', 'skip', 'pause', 'resume', 'end'];

test('each command is answered in the lesson, and the person is told where', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  const said: string[] = [];
  for (const command of COMMANDS) {
    const before = lesson.messages().length;
    const used = ada.runs(channel.id, `/tutor ${command}`);
    expect(await answerTo(used)).toMatch(/^You find it here: https:\/\/school\.slack\.com\/archives\/C/);
    expect(await answeredBy(school, used)).toBe(lesson.threadId);
    const replies = lesson.messages().slice(before);
    said.push(...replies.map((message) => `/tutor ${command} →\n${shownLines(message)}`));
  }
  expect(said.join('\n\n')).toMatchInlineSnapshot(`
    "/tutor plan →
        Here is the plan.
        Your plan
        ▶️ **1. What a fraction means**
        Read and write a fraction as a number of equal parts of one whole.
        ▫️ **2. Which fraction is bigger?**
        Compare two fractions that have the same bottom number or the same top number.
        ▫️ **3. Equivalent fractions**
        Find fractions that look different but name the same amount.
        ▫️ **4. Adding and taking away**
        Add and subtract fractions that have the same bottom number.
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor progress →
        Your progress
        ▱▱▱▱ 0/4
        ▶️ **1. What a fraction means**
        not checked yet
        ▫️ **2. Which fraction is bigger?**
        not checked yet
        ▫️ **3. Equivalent fractions**
        not checked yet
        ▫️ **4. Adding and taking away**
        not checked yet
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor hint →
        **Hint 1 of 3.** Count all the slices of the whole pizza first. Mia's slice counts too.
        Step 1 of 4 · What a fraction means
        **A pizza is cut into 6 equal slices. Mia eats 1 slice. What fraction of the pizza does Mia eat?**
        [A · 6/1] [B · 1/5] [C · 1/6] [D · 5/6]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor skip →
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
        Step 2 of 4 · Which fraction is bigger?
        **Two pizzas have the same size. Which is more pizza: 3/8 or 5/8?**
        [A · 3/8] [B · 5/8] [C · Equal]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor pause →
        Paused. Your plan and your place in it are kept; say **resume**, or just answer, whenever you like.
        [Go on]

    /tutor resume →
        Welcome back. Our topic: **Fractions for beginners**
        Step 2 of 4 · Which fraction is bigger?
        **Two pizzas have the same size. Which is more pizza: 3/8 or 5/8?**
        [A · 3/8] [B · 5/8] [C · Equal]
        [Hint] [Easier] [Harder] [Skip] [Stop]

    /tutor end →
        We stop here. It was good to work with you.

    /tutor end →
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
  expect((await lesson.state()).phase).toBe('ended');
  expect(channel.messages()).toHaveLength(1);
});

test('commands go to the lesson that was used last', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const first = await startLesson(school, school.channel, school.ada);
  const second = await startLesson(school, school.channel, school.ada, 'probability');
  await second.presses('Start');
  const before = first.messages().length;
  const used = ada.runs(channel.id, '/tutor hint');
  expect(await answeredBy(school, used)).toBe(second.threadId);
  expect(second.last().text).toMatch(/^Hint 1 of \d/);
  await first.presses('Start');
  expect(await answeredBy(school, ada.runs(ada.dm(), '/tutor pause'))).toBe(first.threadId);
  expect(first.messages().length).toBeGreaterThan(before);
  expect(await second.state()).toMatchObject({ paused: false });
});

test.each(COMMANDS)('/tutor %s of somebody without a lesson is answered by a sentence', async (command) => {
  const { ada, channel } = await openSlackSchool(database.url);
  const used = ada.runs(channel.id, `/tutor ${command}`);
  expect(await answerTo(used)).toBe('You have no lesson yet. Start one with /tutor start.');
});

test('what is typed with start is not asked again', async () => {
  const school = await openSlackSchool(database.url);
  const lesson = await startLesson(
    school,
    school.channel,
    school.ada,
    'fractions level:beginner mode:course persona:"pirate who likes puns"',
  );
  expect((await lesson.state()).preferences).toMatchObject({
    ...{ topic: 'Fractions for beginners', level: 'beginner', mode: 'course' },
    character: 'pirate who likes puns',
  });
  const used = school.ada.runs(school.channel.id, '/tutor start fractions level:expert');
  expect(await answerTo(used)).toBe(
    'I do not know level:expert. Levels are beginner, intermediate and advanced; modes are course and questions.',
  );
  expect(school.channel.messages()).toHaveLength(1);
});

test('in direct messages the lesson is there', async () => {
  const school = await openSlackSchool(database.url);
  const lesson = await startLesson(school, { id: school.ada.dm() }, school.ada, 'fractions');
  expect(lesson.threadId).toMatch(/^D/);
  expect(lesson.last().text).not.toBe('');
});

test('/tutor ask is read by everybody in the lesson of the channel, and opens one for questions elsewhere', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  const used = ada.runs(channel.id, '/tutor ask can the top number be bigger than the bottom one & why?');
  expect(await answerTo(used)).toMatch(/^You find it here: /);
  await answeredBy(school, used);
  // In either order: it is shown once it was taken.
  const last = () => lesson.messages().slice(-2).map(shownLines);
  await until(() => last().includes('    > can the top number be bigger than the bottom one & why?'));
  expect(last().join('\n')).toContain('Yes, the top number may be bigger');

  const other = team.addChannel({ name: 'questions' });
  other.invite(ada);
  const asked = ada.runs(other.id, '/tutor ask What is a numerator?');
  expect(await answerTo(asked)).toMatch(/^Your lesson is here: /);
  const next = lessonIn(school, await answeredBy(school, asked, '-question'), school.ada);
  expect(next.threadId.startsWith(other.id)).toBe(true);
  expect(await next.state()).toMatchObject({ phase: 'answering', preferences: { mode: 'questions' } });
  expect(next.last().text).toContain('It is called the numerator.');

  expect(await answerTo(ada.runs(channel.id, '/tutor ask'))).toMatch(/^What is your question\?/);
});

test('/tutor ask where the lesson has ended opens a new one', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await answeredBy(school, ada.runs(channel.id, '/tutor end'));
  const asked = ada.runs(channel.id, '/tutor ask What is a numerator?');
  expect(await answeredBy(school, asked, '-question')).not.toBe(lesson.threadId);
});

test('what nobody understands is answered with what there is, and with a lesson about it', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const used = ada.runs(channel.id, '/tutor fractions & decimals');
  await acknowledged(used);
  const [reply] = used.replies();
  expect(reply && shownLines(reply)).toMatchInlineSnapshot(`
    "    I do not know the command "fractions &amp; decimals".
        *What you can type* (the commands are English in every language)
        \`/tutor start fractions\` begins a lesson; \`level:beginner\`, \`mode:questions\` and \`persona:"a pirate"\` say how
        \`/tutor ask\` with a question: I answer it
        \`/tutor plan\`, \`progress\`, \`hint\`, \`skip\`, \`pause\`, \`resume\`, \`end\`: in the lesson that you were in last
        \`/tutor voice on\` and \`off\`: whether you hear my replies as well; with the name of a voice: in which one
        \`/tutor settings\`: how I teach you · \`/tutor export\`: your data · \`/tutor forget\`: I forget you
        \`/tutor admin\`, \`/tutor billing\`: for those who manage this workspace
        You can also mention me in a channel, or write to me directly.
        [Start a lesson: fractions & decimals] [Start a lesson]"
  `);
  if (!reply) throw new Error('nothing was said');
  const pressed = ada.presses(reply, 'Start a lesson: fractions & decimals');
  expect(await answerTo(pressed)).toMatch(/^Your lesson is here: /);
  const [card] = channel.messages();
  expect(card?.ts).toBeDefined();
});

test.each(['', 'help'])('"/tutor %s" says what there is, and begins a lesson from there', async (typed) => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const used = ada.runs(channel.id, `/tutor ${typed}`);
  await acknowledged(used);
  const [reply] = used.replies();
  expect(reply?.text).toContain('*What you can type*');
  if (!reply) throw new Error('nothing was said');
  const pressed = ada.presses(reply, 'Start a lesson');
  await acknowledged(pressed);
  await until(() => pressed.view() !== null);
  expect(pressed.view()?.title).toBe('A new lesson');
});

test('speech is declined in a sentence', async () => {
  const { ada, channel } = await openSlackSchool(database.url);
  expect(await answerTo(ada.runs(channel.id, '/tutor voice'))).toBe('I cannot speak yet; everything works in text.');
});

test('where no lesson can be held, a sentence says what to do, and nothing is left half open', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, team } = school;
  const old = team.addChannel({ name: 'old' });
  old.invite(ada);
  old.archive();
  expect(await answerTo(ada.runs(old.id, '/tutor start fractions'))).toMatch(/^This channel is archived/);
  expect(await database.db.selectFrom('openings').selectAll().execute()).toEqual([]);
  expect(old.messages()).toEqual([]);

  // A public channel is joined.
  const open = team.addChannel({ name: 'open', botIsMember: false });
  open.invite(ada);
  await startLesson(school, open, school.ada, 'fractions');
  expect(open.isBotMember()).toBe(true);
});

test('what Slack refuses in the end is explained, and can be tried again', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  const isCard = (method: string) => method === 'chat.postMessage';
  const start = async () => answerTo(ada.runs(channel.id, '/tutor start fractions'));
  twin.faults.failNext(isCard, 1, { status: 200, body: { ok: false, error: 'restricted_action_read_only_channel' } });
  expect(await start()).toMatch(/^Not everybody may write in this channel/);
  twin.faults.failNext(isCard, 1, { status: 503 });
  expect(await start()).toMatch(/^Slack did not let me finish that\./);
  expect(await start()).toMatch(/^Your lesson is here: /);
  await until(async () => (await database.db.selectFrom('openings').selectAll().execute()).length === 0);
});

test('where the database does not answer in time, the person hears so in time', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const holding = gate();
  const held = await holdTable(database.db, 'openings', holding.opened);
  const used = ada.runs(channel.id, '/tutor start probability');
  expect(await answerTo(used)).toMatch(/^I could not reach my notebook just now/);
  expect(await used.acknowledged).toMatchObject({ ok: true });
  holding.open();
  await held.ended;
  // It was only late.
  expect((await toldTo(ada, channel, 2)).at(-1)).toMatch(/^Your lesson is here: /);
  expect(channel.messages()).toHaveLength(1);
});
