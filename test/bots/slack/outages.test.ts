import { describe, expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { openSlackSchool, type SchoolOptions } from '../../support/slack.ts';
import { allSettled, beginLesson, retried, takenIn } from '../../support/slack-mortals.ts';
import type { Fault } from '../../twins/faults.ts';

/** What happens while the socket is away, or a process: nothing is lost, and nothing is done twice. */

const database = useDatabase();
const AWAY: Fault = { status: 503, body: '<html>' };

async function open(options: SchoolOptions = {}) {
  const school = await openSlackSchool(database.url, options);
  const { db } = school.runtime;
  const lesson = await beginLesson(school, db);
  const { length } = lesson.replies();
  return {
    ...{ ...school, ...lesson, db },
    /** All of it was taken in, in order, and answered; Slack gives nothing up. */
    async areAnswered(texts: readonly string[]) {
      await until(async () => (await takenIn(db, lesson.threadId)).length >= texts.length);
      await lesson.settle();
      expect(await takenIn(db, lesson.threadId)).toEqual(texts);
      const { count } = await db
        .selectFrom('turns')
        .innerJoin('lessons', 'lessons.id', 'turns.lesson_id')
        .select((of) => of.fn.countAll<string>().as('count'))
        .where('thread_id', '=', lesson.threadId)
        .executeTakeFirstOrThrow();
      // The plan and the first question were there before, and their turns.
      expect(lesson.replies()).toHaveLength(length + Number(count) - 2);
      expect(school.twin.delivery.undelivered).toEqual([]);
    },
  };
}

type World = Awaited<ReturnType<typeof open>>;

const TEXTS = ['help', 'progress', 'hint'];

describe('what is said while the socket', () => {
  const BREAKS: [string, (world: World) => void][] = [
    ['is to be opened anew', ({ twin }) => twin.delivery.sockets.disconnect({ reason: 'refresh_requested' })],
    ['is about to be closed', ({ twin }) => twin.delivery.sockets.disconnect({ reason: 'warning' })],
    ['is broken', ({ twin }) => twin.delivery.sockets.drop()],
  ];

  test.each(BREAKS)('%s is taken in once, in order', async (_, breakIt) => {
    const world = await open();
    const { twin, says, areAnswered } = world;
    says('help');
    breakIt(world);
    says('progress');
    await retried(twin);
    says('hint');
    await areAnswered(TEXTS);
  });

  test('cannot be had for a while is taken in once, in order', async () => {
    const { twin, says, areAnswered } = await open();
    twin.delivery.sockets.refuse(true);
    twin.delivery.sockets.drop();
    for (const text of TEXTS) says(text);
    const { length } = twin.requests;
    await until(() => twin.requests.slice(length).some(({ method }) => method === 'apps.connections.open'));
    twin.delivery.sockets.refuse(false);
    await retried(twin);
    await areAnswered(TEXTS);
  });

  test('is silent, though it seems to be there, is told on another one', async () => {
    const { twin, says, areAnswered } = await open();
    const [before] = twin.delivery.sockets.connections();
    twin.delivery.sockets.silent(true);
    await until(() => twin.delivery.sockets.connections().every(({ id }) => id !== before?.id));
    twin.delivery.sockets.silent(false);
    for (const text of TEXTS) says(text);
    await retried(twin);
    await areAnswered(TEXTS);
  });
});

/** The cards, and what else the tutor has said, in the thread of what somebody wrote. */
function writtenIn({ twin }: Pick<World, 'twin'>, { channelId, ts }: { channelId: string; ts: string }) {
  const thread = twin.channel(channelId).thread(ts);
  return thread.filter(({ author }) => author.isBot);
}

describe('a lesson that somebody has called for', () => {
  const isCard = (method: string, body: object) =>
    method === 'chat.postMessage' && JSON.stringify(body).includes('card-');

  test.each(['in a channel', 'in direct messages'])(
    '%s is opened once, by a process that dies and by the next one, which hears of it too',
    async (where) => {
      const school = await openSlackSchool(database.url);
      const { twin, ada, channel, runtime } = school;
      twin.faults.onRequest(({ method, body }) => (isCard(method, body) ? AWAY : null));
      const { length } = twin.requests;
      const message = where === 'in a channel' ? ada.says(channel, '<@BOT> fractions') : ada.writes('fractions');
      await until(() => twin.requests.slice(length).some(({ method, body }) => isCard(method, body)));
      await school.disconnect();
      // Slack takes its time over the first card that is posted now, and over nothing else.
      let held = 0;
      twin.faults.onRequest(async ({ method, body, moment }) => {
        if (moment !== 'arrived' || !isCard(method, body)) return null;
        held += 1;
        if (held > 1) return null;
        const asked = twin.requests.length;
        await soon(() => twin.requests.slice(asked).some((each) => isCard(each.method, each.body)));
        return null;
      });
      await school.connect();
      await until(() => held > 0);
      await retried(twin);
      await until(() => writtenIn(school, message).length >= 2);
      await allSettled(runtime.db, `${message.channelId}:${message.ts}`);
      expect(writtenIn(school, message)).toHaveLength(2);
      expect(twin.delivery.about(message.ts).at(-1)).toMatchObject({ acked: true });
    },
  );
});

/** For as long as it may still come. */
async function soon(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 200 && !condition(); turns += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}
