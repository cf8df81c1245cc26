import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { applyEvents, newLesson } from '../../src/core/lesson.ts';
import type { TeachingWishes } from '../../src/core/messages.ts';
import { readProfile, saveWishes } from '../../src/core/profile.ts';
import { changeSettings } from '../../src/core/settings.ts';
import { openClassroom, type ScriptedLearner } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { twinModel } from '../support/twin-model.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';

/** How somebody likes to be taught: what counts, what reaches the model, and what is remembered as theirs. */

const database = useDatabase();
let twin: OpenAiTwin;
beforeAll(async () => {
  twin = await startOpenAiTwin();
});
beforeEach(() => twin.respond(twinTutor));
afterAll(() => twin.close());

const prefer = (preferences: TeachingWishes) => ({ action: { type: 'prefer' as const, preferences } });
const profileOf = (learner: ScriptedLearner) => readProfile(database.db, 'terminal', 'school', learner.threadId);
const lastPrompt = () => twin.requests.findLast(({ agent }) => agent === 'teacher')?.user ?? '';

/** The same person in another thread. */
const as = (learner: ScriptedLearner) => ({ learner: { id: learner.threadId, name: 'Ada' } });

test('what the place does reaches the prompt where nobody said otherwise, and is not remembered as the learner’s', async () => {
  const { newLearner } = await openClassroom(database.url, { model: twinModel(twin) });
  const defaults = { character: 'like a lighthouse keeper', language: 'Portuguese' };
  const learner = await newLearner({ topic: 'fractions', autostart: true, defaults });
  expect(lastPrompt()).toContain('language: Portuguese');
  expect(lastPrompt()).toContain('lighthouse keeper');
  expect((await profileOf(learner)).wishes).toEqual({});

  const said = await newLearner({ topic: 'fractions', autostart: true, character: 'direct', defaults });
  expect((await said.state()).preferences).toMatchObject({ character: 'direct', language: 'Portuguese' });
  expect((await profileOf(said)).wishes).toEqual({ character: 'direct' });

  const again = await newLearner();
  await again.say('', { ...as(said), start: { topic: 'fractions', autostart: true, defaults } });
  expect((await again.state()).preferences).toMatchObject({ character: 'direct', language: 'Portuguese' });
});

test('a wish in a running lesson counts at once, is remembered at once, and leaves the lesson where it was', async () => {
  const { newLearner } = await openClassroom(database.url, { model: twinModel(twin) });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  const calls = twin.requests.length;
  const reply = await learner.say('', prefer({ language: ' Irish\0 ', nickname: 'Nessa' }));
  expect(reply.text).toBe('Noted. Language: **Irish**. What I call you: **Nessa**.');
  expect(reply.question?.id).toBe(question.id);
  expect(twin.requests).toHaveLength(calls);
  expect((await profileOf(learner)).wishes).toEqual({ language: 'Irish', nickname: 'Nessa' });

  await learner.say('why is that?');
  expect(lastPrompt()).toContain('language: Irish');
  expect(lastPrompt()).toContain('wants to be called: Nessa');

  const cleared = await learner.say('', prefer({ language: '', style: 'with maps' }));
  expect(cleared.text).toBe('Noted. How you like to learn: **with maps**. Language: forgotten.');
  expect((await learner.state()).preferences).toMatchObject({ language: null, style: 'with maps', nickname: 'Nessa' });
  await learner.say('why is that?');
  expect(lastPrompt()).not.toContain('language:');
  await learner.say('end');
  expect((await profileOf(learner)).wishes).toEqual({ style: 'with maps', nickname: 'Nessa' });
});

test('wishes are taken in any phase, and no pause ends by one', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({});
  const wish = async (nickname: string) => {
    expect((await learner.say('', prefer({ nickname }))).text).toBe(`Noted. What I call you: **${nickname}**.`);
    expect((await learner.state()).preferences.nickname).toBe(nickname);
  };
  await wish('intake');
  await learner.say('fractions');
  await learner.say('just start');
  await wish('approving');
  await learner.say('approve');
  await learner.say('pause');
  await wish('paused');
  expect((await learner.state()).paused).toBe(true);
  expect((await learner.say('', prefer({}))).text).toBe('Nothing has changed.');
  await learner.say('questions only');
  await wish('answering');
  await learner.say('end');
  await wish('ended');
  expect(await profileOf(learner)).toEqual({ wishes: { nickname: 'ended' }, misconceptions: [] });
});

test('somebody without a lesson has wishes too, and their first lesson knows them', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner();
  const school = { id: 'school', name: 'School' };
  const save = (wishes: TeachingWishes) =>
    saveWishes(database.db, 'terminal', school, { id: learner.threadId, name: 'Ada' }, wishes);
  await save({ character: 'playful', language: `${'x'.repeat(39)}🙂`, nickname: 'Bo' });
  await save({ nickname: '' });
  expect((await profileOf(learner)).wishes).toEqual({ character: 'playful', language: 'x'.repeat(39) });
  await learner.say('', { start: { topic: 'fractions', defaults: { character: 'direct' } } });
  expect((await learner.state()).preferences).toMatchObject({ character: 'playful', nickname: null });
  expect(await readProfile(database.db, 'discord', 'school', learner.threadId)).toEqual({
    wishes: {},
    misconceptions: [],
  });
});

test('the profile has the misconceptions that were open at the end', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  while ((await learner.state()).misconceptions.length === 0) await learner.answerWrong();
  await learner.say('end');
  const open = (await learner.state()).misconceptions.filter(({ resolved }) => !resolved).map(({ name }) => name);
  expect(open).not.toEqual([]);
  expect((await profileOf(learner)).misconceptions).toEqual(open);
});

test('what the place lends is the learner’s own once they say it, and gone once they take it back', () => {
  const lent = applyEvents(newLesson(), [
    {
      type: 'remembered',
      preferences: { nickname: 'Bo' },
      defaults: { language: 'Irish', nickname: 'You' },
      misconceptions: [],
    },
  ]);
  expect(lent).toMatchObject({ lent: ['language'], preferences: { language: 'Irish', nickname: 'Bo' } });
  const said = applyEvents(lent, [{ type: 'preferences_given', preferences: { language: 'Irish' } }]);
  expect(said.lent).toEqual([]);
  const withdrawn = applyEvents(lent, [{ type: 'preferences_given', preferences: {}, withdrawn: ['language'] }]);
  expect(withdrawn).toMatchObject({ lent: [], preferences: { language: null, nickname: 'Bo' } });
});

test('a workspace’s own budget goes before the configured one, whichever is lower', async () => {
  const budgets = { turn: null, lesson: null, workspaceMonth: 0.001 };
  const { newLearner } = await openClassroom(database.url, { model: twinModel(twin), budgets });
  const frugal = { id: randomUUID(), name: 'Frugal' };
  await changeSettings(database.db, 'terminal', frugal, { monthlyBudget: 100 });
  const learner = await newLearner();
  const start = { topic: 'fractions', autostart: true };
  expect((await learner.say('', { workspace: frugal, start })).text).toContain('budget of this place');

  const unlimited = await openClassroom(database.url, { model: twinModel(twin) });
  const other = await unlimited.newLearner();
  const place = { id: randomUUID(), name: 'Place' };
  await changeSettings(database.db, 'terminal', place, { monthlyBudget: 0 });
  expect((await other.say('', { workspace: place, start })).text).toContain('budget of this place');
  await changeSettings(database.db, 'terminal', place, { monthlyBudget: null });
  expect((await other.say('fractions', { workspace: place })).text).not.toContain('budget of this place');
});
