import { setTimeout as delay } from 'node:timers/promises';
import { type Database, openDatabase } from '../src/db/database.ts';
import { audit, type History, recoveryTimes, type Verdict } from './audit.ts';
import type { Cleanup } from './cleanup.ts';
import { dice } from './dice.ts';
import { type FaultKind, faultKinds, injectFault } from './faults.ts';
import { openSchool, type School, threadOf } from './learners.ts';
import { planFaults } from './schedule.ts';
import { type Backend, openStage, type Stage } from './stage.ts';
import { countRepeatedCalls, readStored, readUnfinished, type Stored } from './stored.ts';
import { tokensIn } from './tokens.ts';

export interface ChaosOptions {
  backend: Backend;
  seed: number;
  lessons: number;
  /** Between an answer and the learner's next message, on average. */
  thinkMs: number;
  /** How long things go wrong, and how often: one fault in each `spacingMs`. */
  faultsMs: number;
  spacingMs: number;
  /** How long everything may take to settle afterwards. */
  settleMs: number;
  /** Where the processes' logs go; null: away with the rest. */
  logs: string | null;
  progress(what: string): void;
}

export interface Findings {
  verdict: Verdict;
  stored: Stored;
  /** How long each took to recover from: see `recoveryTimes`. */
  faults: { kind: FaultKind; recoveryMs: number }[];
  /** Requests that the twins treated badly. */
  hits: { chat: number; model: number };
  /** From the end of the faults until nothing was left to do, in ms; null: there still was. */
  settledMs: number | null;
  /** Given up, and taken up again by the operator's command. */
  retriedByHand: number;
  modelCalls: number;
  repeatedCalls: number;
  /** Replies that came more than once and were shown once. */
  repeatedSends: number;
  crashes: string[];
  /** Whatever breaks a contract on the way. */
  complaints: string[];
}

/** A whole run: everything is started, goes wrong, settles and is audited. What it opens is added to the cleanup. */
export async function runChaos(options: ChaosOptions, cleanup: Cleanup): Promise<Findings> {
  const { backend, lessons, thinkMs, seed, progress } = options;
  const people = dice(seed + 1);
  progress(`starting Postgres, ${backend === 'redis' ? 'Redis, ' : ''}the twins and the program`);
  const stage = await cleanup.finishing(() => openStage({ backend, logs: options.logs, dice: people }, cleanup));
  const database = openDatabase(stage.postgres.url, () => {}, { maxConnections: 2 });
  cleanup.add(database.close);
  const school = openSchool(stage.chat, people, { lessons, thinkMs });
  progress(`${lessons} lessons begin`);
  const faults = await doHarm(stage, options, cleanup);
  progress(`${faults.length} faults later: everything is to settle`);
  stage.storms.chat.calm();
  stage.storms.model.calm();
  const settled = await settle(stage, school, database.db, options.settleMs);
  progress(settled.ms === null ? 'it did not settle' : `settled after ${(settled.ms / 1000).toFixed(1)} s`);
  return collect(stage, school, database.db, { faults, settled, lessons });
}

interface Fault {
  kind: FaultKind;
  at: number;
}

async function doHarm(
  stage: Stage,
  { seed, faultsMs, spacingMs, progress }: ChaosOptions,
  cleanup: Cleanup,
): Promise<Fault[]> {
  const luck = dice(seed);
  const started = Date.now();
  const faults: Fault[] = [];
  for (const { kind, at } of planFaults(faultKinds(stage), faultsMs, spacingMs, luck)) {
    await delay(Math.max(0, started + at - Date.now()));
    progress(kind);
    faults.push({ kind, at: Date.now() });
    await cleanup.finishing(() => injectFault(kind, stage, luck));
  }
  await delay(Math.max(0, started + faultsMs - Date.now()));
  return faults;
}

interface Settled {
  ms: number | null;
  retriedByHand: number;
}

/** Waits until all is taken, answered and delivered. What was given up is taken up again, as an operator would do. */
async function settle(stage: Stage, school: School, db: Database, patienceMs: number): Promise<Settled> {
  const started = performance.now();
  const passed = () => performance.now() - started;
  let retriedByHand = 0;
  let areHome = false;
  void school.goHome().then(() => {
    areHome = true;
  });
  while (passed() < patienceMs) {
    const { underWay, givenUp } = await readUnfinished(db);
    if (areHome && underWay + givenUp === 0) return { ms: passed(), retriedByHand };
    if (givenUp > 0) retriedByHand += (await stage.fleet.command('dead-letters', 'retry', 'all')).length;
    await delay(200);
  }
  return { ms: null, retriedByHand };
}

async function collect(
  stage: Stage,
  school: School,
  db: Database,
  { faults, settled, lessons }: { faults: readonly Fault[]; settled: Settled; lessons: number },
): Promise<Findings> {
  const { chat, storms, fleet, modelCalls } = stage;
  const threads = Array.from({ length: lessons }, (_, lesson) => threadOf(lesson));
  const shown = threads.flatMap((thread) =>
    chat.shown(thread).map(({ delivery, reply, at }) => ({ thread, delivery, at, tokens: tokensIn(reply.text) })),
  );
  const history: History = { accepted: school.accepted, shown };
  const recoveries = recoveryTimes(
    faults.map(({ at }) => at),
    history,
  );
  return {
    verdict: audit(history),
    stored: await readStored(db),
    faults: faults.map(({ kind }, index) => ({ kind, recoveryMs: recoveries[index] ?? 0 })),
    hits: { chat: storms.chat.hits, model: storms.model.hits },
    settledMs: settled.ms,
    retriedByHand: settled.retriedByHand,
    modelCalls: modelCalls.length,
    repeatedCalls: await countRepeatedCalls(db, modelCalls),
    repeatedSends: threads.flatMap((thread) => chat.arrivals(thread)).filter(({ attempt }) => attempt > 1).length,
    crashes: fleet.crashes,
    complaints: [...stage.complaints(), ...school.complaints, ...fleet.overdue.map((name) => `${name} did not stop`)],
  };
}
