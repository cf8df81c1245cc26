/** When a subscription's periods begin and end. */
import type Stripe from 'stripe';

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** The first end of a period after a moment. Months keep the anchor's day, or end on their last. */
export function periodEndAfter(anchor: number, moment: number, recurring: Stripe.Price.Recurring): number {
  let count = 1;
  while (later(anchor, count, recurring) <= moment) count += 1;
  return later(anchor, count, recurring);
}

function later(anchor: number, times: number, { interval, interval_count: every }: Stripe.Price.Recurring): number {
  const count = times * every;
  if (interval === 'day') return anchor + count * DAY;
  if (interval === 'week') return anchor + count * 7 * DAY;
  const date = new Date(anchor * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count * (interval === 'year' ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime() / 1000;
}
