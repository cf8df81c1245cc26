import { setTimeout as delay } from 'node:timers/promises';
import { type Database, openDatabase } from '../src/db/database.ts';
import { audit, type History, recoveryTimes, type Verdict } from './audit.ts';
import type { Cleanup } from './cleanup.ts';
import { type Dice, dice } from './dice.ts';
import { openDiscordSchool } from './discord-school.ts';
import { type FaultKind, faultKinds, injectFault } from './faults.ts';
import { auditHeard, type HeardVerdict } from './heard.ts';
import type { Interactions, Lessons, School } from './learners.ts';
import { planFaults } from './schedule.ts';
import { openSlackSchool } from './slack-school.ts';
import type { Retries } from './slack-told.ts';
import { openStage, type Platform, type Setting, type Stage } from './stage.ts';
import { countRepeatedCalls, readOwedToEars, readStored, readUnfinished, type Stored } from './stored.ts';
import { openWebhookSchool, repeatedSends } from './webhook-school.ts';

export interface ChaosOptions extends Setting {
  seed: number;
  /** Shared out among the platforms. */
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
  /** Replies that learners listen to. */
  heard: HeardVerdict;
  heardGivenUp: number;
  /** Null: there was no platform that has them. */
  interactions: Interactions | null;
  /** Of messages on Slack; null: nobody was there. */
  retries: Retries | null;
  crashes: string[];
  /** Whatever breaks a contract on the way. */
  complaints: string[];
}

/** A whole run: everything is started, goes wrong, settles and is audited. What it opens is added to the cleanup. */
export async function runChaos(options: ChaosOptions, cleanup: Cleanup): Promise<Findings> {
  const { backend, platforms, slackWay, lessons, seed, progress } = options;
  const people = dice(seed + 1);
  progress(`starting Postgres, ${backend === 'redis' ? 'Redis, ' : ''}the twins and the program`);
  const stage = await cleanup.finishing(() =>
    openStage({ backend, platforms, slackWay, logs: options.logs, dice: people }, cleanup),
  );
  const database = openDatabase(stage.postgres.url, () => {}, { maxConnections: 2 });
  cleanup.add(database.close);
  const schools = openSchools(stage, options, people);
  progress(`${lessons} lessons begin`);
  const faults = await doHarm(stage, options, cleanup);
  progress(`${faults.length} faults later: everything is to settle`);
  stage.storms.chat.calm();
  stage.storms.model.calm();
  const settled = await settle(stage, schools.all, database.db, options.settleMs);
  progress(settled.ms === null ? 'it did not settle' : `settled after ${(settled.ms / 1000).toFixed(1)} s`);
  return collect(stage, schools, database.db, { faults, settled });
}

interface Schools {
  all: readonly School[];
  repeatedSends(): number;
  retries(): Retries | null;
}

function openSchools(
  { chat, discord, slack }: Stage,
  { lessons, thinkMs, platforms }: ChaosOptions,
  people: Dice,
): Schools {
  const numbers = Array.from({ length: lessons }, (_, lesson) => lesson);
  const partOf = (platform: Platform): Lessons => {
    const place = platforms.indexOf(platform);
    return { dice: people, thinkMs, lessons: numbers.filter((number) => number % platforms.length === place) };
  };
  const webhook = chat && openWebhookSchool(chat, partOf('webhook'));
  const onDiscord = discord && openDiscordSchool(discord, partOf('discord'));
  const onSlack = slack && openSlackSchool(slack, partOf('slack'));
  return {
    all: [webhook, onDiscord, onSlack].filter((school) => school !== null),
    repeatedSends: () => (chat ? repeatedSends(chat, partOf('webhook')) : 0),
    retries: () => onSlack?.retries() ?? null,
  };
}

interface Fault {
  kind: FaultKind;
  at: number;
}

async function doHarm(
  stage: Stage,
  { seed, faultsMs, spacingMs, progress, ...setting }: ChaosOptions,
  cleanup: Cleanup,
): Promise<Fault[]> {
  const luck = dice(seed);
  const started = Date.now();
  const faults: Fault[] = [];
  for (const { kind, at } of planFaults(faultKinds(setting), faultsMs, spacingMs, luck)) {
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
async function settle(stage: Stage, schools: readonly School[], db: Database, patienceMs: number): Promise<Settled> {
  const started = performance.now();
  const passed = () => performance.now() - started;
  let retriedByHand = 0;
  let areHome = false;
  void Promise.all(schools.map((school) => school.goHome())).then(() => {
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
  schools: Schools,
  db: Database,
  { faults, settled }: { faults: readonly Fault[]; settled: Settled },
): Promise<Findings> {
  const { storms, fleet, modelCalls } = stage;
  const history: History = {
    accepted: schools.all.flatMap(({ accepted }) => accepted),
    shown: schools.all.flatMap((school) => school.shown()),
  };
  const recoveries = recoveryTimes(
    faults.map(({ at }) => at),
    history,
  );
  const owed = await readOwedToEars(db);
  return {
    verdict: audit(history),
    heard: auditHeard(
      schools.all.flatMap((school) => school.heard?.() ?? []),
      owed,
    ),
    heardGivenUp: owed.filter(({ isSpoken }) => !isSpoken).length,
    stored: await readStored(db),
    faults: faults.map(({ kind }, index) => ({ kind, recoveryMs: recoveries[index] ?? 0 })),
    hits: { chat: storms.chat.hits, model: storms.model.hits },
    settledMs: settled.ms,
    retriedByHand: settled.retriedByHand,
    modelCalls: modelCalls.length,
    repeatedCalls: await countRepeatedCalls(db, modelCalls),
    repeatedSends: schools.repeatedSends(),
    interactions: sumOf(schools.all.flatMap(({ interactions }) => interactions ?? [])),
    retries: schools.retries(),
    crashes: fleet.crashes,
    complaints: [
      ...stage.complaints(),
      ...schools.all.flatMap((school) => school.complaints()),
      ...fleet.overdue.map((name) => `${name} did not stop`),
    ],
  };
}

function sumOf(all: readonly Interactions[]): Interactions | null {
  if (all.length === 0) return null;
  return {
    acknowledged: all.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}
