import { createServer } from 'node:net';
import { REST } from '@discordjs/rest';
import { expect, onTestFinished, test } from 'vitest';
import { inviteUrl } from '../../src/bots/discord/connection/invite.ts';
import { registerCommands } from '../../src/bots/discord/connection/register.ts';
import { commandDefinitions } from '../../src/bots/discord/interactions/commands.ts';
import { readConfig } from '../../src/config.ts';
import { doctor } from '../../src/roles/doctor.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { makeDataDir, startProgram } from '../support/program.ts';
import { startDiscordTwin } from '../twins/discord/twin.ts';
import { startGoogleTts } from '../twins/google-tts/twin.ts';

const database = useDatabase();

const TOKEN = 'MTI3NTg0MjkxMDU4NDMyMDAwMA.GkQ2xY.b3V0b2ZhcmFuZG9tZ2VuZXJhdG9yMTIzNDU2Nzg5';

async function consult(environment: Record<string, string> = {}) {
  const lines: string[] = [];
  const base = {
    config: readConfig({ DATABASE_URL: database.url, ...environment }),
    databaseUrl: database.url,
    isAlone: async () => false,
    log: silentLog,
    stopping: new AbortController(),
  };
  const isWell = await doctor(base, (line) => lines.push(line));
  return { isWell, report: lines.join('\n') };
}

async function openTwin() {
  const twin = await startDiscordTwin({ token: TOKEN });
  onTestFinished(() => twin.close());
  return { twin, env: { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: twin.url } };
}

test('what is configured is told, each part with its state, and what is not is no fault', async () => {
  const { isWell, report } = await consult();
  expect(report.replace(/Postgres \S+,/, 'Postgres 1,')).toBe(`Threadtutor
  ✓ database  Postgres 1, yours (DATABASE_URL); its tables are up to date.
  ✓ queue     BullMQ on the same database; 0 nudges wait.
  ✓ tutor     Offline: teaches the bundled courses.
  ✓ speech    espeak-ng, on this machine; English is spoken by en-us.
  ✓ listening Off: only text is read.
              MODEL_TRANSCRIBE switches it on, with a model.
  ✓ chat      None over HTTP.
  ✓ web       PORT is not set.
  ✓ discord   Off.
              DISCORD_TOKEN switches it on.
  ✓ slack     Off.
              SLACK_BOT_TOKEN and SLACK_APP_TOKEN switch it on.
  ✓ stripe    Off: nothing is sold by card.
              STRIPE_SECRET_KEY switches it on.

All is well.`);
  expect(isWell).toBe(true);
});

test('a model, a chat and a port are named without their secrets', async () => {
  const secret = 'hunter2-s3cr3t-hunter2';
  const { isWell, report } = await consult({
    ...{ OPENAI_API_KEY: secret, OPENAI_BASE_URL: `http://me:${secret}@localhost:11434/v1`, MODEL_LARGE: 'llama' },
    MODEL_TRANSCRIBE: 'whisper-1',
    ...{ CHAT_WEBHOOK_URL: `https://chat.example/in?key=${secret}`, CHAT_WEBHOOK_SECRET: secret, PORT: '8080' },
  });
  expect(report).toContain('✓ tutor     llama and llama at localhost:11434 (not called).');
  expect(report).toContain('✓ listening whisper-1 understands recordings (not called).');
  expect(report).toContain('✓ chat      A chat of yours, over HTTP: replies go to chat.example.');
  expect(report).toContain('✓ web       http://127.0.0.1:8080, when a role runs.');
  expect(report).not.toContain(secret);
  expect(isWell).toBe(true);
});

test('a voice that nobody has is told, and which there are; one of another language than English is well', async () => {
  const { isWell, report } = await consult({ SPEECH_VOICE: 'en-US-Neural2-F' });
  expect(isWell).toBe(false);
  expect(report).toContain('✗ speech    espeak-ng, on this machine: it has no voice en-US-Neural2-F; it has en-us, ');
  expect(report).toContain('Correct or unset SPEECH_VOICE.');
  expect((await consult({ SPEECH_VOICE: 'de' })).report).toContain('English is spoken by en-us.');
});

test('Google is asked for its voices, and nothing is said for money', async () => {
  const twin = await startGoogleTts();
  onTestFinished(() => twin.close());
  const { host, port } = twin.endpoint;
  const { isWell, report } = await consult({ GOOGLE_TTS_ENDPOINT: `${host}:${port}`, SPEECH_VOICE: 'en-US-Studio-O' });
  expect(report).toContain('✓ speech    Google Text-to-Speech; English is spoken by en-US-Studio-O.');
  expect(isWell).toBe(true);
  expect(twin.requests).toEqual([]);
});

test('a Discord that is set up is well, and one that is not says what to do', async () => {
  const { twin, env } = await openTwin();
  const alone = await consult(env);
  expect(alone.isWell).toBe(false);
  expect(alone.report).toContain(
    '✗ discord   It is in no server yet.\n              Add it to one: https://discord.com/',
  );
  expect(alone.report).toContain('One thing is to be put right.');

  twin.addGuild({
    name: 'School',
    botPermissions: BigInt(new URL(inviteUrl('1')).searchParams.get('permissions') ?? ''),
  });
  const rest = new REST({ api: twin.url }).setToken(TOKEN);
  await registerCommands(rest, twin.applicationId, commandDefinitions());
  const { isWell, report } = await consult(env);
  expect(isWell, report).toBe(true);
  expect(report).toContain('✓ discord   Its commands are registered in all servers.');
  expect(report).not.toContain(TOKEN);
});

test('a Redis that is not there is told', async () => {
  const { isWell, report } = await consult({ REDIS_URL: await refusingUrl() });
  expect(isWell).toBe(false);
  expect(report).toContain('✗ queue     BullMQ on Redis (REDIS_URL): the queue did not answer');
  expect(report).toContain('Start Redis, or correct or unset REDIS_URL.');
});

/** Takes connections and ends them at once. */
async function refusingUrl(): Promise<string> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('the program ends with 1 when something is wrong; its report goes to stdout, and a new database is no fault', async () => {
  const { env } = await openTwin();
  const dataDir = await makeDataDir();
  const wrong = startProgram(['doctor'], { ...env, DATA_DIR: dataDir, DISCORD_TOKEN: `${TOKEN}x` });
  expect(await wrong.exit, wrong.stderr()).toBe(1);
  expect(wrong.stdout()).toContain('✗ discord   DISCORD_TOKEN is not accepted.');
  expect(wrong.stdout() + wrong.stderr()).not.toContain(TOKEN);
  const right = startProgram(['doctor'], { DATA_DIR: dataDir });
  expect(await right.exit, right.stderr()).toBe(0);
  expect(right.stdout()).toMatch(
    /✓ database {2}Postgres \S+, embedded in .*\n +The next start brings its tables up to date/,
  );
  expect(right.stdout()).not.toContain('"level"');
});
