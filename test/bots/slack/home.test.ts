import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { acknowledged, lessonIn, startLesson } from '../../support/slack-lesson.ts';
import { answeredBy, lessonsOf, shownLines } from '../../support/slack-use.ts';
import type { Person } from '../../twins/slack/people.ts';
import type { ShownView } from '../../twins/slack/views-in-use.ts';

/** The tutor's home, and the direct messages beside it. */

const database = useDatabase();

const seen = (view: ShownView | null) => (view ? shownLines({ text: '', blocks: view.blocks }) : '');

/** As it is once it was published anew. */
async function opensHome(person: Person, fits = (_: string) => true): Promise<ShownView> {
  person.opensHome();
  await until(() => person.home() !== null && fits(seen(person.home())));
  return person.home() as ShownView;
}

const inDirect = ({ twin }: SlackSchool, person: Person) =>
  twin
    .channel(person.dm())
    .messages()
    .map(({ text }) => text);

test('lessons are shown with where they are and where they stand, and one that was paused goes on', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  expect(seen(await opensHome(ada))).toContain('You have had no lesson yet.');
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  await lesson.presses('Stop');
  const home = await opensHome(ada, (text) => text.includes('Paused'));
  expect(seen(home)).toMatchInlineSnapshot(`
    "    Your tutor
        [Start a lesson]
        Your lessons
        *Fractions for beginners*
        ▱▱▱▱ 0/4
        Paused · Step 1 of 4
        [Open the lesson] [Go on]
        How I teach you
        What should I call you? *–*
        How should I be? *–*
        How do you like to learn? *–*
        Which language should I teach in? *–*
        [Change this…] [Send me my data] [Forget me]"
  `);
  const link = home.blocks.flatMap(({ elements }) => (elements ?? []) as { url?: string }[]).find(({ url }) => url);
  expect(link?.url).toMatch(/^https:\/\/school\.slack\.com\/archives\//);
  await acknowledged(ada.presses(home, 'Open the lesson'));
  const resumed = ada.presses(home, 'Go on');
  await acknowledged(resumed);
  expect(await answeredBy(school, resumed)).toBe(lesson.threadId);
  expect(await lesson.state()).toMatchObject({ paused: false });
  await until(() => inDirect(school, ada).some((text) => text.startsWith('You find it here: ')));
});

test('a lesson is begun from the home, and shown there', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const used = ada.presses(await opensHome(ada), 'Start a lesson');
  await acknowledged(used);
  await until(() => used.view() !== null);
  const sent = used.submits({ topic: 'fractions', where: channel.id });
  await acknowledged(sent);
  await answeredBy(school, sent);
  await until(() => seen(ada.home()).includes('Open the lesson'));
});

test('what is due for review is begun anew with one press', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, runtime } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  await lesson.presses('Skip');
  await lesson.says('end the lesson');
  expect(seen(await opensHome(ada, (text) => text.includes('Ended')))).not.toContain('Time to look at again');
  await runtime.db
    .updateTable('lessons')
    .set({ updated_at: new Date(Date.now() - 2 * 86_400_000) })
    .where('thread_id', '=', lesson.threadId)
    .execute();
  const home = await opensHome(ada, (text) => text.includes('Time to look at again'));
  const used = ada.presses(home, 'Review');
  await acknowledged(used);
  await until(async () => (await lessonsOf(school)).length === 2);
  const [begun] = await lessonsOf(school);
  const next = lessonIn(school, begun?.threadId ?? '', school.ada);
  await until(async () => (await next.state()).phase === 'approving');
  expect(next.threadId.startsWith(ada.dm())).toBe(true);
  expect((await next.state()).preferences).toMatchObject({ topic: 'Fractions for beginners', mode: 'course' });
  // Whoever is at it again does not read that they should be.
  await opensHome(ada, (text) => text.includes('Waiting for your approval') && !text.includes('Time to look at again'));
});

test('settings are changed from the home, and shown there', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const used = ada.presses(await opensHome(ada), 'Change this…');
  await acknowledged(used);
  await until(() => used.view() !== null);
  await acknowledged(used.submits({ nickname: 'Addie <3' }));
  await until(() => seen(ada.home()).includes('What should I call you? *Addie &lt;3*'));
  expect(inDirect(school, ada)).toEqual([]);
});

test('data is sent to direct messages, and forgotten when the person says so twice', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, twin } = school;
  await startLesson(school, school.channel, school.ada);
  const home = await opensHome(ada, (text) => text.includes('Open the lesson'));
  await acknowledged(ada.presses(home, 'Send me my data'));
  await until(() =>
    twin
      .channel(ada.dm())
      .messages()
      .some(({ files }) => files.length === 1),
  );
  const forget = home.blocks.flatMap(({ elements }) => (elements ?? []) as { style?: string; confirm?: object }[]);
  expect(forget.find(({ style }) => style === 'danger')).toHaveProperty('confirm');
  await acknowledged(ada.presses(home, 'Forget me'));
  await until(() => seen(ada.home()).includes('You have had no lesson yet.'));
  expect(await lessonsOf(school)).toEqual([]);
});

test('only who may decide for the workspace sees how it is set up and used', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, team } = school;
  await startLesson(school, school.channel, school.ada);
  expect(seen(await opensHome(ada))).not.toContain('The tutor in this workspace');
  const eve = team.addMember({ name: 'Eve', isAdmin: true });
  const home = await opensHome(eve);
  expect(seen(home)).toContain('Lessons begun: 1 · People learning: 1 · Spent: $0.00');
  expect(seen(home)).toContain('Whoever runs this tutor pays for it');
  const used = eve.presses(home, 'Change the workspace…');
  await acknowledged(used);
  await until(() => used.view() !== null);
  await acknowledged(used.submits({ budget: '40' }));
  await until(() => seen(eve.home()).includes('The budget of a month is $40.00.'));
});

test('in the messages, what was learnt and what there is to learn is offered', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, twin } = school;
  await startLesson(school, school.channel, school.ada, 'probability');
  ada.opensHome('messages');
  await until(() => twin.prompts({ id: ada.dm() }) !== null);
  const prompts = twin.prompts({ id: ada.dm() });
  expect(JSON.stringify(prompts)).toContain('Probability: how likely is it?');
  expect(ada.home()).toBeNull();
});
