import type { z } from 'zod';
import type { Judgement } from '../src/core/judgement.ts';
import type { Prompts } from '../src/core/prompts.ts';
import type { Judge } from './judge.ts';
import type { Meter } from './meter.ts';
import type { Player } from './player.ts';
import type { Tutor } from './tutors.ts';

/** What every part of the evaluation has in common: rows in, a result each, figures out. */

export interface Stage {
  tutor: Tutor;
  prompts: Prompts;
  judge: Judge | null;
  /** Evaluate and answer in two calls, as the program does where it is configured so. */
  separate: boolean;
}

/** The stage with its tutor ready for the next message, of which the data wants this judgement. */
export function playerFor({ tutor, prompts, separate }: Stage, wanted: Judgement): Player {
  return { model: tutor.model(wanted), prompts, separate };
}

export interface Figure {
  name: string;
  /** Null: not defined for these rows. */
  value: number | null;
  unit: 'share' | 'score' | 'count' | 'tokens' | 'usd';
  /** Of how many, for a share or a count. */
  of?: number;
}

export interface Played<Result> {
  result: Result;
  /** By the tutor; what the judge uses is counted by itself. */
  used: Meter;
}

export interface Entry<Row, Result> {
  row: Row;
  result: Result;
}

export interface Score {
  figures: Figure[];
  /** Rows that are not as the data wants them, one line each. */
  findings: string[];
}

export interface Row {
  id: string;
}

/** Methods, so that a list can hold parts of different rows. A result must survive JSON. */
export interface Part<R extends Row = Row, Result = unknown> {
  name: string;
  file: string;
  schema: z.ZodType<R>;
  needsJudge: boolean;
  /** Throws where the row cannot be judged: it is counted as failed and tried again by the next run. */
  play(stage: Stage, row: R): Promise<Played<Result>>;
  score(entries: readonly Entry<R, Result>[]): Score;
}

export function shareOf(name: string, count: number, of: number): Figure {
  return { name, value: of === 0 ? null : count / of, unit: 'share', of };
}

export function countOf(name: string, count: number, of: number): Figure {
  return { name, value: count, unit: 'count', of };
}

export function scoreOf(name: string, value: number | null): Figure {
  return { name, value, unit: 'score' };
}
