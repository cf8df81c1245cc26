/**
 * In what order those who wait take their turns, so that one busy workspace cannot starve the others, nor be starved
 * by them. Pure.
 */

/** What a turn that waits costs the next one of its workspace, and the grain of the order. */
const TICK_MS = 250;
/** The queue orders by numbers up to here. */
export const LAST_PRIORITY = 2_000_000;
/**
 * The order begins anew after so many ticks, which is nearly six days. What waits at that moment stands behind what
 * comes next, until the sweep nudges it again.
 */
const TICKS = LAST_PRIORITY - 1;

/** As many of a workspace's waiting turns as count: nobody is set back for longer than sixteen seconds. */
export const COUNTED = 64;

/**
 * The priority of a turn's nudge; lower ones go first. First come, first served, but a turn stands as if it had come a
 * tick later for each turn of its workspace that waits ahead of it: so the first turn of a quiet workspace passes most
 * of a noisy one's, and whoever waits long enough is passed by nobody (after start-time fair queueing, Goyal et al. 1996).
 */
export function nudgePriority(acceptedMs: number, ahead: number): number {
  return 1 + ((Math.floor(acceptedMs / TICK_MS) + Math.min(ahead, COUNTED)) % TICKS);
}
