/** What goes wrong between the program and a platform, as a test asks for it. */
import type { ServerResponse } from 'node:http';

/** Another answer than the right one; `reset` breaks the connection, `hang` never answers. */
export type Fault = { status: number; body?: unknown; headers?: Record<string, string> } | 'reset' | 'hang';

/** arrived: nothing has happened yet · done: all has, and the answer is due. */
type Moment = 'arrived' | 'done';
export type Seen<Request> = Request & { moment: Moment };
type Hook<Request> = (seen: Seen<Request>) => Fault | null | undefined | Promise<Fault | null | undefined>;

/** `Matched`: what of a request the conditions are asked about. */
export interface Faults<Request, Matched extends unknown[]> {
  /** The next requests that match have no effect and get this answer. */
  failNext(match: (...matched: Matched) => boolean, times: number, fault: Fault): void;
  /** The next requests that match take effect, and get this answer. */
  loseNext(match: (...matched: Matched) => boolean, times: number, fault?: Fault): void;
  /** Asked about every request at both moments, and awaited: to look, to hold it up, or to say what goes wrong. */
  onRequest(hook: Hook<Request> | null): void;
}

export interface FaultPlan<Request, Matched extends unknown[]> extends Faults<Request, Matched> {
  /** What is to happen to this request at this moment. */
  next(request: Request, moment: Moment): Promise<Fault | null>;
}

export function createFaults<Request, Matched extends unknown[]>(
  matchedOf: (request: Request) => Matched,
): FaultPlan<Request, Matched> {
  type Match = (...matched: Matched) => boolean;
  let planned: { match: Match; left: number; fault: Fault; moment: Moment }[] = [];
  let hook: Hook<Request> | null = null;
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
    async next(request, moment) {
      const chosen = await hook?.({ ...request, moment });
      if (chosen) return chosen;
      const plan = planned.find((each) => each.moment === moment && each.match(...matchedOf(request)));
      if (!plan) return null;
      plan.left -= 1;
      planned = planned.filter(({ left }) => left > 0);
      return plan.fault;
    },
  };
}

/** `finish` answers. */
export function misbehave(
  fault: Fault,
  response: ServerResponse,
  finish: (answer: Exclude<Fault, string>) => void,
): void {
  if (fault === 'hang') return;
  if (fault === 'reset') response.destroy();
  else finish(fault);
}
