import { expect, onTestFinished, test } from 'vitest';
import { answerText } from '../../src/core/grading.ts';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { startLesson as startOnDiscord } from '../support/discord-lesson.ts';
import { freePort } from '../support/free-port.ts';
import { makeDataDir, type Program, startProgram } from '../support/program.ts';
import { answered, answerTo, startLesson } from '../support/slack-lesson.ts';
import { startDiscordTwin } from '../twins/discord/twin.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';

/** The program as an app in Slack, in one process or in several, by Socket Mode and over HTTP. */

const database = useDatabase();
const KEY = 'a-key-of-at-least-thirty-two-characters';

async function openTwin(options: SlackTwinOptions = {}) {
  const twin = await startSlackTwin(options);
  onTestFinished(() => twin.close());
  onTestFinished(() => expect(twin.violations).toEqual([]));
  const dataDir = await makeDataDir();
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, SLACK_API_URL: twin.url };
  const socket = { ...env, SLACK_APP_TOKEN: twin.appToken };
  return { twin, env, socket, runtime: { db: database.db } };
}

function openSchool(twin: SlackTwin, name = 'School') {
  const team = twin.addTeam({ name });
  return { team, ...classOf(team) };
}

function classOf(team: ReturnType<SlackTwin['addTeam']>) {
  const channel = team.addChannel({ name: 'maths' });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  return { channel, ada };
}

async function start(args: string[], env: Record<string, string>): Promise<Program> {
  const program = startProgram(args, env);
  await until(() => program.stdout().includes('"started"') || program.child.exitCode !== null);
  expect(program.child.exitCode, program.stderr()).toBeNull();
  return program;
}

async function stop(twin: SlackTwin, ...programs: Program[]): Promise<void> {
  const secrets = [/xox[a-z]-/, /xapp-/, twin.signingSecret, twin.clientSecret, KEY];
  for (const program of programs) program.signal('SIGTERM');
  for (const program of programs) {
    expect(await program.exit, program.stderr()).toBe(0);
    expect(program.stdout()).toContain('"stopped"');
    for (const secret of secrets) expect(program.stdout() + program.stderr()).not.toMatch(secret);
  }
}

type On = Parameters<typeof startLesson>[0];

/** From the command to the summary. */
async function learnAll(on: On, { channel, ada }: ReturnType<typeof classOf>): Promise<string[]> {
  const lesson = await startLesson(on, channel, ada);
  await lesson.presses('Start');
  for (let turn = 0; turn < 30; turn += 1) {
    const { pending } = await lesson.state();
    if (pending === null) break;
    await lesson.says(pending.question.kind === 'choice' ? pending.question.answer : answerText(pending.question));
  }
  return lesson.messages().map(({ text }) => text);
}

const SUMMARY = 'Your lesson: Fractions for beginners';

test('"npm start" serves Slack by Socket Mode, from /tutor start to the summary', async () => {
  const { twin, socket, runtime } = await openTwin();
  const school = openSchool(twin);
  const program = await start([], { ...socket, SLACK_BOT_TOKEN: school.team.botToken() });
  expect(program.stderr()).toMatch(/^ {2}Slack +threadtutor in School, by Socket Mode$/m);
  expect(program.stderr()).toMatch(/^ {2}role +all$/m);
  expect((await learnAll({ twin, runtime }, school)).at(-1)).toContain(SUMMARY);
  await stop(twin, program);
  await until(() => twin.delivery.sockets.connections().length === 0);
});

test('"npm start" serves Slack over HTTP, from /tutor start to the summary', async () => {
  const { twin, env, runtime } = await openTwin();
  const school = openSchool(twin);
  const port = String(await freePort());
  const http = { ...env, SLACK_SIGNING_SECRET: twin.signingSecret, PORT: port };
  const program = await start([], { ...http, SLACK_BOT_TOKEN: school.team.botToken() });
  expect(program.stderr()).toMatch(/^ {2}Slack +threadtutor in School, by HTTP at \/slack\/events$/m);
  expect(await twin.delivery.setRequestUrl(`http://127.0.0.1:${port}/slack/events`)).toBe(true);
  expect((await learnAll({ twin, runtime }, school)).at(-1)).toContain(SUMMARY);
  const forged = await fetch(`http://127.0.0.1:${port}/slack/events`, {
    method: 'POST',
    body: '{"type":"event_callback"}',
  });
  expect(forged.status).toBe(401);
  await stop(twin, program);
});

test('one process hears and another answers', async () => {
  const { twin, socket, runtime } = await openTwin();
  const school = openSchool(twin);
  const env = { ...socket, SLACK_BOT_TOKEN: school.team.botToken() };
  const programs = await Promise.all([start(['bot'], env), start(['bot'], env), start(['worker'], env)]);
  expect(twin.delivery.sockets.connections()).toHaveLength(2);
  expect((await learnAll({ twin, runtime }, school)).at(-1)).toContain(SUMMARY);
  await stop(twin, ...programs);
});

/** As an admin does in a browser. */
async function install(twin: SlackTwin, url: string, consent: Parameters<SlackTwin['authorize']>[1]): Promise<void> {
  const page = await fetch(`${url}/slack/install`);
  const link = /href="([^"]*oauth\/v2\/authorize[^"]*)"/.exec(await page.text())?.[1] ?? '';
  const { redirect } = twin.authorize(link.replaceAll('&amp;', '&'), consent);
  const cookie = page.headers.getSetCookie().map((each) => each.split(';')[0]);
  const done = await fetch(redirect, { headers: { cookie: cookie.join('; ') } });
  expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('installed')]);
}

test('an organisation installs the app once, with tokens that expire, and each of its workspaces has lessons', async () => {
  const { twin, socket, runtime } = await openTwin();
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const oauth = { SLACK_CLIENT_ID: twin.clientId, SLACK_CLIENT_SECRET: twin.clientSecret, SLACK_ENCRYPTION_KEY: KEY };
  const program = await start([], { ...socket, ...oauth, PORT: port, PUBLIC_URL: url });
  const enterprise = twin.addEnterprise({ name: 'District', installed: false });
  const schools = ['North', 'South'].map((name) => twin.addTeam({ name, enterprise, installed: false }));
  await install(twin, url, { enterprise, rotating: true });
  for (const team of schools) {
    const school = classOf(team);
    const lesson = await startLesson({ twin, runtime }, school.channel, school.ada);
    await lesson.presses('Start');
    await lesson.says('1/6');
    expect(lesson.last().text).toContain('The whole pizza has 6 equal slices');
  }
  const tenants = await database.db
    .selectFrom('workspaces')
    .select(['name'])
    .where('external_id', '=', enterprise.id)
    .execute();
  expect(tenants).toEqual([{ name: 'District' }]);
  await stop(twin, program);
});

test('many workspaces install the app, and each has its lessons', async () => {
  const { twin, socket, runtime } = await openTwin();
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const oauth = { SLACK_CLIENT_ID: twin.clientId, SLACK_CLIENT_SECRET: twin.clientSecret, SLACK_ENCRYPTION_KEY: KEY };
  const program = await start([], { ...socket, ...oauth, PORT: port, PUBLIC_URL: url });
  expect(program.stderr()).toContain(`to add it to a workspace: ${url}/slack/install`);
  const schools = ['North', 'South'].map((name) => twin.addTeam({ name, installed: false }));
  for (const team of schools) await install(twin, url, { team });
  for (const team of schools) {
    const school = classOf(team);
    const lesson = await startLesson({ twin, runtime }, school.channel, school.ada);
    expect(lesson.last().text).toContain('Your plan');
  }
  const [north, south] = schools;
  if (!north || !south) throw new Error('no schools');
  north.uninstall();
  const installed = () =>
    database.db.selectFrom('installations').select('name').where('app_id', '=', twin.appId).execute();
  await until(async () => (await installed()).length === 1);
  expect(await installed()).toEqual([{ name: 'South' }]);
  await stop(twin, program);
});

test('both platforms in one process on one database, at the same time', async () => {
  const { twin, socket, runtime } = await openTwin();
  const school = openSchool(twin);
  const token = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(38)}`;
  const discord = await startDiscordTwin({ token });
  onTestFinished(() => discord.close());
  const guild = discord.addGuild({ name: 'Server' });
  const [room, ben] = [guild.addChannel({ name: 'maths' }), guild.addMember({ name: 'Ben' })];
  const slack = { ...socket, SLACK_BOT_TOKEN: school.team.botToken() };
  const program = await start([], { ...slack, DISCORD_TOKEN: token, DISCORD_API_URL: discord.url });
  const [said] = await Promise.all([
    learnAll({ twin, runtime }, school),
    (async () => {
      const lesson = await startOnDiscord({ twin: discord, runtime }, room, ben);
      await lesson.presses('Start');
      await lesson.says('1/6');
      expect(lesson.last().content).toContain('The whole pizza has 6 equal slices');
    })(),
  ]);
  expect(said.at(-1)).toContain(SUMMARY);
  await stop(twin, program);
  expect(discord.violations).toEqual([]);
});

test.each(['Slack', 'Discord'])('where %s is away at the start, the other platform is served', async (away) => {
  const { twin, socket, runtime } = await openTwin();
  const school = openSchool(twin);
  const token = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(38)}`;
  const discord = await startDiscordTwin({ token });
  onTestFinished(() => discord.close());
  const guild = discord.addGuild({ name: 'Server' });
  const [room, ben] = [guild.addChannel({ name: 'maths' }), guild.addMember({ name: 'Ben' })];
  const gone = away === 'Slack' ? twin.faults : discord.faults;
  gone.onRequest(() => ({ status: 503 }));
  const env = {
    ...socket,
    SLACK_BOT_TOKEN: school.team.botToken(),
    DISCORD_TOKEN: token,
    DISCORD_API_URL: discord.url,
  };
  const program = startProgram([], env);
  await until(() => program.stderr().includes(`${away} `) && /does not answer yet/.test(program.stderr()));
  const onSlack = async () => {
    await until(() => twin.delivery.sockets.connections().length > 0);
    expect((await startLesson({ twin, runtime }, school.channel, school.ada)).last().text).toContain('Your plan');
  };
  const onDiscord = async () => {
    await until(() => discord.commands().length > 0 && discord.gateway.sessions().some(({ connected }) => connected));
    await startOnDiscord({ twin: discord, runtime }, room, ben);
  };
  await (away === 'Slack' ? onDiscord() : onSlack());
  gone.onRequest(() => null);
  await (away === 'Slack' ? onSlack() : onDiscord());
  await until(() => program.stdout().includes('"started"'));
  await stop(twin, program);
});

test('a restart goes on with what was typed meanwhile', async () => {
  const { twin, socket, runtime } = await openTwin();
  const { team, channel, ada } = openSchool(twin);
  const env = { ...socket, SLACK_BOT_TOKEN: team.botToken() };
  const first = await start([], env);
  const lesson = await startLesson({ twin, runtime }, channel, ada);
  await lesson.presses('Start');
  await stop(twin, first);
  const missed = ada.says(channel, '1/6', { threadTs: lesson.root });
  const second = await start([], env);
  await twin.delivery.retryNow();
  await answered({ runtime }, missed.ts);
  expect(lesson.last().text).toContain('The whole pizza has 6 equal slices');
  expect(await answerTo(ada.runs(channel, '/tutor voice'))).toMatch(/^Write `\/tutor voice on` to hear my replies/);
  await stop(twin, second);
});

test.each<[string, Record<string, string>, string]>([
  ['a token of somebody else', { SLACK_BOT_TOKEN: 'xoxb-somebody-else' }, 'SLACK_BOT_TOKEN is not accepted'],
  ['an app token of somebody else', { SLACK_APP_TOKEN: 'xapp-1-somebody-else' }, 'SLACK_APP_TOKEN is not accepted'],
  ['no way in', { SLACK_APP_TOKEN: '' }, 'Slack’s events have no way in'],
  ['no token', { SLACK_BOT_TOKEN: '' }, 'SLACK_BOT_TOKEN'],
])('with %s the start says in a sentence what to do', async (_, more, sentence) => {
  const { twin, socket } = await openTwin();
  const { team } = openSchool(twin);
  const program = startProgram([], { ...socket, SLACK_BOT_TOKEN: team.botToken(), ...more });
  expect(await program.exit, program.stdout()).toBe(1);
  const said = program.stderr();
  expect(said.split(sentence)).toHaveLength(2);
  expect(said).not.toMatch(/\n\s+at /);
  expect(said + program.stdout()).not.toMatch(/xox[a-z]-\d|xapp-1/);
});
