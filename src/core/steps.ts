import type { Database } from '../db/database.ts';
import type { LessonRow } from '../db/leases.ts';
import { storeStep, type TurnInput } from '../db/turns.ts';
import { type Agent, type AgentIO, type AgentName, type OnText, requestOf } from './agents/agents.ts';
import { type Budgets, hold, NO_BUDGETS } from './budget.ts';
import type { Leases } from './leases.ts';
import type { Model, ModelRequest, ModelResult, Telemetry, Tier } from './ports.ts';
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
  leases: Leases;
  telemetry: Telemetry;
  /** The best that may be called; absent: any. */
  mostTier?: Tier;
}

/**
 * The steps of one turn. A step's output is stored together with what it cost; after a crash the stored output is
 * replayed, so that a paid call is never repeated. Failures are not stored: the step runs again. What was spent is
 * recorded in any case, also by a worker that was overtaken.
 */
export function turnSteps(
  deps: StepDeps,
  lesson: LessonRow,
  turnId: string,
  before: Pick<TurnInput, 'steps' | 'spent'>,
): Ask {
  let { spent } = before;
  return async (step, agent, input, onText) => {
    const stored = before.steps[step];
    if (stored !== undefined) return stored as Awaited<ReturnType<Ask>> as never;
    // Nothing is paid for by a worker that knows that another one is at it.
    if (deps.leases.isLost(lesson)) throw new LeaseLost();
    const tier = deps.mostTier === 'small' ? 'small' : agent.tier;
    const request = { ...requestOf(deps.prompts, agent, input), tier };
    const estimate = deps.model.estimate?.(request) ?? null;
    const soFar = { turn: spent, lesson: lesson.spent + spent };
    const held = await hold(deps.db, deps.budgets ?? NO_BUDGETS, lesson.workspace_id, soFar, estimate);
    if (!held.ok) return held;
    const result = await callModel(deps, { ...request, ...(onText && { onText }) });
    const usage = result.usage ?? null;
    spent += usage?.cost ?? 0;
    if (!result.ok && !usage) return held.settling(deps.db, 0, async () => result);
    const isOurs = await deps.telemetry.step('store', {}, () =>
      held.settling(deps.db, usage?.cost ?? 0, (db) =>
        storeStep(db, lesson, turnId, { name: step, agent: agent.name, output: result.ok ? result : null, usage }),
      ),
    );
    if (!isOurs) throw new LeaseLost();
    return result;
  };
}

async function callModel<Name extends AgentName>(
  { model, telemetry }: StepDeps,
  request: ModelRequest<Name>,
): Promise<ModelResult<AgentIO[Name]['output']>> {
  const { agent } = request;
  const result = await telemetry.step('model', { agent }, () => model.generate(request));
  const usage = result.usage ?? null;
  telemetry.note({ type: 'model_called', agent, usage, failure: result.ok ? null : result.reason });
  return result;
}
