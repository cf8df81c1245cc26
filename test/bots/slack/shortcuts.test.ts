import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { holdTable, useDatabase } from '../../support/database.ts';
import { gate } from '../../support/models.ts';
import { openSlackSchool, type SchoolOptions } from '../../support/slack.ts';
import { acknowledged, answerTo, lessonIn, startLesson } from '../../support/slack-lesson.ts';
import { answeredBy, lessonsOf, shownLines } from '../../support/slack-use.ts';
import { PATIENT_MS } from '../../twins/slack/delivery.ts';

/** What Slack's own menus offer, and the form for a lesson. */

const database = useDatabase();

test('a message of anybody can be asked about, in a new lesson for questions', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, team } = school;
  const ben = team.addMember({ name: 'Ben' });
  channel.invite(ben);
  const message = ben.says(channel.id, 'can the top number be bigger than the bottom one?');
  const used = ada.usesShortcut('ask_about', message);
  expect(await answerTo(used)).toMatch(/^Your lesson is here: /);
  const lesson = lessonIn(school, await answeredBy(school, used, '-question'), school.ada);
  expect(lesson.threadId).not.toContain(message.ts);
  expect(lesson.last().text).not.toBe('');
});

test('what stands in the thread of the own lesson is asked about there', async () => {
  const school = await openSlackSchool(database.url);
  const { ada } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  const used = ada.usesShortcut('ask_about', lesson.last());
  await acknowledged(used);
  expect(await answeredBy(school, used)).toBe(lesson.threadId);
  await until(() => lesson.messages().slice(-2).map(shownLines).join('\n').includes('    > '));
  expect(await lessonsOf(school)).toHaveLength(1);
});

test('where there is nothing to read, a sentence says so', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const file = { name: 'x.png', mimetype: 'image/png', bytes: new Uint8Array(4) };
  const message = ada.says(channel.id, '', { files: [file] });
  expect(await answerTo(ada.usesShortcut('ask_about', message))).toBe(
    'There is no text in that message that I could read.',
  );
  expect(await lessonsOf(school)).toEqual([]);
});

async function openForm(options: SchoolOptions = {}) {
  const school = await openSlackSchool(database.url, options);
  const used = school.ada.usesShortcut('start_lesson');
  await acknowledged(used);
  await until(() => used.view() !== null);
  return { school, ...school, used };
}

test.each(['socket', 'http'] as const)('a lesson is begun with the form from anywhere: by %s', async (via) => {
  const { school, used, channel, ada, team } = await openForm({ via });
  const old = team.addChannel({ name: 'old' });
  old.invite(ada);
  old.archive();
  const refused = used.submits({ where: old.id });
  await acknowledged(refused);
  expect(refused.view()?.errors).toHaveProperty('where');
  const sent = used.submits({
    ...{ 'What would you like to learn?': 'fractions', 'How much do you know already?': 'I am a beginner' },
    ...{
      'How shall we work?': 'By a plan, step by step',
      'How should I be?': 'Playful, with emojis',
      where: channel.id,
    },
  });
  await acknowledged(sent);
  expect(sent.view()).toBeNull();
  const lesson = lessonIn(school, await answeredBy(school, sent), school.ada);
  expect(lesson.threadId.startsWith(channel.id)).toBe(true);
  expect((await lesson.state()).preferences).toMatchObject({
    ...{ topic: 'Fractions for beginners', level: 'beginner', mode: 'course', character: 'playful' },
  });
  await until(() => ada.ephemerals(channel.id).length > 0);
  expect(ada.ephemerals(channel.id).at(-1)?.text).toMatch(/^Your lesson is here: /);
});

test.each(['while that goes on', 'when that is done'])(
  'a form that is sent again %s, because the first time took too long, is one lesson',
  async (when) => {
    const { school, used, channel } = await openForm({ twin: { delivery: { ackMs: PATIENT_MS } } });
    const holding = gate();
    const held = await holdTable(database.db, 'openings', holding.opened);
    const late = used.submits({ topic: 'fractions', where: channel.id });
    await acknowledged(late);
    expect(late.view()?.errors).toHaveProperty('where');
    const send = () => late.submits({});
    const early = when === 'while that goes on' ? send() : null;
    holding.open();
    await held.ended;
    // The first one says where it is, also when it was late.
    await until(() => school.ada.ephemerals(channel).some(({ text }) => text.startsWith('Your lesson is here: ')));
    await until(async () => (await database.db.selectFrom('openings').select('id').execute()).length === 0);
    const again = early ?? send();
    await acknowledged(again);
    const lesson = lessonIn(school, await answeredBy(school, again), school.ada);
    expect(lesson.threadId.startsWith(channel.id)).toBe(true);
    expect(channel.messages()).toHaveLength(1);
  },
);

test('a course can be chosen, and a lesson without a channel is in direct messages', async () => {
  const { school, used, ada, twin } = await openForm();
  const sent = used.submits({ 'Or one of my courses': 'Spanish for travellers' });
  await acknowledged(sent);
  const lesson = lessonIn(school, await answeredBy(school, sent), school.ada);
  expect(lesson.threadId.startsWith(ada.dm())).toBe(true);
  expect((await lesson.state()).preferences.topic).toBe('Spanish for travellers');
  await until(() =>
    twin
      .channel(ada.dm())
      .messages()
      .some(({ text }) => text.startsWith('Your lesson is here: ')),
  );
});

test('where no lesson can be held, the form says so, and keeps what was filled in', async () => {
  const { school, used, team, channel, ada } = await openForm();
  const old = team.addChannel({ name: 'old' });
  old.invite(ada);
  old.archive();
  const refused = used.submits({ topic: 'fractions', where: old.id });
  await acknowledged(refused);
  expect(refused.view()?.errors).toEqual({ where: expect.stringMatching(/^This channel is archived/) });
  const sent = refused.submits({ where: channel.id });
  await acknowledged(sent);
  await answeredBy(school, sent);
  expect(await lessonsOf(school)).toHaveLength(1);
});
