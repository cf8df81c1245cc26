import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { eventRoutes } from '../../../src/bots/slack/connection/http.ts';
import { openDatabase } from '../../../src/db/database.ts';
import { listen } from '../../support/chat.ts';
import { silentLog, until } from '../../support/classroom.ts';
import { useDatabase, whileLocked } from '../../support/database.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { heardAll } from '../../support/slack-lesson.ts';
import { allSettled, beginLesson, retried, takenIn } from '../../support/slack-mortals.ts';
import { type DeliveryOptions, PATIENT_MS } from '../../twins/slack/delivery.ts';

/** What Slack tells again, for whatever reason, is taken in once, and answered once. */

const database = useDatabase();

type Via = 'socket' | 'http';

/** Slack tells again at once what was not taken in. */
const HASTE = { retryDelaysMs: [0, 20, 20] };
/** So long it waits for what nobody can take in. */
const IMPATIENT_MS = 250;

async function open(via: Via, delivery: DeliveryOptions = {}) {
  const school = await openSlackSchool(database.url, { via, twin: { delivery: { ackMs: PATIENT_MS, ...delivery } } });
  const lesson = await beginLesson(school, school.runtime.db);
  const { length } = lesson.replies();
  return {
    ...{ ...school, ...lesson, db: school.runtime.db, channel: lesson.channel, ada: lesson.ada },
    /** What the tutor has said since, when it is so much, and nothing more is to come. */
    async answers(count: number) {
      await until(() => lesson.replies().length >= length + count);
      await lesson.settle();
      expect(lesson.replies()).toHaveLength(length + count);
    },
    takenIn: () => takenIn(school.runtime.db, lesson.threadId),
  };
}

type World = Awaited<ReturnType<typeof open>>;

function idsOf({ twin }: Pick<World, 'twin'>, { ts }: { ts: string }): string[] {
  return [...new Set(twin.delivery.about(ts).flatMap(({ eventId }) => eventId ?? []))];
}

/** As often as Slack tells of it again. */
async function retriedThrice({ twin }: Pick<World, 'twin'>, eventIds: readonly string[]): Promise<void> {
  for (const eventId of eventIds) {
    for (let retry = 1; retry <= 3; retry += 1) {
      expect(await twin.delivery.redeliver(eventId)).toMatchObject({ eventId, acked: true });
    }
  }
}

/** A card, and the tutor's first words, in the thread of what somebody wrote. */
async function isBegunOnce({ twin, db }: World, { channelId, ts }: { channelId: string; ts: string }): Promise<void> {
  const written = () =>
    twin
      .channel(channelId)
      .thread(ts)
      .filter(({ author }) => author.isBot);
  await until(() => written().length >= 2);
  await allSettled(db, `${channelId}:${ts}`);
  expect(written()).toHaveLength(2);
}

describe.each<Via>(['socket', 'http'])('over %s', (via) => {
  test('a message that is told of again, before and after it is answered, is one', async () => {
    const world = await open(via);
    const message = world.says('help');
    await until(() => world.twin.delivery.about(message.ts).some(({ acked }) => acked));
    await retriedThrice(world, idsOf(world, message));
    await world.answers(1);
    await retriedThrice(world, idsOf(world, message));
    await world.answers(1);
    expect(await world.takenIn()).toEqual(['help']);
  });

  test('a mention is told of twice, and again, and is one', async () => {
    const world = await open(via);
    const message = world.says('<@BOT> help');
    await until(() => world.twin.delivery.about(message.ts).filter(({ acked }) => acked).length === 2);
    await retriedThrice(world, idsOf(world, message));
    await world.answers(1);
    expect(await world.takenIn()).toEqual(['help']);
  });

  test('a lesson that somebody begins by calling, or in direct messages, is begun once', async () => {
    const world = await open(via);
    const { ada, channel } = world;
    const called = ada.says(channel, '<@BOT> probability');
    const direct = ada.writes('probability');
    for (const message of [called, direct]) {
      await heardAll(world.twin, message);
      await retriedThrice(world, idsOf(world, message));
      await isBegunOnce(world, message);
      await retriedThrice(world, idsOf(world, message));
      await isBegunOnce(world, message);
    }
  });

  test('what the database is too slow for is told again, and answered once', async () => {
    const world = await open(via, HASTE);
    let message = { ts: '' };
    await whileLocked(database.db, 'lessons', async () => {
      world.twin.delivery.patience(IMPATIENT_MS);
      message = world.says('help');
      await until(() => world.twin.delivery.about(message.ts).filter(({ reason }) => reason).length === 4);
    });
    await world.answers(1);
    expect(await world.takenIn()).toEqual(['help']);
    expect(world.twin.delivery.about(message.ts).map(({ retry }) => retry)).toEqual([0, 1, 2, 3]);
  });

  test('a lesson whose opening cannot be kept in time is opened once', async () => {
    const world = await open(via, HASTE);
    const { ada, channel, twin } = world;
    const messages: { ts: string; channelId: string }[] = [];
    await whileLocked(database.db, 'openings', async () => {
      twin.delivery.patience(IMPATIENT_MS);
      messages.push(ada.says(channel, '<@BOT> probability'), ada.writes('probability'));
      await until(() =>
        messages.every((each) => twin.delivery.about(each.ts).filter(({ reason }) => reason).length >= 4),
      );
    });
    for (const message of messages) await isBegunOnce(world, message);
  });

  test('what is said while the database is away is taken in when it is back, in order', async () => {
    // Told of again as soon as Slack does it.
    const world = await open(via, { ackMs: 3_000 });
    const name = new URL(database.url).pathname.slice(1);
    const server = openDatabase(inject('postgresUrl'), () => {}, { maxConnections: 1 });
    onTestFinished(() => server.close());
    await sql`alter database ${sql.id(name)} allow_connections false`.execute(server.db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(server.db);
    const texts = ['help', 'hint', 'progress'];
    for (const text of texts) world.says(text);
    await expect(world.takenIn()).rejects.toThrow();
    await sql`alter database ${sql.id(name)} allow_connections true`.execute(server.db);
    await until(async () => (await world.takenIn().catch(() => [])).length === 3);
    expect(await world.takenIn()).toEqual(texts);
    await world.settle();
  });
});

test('an acknowledgement that is lost with its socket costs nothing', async () => {
  const world = await open('socket');
  const { twin } = world;
  let message = { ts: '' };
  await whileLocked(database.db, 'lessons', async () => {
    message = world.says('help');
    await until(() => world.twin.delivery.about(message.ts).length === 1);
    twin.delivery.sockets.drop();
    await until(() => world.twin.delivery.about(message.ts).some(({ reason }) => reason === 'timeout'));
  });
  await retried(twin);
  expect(world.twin.delivery.about(message.ts).at(-1)).toMatchObject({ acked: true });
  await world.answers(1);
  expect(await world.takenIn()).toEqual(['help']);
});

test('a press that is sent while the database is slow counts once', async () => {
  const world = await open('socket');
  const { ada, replies } = world;
  const [question] = replies().slice(-1);
  await whileLocked(database.db, 'lessons', async () => {
    const press = ada.presses(question ?? { ts: '', channelId: '' }, 'Hint');
    expect(await press.acknowledged).toMatchObject({ ok: true });
  });
  await world.answers(1);
});

describe('over HTTP, what is not Slack’s', () => {
  const SECRET = 'a'.repeat(32);

  async function openRoutes() {
    const taken: unknown[] = [];
    const url = await listen(
      eventRoutes(
        async ({ body, ack }) => {
          taken.push(body);
          await ack();
        },
        SECRET,
        silentLog,
      ),
    );
    return {
      taken,
      async posts(body: string, { secret = SECRET, at = Date.now(), signed = body } = {}) {
        const timestamp = String(Math.floor(at / 1000));
        const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${signed}`).digest('hex');
        const response = await fetch(`${url}/slack/events`, {
          ...{ method: 'POST', body },
          headers: {
            'content-type': 'application/json',
            'x-slack-request-timestamp': timestamp,
            'x-slack-signature': `v0=${signature}`,
          },
        });
        return response.status;
      },
    };
  }

  const EVENT = JSON.stringify({ type: 'event_callback', event: { type: 'message' } });

  test('is refused, and nothing happens', async () => {
    const { taken, posts } = await openRoutes();
    expect(await posts(EVENT, { secret: 'b'.repeat(32) })).toBe(401);
    expect(await posts(EVENT, { signed: EVENT.replace('message', 'other') })).toBe(401);
    expect(await posts(EVENT, { at: Date.now() - 6 * 60_000 })).toBe(401);
    expect(taken).toEqual([]);
    expect(await posts(EVENT)).toBe(200);
    expect(taken).toHaveLength(1);
  });

  test('is not read to its end where it is too large', async () => {
    const { taken, posts } = await openRoutes();
    const large = JSON.stringify({ type: 'event_callback', event: { text: 'x'.repeat(1024 * 1024) } });
    expect(await posts(large).catch(() => 413)).toBeGreaterThanOrEqual(400);
    expect(taken).toEqual([]);
  });
});
