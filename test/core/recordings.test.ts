import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportLearner, forgetLearner } from '../../src/core/data-rights.ts';
import { dropMessage } from '../../src/core/edits.ts';
import type { Recording, Reply } from '../../src/core/messages.ts';
import { spokenSentences } from '../../src/core/spoken/sentences.ts';
import { type Classroom, openClassroom, type ScriptedLearner, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { gate, watchedModel } from '../support/models.ts';
import { watchPlans } from '../support/plans.ts';
import { type Recorded, recorded, recordingOf, twinTranscriber } from '../support/recordings.ts';
import { twinModel } from '../support/twin-model.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../twins/openai.ts';

/** What a learner says is what they would have typed: heard once, kept as words, and answered. */

const database = useDatabase();
let twin: OpenAiTwin;
let voice: Recorded;
let recording: Recording;
beforeAll(async () => {
  twin = await startOpenAiTwin();
  voice = await recorded('Three quarters of the cake.');
  recording = recordingOf(voice);
});
beforeEach(() => {
  twin.heard.length = 0;
  twin.respond(twinTutor);
});
afterEach(() => expect(twin.complaints.splice(0)).toEqual([]));
afterAll(() => twin.close());

type Options = Parameters<typeof openClassroom>[1];

function open(more: Options = {}): Promise<Classroom> {
  return openClassroom(database.url, { transcriber: twinTranscriber(twin), ...more });
}

async function lesson(more: Options = {}): Promise<ScriptedLearner> {
  return (await open(more)).newLearner({ topic: 'fractions', autostart: true });
}

const speaks = (learner: ScriptedLearner, words: string, more = {}) => {
  twin.says(voice.bytes, words);
  return learner.say('', { recordings: [recording], ...more });
};

/** The right answer to the waiting question in words, as one says it. */
async function rightWords(learner: ScriptedLearner): Promise<string> {
  const question = await learner.pending();
  if (question.kind !== 'choice') throw new Error('the first question of the course is a choice');
  return `${question.choices.find(({ id }) => id === question.answer)?.text}.`;
}

interface Rows {
  messages: { author: 'learner' | 'tutor'; text: string; payload: object | null }[];
  recordings: { audio: string | null; transcript: string | null; failure: string | null }[];
  /** Of those who listen. */
  usage: { model: string; seconds: number; cost: number }[];
  replies: Reply[];
  spent: number;
}

async function rowsOf({ threadId }: ScriptedLearner): Promise<Rows> {
  const { rows } = await sql<Rows>`
    select spent,
      (select jsonb_agg(to_jsonb(m) order by seq) from messages m where m.lesson_id = l.id) as messages,
      (select coalesce(jsonb_agg(jsonb_build_object(
        'audio', audio, 'transcript', transcript, 'failure', failure) order by seq, place), '[]')
        from recordings r where r.lesson_id = l.id) as recordings,
      (select jsonb_agg(to_jsonb(u) order by id) from usage u where u.lesson_id = l.id and step = 'transcribe') as usage,
      (select jsonb_agg(reply order by seq) from deliveries d where d.lesson_id = l.id) as replies
    from lessons l where thread_id = ${threadId}`.execute(database.db);
  const [row] = rows;
  if (!row) throw new Error('there is no lesson');
  return row;
}

/** Of what the learner wrote last. */
async function lastWords(learner: ScriptedLearner): Promise<string | undefined> {
  return (await rowsOf(learner)).messages.findLast(({ author }) => author === 'learner')?.text;
}

test('a right answer that is spoken is right; the learner reads first how they were understood', async () => {
  const learner = await lesson();
  const words = await rightWords(learner);
  const reply = await speaks(learner, words);
  expect(reply.text.split('\n').slice(0, 2)).toEqual([`> ${words}`, '']);
  expect(reply.text.length).toBeGreaterThan(words.length + 10);
  expect(reply.heard).toBeUndefined();
  expect((await learner.state()).steps[0]).toMatchObject({ right: 1, wrong: 0 });
  expect(twin.heard).toHaveLength(1);

  expect(await lastWords(learner)).toBe(words);
  const { recordings, usage, spent } = await rowsOf(learner);
  expect(recordings).toEqual([{ audio: null, transcript: words, failure: null }]);
  const cost = usage[0]?.cost ?? 0;
  expect(usage).toMatchObject([{ model: 'gpt-4o-mini-transcribe', seconds: voice.seconds }]);
  expect(cost).toBeGreaterThan(0);
  expect(spent).toBeCloseTo(cost, 12);
});

test('a wrong one is wrong, and a wish is done', async () => {
  const learner = await lesson();
  await speaks(learner, 'I would say it is nine hundred.');
  expect((await learner.state()).steps[0]).toMatchObject({ right: 0 });
  const hint = await speaks(learner, 'Give me a hint, please.');
  expect(hint.text).toMatch(/^> Give me a hint, please\.\n\n/);
  expect((await learner.state()).pending?.hintsUsed).toBeGreaterThan(0);
  await speaks(learner, 'Pause.');
  expect((await learner.state()).paused).toBe(true);
});

test('it opens a lesson, as words would', async () => {
  const learner = await (await open()).newLearner();
  const reply = await speaks(learner, 'I would like to learn fractions.', { start: {} });
  expect(reply.text).toMatch(/^> I would like to learn fractions\./);
  expect((await learner.state()).preferences.topic).toMatch(/fractions/i);
});

test('nobody has to listen to their own words, and the conversation has them once', async () => {
  const learner = await lesson();
  await speaks(learner, 'Why is that a zebra?');
  const { messages, replies } = await rowsOf(learner);
  expect(messages.filter(({ text }) => text.includes('zebra'))).toMatchObject([{ author: 'learner' }]);
  const reply = replies.at(-1);
  if (!reply) throw new Error('nothing was said');
  expect(reply.heard).toBe('Why is that a zebra?');
  const spoken = spokenSentences(reply, { language: 'en' }).map(({ text }) => text);
  expect(spoken.length).toBeGreaterThan(0);
  expect(spoken.join(' ')).not.toContain('zebra');
});

describe('with a language model', () => {
  test('the words are the reply that it reads, and stay in the window', async () => {
    const { newLearner, surface } = await open({ model: twinModel(twin) });
    const learner = await newLearner({ topic: 'fractions', autostart: true });
    await speaks(learner, 'Why is it a zebra?');
    const teacher = () => twin.requests.findLast(({ agent }) => agent === 'teacher');
    expect(teacher()?.user).toContain('<learner_reply>\nWhy is it a zebra?\n</learner_reply>');
    const previews = surface.previews.filter(({ threadId }) => threadId === learner.threadId);
    expect(previews.at(-1)?.text).toMatch(/^> Why is it a zebra\?\n\nThe twin uses/);
    await learner.say('and why is this so?');
    expect(teacher()?.user).toContain('learner: Why is it a zebra?\n');
    expect(teacher()?.user).not.toContain('> Why is it');
  });

  test('it is told the language of the lesson', async () => {
    const { newLearner } = await open({ model: twinModel(twin) });
    const learner = await newLearner({ topic: 'Brüche', autostart: true });
    await learner.say('', { action: { type: 'prefer', preferences: { language: 'auf Deutsch bitte' } } });
    await speaks(learner, 'Warum ist das so?');
    expect(twin.heard).toMatchObject([{ language: 'de' }]);
  });
});

test('the same message again is the same message', async () => {
  const learner = await lesson();
  const words = await rightWords(learner);
  await speaks(learner, words, { messageId: 'voice-1' });
  const count = learner.replies().length;
  await speaks(learner, words, { messageId: 'voice-1' });
  expect(twin.heard).toHaveLength(1);
  expect(learner.replies()).toHaveLength(count);
  expect((await rowsOf(learner)).recordings).toHaveLength(1);
});

test('several in a message, and words beside them, are read in their order', async () => {
  const learner = await lesson();
  const second = await recorded('and one more');
  twin.says(voice.bytes, 'First of all,\nI mean it.');
  twin.says(second.bytes, 'and `last`.');
  const reply = await learner.say('look:', { recordings: [recording, recordingOf(second)] });
  expect(reply.text).toMatch(/^> First of all,\n> I mean it\.\n> and 'last'\.\n\n/);
  expect(await lastWords(learner)).toBe('look:\nFirst of all,\nI mean it.\nand `last`.');
});

test('what is very long is quoted by its beginning, and taken in as far as anybody reads', async () => {
  const learner = await lesson();
  const reply = await speaks(learner, 'word '.repeat(1_800));
  const [quotation = '', , sentence] = reply.text.split('\n');
  expect(quotation).toMatch(/^> (?:word )+…$/);
  expect(quotation.length).toBeLessThanOrEqual(1_004);
  expect(sentence).toBe('That was more than I can take in at once, so I go by the first part of it.');
  expect(await lastWords(learner)).toHaveLength(7_999);
});

describe('what is not understood', () => {
  const NO_WORDS = 'I could not make out any words in that recording. Say it again, or type it for me.';
  const NOT_HEARD = 'I could not listen to that recording. Type it for me, and we go on from there.';

  test.each([
    ['silence', { text: ' \n' }, NO_WORDS, 1],
    ['what is no sound', { status: 400 }, NOT_HEARD, 1],
    ['a server that stays away', { status: 503 }, NOT_HEARD, 3],
    ['a quota that is used up', { status: 429, headers: { 'retry-after-ms': '5' } }, NOT_HEARD, 3],
  ])('%s: one sentence says so, and the question waits', async (_, answer, sentence, calls) => {
    const learner = await lesson();
    const question = await learner.pending();
    twin.says(voice.bytes, answer);
    const reply = await learner.say('', { recordings: [recording] });
    expect(reply.text).toBe(sentence);
    expect(reply.question?.id).toBe(question.id);
    expect(twin.heard).toHaveLength(calls);
    expect((await rowsOf(learner)).recordings).toMatchObject([{ audio: null }]);
    expect(await lastWords(learner)).toBe('');
    await learner.answerRight();
    expect((await learner.state()).steps[0]).toMatchObject({ right: 1, wrong: 0 });
    const { lessons } = await exportLearner(database.db, 'terminal', 'school', learner.threadId);
    expect(lessons[0]?.conversation.map(({ text }) => text)).toContain('[recording]');
  });

  test('a server that comes back in time loses nothing', async () => {
    const learner = await lesson();
    const words = await rightWords(learner);
    twin.says(voice.bytes, () => (twin.heard.length < 3 ? { status: 503 } : { text: words }));
    const reply = await learner.say('', { recordings: [recording] });
    expect(reply.text).toMatch(`> ${words}`);
    expect((await learner.state()).steps[0]).toMatchObject({ right: 1 });
    expect((await rowsOf(learner)).usage).toHaveLength(1);
  });

  test('words beside it are answered, and the reply says first that it was not heard', async () => {
    const learner = await lesson();
    twin.says(voice.bytes, { status: 400 });
    const reply = await learner.say(await rightWords(learner), { recordings: [recording] });
    expect(reply.text.split('\n')[0]).toBe(NOT_HEARD);
    expect((await learner.state()).steps[0]).toMatchObject({ right: 1 });
  });

  test('where nobody listens any more', async () => {
    const learner = await lesson({ transcriber: null });
    expect((await learner.say('', { recordings: [recording] })).text).toBe(NOT_HEARD);
    expect(twin.heard).toEqual([]);
  });
});

describe('a budget', () => {
  test('that has no room for it: nobody listens, the sentence says why, and the lesson goes on', async () => {
    const learner = await lesson({ budgets: { turn: 0.000_001, lesson: null, workspaceMonth: null } });
    const reply = await speaks(learner, 'Why?');
    expect(reply.text).toMatch(/^That one would cost more than I may spend on a single reply\./);
    expect(twin.heard).toEqual([]);
    await learner.answerRight();
    expect((await learner.state()).steps[0]).toMatchObject({ right: 1 });
  });

  test('of a month gets what it really cost', async () => {
    const workspace = { id: 'paying', name: 'Paying' };
    const { newLearner } = await open({ budgets: { turn: null, lesson: null, workspaceMonth: 1 } });
    const learner = await newLearner();
    await learner.say('', { workspace, start: { topic: 'fractions', autostart: true } });
    await speaks(learner, 'Why?', { workspace });
    const month = await database.db
      .selectFrom('workspace_months')
      .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
      .select(['spent', 'reserved'])
      .where('external_id', '=', 'paying')
      .executeTakeFirstOrThrow();
    expect(month.spent).toBeCloseTo((await rowsOf(learner)).usage[0]?.cost ?? Number.NaN, 12);
    expect(month.reserved).toBeCloseTo(0, 12);
  });
});

test('a message that is taken back is forgotten, with what was heard', async () => {
  const learner = await lesson();
  await speaks(learner, 'my secret is a zebra', { messageId: 'voice-2' });
  await dropMessage(database.db, { platform: 'terminal', threadId: learner.threadId, messageId: 'voice-2' });
  const { messages, recordings } = await rowsOf(learner);
  expect(recordings).toEqual([]);
  expect(messages.findLast(({ author }) => author === 'learner')).toMatchObject({ text: '(deleted)', payload: null });
});

test('one that is taken back while somebody listens leaves no words behind', async () => {
  const learner = await lesson();
  const { opened, open: letGo } = gate();
  twin.says(voice.bytes, { text: 'my secret is a zebra', gate: () => opened });
  await learner.send('', { recordings: [recording], messageId: 'voice-3' });
  await until(() => twin.heard.length === 1);
  await dropMessage(database.db, { platform: 'terminal', threadId: learner.threadId, messageId: 'voice-3' });
  letGo();
  await learner.settle();
  expect(await lastWords(learner)).toBe('(deleted)');
  const { recordings, usage } = await rowsOf(learner);
  expect([recordings, usage.length]).toEqual([[], 1]);
});

test('one that nobody has begun with is taken back as if it had not come', async () => {
  const { opened, open: letGo } = gate();
  const model = watchedModel((_, request) => (request.agent === 'teacher' ? opened.then(() => undefined) : undefined));
  const { newLearner } = await open({ model });
  const learner = await newLearner();
  await learner.send('', { start: { topic: 'fractions', autostart: true } });
  await until(() => model.calls.includes('teacher'));
  await learner.send('', { recordings: [recording], messageId: 'voice-4' });
  await dropMessage(database.db, { platform: 'terminal', threadId: learner.threadId, messageId: 'voice-4' });
  letGo();
  await learner.settle();
  expect((await rowsOf(learner)).recordings).toEqual([]);
  expect(twin.heard).toEqual([]);
});

test('a learner gets what they said in words, and is forgotten with it', async () => {
  const learner = await lesson();
  await speaks(learner, 'I am the zebra of the class.');
  const { lessons } = await exportLearner(database.db, 'terminal', 'school', learner.threadId);
  expect(lessons[0]?.conversation).toContainEqual(
    expect.objectContaining({ author: 'learner', text: 'I am the zebra of the class.' }),
  );
  await forgetLearner(database.db, 'terminal', 'school', learner.threadId);
  const left = await database.db.selectFrom('recordings').select('transcript').execute();
  expect(left.filter(({ transcript }) => transcript?.includes('zebra of the class'))).toEqual([]);
});

test('who only writes costs no statement more', async () => {
  const learner = await lesson();
  const plans = watchPlans();
  const touching = () =>
    plans.all.filter(({ statement }) => /(?:from|join|into|update) "?recordings"?\b/.test(statement));
  try {
    await learner.answerRight();
    expect(plans.all.length).toBeGreaterThan(3);
    expect(touching()).toEqual([]);
    await speaks(learner, 'Why?');
    expect(touching()).toHaveLength(4);
  } finally {
    plans.stop();
  }
});
