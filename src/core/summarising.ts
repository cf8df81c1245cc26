import type { Database, Queryable } from '../db/database.ts';
import { recordUsage } from '../db/records.ts';
import { keepLesson, readSummary, storeSummary, unsummarised } from '../db/summaries.ts';
import type { Logger } from '../log.ts';
import { callAgent, requestOf } from './agents/agents.ts';
import { summarizerAgent } from './agents/summarizer.ts';
import { type Budgets, hold, NO_BUDGETS, withinMonth } from './budget.ts';
import { RECENT_MESSAGES } from './context.ts';
import type { Model } from './ports.ts';
import type { Prompts } from './prompts.ts';
import { settingsOf } from './settings.ts';

/** Fewer that have left it are not worth a call. */
const WORTH_A_CALL = 10;
const AT_ONCE = 40;

/**
 * Folds what has left the window into the lesson's summary. Runs beside the lesson, never ahead of a reply; safe to
 * run twice: a summary is stored only on top of the one that it was made from. It spends within the budgets, and what
 * it spends is recorded, whatever comes of it.
 */
export async function summariseLesson(
  deps: { db: Database; model: Model; prompts: Prompts; log: Logger; budgets?: Budgets },
  lessonId: string,
): Promise<void> {
  const before = await readSummary(deps.db, lessonId);
  const upTo = before?.upToSeq ?? 0;
  const messages = await unsummarised(deps.db, lessonId, upTo, RECENT_MESSAGES, AT_ONCE);
  const last = messages.at(-1);
  if (!last || messages.length < WORTH_A_CALL) return;
  const input = { before: before?.text ?? '', messages };
  const lesson = { id: last.lessonId, workspace_id: last.workspaceId };
  const spent = { turn: 0, lesson: last.spent };
  const estimate = deps.model.estimate?.(requestOf(deps.prompts, summarizerAgent, input)) ?? null;
  const budgets = withinMonth(deps.budgets ?? NO_BUDGETS, settingsOf(last.settings).monthlyBudget);
  const held = await hold(deps.db, budgets, lesson.workspace_id, spent, estimate);
  if (!held.ok) return deps.log.warn({ lessonId, detail: held.detail }, 'no budget for a summary');
  const result = await callAgent(deps.model, deps.prompts, summarizerAgent, input);
  if (!result.ok) deps.log.warn({ lessonId, reason: result.reason, detail: result.detail }, 'no summary made');
  const { usage } = result;
  const store = async (tx: Queryable) => {
    if (!(await keepLesson(tx, lesson.id))) return;
    if (result.ok) await storeSummary(tx, lesson.id, { text: result.output.summary, upToSeq: last.seq }, upTo);
    if (usage) await recordUsage(tx, lesson, { step: 'summarise', agent: 'summarizer', usage });
  };
  await held.settling(deps.db, usage?.cost ?? 0, (db) =>
    db.isTransaction ? store(db) : db.transaction().execute(store),
  );
}
