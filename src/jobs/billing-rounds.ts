import { nudgeBilling, type SettlingDeps } from '../core/billing/settling.ts';
import type { SourceFailure, SourceName, SubscriptionSource } from '../core/billing/sources.ts';
import { refreshAll, tellOfTime } from '../core/billing/subscriptions.ts';
import { beginRound, repeatRound } from '../db/rounds.ts';
import { forgetOldEvents, isBillingOwed } from '../db/stripe-events.ts';
import { errorMessage } from '../errors.ts';
import { seldom } from '../log.ts';

/** What has to be seen to in billing although nobody tells of it. Each round is made by one process for all. */

export interface RoundsOptions extends SettlingDeps {
  sources: readonly SubscriptionSource[];
  intervalMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How often a source is compared with what is kept. Discord does not tell again what was missed. */
const EVERY_MS: Record<SourceName, number> = { stripe: DAY_MS, discord: HOUR_MS };
/** Where a source was away. */
const AGAIN_MS = 600_000;
/** Stripe tells of an event for three days, and shows it for thirty. */
const KEPT_DAYS = 35;

/** Safe to run at any time, from every process. */
export async function makeRounds(options: RoundsOptions): Promise<void> {
  const { db, sources, log } = options;
  if (await beginRound(db, 'time', HOUR_MS)) {
    await tellOfTime(options);
    await forgetOldEvents(db, KEPT_DAYS);
  }
  for (const source of sources) {
    const name = `reconcile-${source.name}`;
    const everyMs = EVERY_MS[source.name];
    if (!(await beginRound(db, name, everyMs))) continue;
    const done = await refreshAll(options, source).catch(
      (error): SourceFailure => ({ ok: false, reason: 'away', detail: errorMessage(error) }),
    );
    if (done.ok) log.info({ source: source.name, subscriptions: done.value }, 'subscriptions were compared');
    else {
      log.error({ source: source.name, detail: done.detail }, 'subscriptions could not be compared');
      await repeatRound(db, name, everyMs, AGAIN_MS);
    }
  }
  if (await isBillingOwed(db)) await nudgeBilling(options, 'round');
}

/** Now and every `intervalMs`; a slow round is waited for. */
export function startRounds(options: RoundsOptions): { stop(): Promise<void> } {
  const complain = seldom(options.log, 'a round of billing failed');
  let running: Promise<void> | null = null;
  const tick = () => {
    running ??= makeRounds(options)
      .catch(complain)
      .finally(() => {
        running = null;
      });
  };
  tick();
  const timer = setInterval(tick, options.intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
