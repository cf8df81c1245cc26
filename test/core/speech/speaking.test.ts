import { expect, test } from 'vitest';
import { askForSpeech } from '../../../src/core/speech-requests.ts';
import { deliveryOfMessage } from '../../../src/db/utterances.ts';
import { durationOf } from '../../../src/external/speech/pcm.ts';
import { readOggOpus } from '../../external/speech/read-ogg.ts';
import { rms } from '../../external/speech/sounds.ts';
import { onEachBackend } from '../../support/backends.ts';
import { type ScriptedLearner, silentLog, until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { gate } from '../../support/models.ts';
import { useSpeech } from '../../support/speech.ts';

/** What a learner hears of a lesson. */

const database = useDatabase();
const stage = useSpeech(database);

const start = { topic: 'fractions', autostart: true };

/** Its last reply becomes one that takes minutes to say, each time of other words. */
async function makeLong(learner: ScriptedLearner, word: string): Promise<string> {
  const id = await stage.lastDelivery(learner);
  const text = Array.from({ length: 45 }, (_, number) => `This is sentence ${number} about ${word} and its parts.`);
  const reply = { kind: 'message', text: text.join(' '), question: null, plan: null, progress: null, closing: null };
  await database.db
    .updateTable('deliveries')
    .set({ reply: JSON.stringify({ ...reply, commands: [] }) })
    .where('id', '=', id)
    .execute();
  return id;
}

function utterance(deliveryId: string) {
  const query = database.db.selectFrom('utterances').selectAll().where('delivery_id', '=', deliveryId);
  return query.executeTakeFirstOrThrow();
}

onEachBackend(database.url, (queueBackend) => {
  test('with the voice on, what is said is heard, as files that play; without it, nothing is', async () => {
    const { newLearner, heardBy, surface } = await stage.open({ queueBackend });
    const learner = await newLearner(start);
    expect(await learner.say('voice on')).toMatchObject({ text: expect.stringContaining('My voice is on') });
    await learner.say('hint');
    await learner.say('plan');
    await stage.quiet(learner);
    const heard = heardBy(learner);
    expect(heard.map(({ transcript }) => transcript)).toEqual([
      expect.stringContaining('My voice is on'),
      expect.stringMatching(/Hint (1|one) of (3|three)/),
      expect.stringContaining('Here is the plan'),
    ]);
    for (const { audio, seconds, waveform, part, of, mayBeShown } of heard) {
      const file = readOggOpus(audio);
      expect(file).toMatchObject({ channels: 1, rate: 48_000 });
      expect(Math.abs(durationOf(file.pcm) / seconds - 1)).toBeLessThan(0.05);
      expect(rms(file.pcm)).toBeGreaterThan(1_000);
      expect(waveform.length).toBeLessThanOrEqual(256);
      expect({ part, of, mayBeShown }).toEqual({ part: 0, of: 1, mayBeShown: false });
    }
    expect(await learner.say('be quiet')).toMatchObject({ text: expect.stringContaining('My voice is off') });
    await learner.say('hint');
    await stage.quiet(learner);
    expect(heardBy(learner)).toHaveLength(3);
    expect(surface.sent.filter(({ threadId }) => threadId === learner.threadId)).toHaveLength(6);
  });

  test('a long reply is heard in parts of about a minute, in order, and each is recorded', async () => {
    const { newLearner, heardBy, runtime } = await stage.open({ queueBackend });
    const learner = await newLearner(start);
    const id = await makeLong(learner, queueBackend.kind);
    expect(await askForSpeech({ ...runtime, log: silentLog }, id)).toBe('new');
    await stage.quiet(learner);
    const heard = heardBy(learner);
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.map(({ part, of }) => [part, of])).toEqual(heard.map((_, index) => [index, heard.length]));
    expect(
      heard
        .map(({ transcript }) => transcript)
        .join(' ')
        .match(/\d+/g),
    ).toEqual(Array.from({ length: 45 }, (_, number) => String(number)));
    expect(Math.max(...heard.map(({ seconds }) => seconds))).toBeLessThan(95);
    const posted = heard.map(({ key }) => key);
    expect(await utterance(id)).toMatchObject({ status: 'spoken', parts: heard.length, shown: heard.length, posted });
  });
});

test('the same words are made once, also by two processes at the same moment', async () => {
  const [one, other] = [await stage.open(), await stage.open()];
  const learners = [await one.newLearner(start), await other.newLearner(start)] as const;
  const ids = [await makeLong(learners[0], 'pies'), await makeLong(learners[1], 'pies')] as const;
  const before = stage.twin.requests.length;
  await askForSpeech({ ...one.runtime, log: silentLog }, ids[0]);
  await askForSpeech({ ...other.runtime, log: silentLog }, ids[1]);
  await Promise.all(learners.map(stage.quiet));
  const said = stage.twin.requests.slice(before).map(({ input }) => input.ssml ?? input.text);
  expect(said.length).toBeGreaterThan(2);
  expect(new Set(said).size).toBe(said.length);
  expect(one.heardBy(learners[0]).map(({ audio }) => audio)).toEqual(
    other.heardBy(learners[1]).map(({ audio }) => audio),
  );
  const paid = await database.db.selectFrom('usage').selectAll().where('agent', '=', 'speech').execute();
  expect(new Set(paid.map(({ model }) => model))).toEqual(new Set(['en-US-Wavenet-F']));
  expect(
    paid.every(({ characters, seconds, cost, turn_id }) => characters > 0 && seconds > 0 && cost && !turn_id),
  ).toBe(true);
});

test('of what was made only so much is kept', async () => {
  await database.db.deleteFrom('audio').execute();
  const { newLearner, heardBy } = await stage.open({ audioCacheBytes: 1 });
  const learner = await newLearner(start);
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(1);
  const kept = await database.db.selectFrom('audio').select('key').where('ogg', 'is not', null).execute();
  expect(kept).toEqual([]);
});

test('who asks for one reply hears that one, once', async () => {
  const { newLearner, heardBy, runtime } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('hint');
  const sent = await stage.lastDelivery(learner);
  const deps = { ...runtime, log: silentLog };
  // This surface's message has the id of its delivery.
  expect(await deliveryOfMessage(runtime.db, 'terminal', learner.threadId, sent)).toBe(sent);
  expect(await deliveryOfMessage(runtime.db, 'terminal', learner.threadId, 'another')).toBeNull();
  expect(await deliveryOfMessage(runtime.db, 'terminal', 'another', sent)).toBeNull();
  const release = stage.twin.hold();
  expect(await askForSpeech(deps, sent)).toBe('new');
  expect(await askForSpeech(deps, sent)).toBe('pending');
  release();
  await stage.quiet(learner);
  expect(await askForSpeech(deps, sent)).toBe('spoken');
  await stage.quiet(learner);
  expect(heardBy(learner).map(({ transcript }) => transcript)).toEqual([expect.stringMatching(/^Hint/)]);
  expect(await askForSpeech(deps, '00000000-0000-4000-8000-000000000000')).toBe('none');
});

test('the text comes at once, however long the voice takes', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  await database.db.deleteFrom('audio').execute();
  const release = stage.twin.hold();
  await learner.say('voice on');
  await learner.answerWrong();
  expect(await learner.say('hint')).toMatchObject({ kind: 'message' });
  expect(heardBy(learner)).toEqual([]);
  release();
  await until(() => heardBy(learner).length === 3);
});

test('who wants quiet in the middle of a long reply has it after the part that is being said', async () => {
  const { newLearner, heardBy, surface } = await stage.open();
  const learner = await newLearner(start);
  const [prepared, first, later] = [gate(), gate(), gate()];
  surface.interceptSpeech = async ({ part, of }) => {
    await prepared.opened;
    if (of === 1 || part > 0) return null;
    first.open();
    await later.opened;
    return null;
  };
  await learner.say('voice on');
  await learner.say('hint');
  const id = await makeLong(learner, 'silence');
  prepared.open();
  await first.opened;
  await learner.say('voice off');
  later.open();
  await until(async () => (await utterance(id)).status === 'gone');
  await stage.quiet(learner);
  expect(heardBy(learner).filter(({ of }) => of > 1)).toHaveLength(1);
});

test('the next lesson begins as the last one was left: with the voice on, or off', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('', { action: { type: 'voice', on: true } });
  const again = async (on: boolean) => {
    const next = await newLearner();
    await next.say('', { learner: { id: learner.threadId, name: 'Ada' }, start });
    await stage.quiet(next);
    expect((await next.state()).voice).toBe(on);
    expect(heardBy(next).length > 0).toBe(on);
    return next;
  };
  const second = await again(true);
  await second.say('voice off', { learner: { id: learner.threadId, name: 'Ada' } });
  await again(false);
});

test('where nobody speaks, or not in that language, one sentence says so and the text goes on', async () => {
  const mute = await stage.open({ speech: null });
  const learner = await mute.newLearner(start);
  expect(await learner.say('voice on')).toMatchObject({ text: expect.stringContaining('Speech is switched off here') });
  expect((await learner.state()).voice).toBe(false);
  const { newLearner, heardBy } = await stage.open();
  const other = await newLearner(start);
  await other.say('', { action: { type: 'prefer', preferences: { language: 'Klingon' } } });
  expect(await other.say('voice on')).toMatchObject({ text: expect.stringContaining('no voice for the language') });
  await other.say('hint');
  await stage.quiet(other);
  expect(heardBy(other)).toEqual([]);
});

test('it is spoken in the language of the lesson', async () => {
  const { newLearner } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('', { action: { type: 'prefer', preferences: { language: 'auf Deutsch bitte' } } });
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(stage.twin.requests.at(-1)?.voice).toMatchObject({ languageCode: 'de-DE', name: 'de-DE-Wavenet-G' });
});
