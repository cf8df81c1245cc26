import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { receive, receiveEdit } from '../../src/bots/receive.ts';
import { accept } from '../../src/core/accept.ts';
import { dropMessage } from '../../src/core/edits.ts';
import { answerText } from '../../src/core/grading.ts';
import type { InboundMessage } from '../../src/core/messages.ts';
import type { Model } from '../../src/core/ports.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { openClassroom, type ScriptedLearner, until, wrongAnswer } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, gate, watchedModel } from '../support/models.ts';

const database = useDatabase();

async function inFirstStep(model: Model = offlineModel()) {
  const classroom = await openClassroom(database.url, { model });
  const learner = await classroom.newLearner({ topic: 'fractions', autostart: true });
  const base = {
    platform: 'terminal' as const,
    workspace: { id: 'school', name: 'School' },
    learner: { id: learner.threadId, name: 'Ada' },
    threadId: learner.threadId,
  };
  const edit = (messageId: string, text: string, version = '1') =>
    receiveEdit(classroom.runtime, { ...base, messageId, text, version });
  return { ...classroom, learner, base, edit };
}

async function say(learner: ScriptedLearner, text: string): Promise<string> {
  const messageId = randomUUID();
  await learner.say(text, { messageId });
  return messageId;
}

const learnerTexts = (threadId: string) =>
  database.db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select(['text', 'payload', 'platform_message_id'])
    .where('thread_id', '=', threadId)
    .where('author', '=', 'learner')
    .orderBy('seq')
    .execute();

test('a wrong answer that is edited right is answered anew, in place of the old answer', async () => {
  const { learner, edit, surface } = await inFirstStep();
  const question = await learner.pending();
  const id = await say(learner, wrongAnswer(question));
  const before = surface.sent.at(-1);
  expect(await edit(id, answerText(question))).toBe('rerun');
  await learner.settle();
  expect((await learner.state()).steps[0]?.right).toBe(1);
  const after = surface.sent.at(-1);
  expect(after?.id).not.toBe(before?.id);
  expect(after?.draft?.id).toBe(before?.id);
  // The same edit again, as a platform may tell it, changes nothing.
  expect(await edit(id, answerText(question))).toBe('settled');
});

test('a right answer, or an approval, that is edited afterwards stays what it was', async () => {
  const { learner, edit } = await inFirstStep();
  const question = await learner.pending();
  const id = await say(learner, answerText(question));
  const state = await learner.state();
  expect(await edit(id, 'something else')).toBe('settled');
  await learner.settle();
  expect(await learner.state()).toEqual(state);
});

test('an older message is not answered anew', async () => {
  const { learner, edit } = await inFirstStep();
  const question = await learner.pending();
  const id = await say(learner, wrongAnswer(question));
  await say(learner, 'hint');
  expect(await edit(id, answerText(question))).toBe('settled');
});

test('an unknown message, an empty text and a stranger', async () => {
  const { base, edit, runtime } = await inFirstStep();
  expect(await edit('never-seen', 'hello')).toBe('unknown');
  await expect(edit('never-seen', '  ')).rejects.toThrow('could not find any text');
  const stranger = { ...base, learner: { id: 'bob', name: 'Bob' }, messageId: 'x', text: 'hi', version: '1' };
  expect(await receiveEdit(runtime, stranger)).toBe('unknown');
});

const waiting = (more: Partial<InboundMessage> = {}): InboundMessage => ({
  platform: 'terminal',
  workspace: { id: 'school', name: 'School' },
  learner: { id: 'ada', name: 'Ada' },
  threadId: `thread-${randomUUID()}`,
  messageId: randomUUID(),
  text: 'three quarters',
  queue: 'nobody',
  ...more,
});

test('a message that nobody has looked at is read with its new text', async () => {
  const { runtime } = await openClassroom(database.url);
  const message = waiting();
  await accept(database.db, message);
  expect(await receiveEdit(runtime, { ...message, text: 'one half', version: '1' })).toBe('changed');
  expect(await learnerTexts(message.threadId)).toMatchObject([{ text: 'one half' }]);
});

test('a message deleted before it was looked at is not answered; its neighbours are', async () => {
  const message = waiting();
  const { turnId } = await accept(database.db, message);
  const next = { ...message, messageId: randomUUID(), text: 'or not' };
  await accept(database.db, next);
  await dropMessage(database.db, message);
  expect(await learnerTexts(message.threadId)).toMatchObject([{ text: 'or not' }]);
  const turn = () => database.db.selectFrom('turns').select('status').where('id', '=', turnId).executeTakeFirst();
  expect(await turn()).toEqual({ status: 'queued' });
  await dropMessage(database.db, next);
  await dropMessage(database.db, next);
  expect(await turn()).toEqual({ status: 'done' });
  expect(await learnerTexts(message.threadId)).toEqual([]);
});

test('a lesson goes on after its only waiting message was deleted', async () => {
  const { learner, base, queue, runtime } = await inFirstStep();
  const message: InboundMessage = { ...base, queue: 'nobody', messageId: randomUUID(), text: 'hm' };
  await accept(database.db, message);
  await dropMessage(database.db, message);
  await receive(runtime, { ...message, queue, messageId: randomUUID(), text: 'hint' });
  await learner.settle();
  expect(learner.replies().at(-1)?.text).toContain('Hint 1 of 3');
});

test('a message deleted after it was answered is forgotten, its answer is not', async () => {
  const { learner, base } = await inFirstStep();
  const id = randomUUID();
  const pictures = [{ url: 'http://127.0.0.1:9/house.png', type: 'image/png', name: 'house.png' }];
  await learner.say('my address is 5 Elm Street', { messageId: id, pictures });
  await dropMessage(database.db, { ...base, messageId: id });
  const texts = await learnerTexts(learner.threadId);
  expect(texts.find((row) => row.platform_message_id === id)).toMatchObject({ text: '(deleted)', payload: null });
});

test('an edit that comes while the message is answered is settled by the answer, if that was right', async () => {
  const door = gate();
  const model = watchedModel(async (call) => (call === 3 ? void (await door.opened) : undefined));
  const { learner, edit, surface } = await inFirstStep(model);
  const question = await learner.pending();
  const id = randomUUID();
  await learner.send(answerText(question), { messageId: id });
  await until(() => model.calls.length === 3);
  expect(await edit(id, `${answerText(question)}, I mean`)).toBe('rerun');
  door.open();
  await learner.settle();
  const { steps } = await learner.state();
  expect(steps[0]).toMatchObject({ right: 1, wrong: 0 });
  expect(surface.sent).toHaveLength(2);
});

test('a message deleted while its turn is put off is not answered', async () => {
  const model = watchedModel((call) => (call === 3 ? { ...failure('unavailable'), retryAfterMs: 60_000 } : undefined));
  const { learner, base } = await inFirstStep(model);
  const id = randomUUID();
  await learner.send('hm', { messageId: id });
  const putOff = database.db.selectFrom('turns').select('id').where('retry_at', 'is not', null);
  await until(async () => (await putOff.execute()).length > 0);
  await dropMessage(database.db, { ...base, messageId: id });
  await learner.say('hint');
  expect(model.calls).toHaveLength(3);
  expect(learner.replies().at(-1)?.text).toContain('Hint 1 of 3');
});

test('a message is forgotten with each text that it had', async () => {
  const { learner, base, edit } = await inFirstStep();
  const question = await learner.pending();
  const id = await say(learner, `${wrongAnswer(question)} at 5 Elm Street`);
  expect(await edit(id, wrongAnswer(question))).toBe('rerun');
  await learner.settle();
  await dropMessage(database.db, { ...base, messageId: id });
  const texts = (await learnerTexts(learner.threadId)).filter((row) => row.platform_message_id?.startsWith(id));
  expect(texts.map(({ text }) => text)).toEqual(['(deleted)', '(deleted)']);
});

test('the excuse of an attempt that failed takes over what it had begun to show', async () => {
  const model = watchedModel(async (call) => {
    if (call !== 3) return undefined;
    await database.db.updateTable('turns').set({ draft_id: 'half-a-reply' }).where('status', '=', 'running').execute();
    return failure('unavailable');
  });
  const { learner, surface } = await inFirstStep(model);
  await learner.say(wrongAnswer(await learner.pending()));
  const [excuse, reply] = surface.sent.slice(-2);
  expect(excuse).toMatchObject({ reply: { kind: 'notice' }, draft: { id: 'half-a-reply' } });
  expect(reply).toMatchObject({ reply: { kind: 'message' }, draft: { id: null } });
});
