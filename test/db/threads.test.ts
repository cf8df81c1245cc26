import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { accept } from '../../src/core/accept.ts';
import { newLesson } from '../../src/core/lesson.ts';
import type { InboundMessage } from '../../src/core/messages.ts';
import {
  currentLesson,
  directChannels,
  hasMessage,
  lessonOfThread,
  recentThreads,
  recentTopics,
  threadsInDirect,
  threadsOnMessage,
  threadsWithCardIn,
  wasOvertaken,
  wasOvertakenIn,
} from '../../src/db/threads.ts';
import { useDatabase } from '../support/database.ts';

/** What a chat platform asks about its threads: of several workspaces, learners and lessons at once. */

const database = useDatabase();

interface Place {
  workspace: string;
  learner: string;
}

const newPlace = (): Place => ({ workspace: randomUUID(), learner: randomUUID() });

function write({ workspace, learner }: Place, threadId: string, messageId: string, more: Partial<InboundMessage> = {}) {
  return accept(database.db, {
    platform: 'discord',
    workspace: { id: workspace, name: 'School' },
    learner: { id: learner, name: 'Ada' },
    threadId,
    messageId,
    text: 'hello',
    queue: 'nobody',
    locale: 'pt-BR',
    ...more,
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
    workspaceName: 'School',
    queue: 'nobody',
    phase: 'teaching',
    pendingQuestion: null,
    locale: 'pt-BR',
    language: null,
    isPaused: false,
  };
  expect(await lessonOfThread(database.db, 'discord', threadId)).toEqual(lesson);
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

test('direct messages: the channels in use, the lessons of one, and what they have had', async () => {
  const place = newPlace();
  const channel = String(Date.now());
  const [first, second] = [`${channel}/1`, `${channel}/2`];
  await write(place, first, '1400000000000000001');
  await write(place, second, '1400000000000000002');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  expect(await directChannels(database.db, 'discord', anHourAgo)).toContain(channel);
  expect(await directChannels(database.db, 'discord', new Date(Date.now() + 3_600_000))).toEqual([]);
  expect((await threadsInDirect(database.db, 'discord', channel)).sort()).toEqual([first, second]);
  expect(await threadsInDirect(database.db, 'slack', channel)).toEqual([]);
  expect(await hasMessage(database.db, 'discord', place, '1400000000000000001')).toBe(true);
  expect(await hasMessage(database.db, 'discord', place, '1400000000000000003')).toBe(false);
  expect(await hasMessage(database.db, 'discord', newPlace(), '1400000000000000001')).toBe(false);
});

test('the threads whose cards are in a channel', async () => {
  const place = newPlace();
  const card = { channelId: randomUUID(), messageId: '1' };
  await write(place, 'with-a-card', '1', { card });
  await write(place, 'without', '2');
  expect(await threadsWithCardIn(database.db, 'discord', card.channelId)).toEqual(['with-a-card']);
  await database.db.updateTable('lessons').set({ phase: 'ended' }).where('thread_id', '=', 'with-a-card').execute();
  expect(await threadsWithCardIn(database.db, 'discord', card.channelId)).toEqual([]);
});

test('the lessons that stand on a message: in its thread, or with it as their card', async () => {
  const place = newPlace();
  const channelId: string = randomUUID();
  const card = { channelId, messageId: '2.000000' };
  await write(place, `${channelId}:1.000000`, '1', { card });
  await write(place, `${channelId}:3.000000`, '1', { card: { channelId, messageId: '3.000000' } });
  const on = (messageId: string, channel: string = channelId) =>
    threadsOnMessage(database.db, 'discord', `${channel}:${messageId}`, { channelId: channel, messageId });
  expect(await on('1.000000')).toEqual([`${channelId}:1.000000`]);
  expect(await on('2.000000')).toEqual([`${channelId}:1.000000`]);
  expect(await on('3.000000')).toEqual([`${channelId}:3.000000`]);
  expect(await on('4.000000')).toEqual([]);
  expect(await on('2.000000', randomUUID())).toEqual([]);
});

test('the threads that were used last, of all workspaces', async () => {
  const [one, other] = [newPlace(), newPlace()];
  const at = async (place: Place, minute: number) => {
    const { threadId, lessonId } = await lessonAt(place, 'a', minute);
    // Ahead of what other tests have written.
    await sql`update turns set created_at = now() + ${minute} * interval '1 minute' where lesson_id = ${lessonId}`.execute(
      database.db,
    );
    return threadId;
  };
  await at(one, 10);
  const [first, second] = [await at(one, 12), await at(other, 11)];
  const since = new Date(Date.now() + 10.5 * 60_000);
  expect(await recentThreads(database.db, 'discord', since, 10)).toEqual([
    { workspace: one.workspace, workspaceName: 'School', threadId: first },
    { workspace: other.workspace, workspaceName: 'School', threadId: second },
  ]);
  expect(await recentThreads(database.db, 'discord', since, 1)).toHaveLength(1);
  expect(await recentThreads(database.db, 'slack', since, 10)).toEqual([]);
});

test('whether something later was taken in, by decimal numbers', async () => {
  const place = newPlace();
  const channelId: string = randomUUID();
  const threadId = `${channelId}:9.000001`;
  const card = { channelId, messageId: '9.000002' };
  await write(place, threadId, '9.000001', { card });
  await write(place, threadId, '10.5');
  await write(place, threadId, 'press-11.5');
  await write(place, threadId, '12.5', { action: { type: 'hint' } });
  const soon = new Date(Date.now() + 60_000);
  const later = (messageId: string, by = soon) => wasOvertaken(database.db, 'discord', threadId, messageId, by);
  expect(await later('9.000002')).toBe(true);
  expect(await later('10.499999')).toBe(true);
  expect(await later('10.5')).toBe(false);
  expect(await later('11.0')).toBe(false);
  expect(await later('9.000002', new Date(0))).toBe(false);
  const begun = (messageId: string, by = soon) => wasOvertakenIn(database.db, 'discord', channelId, messageId, by);
  expect(await begun('8.9')).toBe(true);
  expect(await begun('9.000001')).toBe(false);
  expect(await begun('8.9', new Date(0))).toBe(false);
});
