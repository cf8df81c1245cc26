import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../src/db/database.ts';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';
import { durationOf } from '../src/external/speech/pcm.ts';
import { readOggOpus } from './external/speech/read-ogg.ts';
import { rms } from './external/speech/sounds.ts';
import { until } from './support/classroom.ts';
import { makeDataDir, startProgram } from './support/program.ts';
import { twinTutor } from './support/twin-tutor.ts';
import { type OpenAiTwin, startOpenAiTwin } from './twins/openai.ts';

/** The program itself: its own process, its own embedded Postgres, its own end. */

async function startTwin(): Promise<OpenAiTwin> {
  const twin = await startOpenAiTwin();
  onTestFinished(() => twin.close());
  twin.respond(twinTutor);
  return twin;
}

/** Every learner message and tutor message of the only lesson, in order. */
async function transcript(dataDir: string): Promise<string[]> {
  const postgres = await startEmbeddedPostgres({ dataDir });
  const { db, close } = openDatabase(postgres.url, () => {});
  const rows = await db.selectFrom('messages').select(['author', 'text']).orderBy('seq').execute();
  await close();
  await postgres.stop();
  return rows.map((row) => `${row.author}: ${row.text.split('\n')[0]}`);
}

test('a pipe is taught from the command line, and the end of input is a clean end', async () => {
  const dataDir = await makeDataDir();
  const run = startProgram(['--topic', 'fractions'], { DATA_DIR: dataDir });
  for (const line of ['approve', 'hint']) run.write(line);
  run.end();
  expect(await run.exit, run.stderr()).toBe(0);
  expect(run.stdout()).toContain('Step 1 of 4');
  expect(run.stdout()).toContain('Hint 1 of 3');
  expect(run.stderr()).toContain('embedded Postgres');
});

test('with the voice on, a pipe leaves files that can be played, and waits for them at its end', async () => {
  const dataDir = await makeDataDir();
  const run = startProgram(['--topic', 'fractions'], { DATA_DIR: dataDir });
  for (const line of ['approve', 'voice on', 'hint']) run.write(line);
  run.end();
  expect(await run.exit, run.stderr()).toBe(0);
  expect(run.stderr()).toMatch(/speech +espeak-ng/);
  const paths = [...run.stdout().matchAll(/♪ (.*\.ogg)/g)].map(([, path]) => path ?? '');
  expect(paths.map((path) => basename(path))).toEqual(['1.ogg', '2.ogg']);
  for (const path of paths) {
    const { channels, rate, pcm } = readOggOpus(await readFile(path));
    expect({ channels, rate }).toEqual({ channels: 1, rate: 48_000 });
    expect(durationOf(pcm)).toBeGreaterThan(3);
    expect(rms(pcm)).toBeGreaterThan(200);
  }
});

test('with speech switched off, the wish for it is answered in one sentence', async () => {
  const dataDir = await makeDataDir();
  const run = startProgram(['--topic', 'fractions'], { DATA_DIR: dataDir, SPEECH_ENGINE: 'off' });
  for (const line of ['approve', 'voice on']) run.write(line);
  run.end();
  expect(await run.exit, run.stderr()).toBe(0);
  expect(run.stdout()).toContain('Speech is switched off here');
  expect(run.stdout()).not.toContain('♪');
  expect(run.stderr()).toMatch(/speech +off/);
});

test('killed in the middle of a turn, the message is answered exactly once after the restart', async () => {
  const dataDir = await makeDataDir();
  const twin = await startTwin();
  const env = { DATA_DIR: dataDir, OPENAI_BASE_URL: twin.url, OPENAI_API: 'responses', MODEL_LARGE: 'gpt-4o' };
  const first = startProgram(['--topic', 'fractions', '--yes'], env);
  await until(() => first.stdout().includes('Step 1 of 4'));
  const isAsked = () => twin.requests.some((request) => request.user.includes('why do we need fractions?'));
  twin.respond((request) => ({ ...twinTutor(request), stall: true }));
  first.write('why do we need fractions?');
  await until(isAsked);
  first.signal('SIGKILL');
  await first.exit;

  twin.respond(twinTutor);
  const second = startProgram([], env);
  await until(() => second.stdout().includes('The twin uses'));
  second.end();
  expect(await second.exit, second.stderr()).toBe(0);
  expect(second.stdout()).toContain('I am still answering what you wrote last');
  const lines = await transcript(dataDir);
  expect(lines.filter((line) => line === 'learner: why do we need fractions?')).toHaveLength(1);
  expect(lines.slice(lines.indexOf('learner: why do we need fractions?') + 1)).toHaveLength(1);
});

test('Ctrl-C in the middle of a reply leaves at once, and the next start goes on', async () => {
  const dataDir = await makeDataDir();
  const twin = await startTwin();
  const env = { DATA_DIR: dataDir, OPENAI_BASE_URL: twin.url, MODEL_LARGE: 'gpt-4o', OPENAI_API: 'chat' };
  const first = startProgram(['--topic', 'fractions', '--yes'], env);
  await until(() => first.stdout().includes('Step 1 of 4'));
  twin.respond((request) => ({ ...twinTutor(request), stall: true }));
  const before = twin.requests.length;
  first.write('what is a half?');
  await until(() => twin.requests.length > before);
  first.signal('SIGINT');
  await first.exit;

  twin.respond(twinTutor);
  const second = startProgram([], env);
  await until(() => second.stdout().includes('The twin uses'));
  second.end();
  expect(await second.exit, second.stderr()).toBe(0);
  const lines = await transcript(dataDir);
  expect(lines.slice(lines.indexOf('learner: what is a half?') + 1)).toHaveLength(1);
});

test('a second terminal of the same learner is told so; another learner may enter', async () => {
  const dataDir = await makeDataDir();
  const first = startProgram(['--topic', 'fractions', '--learner', 'ada'], { DATA_DIR: dataDir });
  await until(() => first.stdout().includes('Shall we start?'));
  const same = startProgram(['--learner', 'ada'], { DATA_DIR: dataDir });
  expect(await same.exit).toBe(1);
  expect(same.stderr()).toContain('ada is already learning in another terminal');
  const other = startProgram(['--topic', 'probability', '--learner', 'grace'], { DATA_DIR: dataDir });
  other.end();
  expect(await other.exit, other.stderr()).toBe(0);
  expect(other.stdout()).toContain('Shall we start?');
  first.end();
  expect(await first.exit, first.stderr()).toBe(0);
});

test('mistakes in the set-up stop the start with a sentence each', async () => {
  const dataDir = await makeDataDir();
  const file = join(dataDir, 'a-file');
  await writeFile(file, '');
  const cases: [string[], Record<string, string>, string[]][] = [
    [['--level', 'genius'], { DATA_DIR: dataDir }, ['--level is "genius"']],
    [[], { DATA_DIR: join(file, 'below') }, ['set DATA_DIR']],
    [[], { DATA_DIR: dataDir, DATABASE_URL: 'mysql://x', OPENAI_API: 'soap' }, ['DATABASE_URL', 'OPENAI_API']],
    [[], { DATA_DIR: dataDir, DATABASE_URL: 'postgres://127.0.0.1:1/none' }, ['The database does not answer']],
  ];
  for (const [args, env, sentences] of cases) {
    const run = startProgram(args, env);
    expect(await run.exit).toBe(1);
    for (const sentence of sentences) expect(run.stderr()).toContain(sentence);
    expect(run.stderr()).not.toMatch(/\n\s+at /);
  }
});

test('the log keeps learners and keys to itself', async () => {
  const dataDir = await makeDataDir();
  const twin = await startTwin();
  twin.respond((request) => (request.agent === 'planner' ? twinTutor(request) : { status: 401 }));
  const env = { DATA_DIR: dataDir, OPENAI_BASE_URL: twin.url, OPENAI_API_KEY: 'sk-very-secret', MODEL_LARGE: 'gpt-4o' };
  const run = startProgram(['--topic', 'fractions', '--yes'], env);
  await until(() => run.stdout().includes('Your message is safe'));
  run.signal('SIGKILL');
  await run.exit;
  const log = await readFile(join(dataDir, 'threadtutor.log'), 'utf8');
  expect(log).toContain('turn postponed');
  expect(log + run.stdout() + run.stderr()).not.toContain('sk-very-secret');
});
