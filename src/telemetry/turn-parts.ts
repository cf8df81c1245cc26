import type { StepName } from '../core/step-names.ts';

/** Where the time of one turn goes. */

type TurnPart = 'model' | 'database' | 'delivery' | 'other';

/** Null: not a part of a turn, or the time between its parts, which counts as "other". */
const PART_OF: Record<StepName, TurnPart | null> = {
  accept: null,
  acknowledge: null,
  nudge: null,
  turn: null,
  claim: null,
  take: null,
  read: 'database',
  transcribe: 'model',
  model: 'model',
  store: 'database',
  commit: 'database',
  send: 'delivery',
  record: 'database',
  release: null,
  synthesize: null,
  speak: null,
  spoken: null,
};

export interface TurnParts {
  /** Null until the turn is noted as started. */
  waitedMs: number | null;
  /** A step of the turn begins; returns what to call at its end, in whatever order steps end. */
  enter(step: StepName): () => void;
  /** Seconds so far. Every moment belongs to one part, the step that began last, so that they add up to the turn. */
  seconds(): Record<TurnPart, number>;
}

/** `now`: a clock in milliseconds. */
export function openTurnParts(now: () => number): TurnParts {
  const spent: Record<TurnPart, number> = { model: 0, database: 0, delivery: 0, other: 0 };
  const open: { part: TurnPart }[] = [];
  let since = now();
  const settle = () => {
    const at = now();
    spent[open.at(-1)?.part ?? 'other'] += (at - since) / 1_000;
    since = at;
  };
  return {
    waitedMs: null,
    enter(step) {
      const part = PART_OF[step];
      if (part === null) return () => {};
      settle();
      const entry = { part };
      open.push(entry);
      return () => {
        settle();
        open.splice(open.indexOf(entry), 1);
      };
    },
    seconds() {
      settle();
      return { ...spent };
    },
  };
}
