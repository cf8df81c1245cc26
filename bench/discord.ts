import { setTimeout as delay } from 'node:timers/promises';
import { startOpenAiTwin } from '../test/twins/openai.ts';
import type { PeopleSettings, Waits } from './discord-people.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import { describe, type LoadRun } from './load.ts';
import { openPeople, type People } from './people.ts';
import { environmentFor, type Member, startMember } from './program.ts';
import { playScript } from './script.ts';
import type { Servers } from './servers.ts';
import { whileOpen, withDataDir } from './temp.ts';

/** The program's own processes on a twin of Discord: what many learners at once wait for, and what that costs. */

/** Time for what a start leaves behind to come to rest. */
const IDLE_MS = 1_000;
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
      const settings: PeopleSettings = { token: TOKEN, ...run };
      const people = await openPeople<{ apiUrl: string }, Waits>('Discord', 'discord-people.ts', settings);
      closing.push(people.close);
      const environment = environmentFor(place, {
        ...{ DATA_DIR: dataDir, OPENAI_BASE_URL: model.url },
        ...{ DISCORD_TOKEN: TOKEN, DISCORD_API_URL: people.ready.apiUrl },
      });
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
  people: People<{ apiUrl: string }, Waits>;
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
