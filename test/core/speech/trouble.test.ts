import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { exportLearner, forgetLearner } from '../../../src/core/data-rights.ts';
import { changeSettings } from '../../../src/core/settings.ts';
import { askForSpeech } from '../../../src/core/speech-requests.ts';
import { type ScriptedLearner, silentLog, until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { useSpeech } from '../../support/speech.ts';

/** What comes in the way of being heard: each is one clear line, and the text is unaffected. */

const database = useDatabase();
const stage = useSpeech(database);

const start = { topic: 'fractions', autostart: true };
const UNSPOKEN = 'I could not speak that one; the text is above.';
const DOWN = { code: status.INTERNAL, details: 'the twin is down' };

const notices = (learner: ScriptedLearner) =>
  learner
    .replies()
    .filter(({ kind }) => kind === 'notice')
    .map(({ text }) => text);

async function notice(learner: ScriptedLearner, count = 1): Promise<string[]> {
  await until(() => notices(learner).length >= count);
  await stage.quiet(learner);
  return notices(learner);
}

/** What was spoken before would not be made again. */
const forgetAudio = () => database.db.deleteFrom('audio').execute();

test('an engine that fails is asked again, and nobody hears of it when it answers', async () => {
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  stage.twin.failNext(DOWN);
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(1);
  expect(notices(learner)).toEqual([]);
});

test('an engine that stays away costs one line for each reply, and the voice stays on', async () => {
  await forgetAudio();
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  stage.twin.failNext(DOWN, DOWN, DOWN);
  await learner.say('voice on');
  expect(await notice(learner)).toEqual([UNSPOKEN]);
  await learner.say('hint');
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(1);
  expect(notices(learner)).toEqual([UNSPOKEN]);
});

test('a thread in which nothing can be shown any more is left alone', async () => {
  const { newLearner, heardBy, surface } = await stage.open();
  const learner = await newLearner(start);
  surface.interceptSpeech = () => ({ ok: false, reason: 'gone', detail: 'no such thread' });
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(heardBy(learner)).toEqual([]);
  expect(notices(learner)).toEqual([]);
});

test('a part that a platform does not take is shown later, and is told to be there perhaps', async () => {
  const { newLearner, heardBy, surface } = await stage.open();
  const learner = await newLearner(start);
  let refusals = 0;
  surface.interceptSpeech = () => {
    refusals += 1;
    return refusals === 1 ? { ok: false, reason: 'retry', detail: 'too busy', retryAfterMs: 20 } : null;
  };
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(heardBy(learner).map(({ mayBeShown }) => mayBeShown)).toEqual([true]);
});

test('a used-up quota is said once, and the lesson goes on in writing until the voice is asked for again', async () => {
  await forgetAudio();
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  stage.twin.house.quota = 0;
  await learner.say('voice on');
  expect(await notice(learner)).toEqual([expect.stringContaining('used up what its service allows')]);
  const asked = stage.twin.requests.length;
  await learner.say('hint');
  await learner.answerWrong();
  await stage.quiet(learner);
  expect(stage.twin.requests.length).toBe(asked);
  expect(notices(learner)).toHaveLength(1);
  stage.twin.house.quota = Number.POSITIVE_INFINITY;
  await learner.say('voice on');
  await stage.quiet(learner);
  expect(heardBy(learner)).toHaveLength(1);
});

test('a voice that does not exist is said once', async () => {
  const { newLearner, heardBy } = await stage.open({ voice: 'en-US-Nobody' });
  const learner = await newLearner(start);
  await learner.say('voice on');
  expect(await notice(learner)).toEqual([expect.stringContaining('not known to its service')]);
  await learner.say('hint');
  await stage.quiet(learner);
  expect(heardBy(learner)).toEqual([]);
  expect(notices(learner)).toHaveLength(1);
});

test('who asks for one reply is told each time that it cannot be spoken', async () => {
  const { newLearner, runtime } = await stage.open({ voice: 'en-US-Nobody' });
  const learner = await newLearner(start);
  const id = await stage.lastDelivery(learner);
  for (const count of [1, 2]) {
    expect(await askForSpeech({ ...runtime, log: silentLog }, id)).toBe('new');
    expect(await notice(learner, count)).toHaveLength(count);
  }
});

test('a text that is too long for the engine is not tried again', async () => {
  await forgetAudio();
  const { newLearner, heardBy } = await stage.open();
  const learner = await newLearner(start);
  stage.twin.failNext({ code: status.INVALID_ARGUMENT, details: 'The input is longer than the limit of 5000 bytes.' });
  const asked = stage.twin.requests.length;
  await learner.say('voice on');
  expect(await notice(learner)).toEqual([UNSPOKEN]);
  // The one that is refused, and at most the next, which is made while that one would be heard.
  expect(stage.twin.requests.length - asked).toBeLessThanOrEqual(2);
  expect(heardBy(learner)).toEqual([]);
});

test('a budget that is used up is said once, nothing is paid for, and the text goes on', async () => {
  await forgetAudio();
  const { newLearner, heardBy, runtime } = await stage.open();
  const workspace = { id: 'poor', name: 'Poor' };
  await changeSettings(runtime.db, 'terminal', workspace, { monthlyBudget: 0.000_001 });
  const learner = await newLearner();
  const say = (text: string) => learner.say(text, { workspace });
  await learner.say('', { workspace, start });
  const asked = stage.twin.requests.length;
  await say('voice on');
  expect(await notice(learner)).toEqual([expect.stringContaining('budget of this place for the month is used up')]);
  expect(await say('hint')).toMatchObject({ kind: 'message' });
  await stage.quiet(learner);
  expect(stage.twin.requests.length).toBe(asked);
  expect(heardBy(learner)).toEqual([]);
  expect(notices(learner)).toHaveLength(1);
});

test('what is spoken counts in the month of its workspace, and in no lesson’s account', async () => {
  await forgetAudio();
  const { newLearner, runtime } = await stage.open();
  const workspace = { id: 'rich', name: 'Rich' };
  await changeSettings(runtime.db, 'terminal', workspace, { monthlyBudget: 10 });
  const learner = await newLearner();
  await learner.say('', { workspace, start });
  await learner.say('voice on', { workspace });
  await stage.quiet(learner);
  const lesson = await database.db
    .selectFrom('lessons')
    .select(['spent', 'workspace_id'])
    .where('thread_id', '=', learner.threadId)
    .executeTakeFirstOrThrow();
  const month = await database.db
    .selectFrom('workspace_months')
    .select(['spent', 'reserved'])
    .where('workspace_id', '=', lesson.workspace_id)
    .executeTakeFirstOrThrow();
  const paid = await database.db
    .selectFrom('usage')
    .select((each) => each.fn.sum('cost').as('cost'))
    .where('workspace_id', '=', lesson.workspace_id)
    .where('agent', '=', 'speech')
    .executeTakeFirstOrThrow();
  expect(Number(paid.cost)).toBeGreaterThan(0);
  expect(Number(month.spent)).toBeCloseTo(Number(paid.cost), 9);
  expect(Number(month.reserved)).toBeCloseTo(0, 9);
  expect(Number(lesson.spent)).toBe(0);
});

test('who is forgotten leaves nothing to be heard, and the export says what was', async () => {
  await forgetAudio();
  const { newLearner } = await stage.open();
  const learner = await newLearner(start);
  await learner.say('voice on');
  await learner.say('hint');
  await stage.quiet(learner);
  const lesson = await stage.lessonOf(learner);
  const exported = await exportLearner(database.db, 'terminal', 'school', learner.threadId);
  expect(exported).toMatchObject({
    profile: { voice: true },
    lessons: [{ voice: true, spoken: [{ status: 'spoken' }, { status: 'spoken' }] }],
  });
  await forgetLearner(database.db, 'terminal', 'school', learner.threadId);
  const left = database.db.selectFrom('utterances').select('id').where('lesson_id', '=', lesson);
  expect(await left.execute()).toEqual([]);
  expect(await database.db.selectFrom('audio').select('key').execute()).toEqual([]);
});
