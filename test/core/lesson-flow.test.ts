import { expect, test } from 'vitest';
import { answerText, revealsAnswer } from '../../src/core/grading.ts';
import { currentStep } from '../../src/core/lesson.ts';
import { openClassroom } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

/** What a learner can do with a lesson, command by command, with the offline tutor on the real runtime. */

const database = useDatabase();

test('hints come one, two, three, then the answer is shown and another question follows', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  for (const level of [1, 2, 3]) {
    const reply = await learner.say(level === 2 ? 'show' : 'hint');
    expect(reply.text).toContain(`Hint ${level} of 3`);
    expect(revealsAnswer(question, reply.text)).toBe(false);
  }
  const shown = await learner.say('show me the answer');
  expect(shown.text).toContain(answerText(question));
  const next = await learner.pending();
  expect(next.id).not.toBe(question.id);
  expect(shown.question?.id).toBe(next.id);
  expect((await learner.state()).steps[0]).toMatchObject({ right: 0, wrong: 0, failures: 0 });
});

test('a plan is changed in words, made easier and harder, and taught only when it is approved', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability' });
  const titles = async () => (await learner.state()).steps.map((step) => step.title);
  const [first, second, third, fourth] = await titles();

  await learner.say('without step 2 please');
  expect(await titles()).toEqual([first, third, fourth]);
  await learner.say('start with step 3');
  expect(await titles()).toEqual([fourth, first, third]);
  await learner.say('only the first and the second');
  expect(await titles()).toEqual([fourth, first]);
  await learner.say('harder');
  expect(await titles()).toEqual([first, second, third, fourth]);
  expect((await learner.state()).preferences.level).toBe('advanced');
  await learner.say('easier');
  expect(await titles()).toHaveLength(5);
  expect((await learner.state()).phase).toBe('approving');
  const opening = await learner.say("ok let's go");
  expect((await learner.state()).phase).toBe('teaching');
  expect(opening.progress).toMatchObject({ step: 1, of: 5 });
});

test('a side question is answered from the course and leads back to the same question', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability', autostart: true });
  const question = await learner.pending();
  const reply = await learner.say('why do people play the lottery?');
  expect(reply.text).toContain('jackpot');
  expect(reply.text).toContain('Back to step 1 of 4');
  expect(reply.question?.id).toBe(question.id);
});

test('a question that happens to sound like a place in the list is no answer', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const reply = await learner.say('can the top number be bigger than the bottom one?');
  expect(reply.text).toContain('Back to step 1 of 4');
  expect((await learner.state()).steps[0]).toMatchObject({ right: 0, wrong: 0 });
});

test('a question that is beyond the course is not made up, and comes back in the summary', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability', autostart: true });
  await learner.say('who invented the spinner with four sectors?');
  const summary = await learner.say('end the lesson');
  expect(summary.text).toContain('Questions still open');
  expect(summary.text).toContain('who invented the spinner');
});

test('buttons answer by id; a button of an earlier question does nothing', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const first = await learner.pending();
  const press = (questionId: string, choiceId: string) =>
    learner.say('', { action: { type: 'choice', questionId, choiceId } });
  expect(first.kind).toBe('choice');
  const right = first.kind === 'choice' ? first.answer : '';
  await press(first.id, right);
  expect((await learner.state()).steps[0]?.right).toBe(1);
  await press(first.id, right);
  expect((await learner.state()).steps[0]).toMatchObject({ right: 1, wrong: 0 });
});

test('skip goes on, and what was skipped is on the review list', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const skipped = currentStep(await learner.state());
  const reply = await learner.say('skip');
  expect(reply.progress).toMatchObject({ step: 2, of: 4 });
  for (let steps = 0; steps < 3; steps += 1) await learner.say('skip');
  const summary = learner.replies().at(-1);
  expect(summary?.kind).toBe('summary');
  expect(summary?.text).toContain(`tomorrow: ${skipped?.title}`);
  expect((await learner.say('thanks')).text).not.toBe('');
});

test('who is always wrong gets three new plans, then the lesson goes on and calls for a person', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  for (let answers = 0; answers < 60 && (await learner.state()).phase === 'teaching'; answers += 1) {
    await learner.answerWrong();
  }
  const state = await learner.state();
  expect(state).toMatchObject({ phase: 'completed', replans: 3, intervention: true });
  const summary = learner.replies().at(-1)?.text ?? '';
  expect(summary).toContain('Misconceptions seen');
  expect(summary).toContain('Show this summary to a teacher');
});

test('who is always right and wants more gets a shorter, harder way', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability', autostart: true });
  await learner.say('this is too easy');
  const state = await learner.state();
  expect(state).toMatchObject({ replans: 1, preferences: { level: 'advanced' } });
  expect(state.steps.every((step) => step.needed === 1)).toBe(true);
  expect((await learner.pending()).difficulty).toBe('hard');
});

test('questions only: no plan, answers from the course, and a course when it is wanted', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability', mode: 'questions' });
  expect((await learner.state()).phase).toBe('answering');
  expect((await learner.say('why do people play the lottery?')).text).toContain('jackpot');
  expect(await learner.say('course')).toMatchObject({ kind: 'plan' });
  await learner.say('yes');
  await learner.say('questions only');
  const reply = await learner.say('course');
  expect(reply.progress).toMatchObject({ step: 1 });
});

test('a lost learner sees a worked example, not another failure', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const told = new Set<string>();
  for (const text of ['idk', "I don't get it", 'easier']) {
    const help = (await learner.say(text)).text.split('\n\n').slice(1).join('\n\n');
    told.add(help);
  }
  expect(told.size).toBe(3);
  expect([...told][0]).toContain('Watch one first');
  expect((await learner.state()).steps[0]).toMatchObject({ wrong: 0, failures: 0, status: 'in_progress' });
});

test('a paused lesson keeps its place, and any answer resumes it', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  await learner.say('pause');
  expect((await learner.state()).paused).toBe(true);
  expect((await learner.say('resume')).question?.id).toBe(question.id);
  await learner.say('pause');
  await learner.answerRight();
  expect(await learner.state()).toMatchObject({ paused: false, steps: [{ right: 1 }, {}, {}, {}] });
});

test('every decision is on record with its reason', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await learner.answerWrong();
  const events = await database.db
    .selectFrom('events')
    .innerJoin('lessons', 'lessons.id', 'events.lesson_id')
    .select(['type', 'data'])
    .where('thread_id', '=', learner.threadId)
    .orderBy('events.id')
    .execute();
  expect(events.map((event) => event.type)).toEqual(['plan', 'move', 'move']);
  expect(events.at(-1)?.data).toMatchObject({
    outcome: 'incorrect',
    skill: 'give_hint',
    because: 'a first wrong answer',
  });
});

test('who needs one right answer a step hears why each was right, and has nothing to review tomorrow', async () => {
  const { newLearner } = await openClassroom(database.url);
  const advanced = await newLearner({ topic: 'fractions', autostart: true });
  await advanced.say('too easy');
  for (let answers = 0; answers < 4; answers += 1) {
    const { explanation } = await advanced.pending();
    await advanced.answerRight();
    const said = advanced.replies().map((reply) => reply.text);
    expect(said.join('\n')).toContain(explanation.trim());
  }
  const summary = advanced.replies().at(-1);
  expect(summary?.kind).toBe('summary');
  expect(summary?.text).toContain('in three days');
  expect(summary?.text).not.toContain('tomorrow:');
});

test('a misconception is quoted in the words of the option that was chosen, by letter or by button', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  const question = await learner.pending();
  const wrong = question.kind === 'choice' ? question.choices.find(({ misconception }) => misconception) : undefined;
  await learner.say('', { action: { type: 'choice', questionId: question.id, choiceId: wrong?.id ?? '' } });
  expect((await learner.state()).misconceptions).toMatchObject([{ quote: wrong?.text }]);
});

test('a wish for another level or another topic in more words is met while the plan waits', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'probability' });
  await learner.say('sounds good, but harder please');
  expect(await learner.state()).toMatchObject({ phase: 'approving', preferences: { level: 'advanced' } });
  await learner.say('actually I changed my mind, photosynthesis');
  expect(await learner.state()).toMatchObject({ phase: 'approving', packId: 'photosynthesis' });
  const reply = await learner.say('yes');
  expect(reply.progress).toMatchObject({ step: 1, of: 4, title: 'What goes in, what comes out' });
});

test('small talk before a topic is no topic, and a command is no character', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({});
  for (const text of ['hello', 'idk', 'surprise me', 'what can you teach?', 'ok', 'hint', 'course']) {
    const reply = await learner.say(text);
    expect(reply.text, text).toBe('Pick one, or name it in your own words.');
    expect(reply.question?.id).toBe('intake-topic');
  }
  expect((await learner.say('quantum physics')).text).toContain('can\'t teach "quantum physics"');
  await learner.say('fractions');
  expect((await learner.say('course')).question?.id).toBe('intake-character');
  expect(await learner.say('skip')).toMatchObject({ kind: 'plan' });
  expect((await learner.state()).preferences.character).toBeNull();
});

test('a command that means nothing here says so, and nothing that is untrue', async () => {
  const { newLearner } = await openClassroom(database.url);
  const asking = await newLearner({ topic: 'fractions', mode: 'questions' });
  for (const command of ['hint', 'show', 'skip', 'easier', 'harder']) {
    expect((await asking.say(command)).text).toContain('here you ask, and I answer');
  }
  expect((await asking.say('progress')).text).toContain('no plan yet');
  await asking.say('why do teachers like fractions so much?');
  expect((await asking.say('end')).text).toContain('why do teachers like fractions');
  expect((await asking.say('course')).text).toContain('has ended');

  const done = await newLearner({ topic: 'fractions', autostart: true });
  expect((await done.say('approve')).text).toBe('The plan is approved already.');
  for (let steps = 0; steps < 4; steps += 1) await done.say('skip');
  for (const command of ['hint', 'course', 'questions only', 'end', 'easier', 'resume']) {
    expect((await done.say(command)).text, command).toContain('The plan is finished');
  }
});

test('no question follows whose answer the explanation before it has just told', async () => {
  const { newLearner } = await openClassroom(database.url);
  const learner = await newLearner({ topic: 'photosynthesis', autostart: true });
  const first = await learner.pending();
  const reply = await learner.answerRight();
  expect(reply.text).toContain(first.explanation.trim());
  expect(revealsAnswer(await learner.pending(), first.explanation)).toBe(false);
});
