import { parseArgs } from 'node:util';
import { type DiscordRun, measureDiscord } from './discord.ts';
import { type Figure, figure, type Report } from './figures.ts';
import { openSchool } from './lesson.ts';
import { describe, type LoadRun, measureLoad } from './load.ts';
import { measureNarration, VOICES } from './narration.ts';
import { openBareLoop, probeQueueHop, probeRush } from './probes.ts';
import { type BackendKind, type Servers, withServers } from './servers.ts';
import { measureSlack, type SlackRun } from './slack.ts';
import { measureSpeech } from './speech.ts';
import { measureServer, measureStart } from './start.ts';
import { measureStored } from './stored.ts';
import { renderTable } from './table.ts';
import { clearAll } from './temp.ts';
import { measureTurns, type TurnPlan } from './turns.ts';

/**
 * Figures of the program on this machine: `npm run bench -- [--json] [--quick] [--only <part>]`. It brings its own
 * servers, works on loopback only, and leaves nothing behind. Figures go to stdout, progress to stderr.
 */

const PARTS = ['start', 'turns', 'speech', 'load', 'discord', 'slack', 'stored'] as const;
type Part = (typeof PARTS)[number];

const USAGE = `Usage: npm run bench -- [--json] [--quick] [--only ${PARTS.join('|')}]
  --json   one {"name","value","unit"} a line
  --quick  fewer samples, about a minute
  --only   one part of it`;

interface Size {
  starts: number;
  probes: number;
  turns: TurnPlan;
  /** Replies of each length as voice messages, on each backend; and of each way in a voice channel, with each voice. */
  speech: { messages: number; narrated: number };
  /** On each backend. */
  loads: readonly Omit<LoadRun, 'backend'>[];
  /** On each backend. */
  discord: readonly Omit<DiscordRun, 'backend'>[];
  /** On each backend. */
  slack: readonly Omit<SlackRun, 'backend'>[];
  /** None: what is stored is left out. */
  stored: { lessons: number; rounds: number } | null;
}

/** With a model that takes no time, and with one that takes its time. */
const LOADS = [100, 1_000].flatMap((lessons) => [0, 300].map((modelMs) => ({ lessons, turns: 10, modelMs })));

const FULL: Size = {
  starts: 3,
  probes: 500,
  turns: { lessons: 4, rounds: 120 },
  speech: { messages: 15, narrated: 30 },
  loads: LOADS.flatMap((load) => [1, 2].map((workers) => ({ ...load, workers }))),
  discord: [{ lessons: 1_000, turns: 2, thinkMs: 90_000, modelMs: 300, workers: 1 }],
  slack: [{ lessons: 1_000, turns: 2, thinkMs: 90_000, modelMs: 300, workers: 1 }],
  stored: { lessons: 1_000_000, rounds: 100 },
};
const QUICK: Size = {
  starts: 1,
  probes: 120,
  turns: { lessons: 2, rounds: 30 },
  speech: { messages: 5, narrated: 6 },
  loads: [{ lessons: 100, turns: 10, modelMs: 300, workers: 1 }],
  discord: [{ lessons: 100, turns: 2, thinkMs: 6_000, modelMs: 300, workers: 1 }],
  slack: [{ lessons: 100, turns: 2, thinkMs: 6_000, modelMs: 300, workers: 1 }],
  stored: null,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
      only: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const parts = PARTS.filter((part) => values.only === undefined || values.only === part);
  if (values.help || parts.length === 0) return void process.stdout.write(`${USAGE}\n`);
  const figures: Figure[] = [];
  await measure(parts, values.quick ? QUICK : FULL, (figure) => {
    figures.push(figure);
    if (values.json) process.stdout.write(`${JSON.stringify(figure)}\n`);
  });
  if (!values.json && figures.length > 0) process.stdout.write(`${renderTable(figures)}\n`);
}

async function measure(parts: readonly Part[], size: Size, report: Report): Promise<void> {
  if (parts.includes('start')) {
    progress('starting the program');
    await measureStart(size.starts, report);
    await measureServer(report);
  }
  await withServers(async (servers) => {
    if (parts.includes('turns')) {
      for (const kind of servers.backends) await measureLessons(servers, kind, size, report);
    }
    if (parts.includes('speech')) await measureVoice(servers, size.speech, report);
    if (parts.includes('load')) await measureLoads(servers, size.loads, measureLoad, report);
    if (parts.includes('discord')) {
      progress('Discord');
      await measureLoads(servers, size.discord, measureDiscord, report);
    }
    if (parts.includes('slack')) {
      progress('Slack');
      await measureLoads(servers, size.slack, measureSlack, report);
    }
    if (parts.includes('stored') && size.stored) {
      const { lessons, rounds } = size.stored;
      progress(`${lessons.toLocaleString('en')} stored lessons`);
      await measureStored(servers, lessons, rounds, report);
    }
  });
}

async function measureLessons(servers: Servers, kind: BackendKind, size: Size, report: Report): Promise<void> {
  const place = await servers.newPlace(kind);
  const school = await openSchool(place);
  const bareLoop = await openBareLoop(place.databaseUrl);
  const isFirst = kind === servers.backends[0];
  try {
    progress(
      `${size.turns.lessons} lessons of 500 turns, then ${size.turns.rounds} rounds of single turns, on ${kind}`,
    );
    const queueHop = () => probeQueueHop(place.queueBackend, size.probes);
    const subject = { school, bareLoop, queueHop, where: `on ${kind}`, counts: isFirst };
    await measureTurns(subject, size.turns, report);
    if (!isFirst) return;
    progress('many messages at once');
    report(figure('rush in one workspace', await probeRush(school.runtime.db, 10, size.probes / 2), 'per second'));
  } finally {
    await bareLoop.close();
    await school.runtime.close();
  }
}

async function measureVoice(servers: Servers, { messages, narrated }: Size['speech'], report: Report): Promise<void> {
  for (const kind of servers.backends) {
    progress(`${messages} short and long replies as voice messages, on ${kind}`);
    if (!(await measureSpeech(await servers.newPlace(kind), `on ${kind}`, messages, report))) {
      progress('there is no espeak-ng here: how soon a voice message is there is left out');
      break;
    }
  }
  const [kind = 'postgres'] = servers.backends;
  for (const voice of VOICES) {
    progress(`${narrated} replies of each way in a voice channel, spoken by ${voice}`);
    if (!(await measureNarration(() => servers.newPlace(kind), voice, narrated, report))) {
      progress('there is no espeak-ng here: how soon it is heard in a voice channel is left out');
    }
  }
}

async function measureLoads<Run extends LoadRun>(
  servers: Servers,
  loads: readonly Omit<Run, 'backend'>[],
  measure: (servers: Servers, run: Run, report: Report) => Promise<void>,
  report: Report,
): Promise<void> {
  for (const load of loads) {
    for (const backend of servers.backends) {
      const run = { ...load, backend } as Run;
      progress(describe(run));
      await measure(servers, run, report);
    }
  }
}

const started = performance.now();
function progress(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

/** Ctrl-C must not leave a server behind; what breaks while it is taken away is no failure. */
let interrupt: Promise<never> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    process.on('uncaughtException', () => {});
    interrupt ??= clearAll().then(() => process.exit(130));
  });
}

try {
  await main();
} catch (error) {
  await interrupt;
  throw error;
}
progress('done');
