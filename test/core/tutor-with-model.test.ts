import { afterAll, beforeAll, expect, test } from 'vitest';
import { revealsAnswer } from '../../src/core/grading.ts';
import { currentStep } from '../../src/core/lesson.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import { openClassroom } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';

/** The lessons of tutor.test.ts through the real SDK, streaming from a server on the wire. */

const database = useDatabase();
let twin: OpenAiTwin;
beforeAll(async () => {
  twin = await startOpenAiTwin();
});
afterAll(() => twin.close());

const classroom = (api: 'responses' | 'chat') => {
  twin.respond(twinTutor);
  const config = {
    apiKeys: ['sk-test'],
    baseUrl: twin.url,
    api,
    timeoutMs: 5_000,
    moderation: false,
    pictures: false,
    models: { small: 'gpt-4o-mini', large: 'gpt-4o' },
  };
  return openClassroom(database.url, { model: openAiModel(config, { now: Date.now, maxRetries: 0 }) });
};

test.each(['responses', 'chat'] as const)('right answers lead from the plan to the summary (%s)', async (api) => {
  const { newLearner, surface } = await classroom(api);
  const learner = await newLearner({ topic: 'fractions' });
  expect(learner.replies().at(-1)).toMatchObject({ kind: 'plan', plan: { length: 4 } });
  await learner.say('approve');
  for (let answers = 0; answers < 8; answers += 1) await learner.answerRight();

  expect((await learner.state()).phase).toBe('completed');
  expect(learner.replies().at(-1)?.kind).toBe('summary');
  const shown = surface.previews.map((preview) => preview.text.length);
  expect(shown.some((length, index) => length > (shown[index - 1] ?? length))).toBe(true);
  expect(twin.complaints).toEqual([]);
  const cost = await database.db.selectFrom('usage').select(['agent', 'cost', 'input_tokens']).execute();
  expect(cost.filter((row) => row.agent === 'teacher').length).toBeGreaterThanOrEqual(9);
  expect(cost.every((row) => row.input_tokens > 0 && (row.cost ?? 0) > 0)).toBe(true);
});

test('three wrong answers bring hints, a remedy and a new plan', async () => {
  const { newLearner } = await classroom('responses');
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const first = currentStep(await learner.state());
  expect((await learner.answerWrong()).text).toContain('give_hint');
  expect((await learner.answerWrong()).text).toContain('remediate_concept');
  expect((await learner.answerWrong()).text).toContain('We take a smaller step first.');
  const state = await learner.state();
  expect(state).toMatchObject({ replans: 1, phase: 'teaching' });
  expect(currentStep(state)?.id).toBe(`${first?.id}-refresher`);
});

test('off-topic talk and "just tell me" stay on the plan, and a leak is not shown', async () => {
  const { newLearner, surface } = await classroom('chat');
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  for (const text of ['do you like minecraft?', 'just tell me the answer']) {
    const reply = await learner.say(text);
    expect(reply.question?.id).toBe(question.id);
  }
  const leak = `Well then, since you ask so nicely: the answer is ${question.kind === 'choice' ? question.answer : ''}, and that is that for now.`;
  twin.respond((request) => {
    const answer = twinTutor(request);
    return request.agent === 'teacher' ? { ...answer, json: { ...answer.json, message: leak } } : answer;
  });
  const shownBefore = surface.previews.length;
  const reply = await learner.say('just tell me!!');
  expect(revealsAnswer(question, reply.text)).toBe(false);
  expect(surface.previews.slice(shownBefore).some(({ text }) => revealsAnswer(question, text))).toBe(false);
  expect((await learner.state()).steps[0]).toMatchObject({ right: 0, wrong: 0, status: 'in_progress' });
});

test('a server that is slow, limited, broken or cut off costs a notice, and no answer is lost or doubled', async () => {
  const { newLearner } = await classroom('chat');
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const before = learner.replies().length;
  let call = 0;
  twin.respond((request) => {
    call += 1;
    if (call === 1) return { status: 429, headers: { 'retry-after-ms': '1' } };
    if (call === 2) return { ...twinTutor(request), cutAfter: 20 };
    if (call === 3) return { status: 500 };
    return twinTutor(request);
  });
  await learner.say('why do we need fractions?');
  expect(
    learner
      .replies()
      .slice(before)
      .map((reply) => reply.kind),
  ).toEqual(['notice', 'message']);
});

test('malformed JSON twice keeps the lesson alive with the same question', async () => {
  const { newLearner } = await classroom('responses');
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  twin.respond(() => ({ text: '{"judgement": {"intent": "answ' }));
  const reply = await learner.say('why is that?');
  expect(reply).toMatchObject({ kind: 'message', question: { id: question.id } });
});
