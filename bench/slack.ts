import { setTimeout as delay } from 'node:timers/promises';
import { openCipher } from '../src/bots/slack/connection/encryption.ts';
import { installationStore } from '../src/bots/slack/connection/installations.ts';
import { openDatabase } from '../src/db/database.ts';
import { startOpenAiTwin } from '../test/twins/openai.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import { describe, type LoadRun } from './load.ts';
import { openPeople, type People } from './people.ts';
import { environmentFor, type Member, startMember } from './program.ts';
import { playScript } from './script.ts';
import type { Servers } from './servers.ts';
import type { SlackPeopleSettings, SlackReady, SlackWaits } from './slack-people.ts';
import { whileOpen, withDataDir } from './temp.ts';

/**
 * The program's own processes on a twin of Slack: what many learners at once wait for, and what that costs. Many
 * workspaces have installed the app, as Slack's limits are for each of them; what happens there comes over a socket.
 */

/** Time for what a start leaves behind to come to rest. */
const IDLE_MS = 1_000;
const ENCRYPTION_KEY = 'of a benchmark whose workspaces are none';
/** Nobody is sent there. */
const PUBLIC_URL = 'http://127.0.0.1:9';

export interface SlackRun extends LoadRun {
  /** From a reply to the next message, on average. */
  thinkMs: number;
}

export async function measureSlack(servers: Servers, run: SlackRun, report: Report): Promise<void> {
  const place = await servers.newPlace(run.backend);
  const model = await startOpenAiTwin();
  playScript(model, run.modelMs);
  const closing: (() => Promise<unknown>)[] = [model.close];
  const clear = async () => {
    for (const close of closing.toReversed()) await close();
  };
  await whileOpen(clear, () =>
    withDataDir(async (dataDir) => {
      const settings: SlackPeopleSettings = run;
      const people = await openPeople<SlackReady, SlackWaits>('Slack', 'slack-people.ts', settings);
      closing.push(people.close);
      const { apiUrl, appToken, client } = people.ready;
      const environment = environmentFor(place, {
        ...{ DATA_DIR: dataDir, OPENAI_BASE_URL: model.url, PUBLIC_URL },
        ...{ SLACK_API_URL: apiUrl, SLACK_APP_TOKEN: appToken, SLACK_ENCRYPTION_KEY: ENCRYPTION_KEY },
        ...{ SLACK_CLIENT_ID: client.id, SLACK_CLIENT_SECRET: client.secret },
      });
      const start = async (role: 'bot' | 'worker') => {
        const member = await startMember(role, environment);
        closing.push(member.close);
        return member;
      };
      const bot = await start('bot');
      const workers = await Promise.all(Array.from({ length: run.workers }, () => start('worker')));
      await install(place.databaseUrl, people.ready);
      await delay(IDLE_MS);
      report(figure(`rss idle, a bot on Slack on ${run.backend}`, (await bot.usage()).rssMB, 'MB'));
      await measureTalk({ run, servers, people, bot, workers }, report);
    }),
  );
}

/** As if their admins had followed the link. */
async function install(databaseUrl: string, { installations, appId }: SlackReady): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, () => {}, { maxConnections: 2 });
  const store = installationStore(db, openCipher([ENCRYPTION_KEY]));
  for (const { team: id, name, token, botUserId: userId, botId } of installations) {
    await store.storeInstallation({
      ...{ team: { id, name }, enterprise: undefined, isEnterpriseInstall: false, appId, authVersion: 'v2' },
      user: { token: undefined, scopes: undefined, id: 'U0INSTALLER' },
      bot: { token, scopes: [], id: botId, userId },
    });
  }
  await close();
}

interface Subject {
  run: SlackRun;
  servers: Servers;
  people: People<SlackReady, SlackWaits>;
  bot: Member;
  workers: readonly Member[];
}

async function measureTalk({ run, servers, people, bot, workers }: Subject, report: Report): Promise<void> {
  const where = `Slack, ${describe(run)}`;
  const named = (what: string, value: number, unit: Figure['unit']) => figure(`${what}, ${where}`, value, unit);
  const usage = async () => ({
    botMs: (await bot.usage()).cpuMs,
    workerMs: (await Promise.all(workers.map((worker) => worker.usage()))).reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    serversMs: await servers.cpuMs(),
  });
  const began = performance.now();
  const opening = await people.ask('open');
  report(named('all lessons opened', performance.now() - began, 'ms'));
  for (const each of waitFigures(opening, `when all lessons open at once, ${where}`)) report(each);
  report(named('starts and approvals that failed and were given again', opening.again, 'count'));
  const before = await usage();
  const start = performance.now();
  const talking = await people.ask('talk');
  const seconds = (performance.now() - start) / 1_000;
  const after = await usage();
  const turns = talking.replies.length;
  for (const each of [
    ...waitFigures(talking, `while all talk, ${where}`),
    named('turns per second', turns / seconds, 'per second'),
    ...spread('message to status', talking.statuses, `, ${where}`),
    ...spread('message to reply', talking.replies, `, ${where}`, [0.5, 0.95, 0.99]),
    named('bot cpu per turn', (after.botMs - before.botMs) / turns, 'ms'),
    named('worker cpu per turn', (after.workerMs - before.workerMs) / turns, 'ms'),
    ...(before.serversMs === null || after.serversMs === null
      ? []
      : [named('database cpu per turn', (after.serversMs - before.serversMs) / turns, 'ms')]),
    named('bot rss', (await bot.usage()).rssMB, 'MB'),
    named(
      'worker rss',
      Math.max(...(await Promise.all(workers.map(async (each) => (await each.usage()).rssMB)))),
      'MB',
    ),
  ])
    report(each);
}

function waitFigures({ interactions, messages, unacknowledged, calls, limited }: SlackWaits, where: string): Figure[] {
  const ofKind = (what: string, waits: readonly number[]) => [
    figure(`${what}s acknowledged ${where}`, waits.length, 'count'),
    // In a rush it may be that none was acknowledged in time, and that all of them wait to be told again.
    ...(waits.length === 0
      ? []
      : [
          ...spread(`${what} to acknowledgement`, waits, ` ${where}`, [0.5, 0.95, 0.99]),
          figure(`${what} to acknowledgement max ${where}`, Math.max(...waits), 'ms'),
        ]),
  ];
  return [
    ...ofKind('interaction', interactions),
    ...ofKind('message', messages),
    figure(`not acknowledged within 3 s ${where}`, unacknowledged, 'count'),
    figure(`calls of Slack ${where}`, calls, 'count'),
    figure(`refused for being too many ${where}`, limited, 'count'),
  ];
}
