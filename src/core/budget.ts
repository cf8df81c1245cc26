import { reserve, settle } from '../db/budgets.ts';
import type { Database, Queryable } from '../db/database.ts';
import type { ModelFailure } from './ports.ts';

/** Limits in US dollars; null: none. */
export interface Budgets {
  turn: number | null;
  lesson: number | null;
  workspaceMonth: number | null;
}

export const NO_BUDGETS: Budgets = { turn: null, lesson: null, workspaceMonth: null };

/** The budgets of a workspace that may have a monthly limit of its own: the lower one counts. */
export function withinMonth(budgets: Budgets, monthlyBudget: number | null): Budgets {
  const limits = [budgets.workspaceMonth, monthlyBudget].filter((limit) => limit !== null);
  return { ...budgets, workspaceMonth: limits.length > 0 ? Math.min(...limits) : null };
}

/** Money set aside for a call. */
export interface Hold {
  ok: true;
  /** Does the work, in one transaction with turning what was set aside into what the call really cost. */
  settling<T>(db: Database, cost: number, work: (db: Queryable) => Promise<T>): Promise<T>;
}

const NOTHING_HELD: Hold = { ok: true, settling: (db, _cost, work) => work(db) };

/**
 * Asks whether a call that may cost up to `estimate` still fits the budgets, after what the turn and its lesson have
 * cost so far. A lesson has one worker, so its sums cannot be raced; the workspace's month is shared, so its part is
 * set aside first.
 */
export async function hold(
  db: Database,
  budgets: Budgets,
  workspaceId: string,
  spent: { turn: number; lesson: number },
  estimate: number | null,
): Promise<Hold | ModelFailure> {
  if (!estimate) return NOTHING_HELD;
  if (budgets.turn !== null && spent.turn + estimate > budgets.turn) return overBudget('turn');
  if (budgets.lesson !== null && spent.lesson + estimate > budgets.lesson) return overBudget('lesson');
  if (budgets.workspaceMonth === null) return NOTHING_HELD;
  const month = await reserve(db, workspaceId, estimate, budgets.workspaceMonth);
  if (month === null) return overBudget('workspace');
  return {
    ok: true,
    settling: (opened, cost, work) =>
      opened.transaction().execute(async (tx) => {
        const result = await work(tx);
        await settle(tx, workspaceId, month, estimate, cost);
        return result;
      }),
  };
}

type Scope = 'turn' | 'lesson' | 'workspace';

function overBudget(scope: Scope): ModelFailure {
  return { ok: false, reason: 'over_budget', detail: scope };
}

/** What the learner reads when a budget is used up. */
export function budgetSentence(detail: string): string {
  const KEPT = 'Your plan and your place in it are kept.';
  switch (detail as Scope) {
    case 'workspace':
      return `The budget of this place for the month is used up, so I stop here. ${KEPT} Whoever runs me can raise it; otherwise I am back next month.`;
    case 'lesson':
      return `This lesson has used up its budget, so I stop here. ${KEPT} Say **end** for your summary, or start a new lesson.`;
    default:
      return `That one would cost more than I may spend on a single reply. ${KEPT} Try a shorter message.`;
  }
}
