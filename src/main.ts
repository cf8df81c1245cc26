import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Arguments, type Command, readArguments, USAGE } from './arguments.ts';
import { type Config, readConfig } from './config.ts';
import { joinDatabase, type Presence } from './db/presence.ts';
import { errorMessage, SetupError } from './errors.ts';
import { startEmbeddedPostgres } from './external/embedded-postgres.ts';
import { createLogger, type Logger } from './log.ts';
import type { Base } from './roles/parts.ts';

/** The only place that reads the environment, the arguments and the signals. */

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) return void process.stdout.write(`${USAGE}\n`);
  const config = readConfig(process.env);
  const command = args.command ?? defaultCommand(config, args);
  const dataDir = resolve(config.dataDir);
  await makeDataDir(dataDir);
  const log = openLog(config, command, dataDir);
  const stopping = new AbortController();
  listenForSignals(stopping);
  const postgres = config.databaseUrl ? null : await startEmbeddedPostgres({ dataDir, log: (line) => log.info(line) });
  const databaseUrl = config.databaseUrl ?? postgres?.url ?? '';
  const presence = await enter(databaseUrl);
  try {
    const base = { config, databaseUrl, isAlone: presence.isAlone, log, stopping };
    await run(command, base, args, presence);
  } finally {
    // The last one out stops the server; it is also fine to leave it running.
    const isLast = postgres !== null && (await presence.isAlone().catch(() => false));
    await presence.leave();
    if (isLast) await postgres.stop();
  }
}

/** A lesson in the terminal, unless a chat is configured and nothing on the command line speaks of a lesson. */
function defaultCommand(config: Config, { start, learner, fresh }: Arguments): Command {
  const isLesson = Object.keys(start).length > 0 || learner !== null || fresh;
  const hasChat = config.webhook !== null || config.discord !== null || config.slack !== null;
  return hasChat && !isLesson ? 'all' : 'terminal';
}

/** Each role loads what it needs, and nothing else. */
async function run(command: Command, base: Base, args: Arguments, presence: Presence): Promise<void> {
  switch (command) {
    case 'terminal': {
      const { teachInTerminal } = await import('./roles/terminal.ts');
      return teachInTerminal(base, args, presence);
    }
    case 'dead-letters': {
      const { deadLetters } = await import('./roles/dead-letters.ts');
      return deadLetters(base, args.rest, (line) => process.stdout.write(`${line}\n`));
    }
    case 'doctor': {
      const { doctor } = await import('./roles/doctor.ts');
      const isWell = await doctor(base, (line) => process.stdout.write(`${line}\n`));
      process.exitCode = isWell ? 0 : 1;
      return;
    }
    default: {
      const { serve } = await import('./roles/server.ts');
      return serve(base, command);
    }
  }
}

/** What a person reads is theirs alone: a terminal's log is a file, and a command's is on stderr. */
function openLog({ logLevel }: Config, command: Command, dataDir: string): Logger {
  const destinations: Partial<Record<Command, string | 2>> = {
    terminal: join(dataDir, 'threadtutor.log'),
    'dead-letters': 2,
    doctor: 2,
  };
  return createLogger(logLevel, destinations[command] ?? 1);
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

/** Signals end the work in order; a second Ctrl-C ends it at once. Others may come twice, through the launcher. */
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
  return `Threadtutor had to stop: ${errorMessage(error)}\nYour lessons are kept: start it again. The log has the details.`;
}

try {
  await main();
  process.exit(process.exitCode ?? 0);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
