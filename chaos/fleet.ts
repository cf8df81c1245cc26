import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../test/support/free-port.ts';
import type { Dice } from './dice.ts';

/** The program as processes of their own, started again when they end, as a service manager does it. */
export interface Fleet {
  /** Of the processes that take messages in over HTTP. */
  urls: string[];
  /** One of a role that is running, by chance. False when there is none. */
  kill(role: FleetRole, signal: 'SIGKILL' | 'SIGTERM'): boolean;
  /** Stops one in the middle of whatever it does, and lets it go on later. False when there is none. */
  freeze(role: FleetRole, forMs: number): boolean;
  /** Resolves when all are up. Throws when they are not in time. */
  waitUntilUp(patienceMs: number): Promise<void>;
  /** The lines that an operator's command prints. */
  command(...words: string[]): Promise<string[]>;
  /** Processes that ended although nobody had asked them to. */
  crashes: string[];
  /** Processes that did not end in time when they were asked to. */
  overdue: string[];
  close(): Promise<void>;
}

export type FleetRole = 'web' | 'bot' | 'worker';

interface Member {
  role: FleetRole;
  name: string;
  environment: Record<string, string>;
  child: ChildProcess | null;
  isUp: boolean;
  /** We have sent it a signal that ends it. */
  isAsked: boolean;
  log: WriteStream;
}

const ROOT = join(import.meta.dirname, '..');
const RESTART_MS = 200;
/** The processes' own deadline for an orderly end. */
export const SHUTDOWN_MS = 5_000;
/** docs/operations.md promises ten seconds more; a machine that is busy with all this may take a little longer. */
const OVERDUE_MS = SHUTDOWN_MS + 15_000;

/**
 * Workers give the model different times: one that is short, so that timeouts are many, and one that is longer than a
 * frozen worker sleeps, so that some wake up with an answer in hand and try to store it.
 */
const MODEL_TIMEOUTS_MS = [2_000, 15_000];

/** Discord tells each thing on one connection only: a second bot would keep another shard, and not stand in. */
const COPIES: Record<FleetRole, number> = { web: 2, bot: 1, worker: 2 };

export async function startFleet(options: {
  roles: readonly FleetRole[];
  environment: Record<string, string>;
  logs: string;
  dice: Dice;
}): Promise<Fleet> {
  const members: Member[] = [];
  for (const role of options.roles) {
    for (const [index, modelTimeoutMs] of MODEL_TIMEOUTS_MS.slice(0, COPIES[role]).entries()) {
      const name = `${role}-${index + 1}`;
      const log = createWriteStream(join(options.logs, `${name}.log`), { flags: 'a' });
      const environment = {
        ...options.environment,
        PORT: `${await freePort()}`,
        MODEL_TIMEOUT_MS: `${modelTimeoutMs}`,
      };
      members.push({ role, name, environment, child: null, isUp: false, isAsked: false, log });
    }
  }
  const fleet: Running = { members, dice: options.dice, crashes: [], overdue: [], isClosing: false };
  for (const member of members) launch(fleet, member);
  const killAll = () => {
    for (const { child } of members) child?.kill('SIGKILL');
  };
  process.once('exit', killAll);
  return {
    urls: members.filter(({ role }) => role === 'web').map(({ environment }) => `http://127.0.0.1:${environment.PORT}`),
    crashes: fleet.crashes,
    overdue: fleet.overdue,
    kill: (role, signal) => end(fleet, choose(fleet, role), signal),
    freeze: (role, forMs) => freeze(choose(fleet, role), forMs),
    waitUntilUp: (patienceMs) => waitUntilUp(members, patienceMs),
    command: (...words) => runCommand(options.environment, words),
    async close() {
      fleet.isClosing = true;
      const running = members.flatMap(({ child }) => (child ? [once(child, 'exit')] : []));
      killAll();
      await Promise.all(running);
      process.off('exit', killAll);
      for (const { log } of members) log.end();
    },
  };
}

interface Running {
  members: readonly Member[];
  dice: Dice;
  crashes: string[];
  overdue: string[];
  isClosing: boolean;
}

function launch(fleet: Running, member: Member): void {
  const { role, name, environment, log } = member;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', role], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Out of reach of the terminal's Ctrl-C: we take them down ourselves.
    detached: true,
  });
  Object.assign(member, { child, isUp: false, isAsked: false });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('"msg":"started"')) member.isUp = true;
    log.write(text);
  });
  child.stderr.on('data', (text: Buffer) => log.write(text));
  child.once('exit', (code, signal) => {
    member.child = null;
    // One whose servers are away when it starts says so and ends; one that was up has to stay.
    if (member.isUp && !member.isAsked && !fleet.isClosing) fleet.crashes.push(`${name}: ${signal ?? code}`);
    log.write(`--- ended by ${signal ?? code}\n`);
    setTimeout(() => fleet.isClosing || launch(fleet, member), RESTART_MS);
  });
}

function choose({ members, dice }: Running, role: FleetRole): Member | null {
  const running = members.filter((member) => member.role === role && member.child && !member.isAsked);
  const up = running.filter(({ isUp }) => isUp);
  const [first, ...others] = up.length > 0 ? up : running;
  return first ? dice.pick([first, ...others]) : null;
}

function end(fleet: Running, member: Member | null, signal: 'SIGKILL' | 'SIGTERM'): boolean {
  const child = member?.child;
  if (!member || !child) return false;
  member.isAsked = true;
  child.kill(signal);
  const timer = setTimeout(() => {
    fleet.overdue.push(member.name);
    child.kill('SIGKILL');
  }, OVERDUE_MS);
  child.once('exit', () => clearTimeout(timer));
  return true;
}

function freeze(member: Member | null, forMs: number): boolean {
  const child = member?.child;
  if (!child) return false;
  child.kill('SIGSTOP');
  setTimeout(() => child.kill('SIGCONT'), forMs).unref();
  return true;
}

async function waitUntilUp(members: readonly Member[], patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!members.every(({ isUp, child }) => isUp && child)) {
    if (performance.now() > deadline) {
      const down = members.filter(({ isUp }) => !isUp).map(({ name }) => name);
      throw new Error(`not up within ${patienceMs} ms: ${down.join(', ')}`);
    }
    await delay(50);
  }
}

async function runCommand(environment: Record<string, string>, words: readonly string[]): Promise<string[]> {
  const args = ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...words];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: environment });
  return stdout.split('\n').filter(Boolean);
}
