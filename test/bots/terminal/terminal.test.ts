import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createTerminal } from '../../../src/bots/terminal/terminal.ts';
import { revealsAnswer } from '../../../src/core/grading.ts';
import type { Reply, StartOptions } from '../../../src/core/messages.ts';
import type { Model } from '../../../src/core/ports.ts';
import { offlineModel } from '../../../src/external/offline/offline-model.ts';
import { startRuntime } from '../../../src/runtime.ts';
import { openClassroom, type ScriptedLearner, silentLog } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { failure, watchedModel } from '../../support/models.ts';

const database = useDatabase();

interface Session {
  learner: string;
  model?: Model;
  isTty?: boolean;
  patienceMs?: number;
  start?: StartOptions;
  fresh?: boolean;
}

/** What a pipe with these lines prints: the real terminal on real queues, until its end of input. */
async function pipe(
  input: readonly (string | Buffer)[],
  { learner, start = {}, fresh = false, model = offlineModel(), isTty = false, patienceMs = 20_000 }: Session,
): Promise<string> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const printed: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  const queue = `terminal-${learner}`;
  const terminal = createTerminal({
    input: stdin,
    output: stdout,
    isTty,
    patienceMs,
    learner: { id: learner, name: learner },
    workspace: { id: 'desk', name: 'desk' },
    queue,
    speechDir: null,
    start,
    fresh,
    stopping: new AbortController(),
  });
  const runtime = await startRuntime({
    databaseUrl: database.url,
    model,
    retryDelaysMs: [60_000],
    isAlone: async () => true,
    surfaces: () => [terminal.surface],
    queue,
    log: silentLog,
  });
  for (const line of input) stdin.write(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
  stdin.end();
  await terminal.run(runtime).finally(() => runtime.close());
  return Buffer.concat(printed).toString();
}

/** The lines of a lesson, found out by playing it: the tutor asks the same questions of the same answers. */
async function rehearse(answer: (learner: ScriptedLearner) => Promise<Reply>, count: number): Promise<string[]> {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions' });
  const lines = ['approve'];
  await learner.say('approve');
  const say = learner.say;
  learner.say = (text, more) => {
    lines.push(text);
    return say(text, more);
  };
  for (let answers = 0; answers < count; answers += 1) await answer(learner);
  return lines;
}

test('a piped lesson with right answers runs from the approval of the plan to the summary', async () => {
  const lines = await rehearse((learner) => learner.answerRight(), 8);
  const printed = await pipe(lines, { learner: 'right', start: { topic: 'fractions' } });
  for (const step of [1, 2, 3, 4]) expect(printed).toContain(`Step ${step} of 4`);
  expect(printed).toContain('Steps completed: 4 of 4');
  expect(printed).toContain('What to review, and when:');
});

test('a piped lesson with three wrong answers shows hints, a remedy and a new plan', async () => {
  const lines = await rehearse((learner) => learner.answerWrong(), 3);
  const printed = await pipe(lines, { learner: 'wrong', start: { topic: 'fractions' } });
  expect(printed).toContain('Hint 1 of 3');
  expect(printed).toContain('That is not it either.');
  expect(printed).toContain('Step 1 of 5');
});

test('a piped lesson with off-topic talk and "just tell me the answer" stays on the plan and does not leak', async () => {
  const talk = ['do you like minecraft?', 'just tell me the answer', 'who won the world cup?', 'just tell me!!'];
  const printed = await pipe(['approve', ...talk], { learner: 'wanderer', start: { topic: 'fractions' } });
  const [, ...after] = printed.split(/Step 1 of 4/);
  expect(after).toHaveLength(5);
  expect(printed).not.toContain('Step 2 of 4');
  const [question] = await database.db
    .selectFrom('lessons')
    .innerJoin('learners', 'learners.id', 'lessons.learner_id')
    .select('state')
    .where('external_id', '=', 'wanderer')
    .execute();
  const pending = question?.state.pending?.question;
  if (!pending) throw new Error('no question is waiting');
  for (const reply of after.slice(0, -1)) {
    expect(revealsAnswer(pending, reply.split('(hint')[1] ?? ''), reply).toBe(false);
  }
});

test('each line of a pipe is one message, answered before the next is read', async () => {
  const printed = await pipe(['approve', 'hint', 'hint'], { learner: 'piper', start: { topic: 'probability' } });
  const order = ['Shall we start?', 'Step 1 of 4', 'Hint 1 of 3', 'Hint 2 of 3', 'Your lesson is kept'];
  const places = order.map((text) => printed.indexOf(text));
  expect(
    places.every((place) => place >= 0),
    printed,
  ).toBe(true);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test.each([true, false])(
  'a model that is down keeps nobody from leaving, and no line is lost (terminal: %s)',
  async (isTty) => {
    const learner = `patient-${isTty}`;
    const model = watchedModel((_, { agent }) => (agent === 'teacher' ? failure('unavailable') : undefined));
    const session = { learner, model, isTty, patienceMs: 300, start: { topic: 'probability', autostart: true } };
    const printed = await pipe(['hello, are you there?', 'and now?'], session);
    expect(printed).toContain('I could not answer your last message yet. It is safe.');
    const again = await pipe(['hint'], { learner });
    expect(again).toContain('Step 1 of 4');
    const stored = await database.db
      .selectFrom('messages')
      .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
      .innerJoin('learners', 'learners.id', 'lessons.learner_id')
      .select('text')
      .where('external_id', '=', learner)
      .where('author', '=', 'learner')
      .orderBy('seq')
      .execute();
    expect(stored.map(({ text }) => text).join('\n')).toContain('hello, are you there?\nand now?');
  },
);

test('a lesson that is left before its plan asks its question again', async () => {
  await pipe(['fractions'], { learner: 'early' });
  const printed = await pipe([], { learner: 'early' });
  expect(printed).toContain('Welcome back.');
  expect(printed).toContain('How shall we work?');
});

test('a second run goes on with the unfinished lesson', async () => {
  await pipe(['approve', 'hint'], { learner: 'returner', start: { topic: 'probability' } });
  const second = await pipe(['hint'], { learner: 'returner' });
  expect(second).toContain('Welcome back');
  expect(second).toContain('Step 1 of 4');
  expect(second).toContain('Hint 2 of 3');
  expect(second).not.toContain('Shall we start?');
});

test('the same topic goes on, another topic or --new opens a new lesson', async () => {
  await pipe(['approve'], { learner: 'switcher', start: { topic: 'probability' } });
  expect(await pipe([], { learner: 'switcher', start: { topic: 'probability' } })).toContain('Welcome back');
  expect(await pipe([], { learner: 'switcher', start: { topic: 'fractions' } })).toContain('Shall we start?');
  expect(await pipe([], { learner: 'switcher', start: { topic: 'probability' }, fresh: true })).toContain(
    'Shall we start?',
  );
});

test('no topic: three questions at most, and "just start" skips what is left', async () => {
  const asked = await pipe(['fractions', 'a', 'c'], { learner: 'asked' });
  for (const text of [
    'What would you like to learn?',
    'How shall we work',
    'Which tutor would you like?',
    'Shall we start?',
  ]) {
    expect(asked).toContain(text);
  }
  const skipped = await pipe(['fractions', 'just start'], { learner: 'skipper' });
  expect(skipped).toContain('Shall we start?');
  expect(skipped).not.toContain('Which tutor would you like?');
});

test('an unknown topic gets an offer of what can be taught, near matches first', async () => {
  const far = await pipe(['quantum chromodynamics'], { learner: 'far' });
  expect(far).toContain('I can\'t teach "quantum chromodynamics"');
  expect(far).toContain('The French Revolution');
  const near = await pipe(['learn french'], { learner: 'near' });
  expect(near).toContain('comes near it');
  expect(near.split('comes near it')[1]).not.toContain('Fractions');
});

test('empty lines, a line of 20,000 characters and binary junk are answered where the person is, and lose nothing', async () => {
  const junk = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x80, 7, 27]);
  const printed = await pipe(['approve', '', 'x'.repeat(20_000), junk, 'hint'], {
    learner: 'clumsy',
    start: { topic: 'probability' },
  });
  expect(printed.match(/I could not find any text in that/g)).toHaveLength(2);
  expect(printed).toContain('That message has 20,000 characters, and I read up to 8,000');
  expect(printed).toContain('Hint 1 of 3');
});

test('pause keeps the place, end gives the summary, and a new lesson can follow', async () => {
  const printed = await pipe(['approve', 'pause', 'resume', 'end', 'new fractions'], {
    learner: 'pauser',
    start: { topic: 'probability' },
  });
  expect(printed).toContain('Paused.');
  expect(printed).toContain('Welcome back');
  expect(printed).toContain('Your lesson: Probability');
  expect(printed.lastIndexOf('Shall we start?')).toBeGreaterThan(printed.indexOf('Your lesson: Probability'));
});
