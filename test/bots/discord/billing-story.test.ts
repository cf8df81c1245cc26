import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { receiveEvent } from '../../../src/core/billing/settling.ts';
import { readSettings } from '../../../src/core/settings.ts';
import { stripeWebhookApp } from '../../../src/http/stripe-webhook.ts';
import { silentLog, until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import { DAY, openPayingServer, PLANS } from '../../support/discord-billing.ts';
import { answerTo, startLesson } from '../../support/discord-lesson.ts';
import { openStripe } from '../../support/stripe.ts';

/** A server from nothing to premium and back, with Stripe's own webhooks. */

const database = useDatabase();

const linkIn = (components: readonly APIMessageTopLevelComponent[] = []) => {
  const parts = components.flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []));
  return parts.flatMap((part) => ('style' in part && part.style === ButtonStyle.Link ? [part.url] : []))[0] ?? '';
};

/** A server and its Stripe, whose webhooks come when they are sent; and a channel for the admins' news. */
async function open(plans = PLANS) {
  const stripe = await openStripe();
  const server = await openPayingServer(database.url, { payments: stripe.payments, plans });
  const { twin, runtime, guild, channel, mia, told } = server;
  const { billing } = runtime;
  if (!billing) throw new Error('nothing is sold');
  const app = stripeWebhookApp({
    ...{ payments: stripe.payments, log: silentLog },
    receiveEvent: (event) => receiveEvent(billing, event),
  });
  stripe.twin.listenTo('http://tutor.example/', { via: (request) => app.fetch(request) });
  const bills = guild.addChannel({ name: 'bills' });
  const card = mia.runs(channel, 'tutor-admin billing');
  await answerTo(card);
  mia.selects(card.replies()[0] ?? channel, 'billing|notices|', [bills.id]);
  await until(async () => (await readSettings(runtime.db, 'discord', guild.id)).notices === bills.id);
  return {
    ...{ stripe, server },
    async newsSince(count: number) {
      await stripe.twin.settle();
      // What Stripe told is applied first: there is nothing to be told before.
      await until(async () => {
        const pending = runtime.db.selectFrom('stripe_events').select('id').where('status', '=', 'pending');
        return (await pending.execute()).length === 0;
      });
      await told();
      return twin
        .messages(bills.id)
        .slice(count)
        .map(({ content }) => content);
    },
    async passes(days: number) {
      twin.advance(days * DAY);
      await stripe.twin.advance(days * (DAY / 1_000));
      await stripe.twin.deliverAll();
    },
    /** Mia pays on Stripe's page. */
    async subscribes() {
      const offered = mia.runs(channel, 'tutor-admin subscribe', { plan: 'premium' });
      await answerTo(offered);
      const session = /cs_test_\w+/.exec(linkIn(offered.replies()[0]?.components))?.[0] ?? '';
      const paid = stripe.twin.complete(session, { card: 'good' });
      if (!paid.ok) throw new Error('the card was not taken');
      await stripe.twin.deliverAll();
      return paid;
    },
  };
}

test('at its limit, subscribed, premium at once, a card that fails, grace, over: free again, and nothing is lost', async () => {
  const { stripe, server, newsSince, passes, subscribes } = await open();
  const { runtime, channel, ada, has } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  expect(await answerTo(ada.runs(channel, 'tutor start', { topic: 'decimals' }))).toContain('Free allows 1 lessons');

  await subscribes();
  await has('premium');
  expect(await newsSince(0)).toEqual([expect.stringMatching(/^Premium is on from now\. Thank you!/)]);
  await startLesson(server, channel, ada, { topic: 'decimals' });

  const [customer = ''] = stripe.twin.objects.customers.keys();
  stripe.twin.bankRefuses(customer);
  await passes(32);
  expect(await newsSince(1)).toEqual([expect.stringMatching(/^A payment for Premium failed\. .* goes on until /)]);
  expect(await server.planOf()).toBe('premium');
  await startLesson(server, channel, ada, { topic: 'probability' });

  for (let day = 0; day < 20; day += 1) await passes(1);
  await has('free');
  expect((await newsSince(2)).at(-1)).toMatch(/^(?:Premium has ended|The payment for Premium failed too often)/);
  // What was begun is there, and goes on.
  const before = lesson.messages().length;
  await lesson.presses('Hint');
  expect(lesson.messages().length).toBeGreaterThan(before);
  expect(await stateOf(runtime, lesson.id)).toMatchObject({ phase: 'teaching' });
  await until(async () => (await server.planOf()) === 'free');
});

test('a trial that is canceled before anything is charged ends when it was to end, and costs nothing', async () => {
  const [free, premium, voice] = PLANS.plans;
  if (!premium?.stripe || !voice) throw new Error('nothing is sold');
  const trial = { ...premium, stripe: { ...premium.stripe, trialDays: 14 } };
  const { stripe, server, newsSince, passes, subscribes } = await open({ ...PLANS, plans: [free, trial, voice] });
  const { channel, mia, has } = server;
  const { subscription } = await subscribes();
  await has('premium');
  await passes(5);
  const managed = mia.runs(channel, 'tutor-admin billing');
  expect(await answerTo(managed)).toContain('The trial lasts until');
  await stripe.sdk.subscriptions.update(subscription, { cancel_at_period_end: true });
  await stripe.twin.deliverAll();
  expect(await newsSince(1)).toEqual([expect.stringMatching(/^Premium was canceled, and goes on until /)]);
  expect(await server.planOf()).toBe('premium');
  await passes(10);
  await has('free');
  expect(await newsSince(2)).toEqual([expect.stringMatching(/^Premium has ended/)]);
  expect([...stripe.twin.objects.charges.values()]).toEqual([]);
});
