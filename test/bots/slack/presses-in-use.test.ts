import { expect, test } from 'vitest';
import { forgetLearner } from '../../../src/core/data-rights.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, doorOf, settled, startLesson } from '../../support/slack-lesson.ts';
import { answeredBy, shownLines, withButton } from '../../support/slack-use.ts';
import type { ShownMessage } from '../../twins/slack/shown.ts';

/** Buttons and forms below a lesson's messages, and what becomes of them when the lesson has gone on. */

const database = useDatabase();

/** A lesson whose first question waits. */
async function openLesson(topic = 'fractions') {
  const school = await openSlackSchool(database.url);
  const lesson = await startLesson(school, school.channel, school.ada, topic);
  await lesson.presses('Start');
  return { ...school, school, lesson };
}

const CHOICES = '[A · 6/1] [B · 1/5] [C · 1/6] [D · 5/6]';
const NO_LESSON = 'There is no lesson here. Use this in the thread of a lesson, or start one with /tutor start.';

test('the choice that was made is shown in the place of the choices, and all else stays', async () => {
  const { lesson } = await openLesson();
  const question = lesson.last();
  expect(shownLines(question)).toContain(CHOICES);
  await lesson.presses('A · 6/1');
  const now = () => lesson.messages().find(({ ts }) => ts === question.ts) ?? question;
  await until(() => !shownLines(now()).includes(CHOICES));
  expect(shownLines(now())).toBe(shownLines(question).replace(CHOICES, '✓ A · 6/1'));
  expect(now()).toMatchObject({ metadata: question.metadata, text: question.text });
  // It was wrong, and so it is asked once more, with all of its choices.
  expect(shownLines(lesson.last())).toContain(CHOICES);
});

test('a choice of an old question counts for nothing, and is not shown as made', async () => {
  const { ada, lesson, school } = await openLesson();
  const old = lesson.last();
  await lesson.says('skip');
  const before = await lesson.state();
  const used = ada.presses(old, 'A · 6/1');
  await acknowledged(used);
  await answeredBy(school, used);
  const now = lesson.messages().find(({ ts }) => ts === old.ts);
  expect(now && shownLines(now)).toContain(CHOICES);
  expect((await lesson.state()).pending).toEqual(before.pending);
});

test('two presses at once are one answer', async () => {
  const { ada, lesson, school } = await openLesson();
  const question = lesson.last();
  const both = [ada.presses(question, 'A · 6/1'), ada.presses(question, 'A · 6/1')];
  await Promise.all(both.map((used) => Promise.all([acknowledged(used), answeredBy(school, used)])));
  expect((await lesson.state()).steps[0]).toMatchObject({ wrong: 1 });
});

test('nobody presses the buttons of somebody else’s lesson', async () => {
  const { team, channel, lesson } = await openLesson();
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const before = await lesson.state();
  await until(() => channel.messages().some(({ blocks }) => JSON.stringify(blocks).includes('"Stop"')));
  // Who looks at the channel does not see what is said in the thread.
  const onCard = ben.presses(withButton(channel.messages(), 'Stop'), 'Stop');
  expect(await answerTo(onCard)).toMatch(/^This lesson belongs to ada\./);
  expect(onCard.replies()[0]?.threadTs ?? null).toBeNull();
  const used = ben.presses(lesson.last(), 'A · 6/1');
  expect(await answerTo(used)).toBe('This lesson belongs to ada. Start your own with /tutor start.');
  expect(used.replies()[0]?.threadTs).toBe(lesson.threadId.split(':')[1]);
  const written = ben.presses(withButton(lesson.messages(), 'Change…'), 'Change…');
  expect(await answerTo(written)).toMatch(/^This lesson belongs to ada\./);
  expect(written.view()).toBeNull();
  expect(await lesson.state()).toEqual(before);
});

test('the plan is changed in words, which everybody in the channel reads', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  const opened = ada.presses(lesson.last(), 'Change…');
  await acknowledged(opened);
  await until(() => opened.view() !== null);
  expect(opened.view()).toMatchObject({ title: 'Change the plan', submit: 'Send' });
  expect(() => opened.submits({})).toThrow('has to be filled in');
  const sent = opened.submits({ 'What should be different?': 'please leave out the second step' });
  await acknowledged(sent);
  await answeredBy(school, sent);
  expect(opened.view()).toBeNull();
  await until(() => lesson.messages().some(isQuote));
  const [form, plan] = lesson.messages().slice(-2).toSorted(byQuote);
  expect(form && shownLines(form)).toBe('    > please leave out the second step');
  expect(form?.metadata).toMatchObject({ event_payload: { key: expect.stringMatching(/^view-V/) } });
  expect(plan?.text).toContain('Without "Which fraction is bigger?", then.');
});

/** What was said comes before or after the first words of its answer. */
const byQuote = (a: ShownMessage, b: ShownMessage) => Number(isQuote(b)) - Number(isQuote(a));
const isQuote = (message: ShownMessage) => shownLines(message).startsWith('    > ');

test.each(['refused', 'slow to be shown'])('what is written in a form, and %s', async (how) => {
  const doorLimits = doorOf(how === 'refused' ? 1 : 100);
  const school = await openSlackSchool(database.url, { runtime: { doorLimits } });
  const { ada, twin } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  const opened = ada.presses(lesson.last(), 'Change…');
  await acknowledged(opened);
  await until(() => opened.view() !== null);
  const isQuoting = (method: string, body: object) =>
    method === 'chat.postMessage' && JSON.stringify(body).includes('rich_text_quote');
  twin.faults.failNext(isQuoting, 1, 'hang');
  const sent = opened.submits({ written: 'please leave out the second step' });
  await acknowledged(sent);
  expect(sent.view()?.errors ?? null).toEqual(how === 'refused' ? { written: expect.any(String) } : null);
  await settled(school, lesson.threadId);
  const quotes = () => twin.requests.filter(({ method, body }) => isQuoting(method, body));
  // Asked for beside the answer.
  if (how !== 'refused') await until(() => quotes().length > 0);
  expect(quotes()).toHaveLength(how === 'refused' ? 0 : 1);
});

test('what is open is answered in a form; in direct messages nobody else has to read it', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const lesson = await startLesson(school, { id: ada.dm() }, school.ada, 'probability');
  await lesson.presses('Start');
  await lesson.presses('Harder');
  while ((await lesson.state()).pending?.question.kind !== 'open') await lesson.says('show me the answer');
  const before = lesson.messages().length;
  const opened = ada.presses(lesson.last(), 'Write…');
  await acknowledged(opened);
  await until(() => opened.view() !== null);
  const sent = opened.submits({ written: 'no idea\nat all' });
  await acknowledged(sent);
  await answeredBy(school, sent);
  const after = lesson.messages().slice(before);
  expect(after.map(({ text }) => text).join()).not.toContain('no idea');
  expect(after.length).toBeGreaterThan(0);
});

test('what the lesson has left behind is not taken, and stays in the form', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  const opened = ada.presses(lesson.last(), 'Change…');
  await acknowledged(opened);
  await until(() => opened.view() !== null);
  await lesson.presses('Start');
  const before = lesson.messages().length;
  const sent = opened.submits({ written: 'shorter, please' });
  await acknowledged(sent);
  expect(sent.view()).toMatchObject({
    errors: { written: 'We are past that by now. Look at my last message, and answer there.' },
    values: { written: { written: { value: 'shorter, please' } } },
  });
  expect(lesson.messages()).toHaveLength(before);

  const late = ada.presses(withButton(lesson.messages(), 'Change…'), 'Change…');
  expect(await answerTo(late)).toMatch(/^We are past that by now\./);
});

test('buttons of a lesson that is forgotten are answered in a sentence', async () => {
  const { ada, team, runtime, lesson } = await openLesson();
  await forgetLearner(runtime.db, 'slack', team.id, ada.id);
  expect(await answerTo(ada.presses(lesson.last(), 'Hint'))).toBe(NO_LESSON);
  expect(await answerTo(ada.presses(lesson.last(), 'Helpful'))).toBe(NO_LESSON);
});

test('what is thought of a message is kept, and answered', async () => {
  const { ada, team, channel, runtime, lesson } = await openLesson();
  const message = withButton(lesson.messages(), 'Helpful');
  const kept = async () => {
    const rows = await runtime.db.selectFrom('events').select('data').where('type', '=', 'feedback').execute();
    return rows.map(({ data }) => data);
  };
  expect(await answerTo(ada.presses(message, 'Helpful'))).toBe('Thank you, I am glad that helped.');
  expect(await kept()).toEqual([{ messageId: message.ts, verdict: 'good' }]);
  const changed = ada.presses(message, 'Not helpful');
  expect(await answerTo(changed)).toMatch(/^Thank you for telling me\. Write in the lesson what should be different/);
  expect(await kept()).toEqual([{ messageId: message.ts, verdict: 'bad' }]);

  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  expect(await answerTo(ben.presses(message, 'Helpful'))).toMatch(/^This lesson belongs to ada\./);
  expect(await kept()).toHaveLength(1);
});
