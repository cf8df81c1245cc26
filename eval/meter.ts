import type { ModelUsage } from '../src/core/ports.ts';

/** What a row, a part or a run has used. */
export interface Meter {
  turns: number;
  calls: number;
  inputTokens: number;
  /** The part of inputTokens that came from the provider's cache. */
  cachedTokens: number;
  outputTokens: number;
  /** US dollars; null where a call's price is not known. */
  cost: number | null;
}

export const NOTHING_USED: Meter = {
  turns: 0,
  calls: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  cost: 0,
};

/** One more call. One without usage never reached the model. */
export function metered(meter: Meter, usage: ModelUsage | undefined): Meter {
  if (!usage) return meter;
  const { inputTokens, cachedTokens, outputTokens, cost } = usage;
  return sum([meter, { turns: 0, calls: 1, inputTokens, cachedTokens, outputTokens, cost }]);
}

export function sum(meters: readonly Meter[]): Meter {
  return meters.reduce(
    (a, b) => ({
      turns: a.turns + b.turns,
      calls: a.calls + b.calls,
      inputTokens: a.inputTokens + b.inputTokens,
      cachedTokens: a.cachedTokens + b.cachedTokens,
      outputTokens: a.outputTokens + b.outputTokens,
      cost: a.cost === null || b.cost === null ? null : a.cost + b.cost,
    }),
    NOTHING_USED,
  );
}
