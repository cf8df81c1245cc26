/** What goes wrong between the app and Slack, as a test asks for it. */
import type { Json } from './state.ts';

/** A call, when it has `arrived` and nothing has happened yet, and when all is `done` and the answer is due. */
interface Arrival {
  /** As `chat.postMessage`; `upload` and `file` for the bytes of files. */
  method: string;
  body: Json;
  moment: 'arrived' | 'done';
}

/** Another answer than the right one; `reset` breaks the connection, `hang` never answers. */
export type Fault = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset' | 'hang';

type Match = (method: string, body: Json) => boolean;
type Hook = (arrival: Arrival) => Fault | null | undefined | Promise<Fault | null | undefined>;

export interface Faults {
  /** The next calls that match have no effect and get this answer. */
  failNext(match: Match, times: number, fault: Fault): void;
  /** The next calls that match take effect, and get this answer. */
  loseNext(match: Match, times: number, fault?: Fault): void;
  /** Asked about every call at both moments, and awaited: to look, to hold it up, or to say what goes wrong. */
  onRequest(hook: Hook | null): void;
}

export interface FaultPlan extends Faults {
  /** What is to happen to this call at this moment. */
  next(arrival: Arrival): Promise<Fault | null>;
}

export function createFaults(): FaultPlan {
  let planned: { match: Match; left: number; fault: Fault; moment: Arrival['moment'] }[] = [];
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
    async next(arrival) {
      const chosen = await hook?.(arrival);
      if (chosen) return chosen;
      const plan = planned.find((each) => each.moment === arrival.moment && each.match(arrival.method, arrival.body));
      if (!plan) return null;
      plan.left -= 1;
      planned = planned.filter(({ left }) => left > 0);
      return plan.fault;
    },
  };
}
