import { expect, onTestFinished, test } from 'vitest';
import { offlineSpeech } from '../../../src/external/speech/offline-speech.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, startLesson } from '../../support/slack-lesson.ts';
import { shownLines, withButton } from '../../support/slack-use.ts';

/** Learners who listen, on Slack. */

const database = useDatabase();
const LISTEN = '🔊 Listen';

/** A lesson whose plan is to be approved. */
async function openLesson() {
  const speech = offlineSpeech({ voice: null });
  onTestFinished(() => speech.close());
  const school = await openSlackSchool(database.url, { runtime: { speech } });
  const lesson = await startLesson(school, school.channel, school.ada);
  const heard = () => lesson.messages().filter(({ files }) => files.length > 0);
  const owed = () => {
    const inLesson = school.runtime.db.selectFrom('utterances').innerJoin('lessons', 'lessons.id', 'lesson_id');
    return inLesson.select('utterances.status').where('thread_id', '=', lesson.threadId).execute();
  };
  return { ...school, lesson, heard, owed };
}

test('a message is heard once, however often its button is pressed', async () => {
  const { ada, lesson, heard } = await openLesson();
  const plan = withButton(lesson.messages(), LISTEN);
  expect(shownLines(plan)).toMatch(/\[Change…] \[🔊 Listen]$/);
  const [first, second] = [ada.presses(plan, LISTEN), ada.presses(plan, LISTEN)];
  await Promise.all([acknowledged(first), acknowledged(second)]);
  await until(() => first.replies().length >= 2);
  const told = first.replies().map(({ text }) => text);
  expect(told).toContain('You will hear it in a moment.');
  // When the other one is answered, it may be there.
  const either = expect.stringMatching(/^You will hear it in a moment\.$|^You can hear it already/);
  expect(told).toEqual([either, either]);
  await until(() => heard().length > 0);
  await until(async () => (await answerTo(ada.presses(plan, LISTEN))).startsWith('You can hear it already'));
  expect(heard()).toMatchObject([{ threadTs: lesson.root, files: [{ title: LISTEN }] }]);
  expect(lesson.messages().find(({ ts }) => ts === plan.ts)).toEqual(plan);
});

test('only by the lesson’s learner', async () => {
  const { team, channel, lesson, owed } = await openLesson();
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const used = ben.presses(withButton(lesson.messages(), LISTEN), LISTEN);
  expect(await answerTo(used)).toBe('This lesson belongs to ada. Start your own with /tutor start.');
  expect(await owed()).toEqual([]);
});

test('of a message that is not kept any more it is said that there is nothing to be heard', async () => {
  const { ada, lesson, runtime } = await openLesson();
  const plan = withButton(lesson.messages(), LISTEN);
  await runtime.db.updateTable('deliveries').set({ platform_message_ids: [] }).execute();
  expect(await answerTo(ada.presses(plan, LISTEN))).toBe(
    'I cannot find the words of that message any more. Try it on a newer one.',
  );
});

test('everything is heard from /tutor voice on, and nothing after off', async () => {
  const { ada, channel, lesson, heard, owed } = await openLesson();
  const voice = (wish: string) => answerTo(ada.runs(channel.id, `/tutor voice ${wish}`));
  expect(await voice('')).toBe(
    'Write `/tutor voice on` to hear my replies, `/tutor voice off` to only read them, or `/tutor voice` and the name of a voice.',
  );
  expect(await voice('ON')).toMatch(/^You find it here: /);
  await until(() => heard().length > 0);
  const before = heard().length;
  await lesson.presses('Start');
  await until(() => heard().length > before);
  expect(await voice('off')).toMatch(/^You find it here: /);
  await until(() => lesson.messages().some(({ text }) => text.includes('My voice is off.')));
  // What was being said is said to its end.
  await until(async () => (await owed()).every(({ status }) => status !== 'pending'));
  const after = heard().length;
  await lesson.says('1/6');
  await lesson.says('hint');
  expect(heard()).toHaveLength(after);
});

test('a voice is wished for by its name', async () => {
  const { ada, channel, lesson, heard } = await openLesson();
  const voice = (wish: string) => answerTo(ada.runs(channel.id, `/tutor voice ${wish}`));
  expect(await voice('EN-GB-scotland')).toMatch(/^You find it here: /);
  await until(() => heard().length > 0);
  expect(lesson.messages().some(({ text }) => text.includes('and it is en-gb-scotland'))).toBe(true);
  expect(await voice('klingon')).toMatch(/^You find it here: /);
  await until(() => lesson.messages().some(({ text }) => text.includes('I have no voice "klingon".')));
});

test('who has no lesson is told so', async () => {
  const { team, channel } = await openLesson();
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const used = ben.runs(channel.id, '/tutor voice on');
  expect(await answerTo(used)).toBe('You have no lesson yet. Start one with /tutor start.');
});
