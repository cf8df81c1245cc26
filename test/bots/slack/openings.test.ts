import { expect, test } from 'vitest';
import { giveBackOpening, rememberOpening, takeUpOpening } from '../../../src/bots/openings.ts';
import { ComeAgain } from '../../../src/bots/slack/failures.ts';
import { onMention } from '../../../src/bots/slack/lessons/messages.ts';
import { finishOpening, openLesson, permalinkOf, type Request } from '../../../src/bots/slack/lessons/openings.ts';
import { senderOf } from '../../../src/bots/slack/lessons/people.ts';
import { openWords } from '../../../src/bots/words.ts';
import { lessonOfThread } from '../../../src/db/threads.ts';
import { limitedTo } from '../../support/billing.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { gate } from '../../support/models.ts';
import { openSlackSchool } from '../../support/slack.ts';
import { type BotAlone, installationOf, openBotAlone } from '../../support/slack-bot.ts';

/** Lessons that begin, whatever goes wrong meanwhile. */

const database = useDatabase();

let openings = 0;

interface Asking extends Pick<BotAlone, 'ada' | 'channel' | 'installation'> {
  bot: Parameters<typeof rememberOpening>[0];
}

/** Kept, as it is before anything is posted. */
async function asked({ bot, ada, channel, installation }: Asking, more: Partial<Request> = {}): Promise<Request> {
  openings += 1;
  const request: Request = {
    ...{ id: `command-${openings}`, channelId: channel.id, rootTs: null, respondTo: null, locale: 'en-US' },
    ...senderOf(installation, { id: ada.id, name: 'Ada' }),
    ...{ start: { topic: 'fractions' }, said: null, question: null },
    ...more,
  };
  await rememberOpening(bot, request, openWords().for(null));
  return request;
}

/** With what their learners have said. */
const lessonsOf = (channelId: string) =>
  database.db
    .selectFrom('lessons')
    .leftJoin('messages', (join) => join.onRef('lesson_id', '=', 'lessons.id').on('author', '=', 'learner'))
    .select(['thread_id', 'card', 'platform_message_id as message', 'text'])
    .where('thread_id', 'like', `${channelId}:%`)
    .orderBy('seq')
    .execute();

const openingsLeft = ({ id }: Request) =>
  database.db.selectFrom('openings').select(['id', 'taken_until']).where('id', '=', id).execute();

test('a card in the channel has the lesson in its thread', async () => {
  const alone = await openBotAlone(database.db);
  const { bot, channel, team } = alone;
  const request = await asked(alone, { question: 'What is a numerator?' });
  const threadId = await openLesson(bot, request);
  const [card] = channel.messages();
  expect(threadId).toBe(`${channel.id}:${card?.ts}`);
  expect(card).toMatchObject({
    metadata: { event_type: 'threadtutor_message', event_payload: { key: `card-${request.id}` } },
    blocks: [
      { type: 'header', text: { text: 'fractions' } },
      { type: 'markdown', text: '*Getting ready*' },
    ],
  });
  expect(await lessonsOf(channel.id)).toEqual([
    ...['', 'What is a numerator?'].map((text, index) => ({
      ...{ thread_id: threadId, card: { channelId: channel.id, messageId: card?.ts }, text },
      message: index === 0 ? request.id : `${request.id}-question`,
    })),
  ]);
  expect(await openingsLeft(request)).toEqual([]);
  expect(await permalinkOf(bot, team.id, channel.id, card?.ts ?? '')).toContain(
    `/archives/${channel.id}/p${card?.ts.replace('.', '')}`,
  );
});

test('in the thread on what somebody wrote the card is an answer, and the message is known by its ts', async () => {
  const alone = await openBotAlone(database.db);
  const { bot, channel, ada } = alone;
  const root = ada.says(channel, 'I never understood fractions');
  const said = { text: 'explain them', pictures: [] };
  const more = { rootTs: root.ts, start: {}, said, id: `${channel.id}:9.000001`, messageId: '9.000001' };
  const threadId = await openLesson(bot, await asked(alone, more));
  expect(threadId).toBe(`${channel.id}:${root.ts}`);
  const [, card] = channel.thread(root.ts);
  expect(channel.messages()).toHaveLength(1);
  expect(await lessonsOf(channel.id)).toEqual([
    {
      ...{ thread_id: threadId, message: '9.000001', text: 'explain them' },
      card: { channelId: channel.id, messageId: card?.ts },
    },
  ]);
});

test.each(['the channel', 'a thread'])('in %s, a card whose answer was lost is found again', async (place) => {
  const alone = await openBotAlone(database.db);
  const { bot, channel, ada, twin } = alone;
  const root = place === 'a thread' ? ada.says(channel, 'hello') : null;
  const request = await asked(alone, { rootTs: root?.ts ?? null });
  twin.faults.loseNext((method) => method === 'chat.postMessage', 1);
  await expect(openLesson(bot, request)).rejects.toThrow();
  expect(await lessonsOf(channel.id)).toEqual([]);
  // It is further back than one look reaches.
  for (let said = 0; said < 205; said += 1) ada.says(channel, 'and', root ? { threadTs: root.ts } : {});
  const threadId = await openLesson(bot, request, true);
  const cards = (root ? channel.thread(root.ts) : channel.messages()).filter(({ author }) => author.isBot);
  expect(cards).toHaveLength(1);
  expect(threadId).toBe(`${channel.id}:${root?.ts ?? cards[0]?.ts}`);
  expect(await openLesson(bot, request, true)).toBe(threadId);
  expect(await lessonsOf(channel.id)).toHaveLength(1);
});

test('a card of another opening is no card of this one, and what may not be read is posted anew', async () => {
  const alone = await openBotAlone(database.db);
  const { bot, channel, twin } = alone;
  const first = await openLesson(bot, await asked(alone));
  const second = await asked(alone);
  twin.faults.failNext((method) => method === 'conversations.history', 1, {
    status: 200,
    body: { ok: false, error: 'missing_scope' },
  });
  expect(await openLesson(bot, second, true)).not.toBe(first);
  expect(channel.messages()).toHaveLength(2);
});

test('while Slack is away nothing is opened, and nothing is forgotten', async () => {
  const alone = await openBotAlone(database.db);
  const { bot, channel, twin } = alone;
  const request = await asked(alone);
  twin.faults.failNext((method) => method === 'chat.postMessage', 1, { status: 503 });
  await expect(openLesson(bot, request)).rejects.toThrow();
  expect(await openingsLeft(request)).toHaveLength(1);
  await openLesson(bot, request, true);
  expect(channel.messages()).toHaveLength(1);
  expect(await openingsLeft(request)).toEqual([]);
});

test('in direct messages a lesson has a title, where Slack lets it have one', async () => {
  for (const scopes of [undefined, ['chat:write', 'im:history']]) {
    const alone = await openBotAlone(database.db, { twin: scopes ? { scopes } : {} });
    const { ada, bot, twin } = alone;
    const root = ada.writes('tell me   about\nfractions, please');
    const said = { text: root.text, pictures: [] };
    const request = await asked(alone, { channelId: ada.dm(), rootTs: root.ts, start: {}, said });
    const threadId = await openLesson(bot, request);
    const lesson = await lessonOfThread(database.db, 'slack', threadId);
    expect(lesson).toMatchObject({ learner: ada.id, workspace: alone.team.id });
    const isAsked = () => twin.requests.some(({ method }) => method === 'assistant.threads.setTitle');
    await until(isAsked);
    if (!scopes) await until(() => twin.title({ id: ada.dm() }, root.ts) === 'tell me about fractions, please');
  }
});

test('what a crash has left is gone on with, and the person reads where the lesson is', async () => {
  const alone = await openBotAlone(database.db);
  const { ada, bot, channel } = alone;
  const used = ada.runs(channel, '/tutor start fractions');
  const request = await asked(alone, { respondTo: String(used.payload.response_url), locale: 'de-DE' });
  await finishOpening(bot, request);
  const [card] = channel.messages();
  const link = await permalinkOf(bot, alone.team.id, channel.id, card?.ts ?? '');
  expect(ada.ephemerals(channel)).toMatchObject([{ text: `Deine Lektion ist hier: ${link}` }]);

  await finishOpening(bot, await asked(alone));
  expect(channel.messages()).toHaveLength(2);
  expect(ada.ephemerals(channel)).toHaveLength(1);
  // Slack takes answers there for half an hour.
  alone.twin.advance(31 * 60_000);
  const late = await asked(alone, { respondTo: request.respondTo });
  await finishOpening(bot, late);
  expect(channel.messages()).toHaveLength(3);
  expect(ada.ephemerals(channel)).toHaveLength(1);
});

test('what somebody has in hand nobody else opens, until it is given back or left for long', async () => {
  const alone = await openBotAlone(database.db);
  const { bot } = alone;
  const request = await asked(alone);
  expect(await takeUpOpening(bot, request)).toBe(false);
  await giveBackOpening(bot, request);
  expect(await takeUpOpening(bot, request)).toBe(true);
  expect(await takeUpOpening(bot, request)).toBe(false);
  await database.db
    .updateTable('openings')
    .set({ taken_until: new Date(0) })
    .where('id', '=', request.id)
    .execute();
  expect(await takeUpOpening(bot, request)).toBe(true);
  await openLesson(bot, request);
  expect(await takeUpOpening(bot, request)).toBe(false);
});

test('what nobody goes on with is opened by whoever is there, and not only by the next one that starts', async () => {
  const { channel, runtime, team, ada } = await openSlackSchool(database.url);
  const bot = { ...runtime, platform: 'slack' } as const;
  const request = await asked({ bot, ada, channel, installation: installationOf(team) });
  await giveBackOpening(bot, request);
  await until(async () => (await openingsLeft(request)).length === 0);
  expect(await lessonsOf(channel.id)).toHaveLength(1);
});

test('what a process is at when it stops, with Slack away, is free for the next one', async () => {
  const school = await openSlackSchool(database.url);
  const { ada, channel, runtime, team, twin } = school;
  await school.disconnect();
  const bot = { ...runtime, platform: 'slack' } as const;
  const request = await asked({ bot, ada, channel, installation: installationOf(team) });
  await giveBackOpening(bot, request);
  let posted = 0;
  twin.faults.onRequest(({ method }) => {
    if (method !== 'chat.postMessage') return null;
    posted += 1;
    return { status: 503 };
  });
  await school.connect();
  await until(() => posted > 0);
  await school.disconnect();
  await until(async () => (await openingsLeft(request)).every(({ taken_until: taken }) => taken === null));
  expect(await openingsLeft(request)).toHaveLength(1);
});

test('a call of which two processes hear at the same moment has one card', async () => {
  const { ada, bot, channel, installation } = await openBotAlone(database.db);
  const { ts } = ada.says(channel, '<@BOT> fractions');
  const event = { channel: channel.id, ts, user: ada.id, text: `<@${installation.botUserId}> fractions` };
  // Who is not the first is sent away, to come again.
  await Promise.allSettled([1, 2, 3].map(() => onMention(bot, installation, event)));
  await onMention(bot, installation, event);
  const cards = channel.thread(ts).filter(({ author }) => author.isBot);
  expect(cards).toHaveLength(1);
  expect(await lessonsOf(channel.id)).toHaveLength(1);
});

test.each([
  ['with room for more', 5],
  ['with the last one that the plan has', 1],
])(
  'who hears of a call before another process opens its lesson, %s, and goes on after it, opens no second one',
  async (_, most) => {
    const entitlements = limitedTo({ lessonsPerMonth: most });
    const { ada, bot, channel, installation } = await openBotAlone(database.db, { bot: { entitlements } });
    const { ts } = ada.says(channel, '<@BOT> fractions');
    const event = { channel: channel.id, ts, user: ada.id, text: `<@${installation.botUserId}> fractions` };
    const [looked, opened] = [gate(), gate()];
    const slow: typeof bot.people.of = async (...who) => {
      looked.open();
      await opened.opened;
      return bot.people.of(...who);
    };
    const late = onMention({ ...bot, people: { ...bot.people, of: slow } }, installation, event);
    await looked.opened;
    await onMention(bot, installation, event);
    const told = ada.ephemerals(channel);
    opened.open();
    await expect(late).rejects.toThrow(ComeAgain);
    expect(channel.thread(ts).filter(({ author }) => author.isBot)).toHaveLength(1);
    expect(ada.ephemerals(channel)).toEqual(told);
    expect(await lessonsOf(channel.id)).toHaveLength(1);
    expect(await database.db.selectFrom('openings').select('id').where('id', 'like', `%${ts}%`).execute()).toEqual([]);
  },
);
