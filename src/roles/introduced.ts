import { setTimeout as sleep } from 'node:timers/promises';

export interface Introduced<Identity> {
  /** Null until the platform has told. */
  known(): Identity | null;
  /** Rejects where somebody has to act, or when the process is asked to end. */
  asked: Promise<Identity>;
}

const PATIENCE_MS = 5_000;

/**
 * What a platform has to tell before anything else. One that is away keeps nobody on another one waiting: who it is
 * comes later. Rejects where it says no at once.
 */
export async function introduced<Identity>(asking: Promise<Identity>): Promise<Introduced<Identity>> {
  let identity: Identity | null = null;
  const asked = asking.then((told) => {
    identity = told;
    return told;
  });
  // Whoever connects hears of it.
  asked.catch(() => {});
  await Promise.race([asked, sleep(PATIENCE_MS, null, { ref: false })]);
  return { known: () => identity, asked };
}
