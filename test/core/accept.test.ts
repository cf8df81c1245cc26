import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import type { InboundMessage } from '../../src/core/messages.ts';
import { updateMemory } from '../../src/db/lessons.ts';
import { useDatabase } from '../support/database.ts';
import { gate } from '../support/models.ts';

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

/** Holds a lesson's row as a turn's commit does, until it is let go; then takes the learner's, too. */
async function holdLesson(lessonId: string) {
  const [locked, door] = [gate(), gate()];
  const held = database.db.transaction().execute(async (tx) => {
    const [lesson] = await tx
      .updateTable('lessons')
      .set({ updated_at: sql`now()` })
      .where('id', '=', lessonId)
      .returning('learner_id')
      .execute();
    locked.open();
    await door.opened;
    await updateMemory(tx, lesson?.learner_id ?? '', (memory) => memory);
  });
  await locked.opened;
  return async () => {
    door.open();
    await held;
  };
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 100));

test('a lesson that is slow to accept holds up nobody else in its workspace', async () => {
  const { lessonId } = await accept(database.db, message('thread-slow'));
  const letGo = await holdLesson(lessonId);
  const slow = accept(database.db, message('thread-slow'));
  await aMoment();
  const other = accept(database.db, message('thread-quick')).then(() => 'accepted');
  const first = await Promise.race([other, new Promise((resolve) => setTimeout(resolve, 15_000))]);
  await letGo();
  await Promise.all([slow, other]);
  expect(first).toBe('accepted');
});

test('a message of somebody with a new name cannot deadlock with the commit of a turn', async () => {
  const { lessonId } = await accept(database.db, message('thread-renamed'));
  const letGo = await holdLesson(lessonId);
  const renamed = accept(database.db, message('thread-renamed', { learner: { id: 'ada', name: 'Countess' } }));
  await aMoment();
  await letGo();
  expect((await renamed).created).toBe(true);
});
