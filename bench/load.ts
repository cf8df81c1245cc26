import { receive } from '../src/bots/receive.ts';
import type { InboundMessage } from '../src/core/messages.ts';
import { createLogger } from '../src/log.ts';
import { type Runtime, startRuntime } from '../src/runtime.ts';
import { type Figure, figure, type Report, spread } from './figures.ts';
import { type Fleet, NO_LIMITS, ownUsage, startFleet } from './fleet.ts';
import { replyAt, scriptedModel, TOPIC } from './script.ts';
import type { BackendKind, Place, Servers } from './servers.ts';

/** Many learners at once, each writing again as soon as the reply is there: what the whole program carries. */

export interface LoadRun {
  lessons: number;
  turns: number;
  modelMs: number;
  backend: BackendKind;
  workers: number;
}

export function describe({ lessons, modelMs, backend, workers }: LoadRun): string {
  const staff = workers === 1 ? '1 worker' : `${workers} workers`;
  return `${lessons.toLocaleString('en')} lessons, model ${modelMs} ms, ${backend}, ${staff}`;
}

const QUEUE = 'bench-load';
const LESSONS_PER_WORKSPACE = 20;
const PATIENCE_MS = 60_000;
const MAX_ATTEMPTS = 5;

export async function measureLoad(servers: Servers, run: LoadRun, report: Report): Promise<void> {
  const place = await servers.newPlace(run.backend);
  const replies = openMailroom();
  const { lessons, modelMs } = run;
  const fleet = await startFleet(run.workers, { ...place, queue: QUEUE, modelMs }, replies.bring);
  try {
    const door = await openDoor(place);
    const learners = Array.from({ length: lessons }, (_, index) => openLearner(door, replies, index));
    await openAll(learners);
    const before = await usageOf(servers, fleet);
    const start = epochMs();
    const waits = await Promise.all(learners.map(({ talk }) => talk(run.turns)));
    const seconds = (epochMs() - start) / 1000;
    for (const each of figuresOf(run, seconds, waits.flat(), before, await usageOf(servers, fleet))) report(each);
    await door.close();
  } finally {
    await fleet.close();
  }
}

/** Takes messages in, and leaves the answering to the workers. */
function openDoor(place: Place): Promise<Runtime> {
  const log = createLogger('error');
  return startRuntime({
    ...place,
    ...NO_LIMITS,
    works: false,
    model: scriptedModel(),
    surfaces: () => [],
    queue: QUEUE,
    log,
  });
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

interface Mailroom {
  bring(threadId: string, at: number): void;
  /** When the next reply was sent. Call before the message is. */
  next(threadId: string): Promise<number>;
}

function openMailroom(): Mailroom {
  const waiting = new Map<string, (at: number) => void>();
  return {
    bring(threadId, at) {
      waiting.get(threadId)?.(at);
      waiting.delete(threadId);
    },
    next(threadId) {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => reject(new Error(`no reply in ${threadId}`)), PATIENCE_MS);
      waiting.set(threadId, resolve);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

interface Learner {
  open(): Promise<void>;
  /** From each message to its reply, in ms. */
  talk(turns: number): Promise<number[]>;
}

function openLearner(door: Runtime, replies: Mailroom, index: number): Learner {
  const threadId = `load-${index}`;
  const workspace = `load-${Math.floor(index / LESSONS_PER_WORKSPACE)}`;
  const say = async (turn: number): Promise<number> => {
    const replied = replies.next(threadId);
    const start = epochMs();
    await untilTaken(door, {
      platform: 'terminal',
      workspace: { id: workspace, name: 'Bench' },
      learner: { id: threadId, name: 'Ada' },
      threadId,
      messageId: `${turn}`,
      text: turn === 0 ? '' : replyAt(turn),
      queue: QUEUE,
      ...(turn === 0 && { start: { topic: TOPIC, autostart: true } }),
    });
    return (await replied) - start;
  };
  return {
    async open() {
      await say(0);
    },
    async talk(turns) {
      const waits: number[] = [];
      for (let turn = 1; turn <= turns; turn += 1) waits.push(await say(turn));
      return waits;
    },
  };
}

/** A platform sends again what was not taken in, such as in a rush in which no connection was free for ten seconds. */
async function untilTaken(door: Runtime, message: InboundMessage): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return void (await receive(door, message));
    } catch (error) {
      if (attempts === MAX_ATTEMPTS) throw error;
    }
  }
}

/** As many at a time as come in within a moment: nobody has a thousand newcomers at once. */
const OPENED_AT_ONCE = 50;

async function openAll(learners: readonly Learner[]): Promise<void> {
  const left = learners.values();
  const openSome = async () => {
    for (const learner of left) await learner.open();
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, openSome));
}

interface LoadUsage {
  programMs: number;
  serversMs: number | null;
  workerMB: number;
}

async function usageOf(servers: Servers, fleet: Fleet): Promise<LoadUsage> {
  const workers = await fleet.usage();
  const serversMs = await servers.cpuMs();
  return {
    programMs: [ownUsage(), ...workers].reduce((sum, each) => sum + each.cpuMs, 0),
    serversMs,
    workerMB: Math.max(...workers.map(({ rssMB }) => rssMB)),
  };
}

function figuresOf(run: LoadRun, seconds: number, waits: number[], before: LoadUsage, after: LoadUsage): Figure[] {
  const where = describe(run);
  const named = (what: string, value: number, unit: Figure['unit']) => figure(`${what}, ${where}`, value, unit);
  const turns = waits.length;
  return [
    named('turns per second', turns / seconds, 'per second'),
    ...spread('message to reply', waits, `, ${where}`, [0.5, 0.95, 0.99]),
    named('cpu per turn', (after.programMs - before.programMs) / turns, 'ms'),
    ...(before.serversMs === null || after.serversMs === null
      ? []
      : [named('database cpu per turn', (after.serversMs - before.serversMs) / turns, 'ms')]),
    named('worker rss', after.workerMB, 'MB'),
  ];
}
