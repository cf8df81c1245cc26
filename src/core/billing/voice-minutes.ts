import type { Database, Queryable } from '../../db/database.ts';
import { countMeter, reserveMeter, settleMeter } from '../../db/meters.ts';
import type { SpokenSentence } from '../ports.ts';
import { type Entitlements, EVERYTHING } from './entitlements.ts';

/** The minutes of speech that a plan has in a month. */

/** Slow speech: what is set aside for a text is enough for most of what becomes of it. */
const CHARACTERS_PER_SECOND = 11;

/** What a text takes to say, roughly. */
export function secondsOf(sentences: readonly SpokenSentence[]): number {
  return sentences.reduce((sum, { text, pauseMs }) => sum + text.length / CHARACTERS_PER_SECOND + pauseMs / 1000, 0);
}

type Held =
  /** In the transaction in which it is put on record what was made. */
  { ok: true; settle(tx: Queryable, used: number): Promise<void> } | { ok: false; plan: string };

/** Sets so much speech aside, if the plan leaves room for it: at most as much as it allows, however many ask at once. */
export async function holdVoice(
  { db, entitlements = EVERYTHING }: { db: Database; entitlements?: Entitlements | undefined },
  workspaceId: string,
  seconds: number,
): Promise<Held> {
  const { plan, limits } = await entitlements.of(workspaceId);
  const meter = 'voice_seconds' as const;
  const { voiceMinutesPerMonth: minutes } = limits;
  if (!plan) return { ok: true, settle: async () => {} };
  if (minutes === null) return { ok: true, settle: (tx, used) => countMeter(tx, workspaceId, meter, used) };
  const month = await reserveMeter(db, { workspaceId, meter, amount: seconds }, minutes * 60);
  if (month === null) return { ok: false, plan: plan.id };
  return {
    ok: true,
    settle: (tx, used) => settleMeter(tx, { workspaceId, meter, month }, { reserved: seconds, used }),
  };
}
