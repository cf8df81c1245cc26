import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { holdTable, useDatabase } from '../../support/database.ts';
import { answerTo, type DiscordLesson } from '../../support/discord-lesson.ts';
import { gate } from '../../support/models.ts';
import { begunLesson, joinedLesson, openNarratedServer } from '../../support/narration.ts';
import { soundOf } from '../../twins/discord/voice/sound.ts';

/** The tutor in a voice channel, as learners live with it. */

const database = useDatabase();

test('a learner joins, and hears replies', async () => {
  const server = await openNarratedServer(database.url);
  const { twin, ada, room, tones } = server;
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
});

/** Long enough for the guard to let the first ones through before the last one is written. */
const THREE = [
  'Look at the pizza in front of you.',
  'Somebody has cut it into slices.',
  'Which of them would you like?',
];

test('sentences are heard while the rest is still being written', async () => {
  const server = await openNarratedServer(database.url);
  const { ada } = server;
  const lesson = await joinedLesson(server);
  const more = gate();
  server.answers.message = THREE.join(' ');
  // The guard lets through all but the last 24 characters, and a sentence has ended once the next word is there.
  server.answers.gate = async (sent) => {
    if (sent.includes('into slices. Wh')) await more.opened;
  };
  const said = lesson.says('why is that?');
  await server.hears(ada, 'Look at the pizza in front of you.');
  expect(server.tones.asked).not.toContain('Which of them would you like?');
  more.open();
  await server.hears(ada, 'Which of them would you like?');
  const heard = server.heardBy(ada);
  expect(heard.filter((text) => THREE.includes(text))).toEqual(THREE);
  await said;
});

test('a reply of one sentence is heard while it is being stored', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, twin } = server;
  const lesson = await joinedLesson(server);
  const more = gate();
  const storing: { ended: Promise<void> }[] = [];
  server.answers.message = 'One slice of six is yours.';
  server.answers.gate = async (sent) => {
    if (storing.length > 0 || !sent.includes('of six')) return;
    storing.push(await holdTable(database.db, 'deliveries', more.opened, 'exclusive'));
  };
  const said = lesson.says('why is that?');
  await until(() => server.heardBy(ada).includes('One slice of six is yours.'));
  expect(twin.messages(lesson.id).some(({ content }) => content.includes('is yours.'))).toBe(false);
  more.open();
  await Promise.all([said, ...storing.map(({ ended }) => ended)]);
  await until(() => lesson.last().content.includes('is yours.'));
  expect(server.heardBy(ada).filter((text) => text === 'One slice of six is yours.')).toHaveLength(1);
});

test.each([
  ['pause', 'Paused'],
  ['voice off', 'My voice is off'],
])('while "%s" is being stored, nothing is said of the farewell', async (words, farewell) => {
  const server = await openNarratedServer(database.url);
  const { guild, runtime, tones } = server;
  const lesson = await joinedLesson(server);
  const more = gate();
  const storing = await holdTable(database.db, 'deliveries', more.opened, 'exclusive');
  const saying = lesson.says(words);
  await until(async () => {
    const { rows } = await sql`select from pg_locks where not granted and relation = 'deliveries'::regclass`.execute(
      runtime.db,
    );
    return rows.length > 0;
  });
  const { draft } = await runtime.db
    .selectFrom('narrations')
    .select('draft')
    .where('server', '=', guild.id)
    .executeTakeFirstOrThrow();
  expect(draft ?? '').not.toContain(farewell);
  more.open();
  await Promise.all([saying, storing.ended]);
  await until(() => lesson.last().content.includes(farewell));
  expect(tones.asked.filter((text) => text.includes(farewell))).toEqual([]);
});

test('where nobody speaks it is said that nobody does, and in direct messages that there are no channels', async () => {
  const { ada, channel, twin } = await openNarratedServer(database.url);
  const direct = ada.dm();
  expect(await answerTo(ada.runs(direct, 'tutor voice', { speak: 'join' }))).toContain('no voice channels in direct');
  expect(await answerTo(ada.runs(channel, 'tutor voice', { speak: 'join' }))).toContain('There is no lesson here');
  expect(await answerTo(ada.runs(channel, 'tutor voice', { speak: 'leave' }))).toContain('I am in no voice channel');
  expect(twin.voice.connections()).toEqual([]);
});

test('whoever writes is waited for, and then hears the next answer instead of the rest', async () => {
  const server = await openNarratedServer(database.url, { timing: { typingMs: 4_000 } });
  const { ada } = server;
  const lesson = await joinedLesson(server);
  server.tones.seconds = 3;
  server.answers.message = THREE.join(' ');
  await lesson.says('why is that?');
  const [first = '', second = '', third = ''] = THREE;
  await until(() => server.heardBy(ada).includes(first));
  ada.types(lesson);
  await until(() => server.isQuiet());
  expect(server.heardBy(ada)).not.toContain(third);
  // The same sentence goes on.
  await server.hears(ada, first);
  await until(() => server.heardBy(ada).includes(second));
  ada.types(lesson);
  await until(() => server.isQuiet());
  server.answers.message = 'This is another answer to you.';
  await lesson.says('why is it so?');
  await server.hears(ada, 'This is another answer to you.');
  expect(server.heardBy(ada)).not.toContain(third);
});

test('what is said ends with a press of Stop', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, twin, room } = server;
  const lesson = await joinedLesson(server);
  await lesson.presses('Stop');
  await until(() => !twin.voice.memberIds(room).includes(twin.botId));
  expect(lesson.last().content).toContain('Paused');
  const answer = await answerTo(ada.runs(lesson, 'tutor voice', { speak: 'leave' }));
  expect(answer).toContain('I am in no voice channel');
});

test('with the end of the lesson the tutor says its last words, and leaves', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, twin, room, tones } = server;
  const lesson = await joinedLesson(server);
  tones.seconds = 0.3;
  const before = tones.asked.length;
  await lesson.runs('tutor end');
  await until(() => !twin.voice.memberIds(room).includes(twin.botId));
  const last = tones.asked.slice(before).at(-1) ?? '';
  expect(tones.asked.length).toBeGreaterThan(before + 1);
  expect(server.heardBy(ada)).toContain(last);
});

test.each<[string, (lesson: DiscordLesson) => Promise<unknown>]>([
  ['says "voice off"', (lesson) => lesson.says('voice off')],
  ['says so with the command', (lesson) => lesson.runs('tutor voice', { speak: 'off' })],
])('whoever %s is left alone', async (_, saysSo) => {
  const server = await openNarratedServer(database.url);
  const { ada, twin, room } = server;
  const lesson = await joinedLesson(server);
  await saysSo(lesson);
  await until(() => lesson.last().content.includes('My voice is off.'));
  await until(() => !twin.voice.memberIds(room).includes(twin.botId));
  const answer = await answerTo(ada.runs(lesson, 'tutor voice', { speak: 'leave' }));
  expect(answer).toContain('I am in no voice channel');
});

test('a lesson that is stopped is not read out before it goes on', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, twin, room } = server;
  const lesson = await begunLesson(server);
  ada.joinsVoice(room);
  await lesson.presses('Stop');
  const join = () => answerTo(ada.runs(lesson, 'tutor voice', { speak: 'join' }));
  expect(await join()).toBe('This lesson is stopped. Press **Go on** in it, and then ask me to come.');
  expect(twin.voice.memberIds(room)).toEqual([ada.id]);
  await lesson.presses('Go on');
  expect(await join()).toContain('I am with you');
});

test('what is cut ends in silence, as whoever hears it needs', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, tones, twin } = server;
  const lesson = await joinedLesson(server);
  tones.seconds = 1;
  server.answers.message = THREE.join(' ');
  await lesson.says('why is that?');
  await until(() => server.heardBy(ada).includes(THREE[1] ?? ''));
  server.answers.message = 'This is another answer to you.';
  await lesson.says('why is it so?');
  await server.hears(ada, 'This is another answer to you.');
  const lengths = [0];
  for (const { isSilence } of twin.voice.frames()) lengths.push(isSilence ? 0 : (lengths.at(-1) ?? 0) + 1);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(tones.seconds * 50 + 2);
});
