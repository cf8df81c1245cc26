/** Agreement between two raters, as the literature computes it. Pure; null where a measure is not defined. */

export interface Pair<Label extends string = string> {
  gold: Label;
  said: Label;
}

export interface ClassScores {
  precision: number | null;
  recall: number | null;
  /** 0 where nothing was found; null where the class turns up on neither side. */
  f1: number | null;
  support: number;
}

function share(count: number, of: number): number | null {
  return of === 0 ? null : count / of;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function accuracy(pairs: readonly Pair[]): number | null {
  return share(pairs.filter(({ gold, said }) => gold === said).length, pairs.length);
}

export function classScores(pairs: readonly Pair[], label: string): ClassScores {
  const hits = pairs.filter(({ gold, said }) => gold === label && said === label).length;
  const support = pairs.filter(({ gold }) => gold === label).length;
  const said = pairs.filter((pair) => pair.said === label).length;
  const f1 = share(2 * hits, support + said);
  return { precision: share(hits, said), recall: share(hits, support), f1, support };
}

/** The mean F1 of the classes; one that turns up on neither side does not count. */
export function macroF1(pairs: readonly Pair[], labels: readonly string[]): number | null {
  return mean(labels.map((label) => classScores(pairs, label).f1).filter((f1) => f1 !== null));
}

/** Cohen's kappa: agreement beyond what the two distributions of labels would give by chance. */
export function kappa(pairs: readonly Pair[]): number | null {
  const labels = [...new Set(pairs.flatMap(({ gold, said }) => [gold, said]))];
  return weightedKappa(pairs, labels, (a, b) => (a === b ? 0 : 1));
}

/** Kappa for ordered labels: a miss by two counts four times a miss by one. Every label must be in `order`. */
export function quadraticKappa(pairs: readonly Pair[], order: readonly string[]): number | null {
  return weightedKappa(pairs, order, (a, b) => (a - b) ** 2);
}

function weightedKappa(
  pairs: readonly Pair[],
  labels: readonly string[],
  weight: (a: number, b: number) => number,
): number | null {
  const counts = (side: 'gold' | 'said') =>
    labels.map((label) => pairs.filter((pair) => pair[side] === label).length / pairs.length);
  const [gold, said] = [counts('gold'), counts('said')];
  const observed = mean(pairs.map((pair) => weight(labels.indexOf(pair.gold), labels.indexOf(pair.said))));
  const expected = gold.reduce(
    (sum, p, row) => sum + said.reduce((inner, q, column) => inner + p * q * weight(row, column), 0),
    0,
  );
  return observed === null || expected === 0 ? null : 1 - observed / expected;
}

/** How well an event was told: of those reported, how many were due; of those due, how many were reported. */
export function detection(
  cases: readonly { due: boolean; told: boolean }[],
): Pick<ClassScores, 'precision' | 'recall'> {
  const pairs = cases.map(({ due, told }) => ({ gold: String(due), said: String(told) }));
  const { precision, recall } = classScores(pairs, 'true');
  return { precision, recall };
}
