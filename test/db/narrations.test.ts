import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NEUTRAL } from '../../src/core/judgement.ts';
import { eraseLesson } from '../../src/db/erasure.ts';
import { startAfresh } from '../../src/db/leases.ts';
import {
  askForNarration,
  endNarration,
  endNarrationOf,
  handOver,
  NEWS_CHANNEL,
  readNarration,
  recordHeard,
  recordOver,
  releaseNarration,
  renewNarrations,
  takeNarration,
  tellSpeaker,
  unattendedNarrations,
} from '../../src/db/narrations.ts';
import { hearNews } from '../../src/db/news.ts';
import { openClassroom, type ScriptedLearner, until } from '../support/classroom.ts';
import { holdTable, useDatabase } from '../support/database.ts';
import { gate, watchedModel } from '../support/models.ts';

/** Who is spoken to in a server, by whom, and how far that has come. */

const database = useDatabase();
const speaker = (leaseMs = 10_000) => ({ token: randomUUID(), leaseMs });

async function begunLesson(more: Parameters<typeof openClassroom>[1] = {}) {
  const classroom = await openClassroom(database.url, more);
  const learner = await classroom.newLearner({ topic: 'fractions', autostart: true });
  return { ...classroom, learner, lessonId: await lessonOf(learner) };
}

async function lessonOf({ threadId }: Pick<ScriptedLearner, 'threadId'>): Promise<string> {
  const query = database.db.selectFrom('lessons').select('id').where('thread_id', '=', threadId);
  return (await query.executeTakeFirstOrThrow()).id;
}

const wish = (lessonId: string, server: string, learner: string = randomUUID()) => ({
  ...{ lessonId, server, learner, channel: 'room' },
});

test('one in a server is spoken to, the others wait in line, and each has its turn', async () => {
  const { db } = database;
  const lessons = await Promise.all([begunLesson(), begunLesson(), begunLesson()]);
  const [one, two, three] = lessons.map(({ lessonId }) => lessonId) as [string, string, string];
  const server = randomUUID();
  const [mine, theirs] = [speaker(), speaker()];
  expect(await askForNarration(db, 'discord', wish(one, server, 'ada'), mine)).toMatchObject({
    ...{ status: 'speaking', isMine: true, isOld: false, ahead: 0 },
  });
  const second = await askForNarration(db, 'discord', wish(two, server, 'ben'), theirs);
  expect(second).toMatchObject({ status: 'waiting', isMine: false, ahead: 0 });
  expect(await askForNarration(db, 'discord', wish(three, server, 'cleo'), mine)).toMatchObject({ ahead: 1 });
  expect(await askForNarration(db, 'discord', wish(two, server, 'ben'), theirs)).toMatchObject({
    isOld: true,
    ahead: 0,
  });
  expect(await askForNarration(db, 'discord', wish(one, randomUUID(), 'ada'), mine)).toMatchObject({ isOld: true });
  expect(await unattendedNarrations(db, 'discord')).toEqual([]);
  expect(await endNarrationOf(db, 'discord', { server, learner: 'ada' })).toMatchObject({ status: 'speaking' });
  const [next, ...others] = await unattendedNarrations(db, 'discord');
  expect([next?.id, others]).toEqual([second?.id, []]);
  expect(await takeNarration(db, second?.id ?? '', 'hall', theirs)).toBe(true);
  expect(await takeNarration(db, second?.id ?? '', 'hall', mine)).toBe(false);
  expect(await endNarrationOf(db, 'discord', { server, learner: 'cleo' })).toMatchObject({ status: 'waiting' });
  expect(await endNarrationOf(db, 'discord', { server, learner: 'cleo' })).toBeNull();
  expect(await endNarration(db, second?.id ?? '', theirs)).toBe(true);
});

test('two who ask at the same moment do not both speak, and who goes on in another lesson makes room', async () => {
  const { db } = database;
  const [one, two] = (await Promise.all([begunLesson(), begunLesson()])).map(({ lessonId }) => lessonId) as [
    string,
    string,
  ];
  const server = randomUUID();
  for (let round = 0; round < 5; round += 1) {
    const asked = await Promise.all([
      askForNarration(db, 'discord', wish(one, server, 'ada'), speaker()),
      askForNarration(db, 'discord', wish(two, server, 'ben'), speaker()),
    ]);
    expect(asked.filter((each) => each?.status === 'speaking')).toHaveLength(1);
    for (const learner of ['ada', 'ben']) await endNarrationOf(db, 'discord', { server, learner });
  }
  await askForNarration(db, 'discord', wish(one, server, 'ada'), speaker());
  const again = await askForNarration(db, 'discord', wish(two, server, 'ada'), speaker());
  expect(again?.status).toBe('speaking');
  await endNarrationOf(db, 'discord', { server, learner: 'ada' });
});

test('whoever was overtaken stores nothing, and the next one goes on where it was', async () => {
  const { db } = database;
  const { lessonId } = await begunLesson();
  const [first, second] = [speaker(1), speaker()];
  const asked = await askForNarration(db, 'discord', wish(lessonId, randomUUID()), first);
  const id = asked?.id ?? '';
  const { turn } = (await readNarration(db, id, first)) ?? { turn: -1 };
  expect(await recordHeard(db, id, first, { turn, said: ['One.'] })).toBe(true);
  await until(async () => (await unattendedNarrations(db, 'discord')).some((each) => each.id === id));
  expect(await takeNarration(db, id, 'room', second)).toBe(true);
  expect(await recordHeard(db, id, first, { turn, said: ['One.', 'Two.'] })).toBe(false);
  expect(await recordOver(db, id, first, turn)).toBe(false);
  expect(await readNarration(db, id, first)).toBeNull();
  expect(await renewNarrations(db, [id], first)).toEqual(new Set());
  expect(await renewNarrations(db, [id], second)).toEqual(new Set([id]));
  expect(await readNarration(db, id, second)).toMatchObject({ turn, said: ['One.'], isOver: false });
  expect(await recordOver(db, id, second, turn)).toBe(true);
  expect(await readNarration(db, id, second)).toMatchObject({ said: ['One.'], isOver: true });
  expect(await recordHeard(db, id, second, { turn: turn + 1, said: ['New.'] })).toBe(true);
  expect(await readNarration(db, id, second)).toMatchObject({ turn: turn + 1, said: ['New.'], isOver: false });
  expect(await recordHeard(db, id, second, { turn, said: [] })).toBe(false);
  await releaseNarration(db, id, second);
  expect((await unattendedNarrations(db, 'discord')).map((each) => each.id)).toContain(id);
  await takeNarration(db, id, 'room', second);
  await startAfresh(db);
  expect((await unattendedNarrations(db, 'discord')).map((each) => each.id)).toContain(id);
  await eraseLesson(db, lessonId);
  expect(await readNarration(db, id, second)).toBeNull();
});

test('what a worker tells is heard, also after the connection broke', async () => {
  const { db } = database;
  const heard: string[] = [];
  const news = hearNews(database.url, NEWS_CHANNEL, (id) => heard.push(id));
  onTestFinished(() => news.close());
  await until(() => heard.includes(''));
  await tellSpeaker(db, 'one');
  await until(() => heard.includes('one'));
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%' and datname = current_database()`,
  );
  await admin.end();
  await until(() => heard.filter((id) => id === '').length === 2);
  await tellSpeaker(db, 'two');
  await until(() => heard.includes('two'));
});

test('a server that hangs holds up nobody who ends the connection, and is found again when it is back', async () => {
  const { db } = database;
  const proxy = await startProxy(database.url);
  const heard: string[] = [];
  const news = hearNews(proxy.url, NEWS_CHANNEL, (id) => heard.push(id));
  await until(() => heard.includes(''));
  proxy.freeze();
  proxy.drop();
  await until(() => proxy.connections() > 1);
  proxy.thaw();
  await until(() => heard.filter((id) => id === '').length === 2);
  await tellSpeaker(db, 'three');
  await until(() => heard.includes('three'));
  proxy.freeze();
  const since = performance.now();
  await news.close();
  expect(performance.now() - since).toBeLessThan(15_000);
});

/** The database behind something that can cease to read what is said, as a machine does that has lost its network. */
async function startProxy(url: string) {
  const { hostname, port } = new URL(url);
  const sides = new Set<Socket>();
  let isFrozen = false;
  let connections = 0;
  const server = createServer({ pauseOnConnect: true }, (client) => {
    connections += 1;
    const upstream = connect(Number(port), hostname);
    for (const side of [client, upstream]) {
      sides.add(side);
      side.on('error', () => {});
    }
    client.pipe(upstream).pipe(client);
    if (isFrozen) client.unpipe();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const side of sides) side.destroy();
    sides.clear();
  };
  onTestFinished(() => {
    drop();
    server.close();
  });
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    connections: () => connections,
    drop,
    freeze() {
      isFrozen = true;
      for (const side of sides) side.unpipe().pause();
    },
    /** Who has connected meanwhile has to do so again. */
    thaw() {
      isFrozen = false;
      drop();
    },
  };
}

test('of a reply that is written anew by another attempt, the newest counts, and an older turn’s does not', async () => {
  const { db } = database;
  const { lessonId } = await begunLesson();
  const mine = speaker();
  const id = (await askForNarration(db, 'discord', wish(lessonId, randomUUID()), mine))?.id ?? '';
  await handOver(db, id, { turn: 8, text: 'One. Two. ' });
  await handOver(db, id, { turn: 8, text: 'Other. ' });
  await handOver(db, id, { turn: 7, text: 'Old. ' });
  expect(await readNarration(db, id, mine)).toMatchObject({ draft: { turn: 8, text: 'Other. ' } });
});

describe('a turn', () => {
  const written = (text: string) =>
    ['One is here. ', 'Two is here. ', 'Three is here. '].map((_, at) => text.slice(0, 13 * (at + 1)));
  /** `meanwhile`: while the rest is being written. */
  const open = (meanwhile = async () => {}) =>
    begunLesson({
      model: watchedModel(async (_, { input, onText }) => {
        if (!('reply' in input) || input.reply !== 'why?') return undefined;
        const judgement = { intent: 'question', label: null, verdict: null, criteriaMet: false, safety: 'none' };
        for (const part of written(
          'One is here. Two is here. Three is here. And so on and on it goes, without an end. ',
        )) {
          onText?.(part.padEnd(part.length + 40, ' and '), { judgement: { ...NEUTRAL, ...judgement } });
        }
        await meanwhile();
        return undefined;
      }),
    });

  test('a lesson that nobody narrates pays nothing: no statement more in a turn', async () => {
    const { learner } = await open();
    const statements = watch();
    await learner.say('why?');
    const about = statements().filter((text) => /narration/.test(text));
    // With the claim, as a part of it.
    expect(about.every((text) => /^\s*with seen as/.test(text))).toBe(true);
    expect(about.length).toBeGreaterThan(0);
    expect(statements().filter((text) => /pg_notify\(\$/.test(text))).toEqual([]);
  });

  test('of one that is narrated what is written is handed over, and what it will be, and that it is stored is told', async () => {
    const { db } = database;
    const mine = speaker();
    let id = '';
    const draft = async () => (await readNarration(db, id, mine))?.draft?.text ?? '';
    const { learner, lessonId } = await open(() => until(async () => (await draft()).includes('One is here.')));
    id = (await askForNarration(db, 'discord', wish(lessonId, randomUUID()), mine))?.id ?? '';
    const heard: string[] = [];
    const news = hearNews(database.url, NEWS_CHANNEL, (each) => heard.push(each));
    onTestFinished(() => news.close());
    await until(() => heard.includes(''));
    const whole = gate();
    const storing = await holdTable(db, 'deliveries', whole.opened, 'exclusive');
    const saying = learner.say('why?');
    await until(async () => (await draft()).endsWith('\n\n'));
    const told = heard.length;
    whole.open();
    await Promise.all([saying, storing.ended]);
    await until(() => heard.slice(told).includes(id));
    const { replies, draft: last } = (await readNarration(db, id, mine)) ?? {};
    expect(replies?.at(-1)).toMatchObject({ turn: last?.turn, reply: { text: last?.text.trimEnd() } });
  });
});

/** The texts of the statements that this process sends from now on. */
function watch(): () => string[] {
  const prototype = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = prototype;
  const texts: string[] = [];
  prototype.query = function (...args) {
    const [first] = args;
    if (typeof first === 'object' && first !== null && 'text' in first) texts.push(String(first.text));
    return query.apply(this, args);
  };
  onTestFinished(() => {
    prototype.query = query;
  });
  return () => texts;
}
