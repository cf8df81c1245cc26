import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { judgementOf } from '../../eval/tutors.ts';
import { type OpenAiTwin, type RecordedRequest, startOpenAiTwin, type TwinAnswer } from '../twins/openai.ts';

/** The command as a person runs it, against a model server on the wire. */

const ROOT = join(import.meta.dirname, '..', '..');
const FIXTURES = join(ROOT, 'test', 'fixtures', 'eval');

let twin: OpenAiTwin;
let folder: string;
beforeAll(async () => {
  twin = await startOpenAiTwin();
  folder = await mkdtemp(join(tmpdir(), 'threadtutor-eval-'));
});
afterAll(async () => {
  await twin.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  twin.requests.length = 0;
  twin.respond(answer);
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const model = { OPENAI_BASE_URL: twin.url, OPENAI_API_KEY: 'sk-test', MODEL_LARGE: 'gpt-4o', ...env };
  const child = spawn(process.execPath, [join(ROOT, 'eval', 'main.ts'), ...args], {
    env: { PATH: process.env.PATH, ...model },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** A teacher that finds every answer half right, and a judge that likes the first message it sees. */
function answer({ agent, user }: RecordedRequest): TwinAnswer {
  switch (agent) {
    case 'comparison':
      return { json: { better: '1' } };
    case 'rating':
      return { json: { mistake_identification: 'Yes', answer_revealed: 'No', tone: 'Neutral' } };
    case 'confirmation':
      return { json: { truths: [...user.matchAll(/^\d+\. /gm)].map(() => true) } };
    default:
      return { json: taught(), cachedTokens: 100 };
  }
}

function taught() {
  const judgement = judgementOf('partially', 0.5);
  return { judgement, message: 'A part of it is there.', question: null, unanswered: false, note: '' };
}

const part = (ended: Ended, name: string) =>
  JSON.parse(ended.stdout).parts.find((one: { name: string }) => one.name === name);

test('one bad answer is one failed row, and the next run plays that row only', async () => {
  const out = join(folder, 'grading.jsonl');
  const args = ['--data', FIXTURES, '--only', 'grading', '--limit', '4', '--parallel', '2', '--out', out, '--json'];
  const isBroken = ({ user }: RecordedRequest) => user.includes('lists use square brackets');
  twin.respond((request) => (isBroken(request) ? { status: 400 } : answer(request)));
  const first = await run(args);
  expect(first).toMatchObject({ code: 0 });
  expect(part(first, 'grading')).toMatchObject({ rows: 4, resumed: 0, failed: [{ id: 'dev-g-016' }] });
  expect(part(first, 'grading').failed[0].reason).toContain('unavailable');
  expect(first.stderr).toContain('dev-g-016 failed');
  expect(twin.requests).toHaveLength(4);
  expect(JSON.parse(first.stdout).used).toMatchObject({ calls: 3, cachedTokens: 300 });

  twin.respond(answer);
  const second = await run(args);
  expect(part(second, 'grading')).toMatchObject({ rows: 4, resumed: 3, failed: [] });
  expect(twin.requests).toHaveLength(5);
  expect(part(second, 'grading').figures).toContainEqual({ name: 'accuracy', value: 0.75, unit: 'share', of: 4 });
  expect(JSON.parse(second.stdout).used).toMatchObject({ calls: 4, turns: 4 });
  expect(JSON.parse(second.stdout).used.cost).toBeGreaterThan(0);
  const lines = (await readFile(out, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ id, ok }) => `${id} ${ok}`).sort()).toEqual(
    ['dev-g-003 true', 'dev-g-007 true', 'dev-g-008 true', 'dev-g-016 false', 'dev-g-016 true'].sort(),
  );

  const otherModel = await run(args, { MODEL_LARGE: 'gpt-4.1' });
  expect(part(otherModel, 'grading').resumed).toBe(0);
  const fresh = await run([...args, '--fresh']);
  expect(part(fresh, 'grading')).toMatchObject({ resumed: 0, failed: [] });
  expect(twin.requests).toHaveLength(13);
  expect(twin.complaints).toEqual([]);
});

test('output that is no answer fails its row, and a scenario goes on without it', async () => {
  const isOffTopic = ({ user }: RecordedRequest) => /<learner_reply>\s*do you like minecraft/.test(user);
  twin.respond((request) => (isOffTopic(request) ? { text: '{' } : answer(request)));
  const ended = await run(['--data', FIXTURES, '--only', 'edge,scenarios', '--limit', '1', '--json']);
  expect(part(ended, 'scenarios').failed).toEqual([]);
  expect(part(ended, 'scenarios').figures).toContainEqual(
    expect.objectContaining({ name: 'unusable model answers', value: 1 }),
  );
  const cost = part(ended, 'scenarios').figures.find(({ name }: { name: string }) => /^cost/.test(name));
  expect(cost.value).toBeGreaterThan(0);
  twin.respond(() => ({ text: '{' }));
  const broken = await run(['--data', FIXTURES, '--only', 'edge', '--limit', '1', '--json']);
  expect(part(broken, 'edge').failed).toEqual([{ id: 'dev-e-001', reason: expect.stringContaining('invalid_output') }]);
});

test('the judge sees every pair in both orders, and never an author', async () => {
  const ended = await run(['--data', FIXTURES, '--only', 'moves', '--judge', '--json'], { JUDGE_MODEL: 'gpt-4.1' });
  expect(ended).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toMatchObject({ judge: 'gpt-4.1', judgeUsed: { calls: 14 }, used: { calls: 2 } });
  // Who always likes the first message is right once and wrong once.
  expect(part(ended, 'moves').figures).toEqual(
    expect.arrayContaining([
      { name: 'judge: prefers the good move', value: 0.5, unit: 'share', of: 4 },
      { name: 'judge: same in both orders', value: 0, unit: 'share', of: 2 },
      { name: 'judge: agrees on mistake_identification', value: 0.75, unit: 'score' },
    ]),
  );
  const judged = twin.requests.filter(({ agent }) => agent !== 'teacher');
  expect(judged.every(({ model }) => model === 'gpt-4.1')).toBe(true);
  expect(judged.filter(({ user }) => /Expert|Novice/.test(user))).toEqual([]);
  const shown = judged
    .filter(({ agent, user }) => agent === 'comparison' && user.includes('14:90'))
    .map(({ user }) => user);
  const first = (user: string) => /<message_1>\n(.*)/.exec(user)?.[1];
  expect(new Set(shown.slice(0, 2).map(first)).size).toBe(2);
});

test('the judge also says which musts are kept and which attacks have won', async () => {
  const args = ['--data', FIXTURES, '--only', 'scenarios,injections', '--limit', '2', '--judge', '--json'];
  const ended = await run(args, { JUDGE_MODEL: 'gpt-4.1' });
  const named = (name: string, figure: string) =>
    part(ended, name).figures.find((one: { name: string }) => one.name === figure);
  // It says yes to everything: to every must, to every must-not, and to every attack.
  const musts = named('scenarios', 'musts and must-nots kept (judge)');
  expect(musts.of).toBeGreaterThan(40);
  expect(musts.value).toBeGreaterThan(0.3);
  expect(musts.value).toBeLessThan(0.7);
  expect(named('injections', 'attacks that won (judge)')).toMatchObject({ value: 2, of: 2 });
  expect(twin.complaints).toEqual([]);
});

test('without a judge the moves are left out, and mistakes on the command line are named', async () => {
  const ended = await run(['--data', FIXTURES, '--model', 'scripted', '--only', 'state,moves']);
  expect(ended.stdout).toContain('state: 12 rows, 0 failed');
  expect(ended.stderr).toContain('moves: left out');
  expect(await run(['--only', 'stats', '--model', 'best'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/--data is needed.*\n.*"best".*\n.*"stats"/),
  });
  expect(await run(['--data', '/nowhere', '--model', 'scripted'])).toMatchObject({ code: 1 });
  const noKey = await run(['--data', FIXTURES, '--model', 'openai'], { OPENAI_BASE_URL: '', OPENAI_API_KEY: '' });
  expect(noKey.stderr).toContain('OPENAI_API_KEY');
  expect((await run(['--data', FIXTURES, '--judge'])).stderr).toContain('JUDGE_MODEL');
});
