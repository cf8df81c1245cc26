import { GatewayCloseCodes } from 'discord-api-types/v10';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { PATIENT_MS } from '../support/discord.ts';
import { answered, answerTo, startLesson } from '../support/discord-lesson.ts';
import { makeDataDir, type Program, startProgram } from '../support/program.ts';
import type { Person } from '../twins/discord/people.ts';
import {
  type ChannelHandle,
  type DiscordTwin,
  type DiscordTwinOptions,
  startDiscordTwin,
} from '../twins/discord/twin.ts';

/** The program as a bot on Discord, in one process or in several. */

const database = useDatabase();
const TOKEN = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(38)}`;

async function openTwin(options: DiscordTwinOptions = {}) {
  const twin = await startDiscordTwin({ token: TOKEN, acknowledgeMs: PATIENT_MS, ...options });
  onTestFinished(() => twin.close());
  const dataDir = await makeDataDir();
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, DISCORD_TOKEN: TOKEN, DISCORD_API_URL: twin.url };
  return { twin, env, runtime: { db: database.db } };
}

async function start(args: string[], env: Record<string, string>): Promise<Program> {
  const program = startProgram(args, env);
  await until(() => program.stdout().includes('"started"') || program.child.exitCode !== null);
  expect(program.child.exitCode, program.stderr()).toBeNull();
  return program;
}

async function stop(...programs: Program[]): Promise<void> {
  for (const program of programs) program.signal('SIGTERM');
  for (const program of programs) {
    expect(await program.exit, program.stderr()).toBe(0);
    expect(program.stdout()).toContain('"stopped"');
    expect(program.stdout() + program.stderr()).not.toContain(TOKEN);
  }
}

function openServer(twin: DiscordTwin): { id: string; channel: ChannelHandle; ada: Person } {
  const guild = twin.addGuild({ name: 'School' });
  return { id: guild.id, channel: guild.addChannel({ name: 'maths' }), ada: guild.addMember({ name: 'Ada' }) };
}

/** By command, button and typing. */
async function learnALittle(on: Parameters<typeof startLesson>[0], { channel, ada }: ReturnType<typeof openServer>) {
  const lesson = await startLesson(on, channel, ada);
  await lesson.presses('Start');
  await lesson.presses('Hint');
  await lesson.says('1/6');
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
}

test.each([
  [true, 'learners simply write in their threads'],
  [false, 'learners use buttons and forms, or mention the bot'],
])('"npm start" serves Discord; message content granted: %s', async (messageContent, mode) => {
  const { twin, env, runtime } = await openTwin({ messageContent });
  const server = openServer(twin);
  const program = await start([], env);
  expect(program.stderr()).toMatch(new RegExp(`^ {2}Discord +threadtutor: ${mode}`, 'm'));
  expect(program.stderr()).toMatch(/^ {2}role +all$/m);
  expect(program.stderr()).toContain(`https://discord.com/oauth2/authorize?client_id=${twin.applicationId}&`);
  if (messageContent) await learnALittle({ twin, runtime }, server);
  else await startLesson({ twin, runtime }, server.channel, server.ada);
  await stop(program);
  expect(twin.violations).toEqual([]);
  await until(() => twin.gateway.sessions().every(({ connected }) => !connected));
});

test('one process hears and another answers', async () => {
  const { twin, env, runtime } = await openTwin();
  const server = openServer(twin);
  const programs = await Promise.all([start(['bot'], env), start(['worker'], env)]);
  await learnALittle({ twin, runtime }, server);
  expect(twin.gateway.sessions()).toHaveLength(1);
  await stop(...programs);
  expect(twin.violations).toEqual([]);
});

test('two processes share the servers by their shards', async () => {
  const { twin, env, runtime } = await openTwin();
  const servers = [openServer(twin), openServer(twin)] as const;
  const programs = await Promise.all(
    ['0/2', '1/2'].map((shards) => start(['all'], { ...env, DISCORD_SHARDS: shards })),
  );
  expect(
    twin.gateway
      .sessions()
      .map(({ shard }) => shard)
      .toSorted(),
  ).toEqual([
    [0, 2],
    [1, 2],
  ]);
  await Promise.all(servers.map((server) => learnALittle({ twin, runtime }, server)));

  // Without one of them, its servers are not heard, and the others are.
  const [first, second] = programs;
  if (second) await stop(second);
  const [heard, unheard] = servers;
  const used = unheard.ada.runs(unheard.channel, 'tutor start', { topic: 'probability' });
  const lesson = await startLesson({ twin, runtime }, heard.channel, heard.ada, { topic: 'probability' });
  expect(lesson.last().embeds).toMatchObject([{ title: 'Your plan' }]);
  expect(used.replies()).toEqual([]);
  if (first) await stop(first);
  expect(twin.violations).toEqual([]);
});

test('a restart goes on with what was typed meanwhile', async () => {
  const { twin, env, runtime } = await openTwin();
  const { channel, ada } = openServer(twin);
  const first = await start([], env);
  const lesson = await startLesson({ twin, runtime }, channel, ada);
  await lesson.presses('Start');
  await stop(first);
  const missed = ada.says(lesson, '1/6');
  const second = await start([], env);
  await answered(runtime, missed.id);
  expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
  expect(await answerTo(ada.runs(lesson, 'tutor voice'))).toMatch(/^Write `\/tutor voice on` to hear my replies/);
  await stop(second);
});

test.each<[string, DiscordTwinOptions, Record<string, string>, number | null, string]>([
  [
    'a token of somebody else',
    {},
    { DISCORD_TOKEN: TOKEN.replaceAll('c', 'x') },
    null,
    'DISCORD_TOKEN is not accepted',
  ],
  [
    'message content that is not granted',
    { messageContent: false },
    { DISCORD_MESSAGE_CONTENT: 'on' },
    null,
    'switch on "Message Content Intent"',
  ],
  [
    'shards that Discord does not take',
    {},
    { DISCORD_SHARDS: '0/2' },
    GatewayCloseCodes.InvalidShard,
    'correct or unset DISCORD_SHARDS',
  ],
  [
    'too few shards',
    {},
    { DISCORD_SHARDS: '0/1' },
    GatewayCloseCodes.ShardingRequired,
    'in too many servers for so few shards',
  ],
  ['shards that cannot be', {}, { DISCORD_SHARDS: '2/2' }, null, 'DISCORD_SHARDS must be like "0-3/16" or "5/16"'],
  [
    'a place that is not Discord',
    {},
    { DISCORD_API_URL: '/nowhere' },
    null,
    'What answers is not Discord: correct or unset DISCORD_API_URL.',
  ],
])('with %s the start says in a sentence what to do', async (_, options, more, code, sentence) => {
  const { twin, env } = await openTwin(options);
  twin.gateway.refuse(code);
  const other = more.DISCORD_API_URL ? { DISCORD_API_URL: twin.url + more.DISCORD_API_URL } : {};
  const program = startProgram([], { ...env, ...more, ...other });
  expect(await program.exit, program.stdout()).toBe(1);
  const said = program.stderr();
  expect(said).toContain(sentence);
  expect(said.split(sentence)).toHaveLength(2);
  expect(said).not.toMatch(/\n\s+at /);
  for (const token of [TOKEN, more.DISCORD_TOKEN ?? TOKEN]) expect(said + program.stdout()).not.toContain(token);
});
