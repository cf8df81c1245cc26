/** How those who wait take their turns, so that one busy workspace cannot starve the others. Pure. */

/** So many waiting turns of one workspace are first come, first served; the next ones go behind everybody else's. */
const FAIR_SHARE = 8;

/** The priority of the nudge for a turn with so many of its workspace's ahead of it: 0 goes first. */
export function nudgePriority(ahead: number): number {
  return ahead < FAIR_SHARE ? 0 : ahead;
}
