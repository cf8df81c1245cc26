import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { figure, median, type Report } from './figures.ts';
import { withDataDir } from './temp.ts';

/** How long a newcomer waits: the real program in a directory of its own, from the command to the plan on the screen. */

const ROOT = join(import.meta.dirname, '..');
const PATIENCE_MS = 60_000;
/** Time for what a start leaves behind to come to rest. */
const IDLE_MS = 1_000;

export async function measureStart(samples: number, report: Report): Promise<void> {
  const cold: Run[] = [];
  const warm: Run[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    await withDataDir(async (dataDir) => {
      cold.push(await runOnce(dataDir));
      warm.push(await runOnce(dataDir));
    });
  }
  report(figure('cold start to first prompt', median(cold.map(({ promptMs }) => promptMs)), 'ms'));
  report(figure('warm start to first prompt', median(warm.map(({ promptMs }) => promptMs)), 'ms'));
  const memory = [...cold, ...warm].flatMap(({ rssMB }) => rssMB ?? []);
  if (memory.length > 0) report(figure('rss idle, a terminal', median(memory), 'MB'));
}

/** A server with nothing to do, as it starts from a clone: bot, worker and web in one process, on the embedded Postgres. */
export async function measureServer(report: Report): Promise<void> {
  const port = await freePort();
  const chat = { CHAT_WEBHOOK_URL: 'http://127.0.0.1:9', CHAT_WEBHOOK_SECRET: 'nobody is at the other end' };
  await withDataDir(async (dataDir) => {
    const env = { ...environment(dataDir), ...chat, PORT: `${port}`, LOG_LEVEL: 'warn' };
    const child = spawn(process.execPath, ['bin/run.cjs', 'src/main.ts', 'all'], { cwd: ROOT, env, stdio: 'ignore' });
    const exited = once(child, 'exit');
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    try {
      await withDeadline(isReady(port), 'the server');
      await delay(IDLE_MS);
      const rssMB = await residentMB(child.pid);
      if (rssMB !== null) report(figure('rss idle, all in one process', rssMB, 'MB'));
      child.kill('SIGTERM');
      await withDeadline(exited, 'the end of the server');
    } finally {
      process.off('exit', kill);
      if (child.exitCode === null) kill();
    }
  });
}

async function isReady(port: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await delay(50);
  }
}

interface Run {
  promptMs: number;
  /** Of the program without its Postgres; null where the system does not tell. */
  rssMB: number | null;
}

/** Starts the program, waits for the plan, lets it rest, and leaves as a pipe does: by the end of the input. */
async function runOnce(dataDir: string): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, ['bin/run.cjs', 'src/main.ts', '--topic', 'fractions'], {
    cwd: ROOT,
    env: environment(dataDir),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    await withDeadline(promptShown(child), 'the first prompt');
    const promptMs = performance.now() - start;
    await delay(IDLE_MS);
    const rssMB = await residentMB(child.pid);
    child.stdin?.end();
    await withDeadline(exited, 'the end of the program');
    return { promptMs, rssMB };
  } finally {
    process.off('exit', kill);
    if (child.exitCode === null) kill();
  }
}

/** Nothing that would switch a part of the program to a service of somebody's. */
function environment(dataDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, SystemRoot } = process.env;
  const kept = Object.entries({ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, SystemRoot, DATA_DIR: dataDir });
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

function promptShown(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let shown = '';
    let complaints = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (shown.includes('Shall we start?')) resolve();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.once('exit', (code) =>
      reject(new Error(`the program ended (${code}) before its first prompt: ${complaints}`)),
    );
  });
}

async function withDeadline<T>(work: Promise<T>, what: string): Promise<T> {
  const timeout = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    timeout.abort();
  }
}

async function residentMB(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}
