import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RuntimeOptions } from '../../../src/runtime.ts';
import { useDatabase } from '../../support/database.ts';
import { type Recorded, recorded, twinTranscriber } from '../../support/recordings.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { asSeen, lessonWith, startLesson, toldTo } from '../../support/slack-lesson.ts';
import { twinModel } from '../../support/twin-model.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../../twins/openai.ts';

/** Learners who speak instead of typing, on Slack. */

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

async function openLesson(isOn = true, runtime: Partial<RuntimeOptions> = {}) {
  const school = await openSlackSchool(database.url, {
    runtime: { transcriber: isOn ? twinTranscriber(ears) : null, ...runtime },
  });
  const lesson = await startLesson(school, school.channel, school.ada);
  await lesson.presses('Start');
  return { ...school, lesson };
}

const clip = (seconds = voice.seconds) => ({
  ...{ name: 'audio_message.m4a', mimetype: 'audio/ogg', bytes: voice.bytes },
  recordedMs: Math.round(seconds * 1_000),
});

/** What stands in the blocks, which is what people see. */
const shown = (messages: readonly { blocks: unknown }[]) => JSON.stringify(messages.map(({ blocks }) => blocks));

test('an audio clip is answered as if it had been typed, below what was understood', async () => {
  const { lesson } = await openLesson();
  ears.says(voice.bytes, '1/6.');
  await lesson.says('', { files: [clip()] });
  expect(shown(lesson.messages())).toContain('> 1/6.\\n\\n');
  expect(asSeen(lesson.messages())).toContain('1/6.');
  expect((await lesson.state()).steps[0]).toMatchObject({ right: 1, wrong: 0 });
  expect(ears.heard).toMatchObject([{ format: 'ogg', bytes: voice.bytes.length }]);
});

test('what was understood stands above the reply while it is written, and once it is there', async () => {
  ears.respond(twinTutor);
  const { lesson } = await openLesson(true, { model: twinModel(ears) });
  ears.says(voice.bytes, 'Why is that?');
  const before = lesson.messages().length;
  await lesson.says('', { files: [clip()] });
  const said = shown(lesson.messages().slice(before));
  expect(said.split('> Why is that?')).toHaveLength(2);
  expect(said).toMatch(/> Why is that\?\\n\\nThe twin uses/);
});

test('what is answered by a card alone has what was understood above it', async () => {
  const { lesson } = await openLesson();
  ears.says(voice.bytes, 'How am I doing?');
  const before = lesson.messages().length;
  await lesson.says('', { files: [clip()] });
  expect(shown(lesson.messages().slice(before))).toMatch(/> How am I doing\?".*Your progress/);
});

test('a clip that comes as a film without pictures is sent on as the sound that it is', async () => {
  const { lesson } = await openLesson();
  const film = Buffer.from('\x1a\x45\xdf\xa3 webm', 'latin1');
  ears.says(film, '1/6.');
  await lesson.says('', { files: [{ ...clip(), name: 'audio_message.webm', mimetype: 'video/webm', bytes: film }] });
  expect(ears.heard).toMatchObject([{ fileName: 'recording.webm', format: 'webm' }]);
  expect((await lesson.state()).steps[0]).toMatchObject({ right: 1 });
});

test('in direct messages it begins a lesson', async () => {
  const school = await openSlackSchool(database.url, { runtime: { transcriber: twinTranscriber(ears) } });
  ears.says(voice.bytes, 'Teach me fractions.');
  const root = school.ada.writes('', { files: [clip()] });
  const lesson = await lessonWith(school, root.ts, school.ada);
  expect(shown(lesson.messages())).toContain('> Teach me fractions.');
  expect((await lesson.state()).preferences.topic).toMatch(/fractions/i);
});

test('what Slack tells of twice is fetched, heard and answered once', async () => {
  const { lesson, twin } = await openLesson();
  ears.says(voice.bytes, '1/6');
  const { ts } = await lesson.says('', { files: [clip()] });
  const [told] = twin.delivery.about(ts);
  const count = () => [twin.requests.filter(({ method }) => method === 'file').length, lesson.messages().length];
  const before = count();
  expect(before[0]).toBe(1);
  expect(await twin.delivery.redeliver(told?.eventId ?? '')).toMatchObject({ acked: true });
  expect(count()).toEqual(before);
  expect(ears.heard).toHaveLength(1);
  expect((await lesson.state()).steps[0]).toMatchObject({ right: 1 });
});

test.each([
  [
    'where nobody listens',
    false,
    () => clip(),
    'I only read text here, so I cannot listen to recordings. Type it for me.',
  ],
  [
    'where it is too long',
    true,
    () => clip(301),
    'I listen to recordings of up to 5 minutes. Send me a shorter one, or type it for me.',
  ],
])('%s, one sentence says so, to the person alone', async (_, isOn, file, sentence) => {
  const { ada, channel, lesson } = await openLesson(isOn);
  ada.says(channel.id, '', { threadTs: lesson.root, files: [file()] });
  expect((await toldTo(ada, channel, 2)).at(-1)).toBe(sentence);
  expect(ears.heard).toEqual([]);
});
