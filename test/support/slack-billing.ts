import { type Plans, UNLIMITED } from '../../src/core/billing/plans.ts';
import { receiveEvent } from '../../src/core/billing/settling.ts';
import { stripeWebhookApp } from '../../src/http/stripe-webhook.ts';
import type { Person } from '../twins/slack/people.ts';
import type { Used } from '../twins/slack/used.ts';
import type { ShownView } from '../twins/slack/views-in-use.ts';
import { listen } from './chat.ts';
import { silentLog, until } from './classroom.ts';
import { openSlackSchool, type SchoolOptions, type SlackSchool } from './slack.ts';
import { acknowledged } from './slack-lesson.ts';
import { shownLines } from './slack-use.ts';
import { openStripe, type StripeAccount } from './stripe.ts';

/** What the twins' account sells. */
const PLANS: Plans = {
  graceDays: 7,
  plans: [
    { id: 'free', title: 'Free', limits: { ...UNLIMITED, lessonsPerMonth: 1, lessonsAtOnce: 1 } },
    {
      ...{ id: 'premium', title: 'Premium', limits: { ...UNLIMITED, lessonsPerMonth: 1000, voiceMinutesPerMonth: 0 } },
      stripe: { lookupKeys: ['threadtutor_premium'], prices: [], trialDays: 0 },
    },
    {
      ...{ id: 'voice', title: 'Premium with voice', limits: UNLIMITED },
      stripe: { lookupKeys: ['threadtutor_voice'], prices: [], trialDays: 14 },
    },
  ],
};

const PAID = 'checkout.session.completed';

export interface PayingSchool extends SlackSchool {
  stripe: StripeAccount;
  /** An admin. */
  eve: Person;
  /** Stripe tells all that has happened, and it is applied. */
  settle(): Promise<void>;
}

/** A workspace of which the tutor wants to be paid, through the twin of Stripe. */
export async function openPayingSchool(databaseUrl: string, options: SchoolOptions = {}): Promise<PayingSchool> {
  const stripe = await openStripe();
  const { payments, twin } = stripe;
  const billing = { plans: PLANS, payments, sources: [], publicUrl: 'https://tutor.example', now: () => new Date() };
  const runtime = { billing: { ...billing, roundsMs: 200 }, ...options.runtime };
  const school = await openSlackSchool(databaseUrl, { ...options, runtime });
  const { billing: sold, db } = school.runtime;
  if (!sold) throw new Error('nothing is sold');
  const take = (event: Parameters<typeof receiveEvent>[1]) => receiveEvent(sold, event);
  twin.listenTo(await listen(stripeWebhookApp({ payments, receiveEvent: take, log: silentLog })));
  return {
    ...{ ...school, stripe },
    eve: school.team.addMember({ name: 'Eve', isAdmin: true }),
    async settle() {
      const isDone = async () => {
        const events = await db.selectFrom('stripe_events').select('status').execute();
        const notices = await db.selectFrom('billing_notices').select('status').execute();
        return [...events, ...notices].every(({ status }) => status !== 'pending');
      };
      // Who has paid is told of what they have paid for: without that it would be tried again later.
      const paid = twin.outbox.filter(({ event, state }) => PAID === event.type && state === 'pending');
      for (const { event } of paid) await twin.deliver(event);
      await until(isDone);
      await twin.deliverAll();
      await until(isDone);
    },
  };
}

/** Words, and buttons in brackets. */
export const seenIn = (view: ShownView | null) => (view ? shownLines({ text: '', blocks: view.blocks }) : '');

/** As it is once it was published anew. */
export async function opensHome(person: Person, fits = (_: string) => true): Promise<ShownView> {
  person.opensHome();
  await until(() => person.home() !== null && fits(seenIn(person.home())));
  return person.home() as ShownView;
}

/** The window that comes of it, once its words fit. */
export async function windowOf(used: Used, fits = (_: string) => true): Promise<ShownView> {
  await acknowledged(used);
  await until(() => used.view() !== null && fits(seenIn(used.view())));
  return used.view() as ShownView;
}

/** Where a window's button leads to. */
export function linkIn({ blocks }: ShownView): string {
  const elements = blocks.flatMap((block) => (block.elements ?? []) as { url?: string }[]);
  return elements.find(({ url }) => url)?.url ?? '';
}
