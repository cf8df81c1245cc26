import { reserve, settle, spentOn } from '../db/budgets.ts';
import type { Database, Queryable } from '../db/database.ts';
import type { LessonRow } from '../db/lessons.ts';
import type { ModelFailure } from './ports.ts';

/** Limits in US dollars; null: none. */
export interface Budgets {
  turn: number | null;
  lesson: number | null;
  workspaceMonth: number | null;
}

export const NO_BUDGETS: Budgets = { turn: null, lesson: null, workspaceMonth: null };

/** Money set aside for a call; `settle` it in the transaction that records what the call really cost. */
export interface Hold {
  ok: true;
  settle(tx: Queryable, cost: number): Promise<void>;
}

const NOTHING_HELD: Hold = { ok: true, settle: async () => {} };

/**
 * Asks whether a call that may cost up to `estimate` still fits the budgets. A lesson has one worker, so its own sums
 * cannot be raced; the workspace's month is shared, so its part is set aside first.
 */
export async function hold(
  db: Database,
  budgets: Budgets,
  lesson: Pick<LessonRow, 'id' | 'workspace_id'>,
  turnId: string | null,
  estimate: number | null,
): Promise<Hold | ModelFailure> {
  if (!estimate) return NOTHING_HELD;
  if (budgets.turn !== null || budgets.lesson !== null) {
    const spent = await spentOn(db, lesson.id, turnId);
    if (budgets.turn !== null && spent.turn + estimate > budgets.turn) return overBudget('turn');
    if (budgets.lesson !== null && spent.lesson + estimate > budgets.lesson) return overBudget('lesson');
  }
  if (budgets.workspaceMonth === null) return NOTHING_HELD;
  const month = await reserve(db, lesson.workspace_id, estimate, budgets.workspaceMonth);
  if (month === null) return overBudget('workspace');
  return { ok: true, settle: (tx, cost) => settle(tx, lesson.workspace_id, month, estimate, cost) };
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
