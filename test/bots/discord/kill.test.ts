import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { PATIENT_MS } from '../../support/discord.ts';
import { allSettled, type BegunLesson, beginLesson, botListens } from '../../support/discord-deliveries.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import type { Arrival } from '../../twins/discord/faults.ts';
import { type DiscordTwin, startDiscordTwin } from '../../twins/discord/twin.ts';
import { type OpenAiTwin, startOpenAiTwin } from '../../twins/openai.ts';

/** The program itself, killed with -9 at a request of its own, and started again: everything is there once. */

// For two starts of a program and what is waited for between them.
vi.setConfig({ testTimeout: 120_000 });

const database = useDatabase();
const TOKEN = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(27)}`;

interface Stage {
  twin: DiscordTwin;
  model: OpenAiTwin;
  /** The program that runs now. */
  program: Program;
  restart(): Promise<void>;
  startAnother(): Program;
}

async function open(): Promise<Stage> {
  const twin = await startDiscordTwin({ token: TOKEN, acknowledgeMs: PATIENT_MS });
  const model = await startOpenAiTwin();
  model.respond(twinTutor);
  onTestFinished(async () => {
    stage.program.signal('SIGKILL');
    await stage.program.exit;
    await Promise.all([twin.close(), model.close()]);
    expect(twin.violations).toEqual([]);
  });
  const start = () =>
    startProgram(['all'], {
      ...{ DATABASE_URL: database.url, DISCORD_TOKEN: TOKEN, DISCORD_API_URL: twin.url },
      ...{ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-test', OPENAI_API: 'responses', MODEL_LARGE: 'gpt-4o' },
    });
  const stage: Stage = {
    ...{ twin, model, program: start(), startAnother: start },
    async restart() {
      await stage.program.exit;
      stage.program = start();
    },
  };
  await botListens(twin, [stage.program]);
  return stage;
}

/** Kills the program at the first request that fits; nothing comes of it where it has only arrived. */
function killAt({ twin, program }: Stage, fits: (arrival: Arrival) => boolean): void {
  twin.faults.onRequest((arrival) => {
    if (!fits(arrival)) return;
    twin.faults.onRequest(null);
    program.signal('SIGKILL');
    return 'reset';
  });
}

describe('a reply', () => {
  const isPost = (id: string, { method, path }: Arrival) => method === 'POST' && path === `/channels/${id}/messages`;
  const isEdit = (id: string, { method, path }: Arrival) =>
    method === 'PATCH' && path.startsWith(`/channels/${id}/messages/`);
  const nth = (count: number, fits: (arrival: Arrival) => boolean) => {
    let seen = 0;
    return (arrival: Arrival) => fits(arrival) && ++seen === count;
  };
  type Fits = (thread: string) => (arrival: Arrival) => boolean;
  const DEATHS: [string, Fits][] = [
    ['before its draft is shown', (id) => (each) => each.moment === 'arrived' && isPost(id, each)],
    ['when its draft is shown, and not recorded', (id) => (each) => each.moment === 'done' && isPost(id, each)],
    ['while it is being written', (id) => (each) => each.moment === 'arrived' && isEdit(id, each)],
    ['when more of it is shown', (id) => (each) => each.moment === 'done' && isEdit(id, each)],
    ['between two of its parts', (id) => nth(2, (each) => each.moment === 'arrived' && isPost(id, each))],
    ['when its second part is shown', (id) => nth(2, (each) => each.moment === 'done' && isPost(id, each))],
    [
      'when its last part is shown, and not recorded',
      (id) => nth(3, (each) => each.moment === 'done' && isPost(id, each)),
    ],
  ];

  test.each(DEATHS)('is there once after the program has died %s', async (_, fits) => {
    const stage = await open();
    const { twin, model } = stage;
    const { thread, ada, replies, settle } = await beginLesson({ twin, db: database.db });
    const { length } = replies();
    let gate: (() => Promise<void>) | null = slowly;
    model.respond((request) => {
      const answer = twinTutor(request);
      if (request.agent !== 'executor' && request.agent !== 'teacher') return answer;
      return { json: { ...answer.json, message: STORY }, chunkSize: 64, ...(gate && { gate }) };
    });
    killAt(stage, fits(thread.id));
    ada.says(thread, 'why?');
    await stage.program.exit;
    gate = null;
    await stage.restart();
    await botListens(twin);
    await until(() => replies().length >= length + 3);
    await settle();
    const shown = replies().slice(length);
    expect(shown).toHaveLength(3);
    const words = shown.map(({ content }) => content).join(' ');
    for (let index = 0; index < SENTENCES; index += 1) {
      expect(words.split(`sentence ${index} `), `sentence ${index}`).toHaveLength(2);
    }
  });
});

const SENTENCES = 120;
const STORY = Array.from({ length: SENTENCES }, (_, index) => `This is the sentence ${index} of a story.`).join(' ');
/** As a model writes: so that some of it is shown before the rest is there. */
const slowly = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

describe.each([
  ['public', false],
  ['private', true],
])('a %s lesson', (_, isPrivate) => {
  const STEPS: [string, (arrival: Arrival) => boolean][] = [
    ['acknowledged', ({ method, path }) => method === 'POST' && path.endsWith('/callback')],
    ['given its card', ({ method, path }) => method === 'POST' && path.endsWith('/messages')],
    ['given its thread', ({ method, path }) => method === 'POST' && path.endsWith('/threads')],
  ];

  test.each(STEPS)('is opened once after the program has died when it was %s', async (_name, fits) => {
    const stage = await open();
    const { twin } = stage;
    const guild = twin.addGuild({ name: 'School' });
    const channel = guild.addChannel({ name: 'maths' });
    const ada = guild.addMember({ name: 'Ada' });
    killAt(stage, (arrival) => arrival.moment === 'done' && fits(arrival));
    const used = ada.runs(channel, 'tutor start', { topic: 'fractions', private: isPrivate });
    await stage.program.exit;
    await stage.restart();
    await botListens(twin);
    await until(() => used.replies().length > 0);
    expect(used.replies().map(({ content }) => content)).toEqual([expect.stringContaining('Your lesson is here')]);
    const [thread, ...others] = twin.threads(channel.id);
    const id = thread?.id ?? '';
    await until(() => twin.messages(id).some(({ embeds }) => embeds[0]?.title === 'Your plan'));
    await allSettled(database.db, id);
    expect(others).toEqual([]);
    const cards = twin.messages(isPrivate ? id : channel.id).filter(({ embeds }) => embeds.length > 0);
    expect(cards).toHaveLength(isPrivate ? 2 : 1);
  });
});

test('what learners write during a restart is answered once, and in order', async () => {
  const stage = await open();
  const { twin } = stage;
  const lessons: BegunLesson[] = [];
  for (let index = 0; index < 3; index += 1) lessons.push(await beginLesson({ twin, db: database.db }));
  const written = lessons.map(() => Array.from({ length: 4 }, () => `why ${randomUUID()}?`));
  const write = (round: number) => {
    for (const [index, { ada, thread }] of lessons.entries()) ada.says(thread, written[index]?.[round] ?? '');
  };
  write(0);
  stage.program.signal('SIGKILL');
  write(1);
  await stage.restart();
  write(2);
  await botListens(twin);
  write(3);
  const takenIn = async ({ thread }: BegunLesson) => {
    const rows = await database.db
      .selectFrom('messages')
      .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
      .select('text')
      .where('thread_id', '=', thread.id)
      .where('text', 'like', 'why%')
      .where('author', '=', 'learner')
      .orderBy('seq')
      .execute();
    return rows.map(({ text }) => text);
  };
  for (const [index, lesson] of lessons.entries()) {
    await until(async () => (await takenIn(lesson)).length >= 4);
    await lesson.settle();
    expect((await takenIn(lesson)).toSorted()).toEqual(written[index]?.toSorted());
  }
});

test('what two processes hear, as while one takes the place of another, is done once', async () => {
  const stage = await open();
  const { twin } = stage;
  const { ada, channel, thread, replies, settle } = await beginLesson({ twin, db: database.db });
  const { length } = replies();
  const second = stage.startAnother();
  await until(() => twin.gateway.sessions().length === 2);
  ada.presses(replies().at(-1) ?? thread, 'Hint');
  await until(() => replies().length === length + 1);
  ada.says(thread, 'help');
  await until(() => replies().length === length + 2);
  const used = ada.runs(channel, 'tutor start', { topic: 'fractions' });
  await until(() => used.replies().length > 0);
  await until(() => twin.threads(channel.id).every(({ id }) => twin.messages(id).length > 0));
  await settle();
  expect(replies()).toHaveLength(length + 2);
  expect(used.replies()).toHaveLength(1);
  expect(twin.threads(channel.id)).toHaveLength(2);
  expect(twin.messages(channel.id).filter(({ embeds }) => embeds.length > 0)).toHaveLength(2);
  second.signal('SIGKILL');
  await second.exit;
});
