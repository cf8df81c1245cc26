import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { receive } from '../../src/bots/receive.ts';
import type { SendResult, ShownCard, Surface } from '../../src/core/ports.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { startRuntime } from '../../src/runtime.ts';
import { silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { gate } from '../support/models.ts';

/** A lesson's card is shown as the lesson is, and nothing waits for it. */

const database = useDatabase();

async function openLesson(showCard: (card: ShownCard) => Promise<SendResult>) {
  const replies: string[] = [];
  const surface: Surface = {
    platform: 'discord',
    typing() {},
    preview() {},
    async send({ reply }) {
      replies.push(reply.text);
      return { ok: true, platformMessageIds: [randomUUID()] };
    },
    showCard,
  };
  const queue = `test-${randomUUID()}`;
  const runtime = await startRuntime({
    ...{ databaseUrl: database.url, model: offlineModel(), surfaces: () => [surface], queue, log: silentLog },
    ...{ sweepMs: 1_000, patienceMs: 60_000 },
  });
  onTestFinished(() => runtime.close());
  const threadId = randomUUID();
  const say = async (text: string, more = {}) => {
    const { length } = replies;
    await receive(runtime, {
      ...{ platform: 'discord', queue, threadId, messageId: randomUUID(), text },
      ...{ workspace: { id: 'school', name: 'School' }, learner: { id: threadId, name: 'Ada' } },
      ...more,
    });
    await until(() => replies.length > length);
  };
  const card = { channelId: 'maths', messageId: randomUUID() };
  await say('', { start: { topic: 'fractions' }, card, locale: 'de' });
  const due = () =>
    database.db
      .selectFrom('lessons')
      .select(['state', 'card_due_at'])
      .where('thread_id', '=', threadId)
      .executeTakeFirstOrThrow();
  return { say, card, due, threadId };
}

test('it is shown after each change, in the language of the learner, and not without one', async () => {
  const shown: ShownCard[] = [];
  const { say, card, due, threadId } = await openLesson(async (each) => {
    shown.push(each);
    return { ok: true, platformMessageIds: [] };
  });
  const standings = () => shown.map(({ reply }) => reply.standing);
  await until(() => shown.length === 1);
  expect(shown[0]).toMatchObject({ threadId, card, locale: 'de', reply: { kind: 'card', standing: 'approving' } });
  await say('approve');
  await until(() => shown.length === 2);
  await say('hint');
  await say('pause');
  await until(() => shown.length === 3);
  expect(standings()).toEqual(['approving', 'teaching', 'paused']);
  await until(async () => (await due()).card_due_at === null);
});

test('nothing waits for it, and many changes while it is shown are one', async () => {
  const door = gate();
  const standings: unknown[] = [];
  const { say, due } = await openLesson(async ({ reply }) => {
    standings.push(reply.standing);
    await door.opened;
    return { ok: true, platformMessageIds: [] };
  });
  await until(() => standings.length === 1);
  await say('approve');
  await say('pause');
  await say('resume');
  door.open();
  await until(async () => (await due()).card_due_at === null);
  expect(standings.at(-1)).toBe('teaching');
});

test('one that is not taken is shown later; one that is gone is not missed', async () => {
  const results: SendResult[] = [{ ok: false, reason: 'retry', detail: 'busy' }];
  let asked = 0;
  const { due } = await openLesson(async () => {
    asked += 1;
    return results.shift() ?? { ok: false, reason: 'gone', detail: 'deleted' };
  });
  await until(() => asked === 1);
  await until(async () => ((await due()).card_due_at?.getTime() ?? 0) > Date.now());
  await database.db
    .updateTable('lessons')
    .set({ card_due_at: new Date(0) })
    .execute();
  await until(async () => (await due()).card_due_at === null);
  expect(asked).toBe(2);
});
