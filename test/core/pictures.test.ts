import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportLearner } from '../../src/core/data-rights.ts';
import type { Picture } from '../../src/core/messages.ts';
import { mostCost } from '../../src/external/openai/prices.ts';
import { openClassroom, type ScriptedLearner } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { watchedModel } from '../support/models.ts';
import { twinModel } from '../support/twin-model.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { type OpenAiTwin, type RecordedRequest, startOpenAiTwin } from '../twins/openai.ts';

/** Pictures that come with a message: looked at once, by models that can, and honestly passed over by the others. */

const database = useDatabase();
let twin: OpenAiTwin;
beforeAll(async () => {
  twin = await startOpenAiTwin();
});
beforeEach(() => twin.respond(twinTutor));
afterEach(() => expect(twin.complaints).toEqual([]));
afterAll(() => twin.close());

const picture = (name: string): Picture => ({ url: `https://cdn.example/${name}?ex=1`, type: 'image/png', name });
const PAGE = picture('page.png');

function lastRequest(agent = 'teacher'): RecordedRequest {
  const request = twin.requests.findLast((each) => each.agent === agent);
  if (!request) throw new Error(`the ${agent} was not asked`);
  return request;
}

describe.each(['chat', 'responses'] as const)('a model that sees, over %s', (api) => {
  const open = () => openClassroom(database.url, { model: twinModel(twin, { api }) });

  test('gets the pictures with the message that they came with, and in no later turn', async () => {
    const { newLearner } = await open();
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    expect(lastRequest().pictures).toEqual([]);
    await learner.say('why is it like in my book?', { pictures: [PAGE, picture('b.png')] });
    expect(lastRequest().pictures).toEqual(['https://cdn.example/page.png?ex=1', 'https://cdn.example/b.png?ex=1']);
    expect(lastRequest().user).toContain('why is it like in my book?');

    await learner.say('and why is this so?');
    expect(lastRequest().pictures).toEqual([]);
    expect(lastRequest().user).toContain('learner: why is it like in my book?\n[picture: page.png]\n[picture: b.png]');
    expect(JSON.stringify(lastRequest().body)).not.toContain('cdn.example');
  });

  test('takes a picture without words for the message, four at the most, and no name for an answer', async () => {
    const { newLearner } = await open();
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    const before = await learner.state();
    const pictures = ['1', '2', '3', '4', '5'].map((name) => picture(`${name}.png`));
    await learner.say('', { pictures });
    expect(lastRequest().pictures).toHaveLength(4);
    expect(lastRequest().user).toContain('<learner_reply>\n[picture: 1.png]');
    expect((await learner.state()).steps).toEqual(before.steps);
  });

  test('looks at what somebody wants to learn', async () => {
    const { newLearner } = await open();
    twin.respond((request) => {
      if (request.agent !== 'intake') return twinTutor(request);
      return { json: { ...twinTutor(request).json, topic: request.pictures.length > 0 ? 'Tides' : null } };
    });
    const learner = await newLearner({});
    await learner.say('', { pictures: [PAGE] });
    expect(lastRequest('intake').pictures).toEqual([PAGE.url]);
    expect((await learner.state()).preferences.topic).toBe('Tides');
  });

  test('answers the words where the provider cannot open the picture, and is told so', async () => {
    const { newLearner } = await open();
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    const errorBody = { error: { message: 'Error while downloading the file.', code: 'invalid_image_url' } };
    twin.respond((request) => (request.pictures.length > 0 ? { status: 400, errorBody } : twinTutor(request)));
    expect((await learner.say('why is that?', { pictures: [PAGE] })).text).toContain('answer_question');
    expect(lastRequest().user).toContain('could not be opened: say so');
  });
});

test('what is answered right in words counts, whatever the picture; the key takes nothing else as final', async () => {
  const { newLearner } = await openClassroom(database.url, { model: twinModel(twin) });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  if (question.kind !== 'choice') throw new Error('the first question of the course is a choice');
  const wrong = question.choices.find(({ id }) => id !== question.answer)?.id ?? '';
  await learner.say(wrong, { pictures: [PAGE] });
  expect((await learner.state()).steps[0]).toMatchObject({ wrong: 0 });
  await learner.say(question.answer, { pictures: [PAGE] });
  expect((await learner.state()).steps[0]).toMatchObject({ right: 1 });
});

describe('a model that sees none', () => {
  async function blind(): Promise<{ learner: ScriptedLearner; calls: () => number }> {
    const model = watchedModel();
    const { newLearner } = await openClassroom(database.url, { model });
    return { learner: await newLearner({ topic: 'fractions', autostart: true }), calls: () => model.calls.length };
  }

  test('is not asked about a picture without words: one sentence says why, and the question waits', async () => {
    const { learner, calls } = await blind();
    const [before, question] = [calls(), await learner.pending()];
    const reply = await learner.say('', { pictures: [PAGE] });
    expect(reply.text).toBe('I cannot see pictures here. Tell me in words what it shows.');
    expect(reply.question?.id).toBe(question.id);
    expect(calls()).toBe(before);
  });

  test('goes by the words, and says so first', async () => {
    const { learner } = await blind();
    const question = await learner.pending();
    if (question.kind !== 'choice') throw new Error('the first question of the course is a choice');
    const reply = await learner.say(question.answer, { pictures: [PAGE] });
    expect(reply.text.split('\n')[0]).toBe('I cannot see the picture that came with this, so I go by your words.');
    expect((await learner.state()).steps[0]).toMatchObject({ right: 1 });
  });

  test('may be one over the network: nothing of a picture leaves the house', async () => {
    const { newLearner } = await openClassroom(database.url, { model: twinModel(twin, { pictures: false }) });
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    await learner.say('why is that?', { pictures: [PAGE] });
    expect(lastRequest().pictures).toEqual([]);
    expect(JSON.stringify(lastRequest().body)).not.toContain('page.png');
  });
});

test('the conversation keeps the names of pictures', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.say('', { pictures: [{ ...PAGE, name: ' a\0b.png ' }] });
  await learner.say('why?', { pictures: [PAGE] });
  const { lessons } = await exportLearner(database.db, 'terminal', 'school', learner.threadId);
  const said = lessons.flatMap(({ conversation }) => conversation).map(({ text }) => text);
  expect(said).toEqual(expect.arrayContaining(['[picture: ab.png]', 'why?\n[picture: page.png]']));
});

test('a budget knows that pictures cost', () => {
  const perPicture = ((mostCost('gpt-4o', 100, 4) ?? 0) - (mostCost('gpt-4o', 100, 0) ?? 0)) / 4;
  expect(perPicture).toBeCloseTo((1_445 * 2.5) / 1_000_000, 9);
  expect(mostCost('llama', 100, 4)).toBeNull();
});
