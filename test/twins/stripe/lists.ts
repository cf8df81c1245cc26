/** Pages of a list: newest first, and the next one by the id of the last. */
import type Stripe from 'stripe';
import { integer, type Range, type Read, range, text } from './params.ts';
import { malformed, missing } from './refusals.ts';

const PAGED = { limit: integer, starting_after: text, ending_before: text };
/** What every list takes. */
export const DATED = { ...PAGED, created: range };

type Paging = Read<typeof PAGED>;

export function pageOf<T extends { id: string; created: number }>(
  all: Iterable<T>,
  paging: Paging,
  url: string,
  kind: string,
): Stripe.ApiList<T> {
  const { limit = 10, starting_after: after, ending_before: before } = paging;
  if (limit < 1 || limit > 100) throw malformed('Invalid limit: must be between 1 and 100', 'limit');
  if (after !== undefined && before !== undefined) {
    throw malformed('You may only specify one of these parameters: starting_after, ending_before.', 'ending_before');
  }
  const newestFirst = [...all].reverse().sort((one, other) => other.created - one.created);
  const placeOf = (id: string, param: string) => {
    const place = newestFirst.findIndex((each) => each.id === id);
    if (place < 0) throw missing(kind, id, param);
    return place;
  };
  if (before !== undefined) {
    const end = placeOf(before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: newestFirst.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : placeOf(after, 'starting_after') + 1;
  const data = newestFirst.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < newestFirst.length, url };
}

export function isWithin(moment: number, wanted: Range | undefined): boolean {
  if (!wanted) return true;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = wanted;
  return moment > gt && moment >= gte && moment < lt && moment <= lte;
}

/** Whether an object has the values that a list was asked for; what was not asked for is any. */
export function has<T extends object>(object: T, wanted: { [K in keyof T]?: T[K] | undefined }): boolean {
  return Object.entries(wanted).every(([key, value]) => value === undefined || Reflect.get(object, key) === value);
}
