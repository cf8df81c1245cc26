import type { Dice } from './dice.ts';

/** What goes wrong with single requests for a while: each has its share of those that come in its time. */
export interface Storms<Kind extends string> {
  begin(kind: Kind, forMs: number, share: number): void;
  /** What befalls a request that comes now, of what could; null: nothing. */
  strike(could?: (kind: Kind) => boolean): Kind | null;
  /** From now on nothing does. */
  calm(): void;
  /** Requests that were hit. */
  hits: number;
}

export function openStorms<Kind extends string>(dice: Dice): Storms<Kind> {
  const raging = new Map<Kind, { until: number; share: number }>();
  const storms: Storms<Kind> = {
    hits: 0,
    begin: (kind, forMs, share) => void raging.set(kind, { until: performance.now() + forMs, share }),
    strike(could = () => true) {
      const now = performance.now();
      const struck = [...raging].find(([kind, { until, share }]) => now < until && could(kind) && dice.chance(share));
      if (struck) storms.hits += 1;
      return struck?.[0] ?? null;
    },
    calm: () => raging.clear(),
  };
  return storms;
}
