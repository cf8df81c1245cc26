/** A route: an address, what it takes, and what it answers. */
import type { Form } from './forms.ts';
import { type Read, readParams, type Schema } from './params.ts';
import { missing } from './refusals.ts';
import type { State } from './state.ts';

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** As `/v1/customers/:id`. */
  path: string;
  /** Of which a restricted key needs `_read` or `_write`. */
  resource: string;
  answer(state: State, id: string, form: Form): object;
}

export interface Call<P> {
  state: State;
  /** From the address; empty where it names none. */
  id: string;
  params: P;
}

export function route<S extends Schema>(
  resource: string,
  method: Route['method'],
  path: string,
  schema: S,
  run: (call: Call<Read<S>>) => object,
): Route {
  return {
    ...{ method, path, resource },
    answer: (state, id, form) => run({ state, id, params: readParams(schema, form) }),
  };
}

/** Of what a request names: Stripe says 404 for its address, 400 for a parameter. */
export function found<T>(table: ReadonlyMap<string, T>, kind: string, id: string, param?: string): T {
  const object = table.get(id);
  if (object === undefined) throw missing(kind, id, param);
  return object;
}
