import type { Database } from '../../db/database.ts';
import { heldBy } from '../../db/subscriptions.ts';
import { type Entitlement, entitled, SELF_HOST } from './entitled.ts';
import type { Plans } from './plans.ts';

/** What a workspace may: the one question that everybody asks. */
export interface Entitlements {
  /** Null: nothing is sold here, and everybody has everything. */
  readonly plans: Plans | null;
  /** As it is now: whoever has paid a moment ago has what they paid for. */
  of(workspaceId: string): Promise<Entitlement>;
}

export function openEntitlements(db: Database, plans: Plans | null, now: () => Date): Entitlements {
  if (!plans) return EVERYTHING;
  return {
    plans,
    async of(workspaceId) {
      const held = await heldBy(db, workspaceId);
      // Who runs a terminal or a chat of their own pays for it already.
      return held === null ? SELF_HOST : entitled(held, plans, now());
    },
  };
}

export const EVERYTHING: Entitlements = { plans: null, of: async () => SELF_HOST };
