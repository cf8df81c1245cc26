import { expect, test } from 'vitest';
import { readProfile } from '../../../src/core/profile.ts';
import { metWish, voicesFor } from '../../../src/core/voices.ts';
import { googleSpeech } from '../../../src/external/speech/google-speech.ts';
import { offlineSpeech } from '../../../src/external/speech/offline-speech.ts';
import type { ScriptedLearner } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { useSpeech } from '../../support/speech.ts';

/** A learner who wishes for a certain voice. */

const database = useDatabase();
const stage = useSpeech(database);

const start = { topic: 'fractions', autostart: true };
const wishesOf = async (learner: ScriptedLearner) =>
  (await readProfile(database.db, 'terminal', 'school', learner.threadId)).wishes;
const lastVoice = () => stage.twin.requests.at(-1)?.voice;

test('it is what is heard from then on, in this lesson and in the next', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  const said = await learner.say('voice en-us-neural2-c');
  expect(said.text).toBe(
    'My voice is on, and it is **en-US-Neural2-C**: you hear what I write. Say **voice off** to end it.',
  );
  expect(await learner.state()).toMatchObject({ voice: true, preferences: { voice: 'en-US-Neural2-C' } });
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(1);
  expect(lastVoice()).toMatchObject({ languageCode: 'en-US', name: 'en-US-Neural2-C' });
  expect(await wishesOf(learner)).toEqual({ voice: 'en-US-Neural2-C' });

  const next = await newLearner();
  const asked = stage.twin.requests.length;
  await next.say('', { learner: { id: learner.threadId, name: 'Ada' }, start });
  await stage.quiet(next);
  expect(heardBy(next).length).toBeGreaterThan(0);
  const names = stage.twin.requests.slice(asked).map(({ voice }) => voice.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names)).toEqual(new Set(['en-US-Neural2-C']));
});

test('the same words in another voice are other audio, and are paid for as that voice', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  const heard: Buffer[] = [];
  for (const wish of ['voice default', 'voice en-US-Studio-O']) {
    await learner.say(wish);
    await learner.say('plan');
    await stage.quiet(learner);
    const last = heardBy(learner).at(-1);
    expect(last?.transcript).toContain('Here is the plan');
    if (last) heard.push(last.audio);
  }
  expect(stage.twin.requests.map(({ voice }) => voice.name)).toContain('en-US-Studio-O');
  const keys = await database.db.selectFrom('utterances').select('audio').where('status', '=', 'spoken').execute();
  const plans = keys.map(({ audio }) => audio?.join()).slice(-3);
  expect(new Set(plans).size).toBe(plans.length);
  const paid = await database.db.selectFrom('usage').select(['characters', 'cost', 'model']).execute();
  const studio = paid.filter(({ model }) => model === 'en-US-Studio-O');
  expect(studio.length).toBeGreaterThan(0);
  for (const { cost, characters } of studio) expect(Number(cost)).toBeCloseTo(characters * 160e-6, 9);
});

test('one that there is not is answered with some that there are, and nothing changes', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  const { text } = await learner.say('voice en-US-Nobody');
  expect(text).toBe(
    'I have no voice "en-US-Nobody". Some that I have: **en-US-Wavenet-F**, **en-US-Neural2-C**, **en-US-Studio-O**, **en-GB-Wavenet-A**.',
  );
  expect(await learner.state()).toMatchObject({ voice: false, preferences: { voice: null } });
  // The voice of another language is none for this lesson.
  expect((await learner.say('voice de-DE-Wavenet-G')).text).toContain('I have no voice "de-DE-Wavenet-G"');
  await stage.quiet(learner);
  expect(heardBy(learner)).toEqual([]);
  expect(await wishesOf(learner)).toEqual({});
});

test('the usual one comes back by "voice default", also for the lessons to come', async () => {
  const { newLearner } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('voice en-US-Neural2-C');
  await stage.quiet(learner);
  // What was spoken before would not be made again.
  await database.db.deleteFrom('audio').execute();
  expect((await learner.say('voice default')).text).toContain('it is the usual one');
  await stage.quiet(learner);
  expect(lastVoice()?.name).toBe('en-US-Wavenet-F');
  expect((await learner.state()).preferences.voice).toBeNull();
  expect(await wishesOf(learner)).toEqual({});
});

test('switching the voice off and on keeps it', async () => {
  const { newLearner } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('', { action: { type: 'voice', on: false, name: 'EN-gb-wavenet-a' } });
  expect(await learner.state()).toMatchObject({ voice: false, preferences: { voice: 'en-GB-Wavenet-A' } });
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(lastVoice()).toMatchObject({ languageCode: 'en-GB', name: 'en-GB-Wavenet-A' });
});

test('in a lesson in another language it waits, and the lesson is heard in a voice of its own', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('voice en-US-Studio-O');
  await learner.say('', { action: { type: 'prefer', preferences: { language: 'Deutsch' } } });
  await learner.say('plan');
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(3);
  expect(lastVoice()?.name).toBe('de-DE-Wavenet-G');
  await learner.say('', { action: { type: 'prefer', preferences: { language: 'English' } } });
  await learner.say('hint');
  await stage.quiet(learner);
  expect(lastVoice()?.name).toBe('en-US-Studio-O');
});

test('where nobody tells which voices there are, nothing changes', async () => {
  const closed = googleSpeech(
    { endpoint: { host: '127.0.0.1', port: 1, plain: true }, voice: null },
    { timeoutMs: 50 },
  );
  const { newLearner } = await stage.open({ speech: closed });
  const learner = await newLearner(start);
  expect((await learner.say('voice en-US-Studio-O')).text).toMatch(/^Nobody tells me now which voices there are/);
  expect((await learner.state()).preferences.voice).toBeNull();
  await closed.close();
});

test('the voices of an engine for a language, and which wish it can meet', async () => {
  const listing = (...voices: string[]) => ({ voices: async () => voices });
  expect(await voicesFor(listing('en-US-A', 'en-GB-A', 'en-GB-B'), 'en-GB')).toEqual(['en-GB-A', 'en-GB-B', 'en-US-A']);
  expect(await metWish(listing('cmn-CN-A'), 'zh', 'cmn-CN-A')).toBe('cmn-CN-A');
  expect(await metWish(listing('en-us', 'en-gb'), 'en-US', 'en-US-Wavenet-F')).toBeNull();
  // It could not be asked: whoever wished for it had it from there.
  expect(await metWish(listing(), 'en-US', 'en-GB-Wavenet-A')).toBe('en-GB-Wavenet-A');
  expect(await metWish(listing(), 'de', 'en-GB-Wavenet-A')).toBeNull();
  expect(await metWish(listing('de'), 'de', null)).toBeNull();
  const offline = offlineSpeech();
  if ((await offline.voices('en')).length > 0) {
    expect(await metWish(offline, 'en-US', 'en-gb-scotland')).toBe('en-gb-scotland');
  }
  await offline.close();
});
