import { expect, test } from 'vitest';
import type { Limits, Plans } from '../../../src/core/billing/plans.ts';
import type { Model, Tier } from '../../../src/core/ports.ts';
import { offlineModel } from '../../../src/external/offline/offline-model.ts';
import { plans } from '../../support/billing.ts';
import { openClassroom } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';

const database = useDatabase();

/** A place with the first plan, with other limits. */
const school = (limits: Partial<Limits>, more: { model?: Model } = {}) => {
  const [free, ...rest] = plans.plans;
  const changed: Plans = { ...plans, plans: [{ ...free, limits: { ...free.limits, ...limits } }, ...rest] };
  const billing = { plans: changed, payments: null, sources: [], publicUrl: '', now: () => new Date() };
  return openClassroom(database.url, { platform: 'discord', billing, ...more });
};

const START = { topic: 'fractions', autostart: true } as const;

test('a lesson that has used up its turns finishes its step, sums up, and says why', async () => {
  const { newLearner } = await school({ turnsPerLesson: 12 });
  const learner = await newLearner(START);
  const steps = (await learner.state()).steps.length;
  expect(steps).toBeGreaterThan(2);
  const said = () => learner.replies().map(({ text }) => text);
  // One turn is gone with the start; side questions cost turns and finish no step.
  for (let turn = 2; turn < 12; turn += 1) await learner.say('Why is that?');
  expect(
    said()
      .filter((text) => text.includes('more messages in this lesson'))
      .map((text) => text[0]),
  ).toEqual(['1', '3']);
  expect((await learner.state()).phase).toBe('teaching');
  await learner.say('Why is that?');
  expect(said().at(-1)).toContain('That was message 12');
  let answers = 0;
  for (; (await learner.state()).phase === 'teaching'; answers += 1) await learner.answerRight();
  const state = await learner.state();
  expect(answers).toBeGreaterThan(0);
  expect(state.phase).toBe('completed');
  expect(state.steps.map(({ status }) => status)).toEqual(['completed', ...Array(steps - 1).fill('skipped')]);
  const calls = learner.replies().length;
  expect((await learner.say('And what about thirds?')).text).toContain('has had the 12 messages');
  expect(learner.replies().length).toBe(calls + 1);
});

test('whoever never finishes the step gets the summary all the same, and commands that cost nothing still work', async () => {
  const { newLearner } = await school({ turnsPerLesson: 10 });
  const learner = await newLearner(START);
  for (let turn = 2; turn <= 10 + 19; turn += 1) await learner.say('Why is that?');
  expect((await learner.state()).phase).toBe('teaching');
  expect((await learner.say('plan')).kind).toBe('plan');
  await learner.say('Why is that?');
  expect((await learner.state()).phase).toBe('ended');
  expect(
    learner
      .replies()
      .slice(-2)
      .map(({ kind }) => kind),
  ).toEqual(['message', 'summary']);
});

test('speech that the plan has no minutes for is not offered, and says so', async () => {
  const { newLearner } = await school({ voiceMinutesPerMonth: 0 });
  const learner = await newLearner(START);
  expect((await learner.say('voice on')).text).toContain('not part of the Free plan');
});

test('a plan decides which model answers, from one turn to the next', async () => {
  const asked: Tier[] = [];
  const offline = offlineModel();
  const model: Model = {
    ...offline,
    generate(request) {
      asked.push(request.tier);
      return offline.generate(request);
    },
  };
  const { runtime, newLearner } = await school({}, { model });
  const learner = await newLearner(START);
  await learner.say('Why is that?');
  expect(new Set(asked)).toEqual(new Set(['small']));
  const { id } = await runtime.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  const bought = {
    source: 'discord',
    id: '1',
    workspace_id: id,
    plan: 'premium',
    status: 'active',
    ticket: 1,
  } as const;
  await runtime.db.insertInto('subscriptions').values(bought).execute();
  await learner.say('Why is that?');
  expect(asked.at(-1)).toBe('large');
});
