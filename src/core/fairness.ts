/**
 * In what order those who wait take their turns, so that a busy workspace can neither starve the others nor be starved
 * by them. Pure. After start-time fair queueing (Goyal, Vin, Cheng 1996): a turn's place is the place that is being
 * served now, and one more for each turn of its own workspace that waits ahead of it.
 */

/** Where a turn stands. */
export interface Place {
  /** When the oldest turn came that is still in the queue, in ms: that is what is being served. Now, if there is none. */
  oldestMs: number;
  /** Turns of its workspace that wait ahead of it. */
  ahead: number;
}

/** Turns that came within so many milliseconds stand side by side; and one turn ahead counts as much. */
const TICK_MS = 250;
/** The queue orders by numbers up to here. */
export const LAST_PRIORITY = 2_000_000;
/**
 * The order begins anew after so many ticks, which is nearly six days. What waits at that moment stands behind what
 * comes next, until the sweep nudges it again.
 */
const TICKS = LAST_PRIORITY - 1;

/** As many turns ahead as anybody needs to count. */
export const COUNTED = 1_000;

/** The priority of a turn's nudge; lower ones go first. */
export function nudgePriority({ oldestMs, ahead }: Place): number {
  return 1 + ((Math.floor(oldestMs / TICK_MS) + Math.min(ahead, COUNTED)) % TICKS);
}
