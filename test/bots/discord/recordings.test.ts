import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RuntimeOptions } from '../../../src/runtime.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { type DiscordLesson, lessonIn, openDiscordServer, startLesson } from '../../support/discord-lesson.ts';
import { type Recorded, recorded, twinTranscriber } from '../../support/recordings.ts';
import { twinModel } from '../../support/twin-model.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../../twins/openai.ts';

/** Learners who speak instead of typing, on Discord. */

const database = useDatabase();
let ears: OpenAiTwin;
let voice: Recorded;
beforeAll(async () => {
  ears = await startOpenAiTwin();
  voice = await recorded('One sixth.');
});
beforeEach(() => {
  ears.heard.length = 0;
});
afterEach(() => expect(ears.complaints).toEqual([]));
afterAll(() => ears.close());

const open = (isOn = true, runtime: Partial<RuntimeOptions> = {}) =>
  openDiscordServer(database.url, { runtime: { transcriber: isOn ? twinTranscriber(ears) : null, ...runtime } });

async function openLesson(isOn = true, runtime: Partial<RuntimeOptions> = {}) {
  const server = await open(isOn, runtime);
  const lesson = await startLesson(server, server.channel, server.ada);
  await lesson.presses('Start');
  return { ...server, lesson };
}

/** The same file, which by its last page is so long. */
function lasting(bytes: Buffer, seconds: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeBigInt64LE(BigInt(seconds * 48_000 + 312), copy.lastIndexOf('OggS') + 6);
  return copy;
}

const all = (lesson: DiscordLesson) =>
  lesson
    .messages()
    .map(({ content }) => content)
    .join('\n---\n');

/** What the bot says to a message itself, beside the lesson. */
async function answerTo(lesson: DiscordLesson, { id }: { id: string }): Promise<string | undefined> {
  await until(() => lesson.messages().some(({ answers }) => answers === id));
  return lesson.messages().find(({ answers }) => answers === id)?.content;
}

test('a voice message is answered as if it had been typed, below what was understood', async () => {
  const { lesson, runtime } = await openLesson();
  ears.says(voice.bytes, '1/6.');
  await lesson.speaks(voice);
  expect(all(lesson)).toMatch(/(?:^|\n)> 1\/6\.\n\n\S/);
  expect((await stateOf(runtime, lesson.id)).steps[0]).toMatchObject({ right: 1, wrong: 0 });
  expect(ears.heard).toMatchObject([{ format: 'ogg', bytes: voice.bytes.length }]);
});

test('a sound that somebody attaches is heard too, beside what they write', async () => {
  const { lesson } = await openLesson();
  const song = { name: 'question.mp3', type: 'audio/mpeg', bytes: Buffer.from('ID3 la la la') };
  ears.says(song.bytes, 'Why is that?');
  await lesson.says('listen', { attachments: [song] });
  expect(all(lesson)).toMatch(/(?:^|\n)> Why is that\?\n/);
  expect(ears.heard).toMatchObject([{ fileName: 'recording.mp3' }]);
});

test('what was understood stands above the reply while it is written, and once it is there', async () => {
  ears.respond(twinTutor);
  const { lesson } = await openLesson(true, { model: twinModel(ears) });
  ears.says(voice.bytes, 'Why is that?');
  await lesson.speaks(voice);
  expect(lesson.last().content).toMatch(/^> Why is that\?\n\nThe twin uses/);
});

test('what is answered by a card alone has what was understood above it', async () => {
  const { lesson } = await openLesson();
  ears.says(voice.bytes, 'How am I doing?');
  await lesson.speaks(voice);
  expect(lesson.last()).toMatchObject({ content: '> How am I doing?', embeds: [{}] });
});

test('in direct messages it begins a lesson', async () => {
  const server = await open();
  const { ada, runtime } = server;
  ears.says(voice.bytes, 'Teach me fractions.');
  const lesson = lessonIn(server, ada.dm().id, ada);
  await lesson.speaks(voice);
  expect(all(lesson)).toContain('> Teach me fractions.');
  const { preferences } = (
    await runtime.db
      .selectFrom('lessons')
      .select('state')
      .where('thread_id', 'like', `${ada.dm().id}%`)
      .executeTakeFirstOrThrow()
  ).state;
  expect(preferences.topic).toMatch(/fractions/i);
});

test('where nobody listens, one sentence says so', async () => {
  const { ada, lesson } = await openLesson(false);
  const spoken = ada.speaks(lesson, voice);
  expect(await answerTo(lesson, spoken)).toBe(
    'I only read text here, so I cannot listen to recordings. Type it for me.',
  );
  expect(ears.heard).toEqual([]);
});

test.each([
  [
    'longer than anybody listens',
    () => ({ ...voice, seconds: 301 }),
    'I listen to recordings of up to 5 minutes. Send me a shorter one, or type it for me.',
  ],
  [
    'longer than it says',
    () => ({ ...voice, bytes: lasting(voice.bytes, 301) }),
    'I listen to recordings of up to 5 minutes. Send me a shorter one, or type it for me.',
  ],
  [
    'too large',
    () => ({ ...voice, bytes: Buffer.alloc(4 * 1024 * 1024 + 1) }),
    'voice-message.ogg is larger than 4 MB. Send me a smaller file, or copy the part that matters into a message.',
  ],
])('what is %s is declined in a sentence', async (_, made, sentence) => {
  const { ada, lesson } = await openLesson();
  expect(await answerTo(lesson, ada.speaks(lesson, made()))).toBe(sentence);
  expect(ears.heard).toEqual([]);
});

test('it is taken in before anybody has listened to it', async () => {
  const { ada, lesson, runtime } = await openLesson();
  const heard = Promise.withResolvers<void>();
  ears.says(voice.bytes, { text: '1/6', gate: () => heard.promise });
  const spoken = ada.speaks(lesson, voice);
  await until(() => ears.heard.length === 1);
  const taken = await runtime.db
    .selectFrom('messages')
    .select(['text', 'payload'])
    .where('platform_message_id', '=', spoken.id)
    .executeTakeFirst();
  expect(taken).toEqual({ text: '', payload: { recordings: 1 } });
  heard.resolve();
  await until(() => all(lesson).includes('> 1/6'));
});
