import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { newLesson } from '../../src/core/lesson.ts';
import { currentLesson, lessonOfThread, openLessonsIn, recentTopics } from '../../src/db/threads.ts';
import { useDatabase } from '../support/database.ts';

/** What a chat platform asks about its threads: of several workspaces, learners and lessons at once. */

const database = useDatabase();

interface Place {
  workspace: string;
  learner: string;
}

const newPlace = (): Place => ({ workspace: randomUUID(), learner: randomUUID() });

function write({ workspace, learner }: Place, threadId: string, messageId: string) {
  return accept(database.db, {
    platform: 'discord',
    workspace: { id: workspace, name: 'School' },
    learner: { id: learner, name: 'Ada' },
    threadId,
    messageId,
    text: 'hello',
    queue: 'nobody',
    locale: 'pt-BR',
  });
}

/** A lesson as it stands after some minutes. */
async function lessonAt(place: Place, topic: string | null, minute: number, phase: 'teaching' | 'ended' = 'teaching') {
  const threadId = randomUUID();
  const { lessonId } = await write(place, threadId, `${minute}`);
  const fresh = newLesson();
  const state = { ...fresh, phase, preferences: { ...fresh.preferences, topic } };
  await database.db
    .updateTable('lessons')
    .set({ phase, state: JSON.stringify(state), updated_at: new Date(Date.UTC(2026, 0, 1, 0, minute)) })
    .where('id', '=', lessonId)
    .execute();
  return { threadId, lessonId };
}

test('a thread tells whose lesson it is, and how it stands', async () => {
  const place = newPlace();
  const { threadId, lessonId } = await lessonAt(place, 'fractions', 1);
  const lesson = {
    lessonId,
    learner: place.learner,
    learnerName: 'Ada',
    workspace: place.workspace,
    phase: 'teaching',
    paused: false,
    pendingQuestion: null,
    locale: 'pt-BR',
  };
  expect(await lessonOfThread(database.db, 'discord', threadId)).toEqual(lesson);
  const paused = JSON.stringify({ ...newLesson(), phase: 'teaching', paused: true });
  await database.db.updateTable('lessons').set({ state: paused }).where('id', '=', lessonId).execute();
  expect(await lessonOfThread(database.db, 'discord', threadId)).toEqual({ ...lesson, paused: true });
  expect(await lessonOfThread(database.db, 'slack', threadId)).toBeNull();
  expect(await lessonOfThread(database.db, 'discord', randomUUID())).toBeNull();
});

test('the current lesson is the unfinished one that was used last, of this learner in this workspace', async () => {
  const place = newPlace();
  expect(await currentLesson(database.db, 'discord', place.workspace, place.learner)).toBeNull();
  await lessonAt(place, 'a', 1);
  const { threadId } = await lessonAt(place, 'b', 3);
  await lessonAt(place, 'c', 2);
  await lessonAt(place, 'd', 4, 'ended');
  await lessonAt({ ...place, learner: randomUUID() }, 'e', 5);
  await lessonAt({ ...place, workspace: randomUUID() }, 'f', 6);
  expect(await currentLesson(database.db, 'discord', place.workspace, place.learner)).toBe(threadId);
});

test('topics come once each, the last used first, over finished lessons too', async () => {
  const place = newPlace();
  await lessonAt(place, 'fractions', 1);
  await lessonAt(place, 'tides', 2, 'ended');
  await lessonAt(place, null, 3);
  await lessonAt(place, 'fractions', 4);
  await lessonAt({ ...place, learner: randomUUID() }, 'photosynthesis', 5);
  const topics = (limit: number) => recentTopics(database.db, 'discord', place.workspace, place.learner, limit);
  expect(await topics(25)).toEqual(['fractions', 'tides']);
  expect(await topics(1)).toEqual(['fractions']);
});

test('after an outage: open lessons since then, with the greatest message that was accepted, as a number', async () => {
  const place = newPlace();
  const later = 60 * 24 * 90;
  const since = new Date(Date.UTC(2026, 0, 1, 0, later));
  await lessonAt(place, 'before', later - 1);
  await lessonAt(place, 'over', later + 5, 'ended');
  const first = await lessonAt(place, 'first', later + 1);
  const second = await lessonAt(place, 'second', later + 2);
  for (const id of ['999999999999999999', '1400000000000000001', '1400000000000000000#2', 'odd', '88']) {
    await write(place, first.threadId, id);
  }
  const open = await openLessonsIn(database.db, 'discord', since, 10);
  const whose = { ...place, learnerName: 'Ada' };
  expect(open).toEqual([
    { threadId: first.threadId, ...whose, lastMessageId: '1400000000000000001' },
    { threadId: second.threadId, ...whose, lastMessageId: String(later + 2) },
  ]);
  expect(await openLessonsIn(database.db, 'discord', since, 1)).toEqual(open.slice(0, 1));
  expect(await openLessonsIn(database.db, 'slack', since, 10)).toEqual([]);
});
