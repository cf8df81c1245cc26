import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Arguments } from '../arguments.ts';
import { createTerminal } from '../bots/terminal/terminal.ts';
import type { Presence } from '../db/presence.ts';
import { SetupError } from '../errors.ts';
import { openRateLimits } from '../external/rate-limits.ts';
import { startRuntime } from '../runtime.ts';
import { type Base, openModel, openSpeech, queueBackend, startTable } from './parts.ts';

/** A reply in the making is given this long after Ctrl-C; what is cut off is taken up by the next start. */
const SHUTDOWN_MS = 1_500;

/** A lesson at this terminal, or through a pipe: bot and worker in one process, which nobody else can stand in for. */
export async function teachInTerminal(base: Base, args: Arguments, presence: Presence): Promise<void> {
  const { config, databaseUrl, log, stopping } = base;
  const learner = args.learner ?? userName();
  const queue = `terminal-${encodeURIComponent(`${learner}@${hostname()}`).replaceAll('%', '_')}`;
  await claimTerminal(presence, queue, learner);
  // Whoever read our output has gone, as in `npm start | head`: that is an end, not an error.
  process.stdout.on('error', () => stopping.abort());
  const speech = await openSpeech(config);
  const terminal = createTerminal({
    input: process.stdin,
    output: process.stdout,
    isTty: Boolean(process.stdin.isTTY && process.stdout.isTTY),
    learner: { id: learner, name: learner },
    workspace: { id: hostname(), name: hostname() },
    queue,
    speechDir: speech && join(config.dataDir, 'speech'),
    start: args.start,
    fresh: args.fresh,
    stopping,
  });
  const limits = config.model ? await openRateLimits({ redisUrl: config.redisUrl, databaseUrl, log }) : null;
  const runtime = await startRuntime({
    databaseUrl,
    maxConnections: config.databaseConnections,
    queueBackend: queueBackend(base),
    model: await openModel(config, limits),
    speech,
    audioCacheBytes: config.speech.cacheBytes,
    surfaces: () => [terminal.surface],
    queue,
    log,
    isAlone: base.isAlone,
    budgets: config.budgets,
    separate: config.separate,
  });
  const hasChat = config.webhook !== null || config.discord !== null;
  const set = !hasChat && 'DISCORD_TOKEN for Discord, CHAT_WEBHOOK_URL for a chat of yours';
  process.stderr.write(startTable(base, [{ part: 'chat', now: 'this terminal', set }]));
  try {
    await terminal.run(runtime);
  } finally {
    await runtime.close(SHUTDOWN_MS);
    await speech?.close();
    await limits?.close();
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
