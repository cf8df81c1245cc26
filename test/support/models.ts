import type { AgentIO, AgentName } from '../../src/core/agents/agents.ts';
import type { Model, ModelFailure, ModelRequest, ModelResult } from '../../src/core/ports.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';

export interface WatchedModel extends Model {
  /** The agents that were called, in order. */
  calls: AgentName[];
  requests: ModelRequest<AgentName>[];
}

/**
 * The offline tutor, watched: `before` runs ahead of each call and may hold it up, or return a failure in its place.
 */
export function watchedModel(
  before: (
    call: number,
    request: ModelRequest<AgentName>,
  ) => Promise<ModelFailure | undefined> | ModelFailure | undefined = () => undefined,
): WatchedModel {
  const rules = offlineModel();
  const model: WatchedModel = {
    teachesAnyTopic: false,
    calls: [],
    requests: [],
    async generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>> {
      model.calls.push(request.agent);
      model.requests.push(request as unknown as ModelRequest<AgentName>);
      const failure = await before(model.calls.length, request as unknown as ModelRequest<AgentName>);
      return failure ?? rules.generate(request);
    },
  };
  return model;
}

export function failure(reason: ModelFailure['reason']): ModelFailure {
  return { ok: false, reason, detail: 'as the test wants it' };
}

/** A door that stays shut until it is opened. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
