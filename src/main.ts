import { access, constants, mkdir } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { createTerminal } from './bots/terminal/terminal.ts';
import { type Config, readConfig } from './config.ts';
import type { Model } from './core/ports.ts';
import { joinDatabase, type Presence } from './db/presence.ts';
import { errorMessage, SetupError } from './errors.ts';
import { startEmbeddedPostgres } from './external/embedded-postgres.ts';
import { offlineModel } from './external/offline/offline-model.ts';
import { createLogger, type Logger } from './log.ts';
import { startRuntime } from './runtime.ts';

/** The only place that reads the environment, the arguments and the signals. */

/** A reply in the making is given this long after Ctrl-C; what is cut off is taken up by the next start. */
const SHUTDOWN_MS = 1_500;

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) return void process.stdout.write(`${USAGE}\n`);
  const config = readConfig(process.env);
  const dataDir = resolve(config.dataDir);
  await makeDataDir(dataDir);
  const log = createLogger(config.logLevel, join(dataDir, 'threadtutor.log'));
  const postgres = config.databaseUrl ? null : await startEmbeddedPostgres({ dataDir, log: (line) => log.info(line) });
  const databaseUrl = config.databaseUrl ?? postgres?.url ?? '';
  const presence = await enter(databaseUrl);
  try {
    await teachInTerminal(config, args, databaseUrl, presence, log);
  } finally {
    // The last one out stops the server; it is also fine to leave it running.
    const isLast = postgres !== null && (await presence.isAlone().catch(() => false));
    await presence.leave();
    if (isLast) await postgres.stop();
  }
}

async function teachInTerminal(
  config: Config,
  args: Arguments,
  databaseUrl: string,
  presence: Presence,
  log: Logger,
): Promise<void> {
  const learner = args.learner ?? userName();
  const queue = `terminal-${encodeURIComponent(`${learner}@${hostname()}`).replaceAll('%', '_')}`;
  await claimTerminal(presence, queue, learner);
  const stopping = new AbortController();
  listenForSignals(stopping);
  // Whoever read our output has gone, as in `npm start | head`: that is an end, not an error.
  process.stdout.on('error', () => stopping.abort());
  const terminal = createTerminal({
    input: process.stdin,
    output: process.stdout,
    isTty: Boolean(process.stdin.isTTY && process.stdout.isTTY),
    learner: { id: learner, name: learner },
    workspace: { id: hostname(), name: hostname() },
    queue,
    start: args.start,
    fresh: args.fresh,
    stopping,
  });
  const runtime = await startRuntime({
    databaseUrl,
    model: await modelFor(config),
    surfaces: [terminal.surface],
    queue,
    log,
    isAlone: await presence.isAlone(),
    budgets: config.budgets,
    separate: config.separate,
  });
  process.stderr.write(startTable(config));
  await terminal.run(runtime).finally(() => runtime.close(SHUTDOWN_MS));
}

/** The SDK is loaded only where it is used: it costs a tenth of a second and 12 MB. */
async function modelFor({ model }: Config): Promise<Model> {
  if (!model) return offlineModel();
  const { openAiModel } = await import('./external/openai/openai-model.ts');
  return openAiModel(model, { now: Date.now });
}

/** What is on, what is off, and what switches it. */
function startTable({ databaseUrl, dataDir, model }: Config): string {
  const rows = [
    ['database', databaseUrl ? 'yours (DATABASE_URL)' : `embedded Postgres in ${dataDir}`, 'DATABASE_URL for your own'],
    ['queue', 'BullMQ on the same database', ''],
    [
      'tutor',
      model ? `${model.models.large}, ${model.models.small}` : 'offline: teaches the bundled courses',
      model ? '' : 'OPENAI_API_KEY or OPENAI_BASE_URL for any topic',
    ],
    ['chat', 'this terminal', ''],
  ];
  const lines = rows.map(([part = '', now = '', set = '']) => `  ${part.padEnd(10)}${now}${set && `   (set ${set})`}`);
  return `Threadtutor\n${lines.join('\n')}\n`;
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw new SetupError([
      `The data directory ${dataDir} cannot be written to (${errorMessage(error)}): set DATA_DIR to a directory of yours.`,
    ]);
  }
}

async function enter(databaseUrl: string): Promise<Presence> {
  try {
    return await joinDatabase(databaseUrl);
  } catch (error) {
    throw new SetupError([
      `The database does not answer (${errorMessage(error)}): start it, or correct or unset DATABASE_URL.`,
    ]);
  }
}

/** Waits a moment for a process that was just killed to be noticed. */
async function claimTerminal(presence: Presence, name: string, learner: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (await presence.claim(name)) return;
    await delay(100);
  }
  throw new SetupError([
    `${learner} is already learning in another terminal with this data: go on there, or use --learner NAME or another DATA_DIR.`,
  ]);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without a passwd entry.
    return 'learner';
  }
}

/** Signals leave the lesson in order; a second Ctrl-C leaves at once. Others may come twice, through the launcher. */
function listenForSignals(stopping: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && stopping.signal.aborted) process.exit(130);
      stopping.abort();
    });
  }
}

function explain(error: unknown): string {
  if (error instanceof SetupError) return error.sentences.join('\n');
  return `Threadtutor stopped because of an error of its own: ${errorMessage(error)}\nYour lessons are kept. The data directory's threadtutor.log has the details.`;
}

try {
  await main();
  process.exit(process.exitCode ?? 0);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
