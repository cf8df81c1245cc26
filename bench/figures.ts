/** What a run measures, and how samples become the numbers that are reported. */

export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 'bytes' | 'tokens' | 'MB' | 'count' | 'per second' | 'times';
}

/** Takes a figure as soon as it is known, so that a run that breaks off has shown what it had. */
export type Report = (figure: Figure) => void;

export function figure(name: string, value: number, unit: Figure['unit']): Figure {
  return { name, value: rounded(value, unit), unit };
}

/** The value below which the given share of the samples lies (nearest rank). Throws on no samples. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('there are no samples');
  return value;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** `name p50` and `name p95`, each with `where` behind it: `turn overhead p50 at turn 100`. */
export function spread(
  name: string,
  samples: readonly number[],
  where = '',
  shares = [0.5, 0.95],
  unit: Figure['unit'] = 'ms',
): Figure[] {
  return shares.map((share) => figure(`${name} p${share * 100}${where}`, percentile(samples, share), unit));
}

const PLACES: Record<Figure['unit'], number> = {
  ms: 2,
  bytes: 0,
  tokens: 0,
  MB: 1,
  count: 0,
  'per second': 0,
  times: 2,
};

/** As many digits as the measurement deserves. */
function rounded(value: number, unit: Figure['unit']): number {
  return Number(value.toFixed(unit === 'ms' && value >= 100 ? 0 : PLACES[unit]));
}
