import { parseArgs } from 'node:util';
import { renderTable } from '../bench/table.ts';
import { SetupError } from '../src/errors.ts';
import { openCleanup } from './cleanup.ts';
import { figuresOf, objectionsTo } from './report.ts';
import { type ChaosOptions, runChaos } from './run.ts';
import type { SlackWay } from './slack-stage.ts';
import type { Platform } from './stage.ts';

/**
 * The whole program under fire: `npm run chaos`. It brings its own servers, works on loopback only, ends by itself and
 * leaves nothing behind. Figures go to stdout, progress to stderr; the exit code is 1 when anything is not as it has
 * to be.
 */

const USAGE = `Usage: npm run chaos -- [--json] [--minutes M] [--backend redis|postgres] [--platform webhook|discord|slack|all] [--slack socket|http] [--seed N] [--lessons N] [--logs DIR]
  --json      one {"name","value","unit"} a line
  --minutes   how long things go wrong (2); a few more pass until everything has settled
  --backend   where the queues are (redis)
  --platform  where the lessons are held (all, a third of them each)
  --slack     how Slack tells of what happens there (by the seed: an odd one socket, an even one http)
  --seed      which faults come when (1)
  --lessons   how many are held at the same time (200)
  --logs      keeps the logs of the processes there`;

/** The longest wait between two attempts at a turn, and time for what has piled up. */
const SETTLE_MS = 240_000;
const SPACING_MS = 2_000;
const THINK_MS = 5_000;

interface Arguments {
  json: boolean;
  options: Omit<ChaosOptions, 'progress'>;
}

/** Null: the usage is asked for. Throws SetupError. */
function readArguments(): Arguments | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ minutes: text, backend: text, platform: text, slack: text, seed: text, lessons: text, logs: text },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return null;
  const { backend = 'redis', platform = 'all', minutes = '2', seed = '1', lessons = '200', logs = null } = values;
  if (backend !== 'redis' && backend !== 'postgres') throw new SetupError(['--backend is redis or postgres.']);
  const [faultMinutes, seedNumber, lessonCount] = [minutes, seed, lessons].map(Number);
  if (!(faultMinutes && faultMinutes > 0 && lessonCount && lessonCount > 0 && seedNumber !== undefined)) {
    throw new SetupError(['--minutes, --seed and --lessons are numbers.']);
  }
  const times = { thinkMs: THINK_MS, spacingMs: SPACING_MS, settleMs: SETTLE_MS, faultsMs: faultMinutes * 60_000 };
  return {
    json: values.json ?? false,
    options: {
      backend,
      platforms: platformsIn(platform),
      slackWay: slackWayIn(values.slack, seedNumber),
      seed: seedNumber,
      lessons: lessonCount,
      logs,
      ...times,
    },
  };
}

const PLATFORMS: readonly Platform[] = ['webhook', 'discord', 'slack'];

function platformsIn(name: string): readonly Platform[] {
  const chosen = PLATFORMS.filter((platform) => name === 'all' || name === platform);
  if (chosen.length === 0) throw new SetupError(['--platform is webhook, discord, slack or all.']);
  return chosen;
}

function slackWayIn(name: string | undefined, seed: number): SlackWay {
  const way = name ?? (seed % 2 === 0 ? 'http' : 'socket');
  if (way !== 'socket' && way !== 'http') throw new SetupError(['--slack is socket or http.']);
  return way;
}

const started = performance.now();
function progress(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

const cleanup = openCleanup((error) => progress(`while clearing up: ${error}`));
let interrupt: Promise<never> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // What breaks while everything is taken away is no failure.
    process.on('uncaughtException', () => {});
    process.on('unhandledRejection', () => {});
    interrupt ??= cleanup.run().then(() => process.exit(130));
  });
}

async function main({ json, options }: Arguments): Promise<void> {
  const findings = await runChaos({ ...options, progress }, cleanup).finally(() => interrupt ?? cleanup.run());
  const figures = figuresOf(findings);
  const lines = json ? figures.map((each) => JSON.stringify(each)) : [renderTable(figures)];
  process.stdout.write(`${lines.join('\n')}\n`);
  const objections = objectionsTo(findings);
  for (const objection of objections) process.stderr.write(`${objection}\n`);
  process.exitCode = objections.length === 0 ? 0 : 1;
}

const given = readArguments();
if (given) await main(given);
else process.stdout.write(`${USAGE}\n`);
