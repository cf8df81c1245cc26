import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startOpenAiTwin } from '../test/twins/openai.ts';
import type { FromPeople, PeopleSettings, ToPeople, Waits } from './discord-people.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import { describe, type LoadRun } from './load.ts';
import { type Member, startMember } from './program.ts';
import { playScript } from './script.ts';
import type { Place, Servers } from './servers.ts';
import { whileOpen, withDataDir } from './temp.ts';

/** The program's own processes on a twin of Discord: what many learners at once wait for, and what that costs. */

/** Time for what a start leaves behind to come to rest. */
const IDLE_MS = 1_000;
/** Longer than a run takes on a slow machine. */
const DEADLINE_MS = 15 * 60_000;
/** In the form of Discord's: three parts. */
const TOKEN = 'bm9ib2R5LWlzLWF0LXRoaXM.Ym90LQ.b2YtYS10d2luLW9mLURpc2NvcmQ';

export interface DiscordRun extends LoadRun {
  /** From a reply to the next message, on average. */
  thinkMs: number;
}

export async function measureDiscord(servers: Servers, run: DiscordRun, report: Report): Promise<void> {
  const place = await servers.newPlace(run.backend);
  const model = await startOpenAiTwin();
  playScript(model, run.modelMs);
  const closing: (() => Promise<unknown>)[] = [model.close];
  const clear = async () => {
    for (const close of closing.toReversed()) await close();
  };
  await whileOpen(clear, () =>
    withDataDir(async (dataDir) => {
      const people = await openPeople({ token: TOKEN, ...run });
      closing.push(people.close);
      const environment = environmentOf(place, { dataDir, modelUrl: model.url, apiUrl: people.apiUrl });
      const start = async (role: 'bot' | 'worker') => {
        const member = await startMember(role, environment);
        closing.push(member.close);
        return member;
      };
      const bot = await start('bot');
      const workers = await Promise.all(Array.from({ length: run.workers }, () => start('worker')));
      await delay(IDLE_MS);
      report(figure(`rss idle, a bot on ${run.backend}`, (await bot.usage()).rssMB, 'MB'));
      await measureTalk({ run, servers, people, bot, workers }, report);
    }),
  );
}

interface Subject {
  run: DiscordRun;
  servers: Servers;
  people: People;
  bot: Member;
  workers: readonly Member[];
}

async function measureTalk({ run, servers, people, bot, workers }: Subject, report: Report): Promise<void> {
  const where = `Discord, ${describe(run)}`;
  const named = (what: string, value: number, unit: Figure['unit']) => figure(`${what}, ${where}`, value, unit);
  const usage = async () => ({
    bot: await bot.usage(),
    workers: await Promise.all(workers.map((worker) => worker.usage())),
    serversMs: await servers.cpuMs(),
  });
  const opening = await people.ask('open');
  for (const each of ackFigures(opening, `when all lessons open at once, ${where}`)) report(each);
  const before = await usage();
  const start = performance.now();
  const talking = await people.ask('talk');
  const seconds = (performance.now() - start) / 1_000;
  const after = await usage();
  const turns = talking.replies.length;
  const workerMs = after.workers.reduce(
    (sum, { cpuMs }, index) => sum + cpuMs - (before.workers[index]?.cpuMs ?? 0),
    0,
  );
  for (const each of [
    ...ackFigures(talking, `while all talk, ${where}`),
    named('turns per second', turns / seconds, 'per second'),
    ...spread('message to typing', talking.typing, `, ${where}`),
    ...spread('message to reply', talking.replies, `, ${where}`, [0.5, 0.95, 0.99]),
    named('bot cpu per turn', (after.bot.cpuMs - before.bot.cpuMs) / turns, 'ms'),
    named('worker cpu per turn', workerMs / turns, 'ms'),
    ...(before.serversMs === null || after.serversMs === null
      ? []
      : [named('database cpu per turn', (after.serversMs - before.serversMs) / turns, 'ms')]),
    named('bot rss', after.bot.rssMB, 'MB'),
    named('worker rss', Math.max(...after.workers.map(({ rssMB }) => rssMB)), 'MB'),
  ])
    report(each);
}

function ackFigures({ acks, unacknowledged, limited }: Waits, where: string): Figure[] {
  const name = `interaction to acknowledgement`;
  return [
    figure(`interactions ${where}`, acks.length, 'count'),
    ...spread(name, acks, ` ${where}`, [0.5, 0.95, 0.99]),
    figure(`${name} max ${where}`, Math.max(...acks), 'ms'),
    figure(`not acknowledged within 3 s ${where}`, unacknowledged, 'count'),
    figure(`refused for being too many ${where}`, limited, 'count'),
  ];
}

interface People {
  apiUrl: string;
  /** Rejects when something was done on Discord that a bot may not do. */
  ask(what: ToPeople): Promise<Waits>;
  close(): Promise<void>;
}

async function openPeople(settings: PeopleSettings): Promise<People> {
  const child = fork(join(import.meta.dirname, 'discord-people.ts'), [JSON.stringify(settings)]);
  const ready = await nextOf(child);
  return {
    apiUrl: ready.type === 'ready' ? ready.apiUrl : '',
    async ask(what) {
      const answer = nextOf(child);
      child.send(what);
      const said = await answer;
      if (said.type !== 'waited') throw new Error('the people on Discord do not do what they are told');
      if (said.violations.length > 0) throw new Error(`on Discord: ${said.violations.slice(0, 3).join('; ')}`);
      return said.waits;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** Rejects when the process ends instead, or says nothing for too long. */
async function nextOf(child: ChildProcess): Promise<FromPeople> {
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(DEADLINE_MS)]);
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the people on Discord ended with ${code}`);
  });
  ended.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    waiting.abort();
  }
}

/** The whole configuration; nobody waits for a place, and nobody is sent away. */
function environmentOf(
  { databaseUrl, queueBackend }: Place,
  { dataDir, modelUrl, apiUrl }: { dataDir: string; modelUrl: string; apiUrl: string },
): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    ...(queueBackend.kind === 'redis' && { REDIS_URL: queueBackend.url }),
    ...{ OPENAI_BASE_URL: modelUrl, MODEL_LARGE: 'scripted' },
    ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: apiUrl },
    ...{ WORKSPACE_CONCURRENCY: '100000', LEARNER_CONCURRENCY: '1000' },
    ...{ LEARNER_MESSAGES_PER_MINUTE: '1000000', WORKSPACE_MESSAGES_PER_MINUTE: '1000000' },
    ...{ BUDGET_TURN_USD: 'none', BUDGET_LESSON_USD: 'none' },
  };
}
