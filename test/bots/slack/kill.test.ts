import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase, whileLocked } from '../../support/database.ts';
import {
  type Arrival,
  allSettled,
  beginLesson,
  type Fits,
  killAt,
  openStage,
  retried,
  takenIn,
} from '../../support/slack-mortals.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import type { ShownMessage } from '../../twins/slack/shown.ts';

/** The program itself, killed with -9 at a request of its own, and started again: everything is there once. */

const database = useDatabase();
const WAITING = RegExp(
  `^(?:${[
    'I need a moment',
    'I am answering you in another lesson',
    'Many people are learning',
    'I could not reach my notebook',
  ].join('|')})`,
);
/** Of processes that start on a busy machine, some of them several times. */
const LONG_MS = 90_000;

const at =
  (moment: Arrival['moment'], method: string): Fits =>
  (each) =>
    each.moment === moment && each.method === method;
const nth = (count: number, fits: Fits): Fits => {
  let seen = 0;
  return (arrival) => {
    if (fits(arrival)) seen += 1;
    return seen === count;
  };
};

/** Whoever waits for a restart, or for a slow machine, may read that they do. */
function said(messages: readonly ShownMessage[]): ShownMessage[] {
  return messages.filter(({ text }) => !WAITING.test(text));
}

type Deaths = [string, () => Fits][];

/** Of a reply in three messages, the first of which is streamed. */
const STREAMED: Deaths = [
  ['when its stream is begun, and not recorded', () => at('done', 'chat.startStream')],
  ['while more of it is added', () => at('arrived', 'chat.appendStream')],
  ['before its stream is ended', () => at('arrived', 'chat.stopStream')],
  ['when its stream is ended', () => at('done', 'chat.stopStream')],
  ['between its first part and its second', () => at('arrived', 'chat.postMessage')],
  ['when its last part is shown, and not recorded', () => nth(2, at('done', 'chat.postMessage'))],
];

/** The first of which is changed until it is whole. */
const CHANGED: Deaths = [
  ['when its draft is shown, and not recorded', () => at('done', 'chat.postMessage')],
  ['when its first part is whole, and not recorded', () => at('done', 'chat.update')],
  ['when its second part is shown, and not recorded', () => nth(2, at('done', 'chat.postMessage'))],
];

const SENTENCES = 220;
const STORY = Array.from({ length: SENTENCES }, (_, index) => `This is the sentence ${index} of a story.`).join(' ');

test.each<[string, boolean, Deaths]>([
  ['streamed', true, STREAMED],
  ['changed', false, CHANGED],
])(
  'a reply that is %s is there once, whenever the program dies',
  async (_, streams, deaths) => {
    const stage = await openStage(database.url, { twin: { streams } });
    const { twin, model } = stage;
    const { says, settle, ...lesson } = await beginLesson(stage, database.db);
    const replies = () => said(lesson.replies());
    const [draft, more] = streams ? ['chat.startStream', 'chat.appendStream'] : ['chat.postMessage', ''];
    for (const [name, fits] of deaths) {
      const [{ length }, { length: asked }] = [replies(), twin.requests];
      const isAsked = (method = '') => twin.requests.slice(asked).some((each) => each.method === method);
      let isDead = false;
      model.respond((request) => {
        const answer = twinTutor(request);
        if (request.agent !== 'executor' && request.agent !== 'teacher') return answer;
        // So that some of it is shown before the rest is there.
        const gate = async ({ length: written }: string) => {
          if (written >= 1_000) await until(() => isDead || isAsked(draft));
          if (written >= 2_500 && more) await until(() => isDead || isAsked(more));
        };
        return { json: { ...answer.json, message: STORY }, chunkSize: 128, ...(!isDead && { gate }) };
      });
      killAt(stage, fits());
      says('why?');
      await stage.program.exit;
      isDead = true;
      await stage.restart();
      const streaming = () => lesson.replies().filter(({ isStreaming }) => isStreaming);
      await until(() => replies().length >= length + 3);
      await settle();
      // What else was begun of it goes away beside the answer.
      await until(() => replies().length === length + 3 && streaming().length === 0).catch(() => {});
      const shown = replies().slice(length);
      expect(shown, name).toHaveLength(3);
      expect(streaming(), name).toEqual([]);
      const words = shown.map(({ blocks }) => JSON.stringify(blocks)).join(' ');
      const found = [...words.matchAll(/sentence (\d+) /g)].map(([, index]) => Number(index));
      expect(found, name).toEqual(Array.from({ length: SENTENCES }, (_each, index) => index));
    }
  },
  LONG_MS,
);

/** Every request that `/tutor start` leads to; before the card is asked for, nothing is promised. */
const OF_START: [string, Fits][] = [
  ['before its card is posted', at('arrived', 'chat.postMessage')],
  ['when its card is posted', at('done', 'chat.postMessage')],
  ['before its link is asked for', at('arrived', 'chat.getPermalink')],
  ['when its link is known', at('done', 'chat.getPermalink')],
  ['before the person is told', at('arrived', 'respond')],
  ['when the person is told', at('done', 'respond')],
];

test(
  'a lesson is opened once, and its person told, whenever the program dies',
  async () => {
    const stage = await openStage(database.url);
    const { twin, team } = stage;
    for (const [name, fits] of OF_START) {
      const channel = team.addChannel({ name: 'maths' });
      const ada = team.addMember({ name: 'Ada' });
      channel.invite(ada);
      killAt(stage, fits);
      const used = ada.runs(channel, '/tutor start fractions');
      await stage.program.exit;
      await stage.restart();
      await until(() => channel.messages().length > 0);
      const [card, ...others] = channel.messages().filter(({ author }) => author.isBot);
      const root = card?.ts ?? '';
      const plans = () => channel.thread(root).filter(({ text }) => text.includes('Your plan'));
      await until(() => plans().length > 0);
      await allSettled(database.db, `${channel.id}:${root}`);
      expect(others, name).toEqual([]);
      expect(plans(), name).toHaveLength(1);
      expect(said(channel.thread(root)), name).toHaveLength(2);
      // Where the lesson was open already, only its person's own look tells them of it.
      const isOpened = name.includes('card');
      if (isOpened) await until(() => said(used.replies()).length > 0);
      expect(said(used.replies()).length, name).toBeLessThanOrEqual(1);
      const left = () => database.db.selectFrom('openings').select('id').execute();
      // It goes while the first answer may be there already.
      await until(async () => (await left()).length === 0);
    }
    expect(twin.delivery.undelivered).toEqual([]);
  },
  LONG_MS,
);

test(
  'what is taken in and not acknowledged is answered once after a restart, as is what is said meanwhile',
  async () => {
    const stage = await openStage(database.url);
    const { twin } = stage;
    const { says, settle, threadId, ...lesson } = await beginLesson(stage, database.db);
    const replies = () => said(lesson.replies());
    const { length } = replies();
    const texts = Array.from({ length: 4 }, () => `why ${randomUUID()}?`);
    const events = (count: number) =>
      until(() => twin.delivery.deliveries.filter(({ kind }) => kind === 'event').length >= count);
    await whileLocked(database.db, 'lessons', async () => {
      const { length: before } = twin.delivery.deliveries.filter(({ kind }) => kind === 'event');
      says(texts[0] ?? '');
      await events(before + 1);
      stage.program.signal('SIGKILL');
      await stage.program.exit;
    });
    says(texts[1] ?? '');
    await stage.restart();
    says(texts[2] ?? '');
    await retried(twin);
    says(texts[3] ?? '');
    await until(async () => (await takenIn(database.db, threadId)).length >= 4);
    await settle();
    expect((await takenIn(database.db, threadId)).toSorted()).toEqual(texts.toSorted());
    const ours = replies().slice(length);
    expect(ours.length).toBeLessThanOrEqual(4);
    expect(twin.delivery.undelivered).toEqual([]);
  },
  LONG_MS,
);

test(
  'a program that is asked to end takes in what is under way, or leaves it to the next one',
  async () => {
    const stage = await openStage(database.url);
    const { twin } = stage;
    const { says, settle, threadId } = await beginLesson(stage, database.db);
    const texts = ['help', 'progress', 'hint'];
    for (const text of texts) says(text);
    stage.program.signal('SIGTERM');
    await stage.restart();
    await retried(twin);
    await until(async () => (await takenIn(database.db, threadId)).length >= 3);
    await settle();
    expect((await takenIn(database.db, threadId)).toSorted()).toEqual(texts.toSorted());
    expect(twin.delivery.undelivered).toEqual([]);
  },
  LONG_MS,
);

test(
  'what two processes share, one of which goes away, is done once; and both wait for a Slack that is away',
  async () => {
    const stage = await openStage(database.url, {
      prepare: ({ faults }) => {
        faults.failNext((method) => method === 'auth.test', 1, { status: 503 });
        faults.failNext((method) => method === 'apps.connections.open', 1, { status: 503 });
      },
    });
    const { twin } = stage;
    const { says, settle, threadId, ...lesson } = await beginLesson(stage, database.db);
    const replies = () => said(lesson.replies());
    const { length } = replies();
    const second = stage.startAnother();
    await until(() => twin.delivery.sockets.connections().length === 2);
    const written = ['help', 'progress', 'help', 'progress'];
    for (const [index, text] of written.entries()) {
      says(text);
      await until(() => replies().length === length + index + 1);
    }
    await settle();
    expect(await takenIn(database.db, threadId)).toEqual(written);
    says('help');
    second.signal('SIGKILL');
    await second.exit;
    await retried(twin);
    await until(() => replies().length === length + 5);
    await settle();
    expect(replies()).toHaveLength(length + 5);
    expect(twin.delivery.undelivered).toEqual([]);
  },
  LONG_MS,
);

test(
  'a lesson that one process opens is not opened by another one that starts, or hears of it, meanwhile',
  async () => {
    const stage = await openStage(database.url);
    const { twin, team } = stage;
    const channel = team.addChannel({ name: 'maths' });
    const ada = team.addMember({ name: 'Ada' });
    channel.invite(ada);
    /** Slack takes its time over the next card: until that is done, and for a while in which another may come. */
    const overCard = (meanwhile: () => Promise<unknown>) => {
      let cards = 0;
      twin.faults.onRequest(async ({ method, body, moment }) => {
        if (moment !== 'arrived' || method !== 'chat.postMessage' || !JSON.stringify(body).includes('card-'))
          return null;
        cards += 1;
        if (cards > 1) return null;
        await meanwhile();
        await soon(() => cards > 1);
        return null;
      });
    };
    const { sockets } = twin.delivery;
    const asked = () => twin.requests.filter(({ method }) => method === 'apps.connections.open').length;
    const before = asked();
    // Ready to be let in, so that the card has to wait for that alone.
    sockets.refuse(true);
    const second = stage.startAnother();
    await until(() => asked() > before);
    overCard(() => {
      sockets.refuse(false);
      return until(() => sockets.connections().length === 2);
    });
    const used = ada.runs(channel, '/tutor start fractions');
    await until(() => said(used.replies()).length > 0);
    const cards = () => channel.messages().filter(({ author }) => author.isBot);
    await allSettled(database.db, `${channel.id}:${cards()[0]?.ts}`);

    const call = () => twin.delivery.deliveries.find(({ type }) => type === 'app_mention')?.eventId ?? '';
    // To the other process: it is its turn.
    overCard(() => twin.delivery.redeliver(call()));
    const { ts } = ada.says(channel, '<@BOT> fractions');
    await until(() => said(channel.thread(ts)).length >= 3);
    await allSettled(database.db, `${channel.id}:${ts}`);
    await until(() => twin.delivery.deliveries.some(({ type, acked }) => type === 'app_mention' && acked));
    expect(said(channel.thread(ts))).toHaveLength(3);
    expect(cards()).toHaveLength(1);
    expect(said(used.replies())).toHaveLength(1);
    second.signal('SIGKILL');
    await second.exit;
  },
  LONG_MS,
);

test(
  'a form that the program dies over was not acknowledged: whoever sees that presses again, and has it',
  async () => {
    const stage = await openStage(database.url);
    const channel = stage.team.addChannel({ name: 'maths' });
    const ada = stage.team.addMember({ name: 'Ada' });
    channel.invite(ada);
    killAt(stage, at('arrived', 'views.open'));
    const used = ada.runs(channel, '/tutor start');
    expect(await used.acknowledged).toMatchObject({ ok: false });
    await stage.restart();
    expect(used.view()).toBeNull();
    // A program that has only begun may be slow at first.
    await until(async () => (await ada.runs(channel, '/tutor help').acknowledged).ok);
    const again = ada.runs(channel, '/tutor start');
    expect(await again.acknowledged).toMatchObject({ ok: true });
    expect(again.view()?.title).toBe('A new lesson');
  },
  LONG_MS,
);

/** For as long as it may still come. */
async function soon(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100 && !condition(); turns += 1) await new Promise((resolve) => setTimeout(resolve, 5));
}
