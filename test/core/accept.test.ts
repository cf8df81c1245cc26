import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import type { InboundMessage } from '../../src/core/messages.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

function message(threadId: string, more: Partial<InboundMessage> = {}): InboundMessage {
  return {
    platform: 'terminal',
    workspace: { id: 'school', name: 'School' },
    learner: { id: 'ada', name: 'Ada' },
    threadId,
    messageId: randomUUID(),
    text: 'three quarters',
    queue: 'nobody',
    ...more,
  };
}

const rows = (lessonId: string) =>
  database.db
    .selectFrom('messages')
    .select(['seq', 'turn_id', 'text'])
    .where('lesson_id', '=', lessonId)
    .orderBy('seq')
    .execute();

test('the same message, twice or at the same moment, is stored once', async () => {
  const once = message('thread-twice');
  const all = await Promise.all(Array.from({ length: 12 }, () => accept(database.db, once)));
  expect(all.filter((accepted) => accepted.created)).toHaveLength(1);
  expect(new Set(all.map((accepted) => accepted.turnId)).size).toBe(1);
  expect(await accept(database.db, once)).toMatchObject({ created: false });
  expect(await rows(all[0]?.lessonId ?? '')).toHaveLength(1);
});

test('first messages that arrive together open one lesson and keep one order', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => accept(database.db, message('thread-race'))));
  const lessonId = all[0]?.lessonId ?? '';
  expect(new Set(all.map((accepted) => accepted.lessonId)).size).toBe(1);
  expect((await rows(lessonId)).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a message joins the waiting turn, opens the next one while a turn runs, and a command stands alone', async () => {
  const first = await accept(database.db, message('thread-join'));
  const joined = await accept(database.db, message('thread-join'));
  expect(joined.turnId).toBe(first.turnId);

  await database.db.updateTable('turns').set({ status: 'running' }).where('id', '=', first.turnId).execute();
  const next = await accept(database.db, message('thread-join'));
  expect(next.turnId).not.toBe(first.turnId);

  const command = await accept(database.db, message('thread-join', { text: 'hint' }));
  expect(command.turnId).not.toBe(next.turnId);
  const after = await accept(database.db, message('thread-join'));
  expect(new Set([first, next, command, after].map((accepted) => accepted.turnId)).size).toBe(4);
});

test('a turn that was given up is taken up again, before the new message', async () => {
  const first = await accept(database.db, message('thread-revive'));
  await database.db.updateTable('turns').set({ status: 'failed' }).where('id', '=', first.turnId).execute();
  const second = await accept(database.db, message('thread-revive'));
  const turns = await database.db
    .selectFrom('turns')
    .select(['id', 'status'])
    .where('lesson_id', '=', first.lessonId)
    .orderBy('seq')
    .execute();
  expect(turns).toEqual([
    { id: first.turnId, status: 'running' },
    { id: second.turnId, status: 'queued' },
  ]);
});

test('a stranger cannot write into a lesson', async () => {
  await accept(database.db, message('thread-mine'));
  const stranger = message('thread-mine', { learner: { id: 'mallory', name: 'Mallory' } });
  await expect(accept(database.db, stranger)).rejects.toMatchObject({ code: 'not_your_lesson' });
});
