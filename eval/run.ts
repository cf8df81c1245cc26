import { createHash } from 'node:crypto';
import { errorMessage } from '../src/errors.ts';
import { readRows } from './data.ts';
import { edge } from './edge.ts';
import { grading } from './grading.ts';
import { injections } from './injections.ts';
import { type Meter, NOTHING_USED, sum } from './meter.ts';
import { moves } from './moves.ts';
import type { Part, Row, Score, Stage } from './part.ts';
import type { Played, Results } from './results.ts';
import { scenarios } from './scenarios.ts';
import { state } from './state.ts';

/** Plays the rows of a data folder, several at a time, and scores each part. */

const PARTS: readonly Part[] = [grading, edge, injections, state, scenarios, moves];
export const PART_NAMES = PARTS.map(({ name }) => name);

export interface RunOptions {
  stage: Stage;
  data: string;
  only: readonly string[];
  limit: number;
  parallel: number;
  results: Results;
  /** Of the prompts and the model. */
  fingerprint: string;
  progress(line: string): void;
}

export interface PartRun {
  name: string;
  rows: number;
  /** Taken over from an earlier run. */
  resumed: number;
  failed: { id: string; reason: string }[];
  score: Score;
  used: Meter;
}

export async function runParts(options: RunOptions): Promise<PartRun[]> {
  const runs: PartRun[] = [];
  for (const part of PARTS.filter(({ name }) => options.only.includes(name))) {
    if (part.needsJudge && !options.stage.judge) {
      options.progress(`${part.name}: left out, it needs --judge`);
      continue;
    }
    runs.push(await runPart(part, options));
  }
  return runs;
}

/** A line is due no more often. */
const PROGRESS_MS = 2_000;

async function runPart(part: Part, options: RunOptions): Promise<PartRun> {
  const { data, limit, parallel, results, stage, progress } = options;
  const rows = (await readRows(data, part.file, part.schema)).slice(0, limit);
  const played: (Played | undefined)[] = rows.map((row) => results.find(part.name, row.id, keyOf(part, row, options)));
  const resumed = played.filter((one) => one !== undefined).length;
  progress(`${part.name}: ${rows.length} rows${resumed > 0 ? `, ${resumed} of them from before` : ''}`);
  let [done, said] = [resumed, performance.now()];
  const waiting = rows.map((row, index) => ({ row, index })).filter(({ index }) => played[index] === undefined);
  await eachInParallel(waiting, parallel, async ({ row, index }) => {
    const one = await playRow(part, stage, row, keyOf(part, row, options));
    results.add(one);
    played[index] = one;
    done += 1;
    if (!one.ok) progress(`${part.name}: ${row.id} failed: ${one.reason}`);
    if (performance.now() - said < PROGRESS_MS && done < rows.length) return;
    said = performance.now();
    progress(`${part.name}: ${done}/${rows.length}`);
  });
  const all = played.filter((one) => one !== undefined);
  const entries = rows.flatMap((row, index) => {
    const one = played[index];
    return one?.ok ? [{ row, result: one.result }] : [];
  });
  return {
    name: part.name,
    rows: rows.length,
    resumed,
    failed: all.flatMap(({ id, ok, reason = '' }) => (ok ? [] : [{ id, reason }])),
    score: part.score(entries),
    used: sum(all.map(({ used }) => used ?? NOTHING_USED)),
  };
}

/** One bad answer is one failed row. */
async function playRow(part: Part, stage: Stage, row: Row, key: string): Promise<Played> {
  const named = { id: row.id, part: part.name, key };
  try {
    return { ...named, ok: true, ...(await part.play(stage, row)) };
  } catch (error) {
    return { ...named, ok: false, reason: errorMessage(error) };
  }
}

function keyOf(part: Part, row: Row, { fingerprint, stage }: RunOptions): string {
  const experiment = [part.name, fingerprint, stage.judge?.name ?? null, row];
  return createHash('sha256').update(JSON.stringify(experiment)).digest('hex').slice(0, 16);
}

async function eachInParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const hand = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, hand));
}
