import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import { openSchool } from './lesson.ts';
import { openBareLoop, probeQueueHop, probeRush } from './probes.ts';
import { measureStart } from './start.ts';
import { renderTable } from './table.ts';
import { clearAll, withDataDir } from './temp.ts';
import { measureTurns } from './turns.ts';

/**
 * Figures of the program on this machine: `npm run bench -- [--json] [--quick]`. It brings its own database, works on
 * loopback only, and leaves nothing behind. Figures go to stdout, progress to stderr.
 */

const USAGE =
  'Usage: npm run bench -- [--json] [--quick]\n  --json   one {"name","value","unit"} a line\n  --quick  fewer samples, under a minute';

const FULL = { starts: 3, probes: 500, turns: { lessons: 8, rounds: 200 } };
const QUICK = { starts: 1, probes: 120, turns: { lessons: 2, rounds: 40 } };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const figures: Figure[] = [];
  await measure(values.quick ? QUICK : FULL, (figure) => {
    figures.push(figure);
    if (values.json) process.stdout.write(`${JSON.stringify(figure)}\n`);
  });
  if (!values.json) process.stdout.write(`${renderTable(figures)}\n`);
}

async function measure(size: typeof FULL, report: Report): Promise<void> {
  progress('starting the program');
  await measureStart(size.starts, report);
  await withDataDir(async (dataDir) => {
    const { url } = await startEmbeddedPostgres({ dataDir });
    await measureLessons(url, size, report);
  });
}

async function measureLessons(databaseUrl: string, size: typeof FULL, report: Report): Promise<void> {
  const school = await openSchool(databaseUrl);
  const bareLoop = await openBareLoop(databaseUrl);
  try {
    progress(`${size.turns.lessons} lessons of 500 turns, then ${size.turns.rounds} rounds of single turns`);
    await measureTurns(school, bareLoop, size.turns, report);
    progress('the queue, and many messages at once');
    for (const figure of spread('queue hop', await probeQueueHop(databaseUrl, size.probes))) report(figure);
    report(figure('rush in one workspace', await probeRush(school.runtime.db, 10, size.probes / 2), 'per second'));
  } finally {
    await bareLoop.close();
    await school.runtime.close();
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
