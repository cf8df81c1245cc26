import { MessageFlags } from 'discord-api-types/v10';
import { expect, onTestFinished, test } from 'vitest';
import { offlineSpeech } from '../../../src/external/speech/offline-speech.ts';
import { readOggOpus } from '../../external/speech/read-ogg.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { answerTo, openDiscordServer, shownLines, startLesson } from '../../support/discord-lesson.ts';
import type { ShownMessage } from '../../twins/discord/shown.ts';

/** Learners who listen, on Discord. */

const database = useDatabase();

const isHeard = ({ flags }: ShownMessage) => (flags & MessageFlags.IsVoiceMessage) !== 0;

/** A lesson whose plan is to be approved. */
async function openLesson({ canSpeak = true } = {}) {
  const speech = offlineSpeech({ voice: null });
  onTestFinished(() => speech.close());
  const server = await openDiscordServer(database.url, { runtime: { speech }, connect: { canSpeak } });
  const lesson = await startLesson(server, server.channel, server.ada);
  const heard = () => lesson.messages().filter(isHeard);
  const owed = () => {
    const inLesson = server.runtime.db.selectFrom('utterances').innerJoin('lessons', 'lessons.id', 'lesson_id');
    return inLesson.select('utterances.status').where('thread_id', '=', lesson.id).execute();
  };
  return { ...server, lesson, heard, owed };
}

const NOTHING = 'I cannot find the words of that message any more. Try it on a newer one.';

test('a message is heard once, however often its button is pressed', async () => {
  const { ada, lesson, heard, owed } = await openLesson();
  const plan = lesson.last();
  expect(shownLines(plan)).toMatch(/\[Change…] \[Listen]$/);
  const [first, second] = [ada.presses(plan, 'Listen'), ada.presses(plan, 'Listen')];
  expect(await answerTo(first)).toBe('You will hear it in a moment.');
  // By then it may be there.
  expect(await answerTo(second)).toMatch(/^You will hear it in a moment\.$|^You can hear it already/);
  // It is recorded a moment after it was shown.
  await until(async () => (await owed()).every(({ status }) => status === 'spoken'));
  expect(await answerTo(ada.presses(plan, 'Listen'))).toBe('You can hear it already: look further below.');
  const [message, ...more] = heard();
  expect(more).toEqual([]);
  const [file] = message?.attachments ?? [];
  const { pcm } = readOggOpus(Buffer.from(await (await fetch(file?.url ?? '')).arrayBuffer()));
  const seconds = pcm.length / 48_000;
  // Two sentences, four steps, and what can be said to it.
  expect(seconds).toBeGreaterThan(10);
  expect(Math.abs((file?.duration_secs ?? 0) - seconds)).toBeLessThan(seconds * 0.05);
  expect(Buffer.from(file?.waveform ?? '', 'base64').length).toBeLessThanOrEqual(256);
  expect(lesson.messages().find(({ id }) => id === plan.id)).toEqual(plan);
});

test('only by the lesson’s learner', async () => {
  const { guild, lesson, heard, owed } = await openLesson();
  const ben = guild.addMember({ name: 'Ben' });
  const answer = await answerTo(ben.presses(lesson.last(), 'Listen'));
  expect(answer).toBe('This lesson belongs to Ada. Start your own with /tutor start.');
  expect(await owed()).toEqual([]);
  expect(heard()).toEqual([]);
});

test('of a message that is not kept any more it is said that there is nothing to be heard', async () => {
  const { ada, lesson, runtime } = await openLesson();
  const plan = lesson.last();
  await runtime.db.updateTable('deliveries').set({ platform_message_ids: [] }).execute();
  expect(await answerTo(ada.presses(plan, 'Listen'))).toBe(NOTHING);
});

test('where speech was switched off since, it is said so', async () => {
  const { ada, channel, lesson, owed } = await openLesson({ canSpeak: false });
  const off = 'I cannot speak yet; everything works in text.';
  expect(await answerTo(ada.presses(lesson.last(), 'Listen'))).toBe(off);
  expect(await answerTo(ada.runs(channel, 'tutor voice', { speak: 'on' }))).toBe(off);
  expect(await owed()).toEqual([]);
});

test('everything is heard from /tutor voice on, and nothing after off', async () => {
  const { ada, channel, lesson, heard, owed } = await openLesson();
  await lesson.runs('tutor voice', { speak: 'on' });
  await until(() => heard().length > 0);
  const before = heard().length;
  await lesson.presses('Start');
  const question = lesson.messages().findLast((message) => !isHeard(message));
  await until(() => heard().length > before);
  expect(BigInt(heard().at(-1)?.id ?? 0)).toBeGreaterThan(BigInt(question?.id ?? 0));
  // From anywhere: in the lesson that they were in last.
  expect(await answerTo(ada.runs(channel, 'tutor voice', { speak: 'off' }))).toBe(`You find it here: <#${lesson.id}>`);
  await until(() => lesson.messages().some(({ content }) => content.includes('My voice is off.')));
  // What was being said is said to its end.
  await until(async () => (await owed()).every(({ status }) => status !== 'pending'));
  const after = heard().length;
  await lesson.says('1/6');
  await lesson.says('hint');
  expect(heard()).toHaveLength(after);
});

test('a voice is chosen from those of the lesson’s language', async () => {
  const { ada, channel, lesson, heard } = await openLesson();
  // Nothing is offered where that takes more than a second to find out, as the first time.
  const offered = async (typed: string) => {
    let voices: (string | number)[] = [];
    await until(async () => {
      voices = (await ada.completes(channel, 'tutor voice', 'voice', typed)).map(({ value }) => value);
      return voices.length > 0;
    });
    return voices;
  };
  const english = await offered('');
  expect(english.length).toBeGreaterThan(2);
  for (const voice of english) expect(voice).toMatch(/^en-/);
  expect(await offered('SCOT')).toEqual(['en-gb-scotland']);
  expect(await answerTo(ada.runs(channel, 'tutor voice', {}))).toMatch(/^Write `\/tutor voice on`/);
  await lesson.runs('tutor voice', { voice: 'en-gb-scotland' });
  await until(() => heard().length > 0);
  const last = lesson.messages().findLast((message) => !isHeard(message));
  expect(last?.content).toContain('My voice is on, and it is **en-gb-scotland**');
  await lesson.runs('tutor voice', { voice: 'klingon' });
  await until(() => lesson.messages().some(({ content }) => content.includes('I have no voice "klingon".')));
});

test('who has no lesson is told so', async () => {
  const { guild, channel } = await openLesson();
  const ben = guild.addMember({ name: 'Ben' });
  expect(await answerTo(ben.runs(channel, 'tutor voice', { speak: 'on' }))).toMatch(/^There is no lesson here\./);
});
