/** What goes wrong between the bot and Discord, as a test asks for it. */
import type { GatewayDispatchEvents } from 'discord-api-types/v10';

/** A request, when it has `arrived` and nothing has happened yet, and when all is `done` and the answer is due. */
export interface Arrival {
  method: string;
  /** Without /api/v10. */
  path: string;
  body: unknown;
  moment: 'arrived' | 'done';
}

/** Another answer than the right one; `reset` breaks the connection, `hang` never answers. */
export type Fault = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset' | 'hang';

type Match = (method: string, path: string) => boolean;
type Hook = (arrival: Arrival) => Fault | null | undefined | Promise<Fault | null | undefined>;

export interface Faults {
  /** The next requests that match have no effect and get this answer. */
  failNext(match: Match, times: number, fault: Fault): void;
  /** The next requests that match take effect, and get this answer. */
  loseNext(match: Match, times: number, fault?: Fault): void;
  /** Asked about every request at both moments, and awaited: to look, to hold it up, or to say what goes wrong. */
  onRequest(hook: Hook | null): void;
  /** The next events of this name reach nobody, not even who resumes. */
  loseEvents(name: GatewayDispatchEvents, times?: number): void;
}

export interface FaultPlan extends Faults {
  /** What is to happen to this request at this moment. */
  next(arrival: Arrival): Promise<Fault | null>;
  /** Whether an event of this name is lost that is to go out now. */
  losesEvent(name: GatewayDispatchEvents): boolean;
}

export function createFaults(): FaultPlan {
  let planned: { match: Match; left: number; fault: Fault; moment: Arrival['moment'] }[] = [];
  const losses = new Map<GatewayDispatchEvents, number>();
  let hook: Hook | null = null;
  return {
    failNext(match, times, fault) {
      planned.push({ match, left: times, fault, moment: 'arrived' });
    },
    loseNext(match, times, fault = 'reset') {
      planned.push({ match, left: times, fault, moment: 'done' });
    },
    onRequest(chosen) {
      hook = chosen;
    },
    loseEvents(name, times = 1) {
      losses.set(name, (losses.get(name) ?? 0) + times);
    },
    losesEvent(name) {
      const left = losses.get(name) ?? 0;
      if (left > 0) losses.set(name, left - 1);
      return left > 0;
    },
    async next(arrival) {
      const chosen = await hook?.(arrival);
      if (chosen) return chosen;
      const plan = planned.find((each) => each.moment === arrival.moment && each.match(arrival.method, arrival.path));
      if (!plan) return null;
      plan.left -= 1;
      planned = planned.filter(({ left }) => left > 0);
      return plan.fault;
    },
  };
}
