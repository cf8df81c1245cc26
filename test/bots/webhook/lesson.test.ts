import { expect, test } from 'vitest';
import { answerText } from '../../../src/core/grading.ts';
import { isSettled } from '../../../src/db/lessons.ts';
import type { Runtime } from '../../../src/runtime.ts';
import { chatMessage, openChat } from '../../support/chat.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import type { ChatMessage, ChatTwin, Fault } from '../../twins/chat.ts';

const database = useDatabase();
const START = { start: { topic: 'fractions', autostart: true } };

/** Writes, and waits until everything is answered and shown. */
async function say(chat: { twin: ChatTwin; runtime: Runtime }, message: ChatMessage, copies = 1): Promise<string> {
  const { answer } = await chat.twin.post(message, copies);
  const lessonId = String(answer.lesson);
  await until(() => isSettled(chat.runtime.db, lessonId));
  return lessonId;
}

async function rightAnswer(runtime: Runtime, lessonId: string): Promise<string | null> {
  const query = runtime.db.selectFrom('lessons').select('state').where('id', '=', lessonId);
  const question = (await query.executeTakeFirstOrThrow()).state.pending?.question;
  if (!question) return null;
  return question.kind === 'choice' ? question.answer : answerText(question);
}

/** A whole lesson with right answers; the number of messages that it took. */
async function learn(chat: { twin: ChatTwin; runtime: Runtime }, learner: string, copies = 1): Promise<number> {
  const lessonId = await say(chat, chatMessage(learner, '', START), copies);
  for (let messages = 1; ; messages += 1) {
    const text = await rightAnswer(chat.runtime, lessonId);
    if (text === null) return messages;
    await say(chat, chatMessage(learner, text), copies);
  }
}

test('a whole lesson from the first step to the summary, over HTTP both ways', async () => {
  const chat = await openChat(database.url);
  const messages = await learn(chat, 'ada');
  const shown = chat.twin.shown('thread-ada');
  expect(messages).toBe(9);
  // The last message is answered twice: by a verdict, and by the summary.
  expect(shown).toHaveLength(messages + 1);
  expect(shown[0]?.reply.progress).toMatchObject({ step: 1, of: 4 });
  expect(shown.at(-1)?.reply).toMatchObject({ kind: 'summary', text: expect.stringContaining('4 of 4') });
  expect(chat.twin.complaints).toEqual([]);
});

test('a button answers a choice as its words would', async () => {
  const chat = await openChat(database.url);
  const lessonId = await say(chat, chatMessage('buttons', '', START));
  await say(chat, chatMessage('buttons', '', { action: { type: 'hint' } }));
  const [, hint] = chat.twin.shown('thread-buttons');
  expect(hint?.reply.text).toContain('Hint 1 of 3');
  expect(await rightAnswer(chat.runtime, lessonId)).not.toBeNull();
  expect(chat.twin.complaints).toEqual([]);
});

test('a lesson on a bad line reads the same: every reply once, in order', async () => {
  const chat = await openChat(database.url);
  const faults: (Fault | null)[] = [{ kind: 'lose' }, { kind: 'status', status: 500 }, null, { kind: 'drop' }, null];
  let turn = 0;
  chat.twin.misbehave(({ post, attempt }) => {
    if (post.type !== 'reply') return { kind: 'hang' };
    if (attempt === 1) turn += 1;
    return attempt === 1 && turn <= faults.length ? (faults[turn - 1] ?? null) : null;
  });
  const messages = await learn(chat, 'bad-line', 2);
  chat.twin.misbehave(() => null);
  await learn(chat, 'good-line');
  const texts = (learner: string) => chat.twin.shown(`thread-${learner}`).map(({ reply }) => reply.text);
  expect(texts('bad-line')).toHaveLength(messages + 1);
  expect(texts('bad-line')).toEqual(texts('good-line'));
  const created = chat.twin.posted.filter(({ threadId, answer }) => threadId === 'thread-bad-line' && answer.created);
  expect(created).toHaveLength(messages);
  expect(chat.twin.complaints).toEqual([]);
});

test('a thread that is gone ends its deliveries, not the others', async () => {
  const chat = await openChat(database.url);
  chat.twin.misbehave(({ post }) => (post.thread.id === 'thread-left' ? { kind: 'status', status: 410 } : null));
  const lessonId = await say(chat, chatMessage('left', '', START));
  await say(chat, chatMessage('stayed', '', START));
  expect(chat.twin.shown('thread-left')).toEqual([]);
  expect(chat.twin.shown('thread-stayed')).toHaveLength(1);
  const query = database.db.selectFrom('deliveries').select(['status', 'attempts']).where('lesson_id', '=', lessonId);
  expect(await query.execute()).toEqual([{ status: 'gone', attempts: 1 }]);
});

test('a message that cannot be taken yet is posted again until it is', async () => {
  const chat = await openChat(database.url);
  chat.twin.connect('http://127.0.0.1:1');
  const posting = chat.twin.post(chatMessage('patient', '', START));
  // The first attempt is under way, to where nobody is.
  chat.twin.connect(chat.url);
  expect((await posting).attempts).toBeGreaterThan(1);
  expect(await chat.twin.waitForShown('thread-patient', 1)).toHaveLength(1);
  expect(chat.twin.complaints).toEqual([]);
});
