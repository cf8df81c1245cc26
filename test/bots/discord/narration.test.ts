import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { answerTo } from '../../support/discord-lesson.ts';
import { gate } from '../../support/models.ts';
import { joinedLesson, openNarratedServer } from '../../support/narration.ts';
import { soundOf } from '../../twins/discord/voice/sound.ts';

/** The tutor in a voice channel, as learners live with it. */

const database = useDatabase();

test('a learner joins, and hears replies', async () => {
  const server = await openNarratedServer(database.url);
  const { twin, ada, room, tones, guild } = server;
  const lesson = await joinedLesson(server);
  expect(twin.voice.memberIds(room)).toEqual([ada.id, twin.botId]);
  await until(() => server.heardBy(ada).length >= 2);
  server.answers.message = 'Look at the pizza. It has six slices. Which one is yours?';
  await lesson.says('why is that?');
  await server.hears(ada, 'Look at the pizza.');
  await server.hears(ada, 'It has six slices.');
  await server.hears(ada, 'Which one is yours?');
  const { frames, missed } = twin.voice.heardBy(ada);
  expect(missed).toEqual([]);
  const { rms } = soundOf(frames);
  expect(rms).toBeGreaterThan(0.05);
  for (const { seconds } of tones.heardIn(frames)) expect(seconds).toBeLessThan(tones.seconds + 0.06);
  expect(twin.voice.frames(room).every(({ isPrivate, isSilence }) => isPrivate || isSilence)).toBe(true);
  const used = ada.runs(lesson, 'tutor voice', { speak: 'leave' });
  expect(await answerTo(used)).toContain('I have left the voice channel');
  await until(() => twin.voice.memberIds(room).length === 1);
  expect(guild.id).toBeTruthy();
});

test('sentences are heard while the rest is still being written', async () => {
  const server = await openNarratedServer(database.url);
  const { ada } = server;
  const lesson = await joinedLesson(server);
  const more = gate();
  server.answers.message = 'Look at the pizza. It has six slices. Which one is yours?';
  server.answers.gate = async (sent) => {
    if (sent.includes('six sli')) await more.opened;
  };
  const said = lesson.says('why is that?');
  await server.hears(ada, 'Look at the pizza.');
  expect(server.heardBy(ada)).not.toContain('It has six slices.');
  more.open();
  await server.hears(ada, 'Which one is yours?');
  const heard = server.heardBy(ada);
  expect(heard.slice(heard.indexOf('Look at the pizza.')).slice(0, 3)).toEqual([
    'Look at the pizza.',
    'It has six slices.',
    'Which one is yours?',
  ]);
  await said;
});
