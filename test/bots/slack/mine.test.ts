import { expect, test } from 'vitest';
import type { LearnerExport } from '../../../src/core/data-rights.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool, type SlackSchool } from '../../support/slack.ts';
import { acknowledged, answerTo, startLesson } from '../../support/slack-lesson.ts';
import { answeredBy, lessonsOf } from '../../support/slack-use.ts';
import { plainClient } from '../../twins/slack/client.ts';
import type { Used } from '../../twins/slack/used.ts';

/** What a learner decides about what is kept of them. */

const database = useDatabase();

async function asksForSettings({ ada, channel }: SlackSchool): Promise<Used> {
  const used = ada.runs(channel.id, '/tutor settings');
  await acknowledged(used);
  await until(() => used.view() !== null);
  return used;
}

const valuesIn = (used: Used) =>
  Object.fromEntries(
    Object.entries(used.view()?.values ?? {}).map(([name, each]) => [
      name,
      (each as Record<string, { value: string | null }>)[name]?.value ?? null,
    ]),
  );

test('settings are kept, shown again, used by the lesson that runs and by the next, and taken back', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  const empty = await asksForSettings(school);
  expect(empty.view()?.title).toBe('How I teach you');
  expect(valuesIn(empty)).toEqual({ nickname: null, character: null, style: null, language: null });
  const saved = empty.submits({ 'What should I call you?': 'Addie', 'How do you like to learn?': 'with football' });
  await acknowledged(saved);
  await until(() => ada.ephemerals(channel.id).length > 0);
  expect(ada.ephemerals(channel.id).at(-1)?.text).toBe('Saved. I teach you like this from now on.');

  const lesson = await startLesson(school, school.channel, school.ada);
  expect((await lesson.state()).preferences).toMatchObject({ nickname: 'Addie', style: 'with football' });
  await lesson.presses('Start');
  const again = await asksForSettings(school);
  expect(valuesIn(again)).toMatchObject({ nickname: 'Addie', style: 'with football' });
  const changed = again.submits({ nickname: '', character: 'a stern captain' });
  await acknowledged(changed);
  await answeredBy(school, changed);
  expect((await lesson.state()).preferences).toMatchObject({ nickname: null, character: 'a stern captain' });
});

test('everything is handed over as a file, in direct messages', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, twin } = school;
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.says('my secret sentence');
  const used = ada.runs(channel.id, '/tutor export');
  expect(await answerTo(used)).toBe('I have sent you a file with everything in our direct messages.');
  const file = () =>
    twin
      .channel(ada.dm())
      .messages()
      .find(({ files }) => files.length > 0);
  await until(() => file() !== undefined);
  expect(file()).toMatchObject({ text: 'Here is everything that I have stored about you.' });
  const { lessons, name } = (await readFile(school, file()?.files[0]?.id ?? '')) as LearnerExport;
  expect([name, lessons.length]).toEqual(['ada', 1]);
  expect(lessons[0]?.conversation.map(({ text }) => text)).toContain('my secret sentence');
});

async function readFile({ twin, team }: SlackSchool, file: string): Promise<unknown> {
  const token = team.botToken();
  const found = await plainClient(twin, token).files.info({ file });
  const response = await fetch(found.file?.url_private ?? '', { headers: { authorization: `Bearer ${token}` } });
  return response.json();
}

test('whoever is sure is forgotten, and who is not stays', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel } = school;
  await startLesson(school, school.channel, school.ada);
  const ask = async () => {
    const used = ada.runs(channel.id, '/tutor forget');
    expect(await answerTo(used)).toMatch(/^Shall I forget everything about you/);
    const [question] = used.replies();
    if (!question) throw new Error('nobody asked');
    return question;
  };
  const kept = await ask();
  await acknowledged(ada.presses(kept, 'Keep everything'));
  const textOf = (ts: string) => ada.ephemerals(channel.id).find((each) => each.ts === ts);
  await until(() => textOf(kept.ts)?.text === 'Nothing has changed. I still know you.');
  expect(textOf(kept.ts)?.blocks).toEqual([]);
  expect(await lessonsOf(school)).toHaveLength(1);
  const gone = await ask();
  await acknowledged(ada.presses(gone, 'Forget me'));
  await until(() => /^Done\. I have forgotten you/.test(textOf(gone.ts)?.text ?? ''));
  expect(await lessonsOf(school)).toEqual([]);
});
