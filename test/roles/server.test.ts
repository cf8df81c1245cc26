import { expect, onTestFinished, test } from 'vitest';
import { onEachBackend } from '../support/backends.ts';
import { CHAT_SECRET, chatMessage } from '../support/chat.ts';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { makeDataDir, type Program, startProgram } from '../support/program.ts';
import { twinTutor } from '../support/twin-tutor.ts';
import { type ChatTwin, startChatTwin } from '../twins/chat.ts';
import { startOpenAiTwin } from '../twins/openai.ts';

/** The roles as processes of their own: a chat on one side, a model on the other, the database and the queue between. */

const database = useDatabase();

async function openTwins() {
  const chat = await startChatTwin({ secret: CHAT_SECRET });
  const model = await startOpenAiTwin();
  onTestFinished(async () => {
    await chat.close();
    await model.close();
  });
  model.respond(twinTutor);
  const env = {
    DATABASE_URL: database.url,
    DATA_DIR: await makeDataDir(),
    CHAT_WEBHOOK_URL: chat.url,
    CHAT_WEBHOOK_SECRET: CHAT_SECRET,
    OPENAI_BASE_URL: model.url,
    MODEL_LARGE: 'gpt-4o',
  };
  return { chat, model, env };
}

async function startRole(role: string, env: Record<string, string>): Promise<{ program: Program; url: string }> {
  const port = await freePort();
  const program = startProgram([role], { ...env, PORT: String(port) });
  await until(() => program.stdout().includes('"started"') || program.child.exitCode !== null);
  return { program, url: `http://127.0.0.1:${port}` };
}

async function converse(chat: ChatTwin, learner: string, lines: string[]): Promise<void> {
  const start = { topic: 'fractions', autostart: true };
  await chat.post(chatMessage(learner, '', { start }));
  for (const [index, line] of lines.entries()) {
    await chat.waitForShown(`thread-${learner}`, index + 1);
    await chat.post(chatMessage(learner, line));
  }
  await chat.waitForShown(`thread-${learner}`, lines.length + 1);
}

const get = (url: string) =>
  fetch(url).then(async (response) => ({ status: response.status, text: await response.text() }));

onEachBackend(database.url, (backend) => {
  const queue: Record<string, string> = backend.kind === 'redis' ? { REDIS_URL: backend.url } : {};

  test('one web and two workers share the lessons; each is drained by SIGTERM and loses nothing', async () => {
    const { chat, env } = await openTwins();
    const web = await startRole('web', { ...env, ...queue });
    const workers = await Promise.all([1, 2].map(() => startRole('worker', { ...env, ...queue })));
    chat.connect(web.url);
    const learners = Array.from({ length: 6 }, (_, index) => `${backend.kind}-${index}`);
    await Promise.all(learners.map((learner) => converse(chat, learner, ['why is that?', 'hint', 'what of the Sun?'])));
    for (const learner of learners) expect(chat.shown(`thread-${learner}`)).toHaveLength(4);
    expect(chat.complaints).toEqual([]);

    const metrics = await Promise.all(workers.map(({ url }) => get(`${url}/metrics`)));
    const answered = metrics.map(({ text }) =>
      Number(/threadtutor_turns_answered_total\S* (\d+)/.exec(text)?.[1] ?? 0),
    );
    expect(answered.reduce((sum, count) => sum + count)).toBe(learners.length * 4);
    expect(await get(`${web.url}/readyz`)).toMatchObject({ status: 200 });

    for (const { program } of [web, ...workers]) {
      program.signal('SIGTERM');
      expect(await program.exit, program.stderr()).toBe(0);
      expect(program.stdout()).toContain('"stopped"');
    }
  });

  test('a worker that is told to stop finishes the turn in hand, and the next one belongs to another', async () => {
    const { chat, model, env } = await openTwins();
    const all = await startRole('all', { ...env, ...queue });
    chat.connect(all.url);
    const learner = `${backend.kind}-draining`;
    await converse(chat, learner, []);
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      model.respond(async (request) => {
        if (!request.user.includes('slow one')) return twinTutor(request);
        resolve();
        await new Promise<void>((open) => {
          answer = open;
        });
        return twinTutor(request);
      });
    });
    await chat.post(chatMessage(learner, 'slow one?'));
    await asked;
    all.program.signal('SIGTERM');
    await until(async () => (await get(`${all.url}/readyz`)).status === 503);
    answer();
    model.respond(twinTutor);
    await chat.waitForShown(`thread-${learner}`, 2);
    expect(await all.program.exit, all.program.stderr()).toBe(0);

    const other = await startRole('all', { ...env, ...queue });
    chat.connect(other.url);
    await chat.post(chatMessage(learner, 'and the next?'));
    await chat.waitForShown(`thread-${learner}`, 3);
    expect(chat.shown(`thread-${learner}`)).toHaveLength(3);
  });
});

test.each([
  [
    'worker',
    {},
    'No chat is configured: set DISCORD_TOKEN (docs/discord.md), SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md), or',
  ],
  ['bot', { CHAT_WEBHOOK_URL: 'http://127.0.0.1:9', CHAT_WEBHOOK_SECRET: CHAT_SECRET }, 'No platform that needs a bot'],
  ['all', { CHAT_WEBHOOK_URL: 'http://127.0.0.1:9' }, 'belong together'],
  [
    'worker',
    { CHAT_WEBHOOK_URL: 'http://127.0.0.1:9', CHAT_WEBHOOK_SECRET: CHAT_SECRET, REDIS_URL: 'redis://127.0.0.1:1' },
    'correct or unset REDIS_URL',
  ],
])('%s stops at once where %j is all there is', async (role, env, sentence) => {
  const program = startProgram([role], { DATABASE_URL: database.url, DATA_DIR: await makeDataDir(), ...env });
  expect(await program.exit).toBe(1);
  expect(program.stderr()).toContain(sentence);
  expect(program.stderr()).not.toMatch(/\n\s+at /);
});
