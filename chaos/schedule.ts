import type { Dice } from './dice.ts';

export interface Planned<Kind> {
  /** After the beginning, in ms. */
  at: number;
  kind: Kind;
}

/**
 * When what goes wrong: a deck of all kinds is dealt, shuffled and dealt again, so that each comes before any comes
 * twice, as long as there is time for one deck. Pure but for the dice.
 */
export function planFaults<Kind>(
  kinds: readonly Kind[],
  durationMs: number,
  spacingMs: number,
  dice: Dice,
): Planned<Kind>[] {
  const planned: Planned<Kind>[] = [];
  let deck: Kind[] = [];
  for (let start = 0; start + spacingMs <= durationMs; start += spacingMs) {
    if (deck.length === 0) deck = dice.shuffled(kinds);
    const kind = deck.pop();
    if (kind !== undefined) planned.push({ at: start + dice.next() * spacingMs, kind });
  }
  return planned;
}
