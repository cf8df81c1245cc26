import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../src/external/embedded-postgres.ts';
import { type Figure, figure, median, type Report, spread } from './figures.ts';
import { openSchool } from './lesson.ts';
import { probeBareLoop, probeQueueHop } from './probes.ts';
import { measureStart } from './start.ts';
import { renderTable } from './table.ts';
import { makeTempDir } from './temp.ts';
import { measureTurns } from './turns.ts';

/**
 * Figures of the program on this machine: `npm run bench -- [--json] [--quick]`. It brings its own database, works on
 * loopback only, and leaves nothing behind. Figures go to stdout, progress to stderr.
 */

const USAGE =
  'Usage: npm run bench -- [--json] [--quick]\n  --json   one {"name","value","unit"} a line\n  --quick  fewer samples, under a minute';

const FULL = { starts: 3, probes: 500, turns: { lessons: 8, rounds: 200 } };
const QUICK = { starts: 1, probes: 200, turns: { lessons: 3, rounds: 50 } };

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
  const dataDir = await makeTempDir();
  const postgres = await startEmbeddedPostgres({ dataDir });
  const cleanUp = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  onInterrupt(cleanUp);
  try {
    await measureLessons(postgres.url, size, report);
  } finally {
    await cleanUp();
  }
}

async function measureLessons(databaseUrl: string, size: typeof FULL, report: Report): Promise<void> {
  progress('lessons of 500 turns');
  const school = await openSchool(databaseUrl);
  const turn = await measureTurns(school, size.turns, report).finally(() => school.runtime.close());
  progress('the parts of a turn');
  const hops = await probeQueueHop(databaseUrl, size.probes);
  const bare = await probeBareLoop(databaseUrl, size.probes);
  for (const figure of [...spread('queue hop', hops), ...spread('bare loop', bare)]) report(figure);
  report(figure('turn overhead to bare loop at turn 1', turn[1] / median(bare), 'times'));
  report(figure('turn overhead at turn 500 to turn 1', turn[500] / turn[1], 'times'));
}

/** Ctrl-C must not leave a server behind. */
function onInterrupt(cleanUp: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
  }
}

const started = performance.now();
function progress(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

await main();
progress('done');
