import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { requestUtterance } from '../../../src/db/utterances.ts';
import { readOggOpus } from '../../external/speech/read-ogg.ts';
import { openClassroom, until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import type { SpeechWorkerOptions } from '../../support/speech-worker.ts';
import { type GoogleTtsTwin, startGoogleTts } from '../../twins/google-tts/twin.ts';

/** Killed with -9 while it speaks, before and after each step and in the middle of one; another worker goes on. */

const database = useDatabase();
const directory = mkdtempSync(join(tmpdir(), 'threadtutor-speech-'));
let twin: GoogleTtsTwin;

beforeAll(async () => {
  twin = await startGoogleTts();
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await twin.close();
});

interface Story {
  queue: string;
  deliveryId: string;
  /** Where the files of the lesson are. */
  folder: string;
}

/** A lesson whose last reply is to be heard in three parts, of words that are in no other. */
async function arrange(name: string): Promise<Story> {
  const queue = `killed-${name}`;
  const { newLearner, runtime } = await openClassroom(database.url, { queue });
  const learner = await newLearner({ topic: 'fractions', autostart: true });
  await runtime.close();
  const delivery = await database.db
    .selectFrom('deliveries')
    .innerJoin('lessons', 'lessons.id', 'deliveries.lesson_id')
    .select(['deliveries.id', 'reply'])
    .where('thread_id', '=', learner.threadId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const text = Array.from(
    { length: 36 },
    (_, number) => `This is sentence ${number} of those for ${name.padEnd(16, 'x')}.`,
  ).join(' ');
  await database.db
    .updateTable('deliveries')
    .set({ reply: JSON.stringify({ ...delivery.reply, text, question: null, progress: null, commands: [] }) })
    .where('id', '=', delivery.id)
    .execute();
  await requestUtterance(database.db, delivery.id);
  return { queue, deliveryId: delivery.id, folder: join(directory, learner.threadId) };
}

function start(queue: string, death: SpeechWorkerOptions['death']): ChildProcess {
  const child = fork(join(import.meta.dirname, '../../support/speech-worker.ts'), [], {
    execArgv: [],
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.send({ databaseUrl: database.url, queue, speechDir: directory, port: twin.endpoint.port, death });
  return child;
}

async function utterance({ deliveryId }: Story) {
  const query = database.db.selectFrom('utterances').selectAll().where('delivery_id', '=', deliveryId);
  return query.executeTakeFirstOrThrow();
}

/** Two processes begin, one after the other, and minutes of speech are encoded. */
const PATIENCE_MS = 60_000;

/** What was to be heard is there: each part once, in order, and playable. */
async function expectWhole(story: Story): Promise<void> {
  await until(async () => (await utterance(story)).status === 'spoken');
  const { parts, shown, audio } = await utterance(story);
  const names = (await readdir(story.folder)).sort();
  expect(names).toEqual(['1.ogg', '2.ogg', '3.ogg']);
  expect({ parts, shown }).toEqual({ parts: 3, shown: 3 });
  for (const [index, key] of audio.entries()) {
    const file = await readFile(join(story.folder, `${index + 1}.ogg`));
    const row = await database.db.selectFrom('audio').select('ogg').where('key', '=', key).executeTakeFirst();
    expect(row?.ogg?.equals(file)).toBe(true);
    // It takes long to decode; all are the bytes that were stored.
    if (index === audio.length - 1) expect(readOggOpus(file).pcm.length).toBeGreaterThan(48_000);
  }
}

const requestsFor = (name: string) =>
  twin.requests.map(({ input }) => input.ssml ?? '').filter((ssml) => ssml.includes(name));

const deaths = (['synthesize', 'speak', 'spoken'] as const).flatMap((step) =>
  (['before', 'after'] as const).map((when) => ({ step, when, nth: 2 })),
);

test.each(deaths)(
  'killed $when $step $nth',
  async (death) => {
    const name = `${death.step}${death.when}`;
    const story = await arrange(name);
    const [, signal] = await once(start(story.queue, death), 'exit');
    expect(signal).toBe('SIGKILL');
    start(story.queue, null);
    await expectWhole(story);
    // What was made once was kept.
    const said = requestsFor(name);
    expect(new Set(said).size).toBe(said.length);
  },
  PATIENCE_MS,
);

describe('in the middle of a step', () => {
  test(
    'killed while the engine is at work',
    async () => {
      const story = await arrange('working');
      const release = twin.hold();
      const child = start(story.queue, null);
      await until(() => requestsFor('working').length > 0);
      child.kill('SIGKILL');
      await once(child, 'exit');
      release();
      start(story.queue, null);
      await expectWhole(story);
    },
    PATIENCE_MS,
  );
});
