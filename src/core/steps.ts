import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/lessons.ts';
import { recordUsage } from '../db/records.ts';
import { storedSteps, storeStep } from '../db/turns.ts';
import { type Agent, type AgentIO, type AgentName, type OnText, requestOf } from './agents/agents.ts';
import { type Budgets, hold, NO_BUDGETS } from './budget.ts';
import type { Model, ModelResult } from './ports.ts';
import type { Prompts } from './prompts.ts';

/** Another worker has taken the lesson over: stop, write nothing, say nothing. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease of the lesson is lost');
    this.name = 'LeaseLost';
  }
}

/** Runs an agent as a named step of a turn. */
export type Ask = <Name extends AgentName>(
  step: string,
  agent: Agent<Name>,
  input: AgentIO[Name]['input'],
  onText?: OnText,
) => Promise<ModelResult<AgentIO[Name]['output']>>;

interface StepDeps {
  db: Database;
  budgets?: Budgets;
  model: Model;
  prompts: Prompts;
}

/**
 * The steps of one turn. A step's output is stored together with what it cost; after a crash the stored output is
 * replayed, so that a paid call is never repeated. Failures are not stored: the step runs again. What was spent is
 * recorded in any case, also by a worker that was overtaken.
 */
export async function turnSteps(deps: StepDeps, lesson: LessonRow, turnId: string): Promise<Ask> {
  const stored = await storedSteps(deps.db, turnId);
  return async (step, agent, input, onText) => {
    const before = stored.get(step);
    if (before !== undefined) return before as Awaited<ReturnType<Ask>> as never;
    const request = requestOf(deps.prompts, agent, input);
    const estimate = deps.model.estimate?.(request) ?? null;
    const held = await hold(deps.db, deps.budgets ?? NO_BUDGETS, lesson, turnId, estimate);
    if (!held.ok) return held;
    const result = await deps.model.generate({ ...request, ...(onText && { onText }) });
    const { usage } = result;
    const isOurs = await deps.db.transaction().execute(async (tx) => {
      const isStored = !result.ok || (await storeStep(tx, lesson, turnId, step, result));
      if (usage) await recordUsage(tx, lesson, turnId, { step, agent: agent.name, usage });
      await held.settle(tx, usage?.cost ?? 0);
      return isStored;
    });
    if (!isOurs) throw new LeaseLost();
    return result;
  };
}
