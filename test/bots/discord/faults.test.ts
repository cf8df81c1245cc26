import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase, whileLocked } from '../../support/database.ts';
import { openDiscordSchool, type SchoolOptions, stateOf } from '../../support/discord.ts';
import { allSettled, beginLesson, botListens, deliveriesOf, retryNow } from '../../support/discord-deliveries.ts';
import { plainApi } from '../../twins/discord/client.ts';
import type { Arrival } from '../../twins/discord/faults.ts';

/** Lessons in a world that goes wrong around them. */

const database = useDatabase();

async function open(options: SchoolOptions = {}) {
  const school = await openDiscordSchool(database.url, options);
  const { twin, runtime } = school;
  onTestFinished(() => expect(twin.violations).toEqual([]));
  const lesson = await beginLesson({ twin, db: runtime.db });
  const { ada, thread, replies, settle } = lesson;
  return {
    ...{ ...school, ...lesson, db: runtime.db },
    /** Writes, and waits for the answer. */
    async says(text: string): Promise<string> {
      const { length } = replies();
      ada.says(thread, text);
      await until(() => replies().length === length + 1);
      await settle();
      return replies().at(-1)?.content ?? '';
    },
    /** Before the next reply comes into the thread. */
    beforeReply(act: () => void) {
      let isDone = false;
      twin.faults.onRequest((arrival) => {
        if (isDone || !isReplyIn(thread.id, arrival)) return;
        isDone = true;
        act();
      });
    },
  };
}

function isReplyIn(threadId: string, { method, path, moment }: Arrival): boolean {
  return moment === 'arrived' && method === 'POST' && path === `/channels/${threadId}/messages`;
}

describe('a thread', () => {
  test('that is deleted ends its lesson, and the card says so', async () => {
    const { twin, db, runtime, channel, thread } = await open();
    thread.remove();
    await until(() => JSON.stringify(twin.messages(channel.id)[0]?.embeds).includes('Ended'));
    expect(await stateOf(runtime, thread.id)).toMatchObject({ phase: 'ended' });
    await allSettled(db, thread.id);
    expect((await deliveriesOf(db, thread.id)).map(({ status }) => status)).not.toContain('pending');
  });

  test('that is deleted before an answer comes takes the answer with it', async () => {
    const { twin, db, channel, thread, ada, beforeReply } = await open();
    beforeReply(() => thread.remove());
    ada.says(thread, 'hint');
    await until(() => JSON.stringify(twin.messages(channel.id)[0]?.embeds).includes('Ended'));
    await allSettled(db, thread.id);
    expect((await deliveriesOf(db, thread.id)).filter(({ status }) => status === 'pending')).toEqual([]);
  });

  test.each<[string, (world: Awaited<ReturnType<typeof open>>) => { harm(): void; mend(): void }]>([
    ['is locked', ({ thread }) => ({ harm: () => thread.lock(), mend: () => thread.unarchive() })],
    [
      'is locked and archived',
      ({ thread }) => ({ harm: () => thread.archive({ locked: true }), mend: () => thread.unarchive() }),
    ],
    [
      'belongs to a server that removes the bot',
      ({ guild }) => ({ harm: () => guild.kickBot(), mend: () => guild.inviteBot() }),
    ],
    [
      'is in a channel that the bot may no longer see',
      ({ channel }) => ({ harm: () => channel.setBotPermissions(0n), mend: () => channel.setBotPermissions(MOST) }),
    ],
  ])('that %s keeps its lesson, and its answer comes when that is over', async (_, faultOf) => {
    const world = await open();
    const { runtime, db, thread, ada, replies, settle, beforeReply } = world;
    const { harm, mend } = faultOf(world);
    const before = await stateOf(runtime, thread.id);
    const { length } = replies();
    beforeReply(harm);
    ada.says(thread, 'hint');
    await until(async () => (await deliveriesOf(db, thread.id)).some(({ attempts }) => attempts >= 1));
    expect(replies()).toHaveLength(length);
    mend();
    await retryNow(db);
    await settle();
    expect(replies()).toHaveLength(length + 1);
    expect(await stateOf(runtime, thread.id)).toMatchObject({ phase: 'teaching', steps: before.steps });
    expect(await world.says('hint')).not.toBe('');
  });
});

/** What the twin's own invitation grants. */
const MOST = ((1n << 50n) - 1n) & ~(1n << 3n);

describe('Discord', () => {
  test('is away for a while: every answer comes once, in order', async () => {
    const { twin, db, thread, ada, replies, settle } = await open();
    const { length } = replies();
    let isAway = true;
    twin.faults.onRequest(({ moment }) => (isAway && moment === 'arrived' ? { status: 503 } : null));
    ada.says(thread, 'hint');
    await until(async () => (await deliveriesOf(db, thread.id)).some(({ attempts }) => attempts >= 1));
    ada.says(thread, 'hint');
    await retryNow(db);
    await until(async () => (await deliveriesOf(db, thread.id)).some(({ attempts }) => attempts >= 2));
    expect(replies()).toHaveLength(length);
    isAway = false;
    await retryNow(db);
    await settle();
    const texts = replies()
      .slice(length)
      .map(({ content }) => content);
    expect(texts).toHaveLength(2);
    expect(new Set(texts).size).toBe(2);
  });

  test('takes a reply of ours for wrong: it is given up, and the lesson goes on', async () => {
    const { twin, db, thread, ada, replies, settle, says } = await open();
    const { length } = replies();
    const invalid = { status: 400, body: { message: 'Invalid Form Body', code: 50035 } };
    twin.faults.failNext(
      (method, path) => method === 'POST' && path === `/channels/${thread.id}/messages`,
      12,
      invalid,
    );
    ada.says(thread, 'hint');
    await until(async () => {
      await retryNow(db);
      return (await deliveriesOf(db, thread.id)).some(({ status }) => status === 'failed');
    });
    await settle();
    expect(replies()).toHaveLength(length);
    expect((await deliveriesOf(db, thread.id)).at(-1)).toMatchObject({ status: 'failed', attempts: 12 });
    expect(await says('hint')).not.toBe('');
  });

  test('has lost the card: the lesson goes on without', async () => {
    const { twin, channel, thread, says } = await open();
    await plainApi(twin).channels.deleteMessage(channel.id, thread.id);
    expect(await says('pause')).not.toBe('');
    expect(await says('resume')).not.toBe('');
  });
});

test('somebody who takes no direct messages any more is not written to for ever', async () => {
  const { twin, runtime } = await openDiscordSchool(database.url);
  await botListens(twin);
  const bob = twin.addUser({ name: 'Bob' });
  const { id } = bob.dm();
  const fromBot = () => twin.messages(id).filter(({ author }) => author.isBot);
  const asked = bob.says(bob.dm(), 'fractions');
  await until(() => fromBot().length >= 2);
  const threadId = `${id}/${asked.id}`;
  await allSettled(runtime.db, threadId);
  bob.closesDms();
  bob.says(bob.dm(), 'help');
  await until(async () => (await deliveriesOf(runtime.db, threadId)).some(({ status }) => status === 'gone'));
  await allSettled(runtime.db, threadId);
});

describe('an interaction', () => {
  const isCallback = (method: string, path: string) => method === 'POST' && path.endsWith('/callback');

  test('that is acknowledged too late counts all the same, and is not acknowledged again', async () => {
    const { twin, thread, ada, replies, settle } = await open({ twin: { acknowledgeMs: 3_000 } });
    const { length } = replies();
    twin.faults.onRequest(({ method, path, moment }) => {
      if (moment === 'arrived' && isCallback(method, path)) twin.advance(4_000);
    });
    const { length: before } = twin.requests;
    const press = ada.presses(replies().at(-1) ?? thread, 'Hint');
    expect(await press.acknowledged).toMatchObject({ late: true });
    await until(() => replies().length === length + 1);
    await settle();
    const callbacks = twin.requests.slice(before).filter(({ method, path }) => isCallback(method, path));
    expect(callbacks.map(({ status }) => status)).toEqual([404]);
  });

  test('is acknowledged while the database is slow', async () => {
    const { thread, ada, replies } = await open({ twin: { acknowledgeMs: 3_000 } });
    const { length } = replies();
    await whileLocked(database.db, 'lessons', async () => {
      const press = ada.presses(replies().at(-1) ?? thread, 'Hint');
      expect(await press.acknowledged).toMatchObject({ late: false });
      const command = ada.runs(thread, 'tutor hint');
      expect(await command.acknowledged).toMatchObject({ late: false });
    });
    await until(() => replies().length > length);
  });

  test('whose acknowledgement was repeated is acknowledged once, and answered once', async () => {
    const { twin, thread, ada, replies, settle } = await open();
    const { length } = replies();
    twin.faults.loseNext(isCallback, 1);
    const press = ada.presses(replies().at(-1) ?? thread, 'Hint');
    await press.acknowledged;
    await until(() => replies().length === length + 1);
    await settle();
    expect(press.replies()).toEqual([]);
    expect(replies()).toHaveLength(length + 1);
  });
});
