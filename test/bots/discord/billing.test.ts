import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { welcomeBack } from '../../../src/core/billing/settling.ts';
import { refreshSubscription } from '../../../src/core/billing/subscriptions.ts';
import { readSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import {
  ADMIN,
  DAY,
  openPayingServer,
  type PayingServer,
  PLANS,
  PREMIUM_SKU,
  VOICE_SKU,
} from '../../support/discord-billing.ts';
import { answerTo, lessonIn, openDiscordServer, shownLines } from '../../support/discord-lesson.ts';
import { openStripe, type StripeAccount } from '../../support/stripe.ts';
import type { ShownMessage } from '../../twins/discord/shown.ts';
import type { GuildHandle } from '../../twins/discord/twin.ts';
import type { Used } from '../../twins/discord/used.ts';

/** What admins see of their server's subscription and do about it, with Stripe beside Discord. */

const database = useDatabase();

interface Sold extends PayingServer {
  stripe: StripeAccount;
}

async function openSold(): Promise<Sold> {
  const stripe = await openStripe();
  return { ...(await openPayingServer(database.url, { payments: stripe.payments })), stripe };
}

type Parts = { style?: ButtonStyle; url?: string; label?: string; sku_id?: string; custom_id?: string }[];
const partsOf = (components: readonly APIMessageTopLevelComponent[] = []): Parts =>
  components.flatMap((row) => (row.type === ComponentType.ActionRow ? (row.components as Parts) : []));
const linkIn = (message: ShownMessage | undefined) =>
  partsOf(message?.components).find(({ style }) => style === ButtonStyle.Link)?.url ?? null;
const skusIn = (message: ShownMessage | undefined) =>
  partsOf(message?.components).flatMap(({ sku_id: sku }) => sku ?? []);

async function runs({ mia, channel }: PayingServer, command: string, options = {}): Promise<Used> {
  const used = mia.runs(channel, `tutor-admin ${command}`, options);
  await answerTo(used);
  return used;
}

/** Presses what stands on a card, until something more is said. */
async function presses({ mia, channel }: PayingServer, card: Used, button: string): Promise<ShownMessage> {
  const used = mia.presses(card.replies()[0] ?? channel, button);
  await until(() => used.replies().length > 0);
  return used.replies().at(-1) as ShownMessage;
}

/** Somebody pays on the page behind a link, and comes back. */
async function pays({ stripe, runtime }: Sold, link: string | null): Promise<string> {
  const session = /cs_test_\w+/.exec(link ?? '')?.[0] ?? '';
  const completion = stripe.twin.complete(session, { card: 'good' });
  if (!completion.ok || !runtime.billing) throw new Error('it was not paid');
  await welcomeBack(runtime.billing, stripe.payments, session);
  return completion.subscription;
}

test('the card shows what there is, what is used, and what can be bought, to the admin alone', async () => {
  const server = await openSold();
  const used = await runs(server, 'billing');
  const [card] = used.replies();
  expect(card?.isEphemeral).toBe(true);
  const date = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });
  const now = new Date(server.twin.now());
  const next = date.format(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)));
  expect(shownLines(card as ShownMessage)).toBe(
    [
      'Threadtutor:',
      '    ### Plan: Free',
      '    Nothing is paid for here.',
      '    Lessons this month: ▱▱▱▱▱▱▱▱▱▱ 0 of 1',
      '    Minutes of voice this month: not part of this plan',
      '    Lessons under way: ▱▱▱▱▱▱▱▱▱▱ 0 of 50',
      `    From ${next} the month is counted afresh.`,
      '    [Subscribe: Premium] [Subscribe: Voice]',
      '    [] []',
      '    <Channel for news of the subscription>',
    ].join('\n'),
  );
  expect(skusIn(card)).toEqual([PREMIUM_SKU, VOICE_SKU]);
});

test('a link to pay is private, beside it Discord sells the same, and what is paid counts at once', async () => {
  const server = await openSold();
  const { mia, channel, twin } = server;
  const offered = await mia.completes(channel, 'tutor-admin subscribe', 'plan', 'prem');
  expect(offered).toEqual([{ name: 'Premium', value: 'premium' }]);
  const [reply] = (await runs(server, 'subscribe', { plan: 'premium' })).replies();
  expect(reply).toMatchObject({ isEphemeral: true, content: expect.stringContaining('The link is for you alone.') });
  expect(skusIn(reply)).toEqual([PREMIUM_SKU]);
  expect(twin.messages(channel.id)).toEqual([]);
  await pays(server, linkIn(reply));
  await server.has('premium');

  // Whoever has bought by card changes it there, and is offered nothing that would be paid for beside it.
  const card = await runs(server, 'billing');
  expect(card.replies()[0]?.content).toContain('Paid for by card. It renews by itself on ');
  expect(skusIn(card.replies()[0])).toEqual([]);
  const page = await presses(server, card, 'Cards, bills, canceling…');
  expect(page.isEphemeral).toBe(true);
  expect(() => server.stripe.twin.enterPortal(linkIn(page) ?? '')).not.toThrow();
  const again = (await runs(server, 'subscribe', { plan: 'Voice' })).replies()[0];
  expect(again?.content).toContain('Here are the plan, cards and bills');
});

test('where it is not clear for what, the card is shown; a press on it leads to the page', async () => {
  const server = await openSold();
  for (const options of [{}, { plan: 'gold' }]) {
    const used = await runs(server, 'subscribe', options);
    expect(used.replies()[0]?.content).toContain('### Plan: Free');
  }
  const card = await runs(server, 'billing');
  const page = await presses(server, card, 'Subscribe: Voice');
  expect(linkIn(page)).toContain('cs_test_');
  expect(skusIn(page)).toEqual([VOICE_SKU]);
});

test('whoever may not manage the server gets a sentence and no link, also on a card that was left open', async () => {
  const server = await openSold();
  const { ada, mia, channel, guild, stripe } = server;
  const sentence = 'Only people who may manage this server can change that. Ask one of them.';
  for (const command of ['subscribe', 'billing', 'move', 'settings']) {
    const run = () => ada.runs(channel, `tutor-admin ${command}`, command === 'move' ? { server: 'x' } : {});
    expect(run).toThrow('the picker does not show "tutor-admin"');
  }
  const card = await runs(server, 'billing');
  const other = guild.addMember({ name: 'Pat', permissions: ADMIN });
  server.guild.transferTo(other);
  guild.addMember({ name: 'Mia', id: mia.id });
  // She is a member like any other by now.
  const state = { ...server, mia };
  for (const button of ['Subscribe: Premium', 'Subscribe: Voice']) {
    const reply = await presses(state, card, button);
    expect([reply.content, reply.isEphemeral, reply.components]).toEqual([sentence, true, []]);
  }
  const chosen = mia.selects(card.replies()[0] ?? channel, 'billing|notices|', [channel.id]);
  expect(await answerTo(chosen)).toBe(sentence);
  expect((await readSettings(server.runtime.db, 'discord', guild.id)).notices).toBeNull();
  // It may be read, to compare; nothing is asked for.
  expect(stripe.twin.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
});

test('when a card fails, the card says until when everything goes on', async () => {
  const server = await openSold();
  const { stripe, runtime } = server;
  const id = await pays(server, linkIn((await runs(server, 'subscribe', { plan: 'premium' })).replies()[0]));
  await server.has('premium');
  const customer = [...stripe.twin.objects.customers.keys()][0] ?? '';
  stripe.twin.bankRefuses(customer);
  await stripe.twin.advance(32 * (DAY / 1000));
  server.twin.advance(32 * DAY);
  if (runtime.billing) await refreshSubscription(runtime.billing, stripe.payments, id);
  const card = await runs(server, 'billing');
  expect(card.replies()[0]?.content).toMatch(/A payment failed, and is tried again\. Everything goes on until /);
  expect(await server.planOf()).toBe('premium');
});

test('what is paid for by card and in Discord is said to be paid for twice', async () => {
  const server = await openSold();
  await pays(server, linkIn((await runs(server, 'subscribe', { plan: 'premium' })).replies()[0]));
  server.twin.premium.subscribe(server.guild, { id: VOICE_SKU });
  await server.has('voice');
  const { content = '' } = (await runs(server, 'billing')).replies()[0] ?? {};
  expect(content).toContain('This place is paid for twice: Premium, by card, Voice, in Discord.');
});

test('what somebody pays for elsewhere is moved here, by them alone', async () => {
  const server = await openSold();
  const { mia, ada, twin, guild } = server;
  await pays(server, linkIn((await runs(server, 'subscribe', { plan: 'premium' })).replies()[0]));
  await server.has('premium');
  const next: GuildHandle = twin.addGuild({ name: 'Academy' });
  const channel = next.addChannel({ name: 'maths' });
  next.addMember({ name: 'Mia', id: mia.id, permissions: ADMIN });
  next.addMember({ name: 'Ada', id: ada.id, permissions: ADMIN });
  next.transferTo(mia);

  const theirs = ada.runs(channel, 'tutor-admin move', { server: guild.id });
  expect(await answerTo(theirs)).toContain('You pay by card for no other place that I know of');
  expect(await ada.completes(channel, 'tutor-admin move', 'server', '')).toEqual([]);
  expect(await mia.completes(channel, 'tutor-admin move', 'server', 'sch')).toEqual([
    { name: 'School', value: guild.id },
  ]);
  const used = mia.runs(channel, 'tutor-admin billing');
  await answerTo(used);
  const pressed = mia.presses(used.replies()[0] ?? channel, 'Use it here: School');
  expect(await answerTo(pressed)).toBe('Done: what you pay for counts here from now on.');
  await until(() => used.replies()[0]?.content.includes('### Plan: Premium') ?? false);
  await server.has('free');
  expect(await server.planOf(next)).toBe('premium');
  // And back, by its name.
  const back = mia.runs(server.channel, 'tutor-admin move', { server: 'Academy' });
  expect(await answerTo(back)).toBe('Done: what you pay for counts here from now on.');
  await server.has('premium');
});

test('with Stripe away somebody reads that nothing was charged', async () => {
  const server = await openSold();
  server.stripe.twin.faults.onRequest(({ method }) => (method === 'POST' ? 'reset' : null));
  const used = await runs(server, 'subscribe', { plan: 'premium' });
  expect(used.replies()[0]?.content).toBe(
    'I could not reach Stripe just now. Nothing was charged; try again in a moment.',
  );
});

test('a SKU that Discord does not know takes nothing else away', async () => {
  const { errors, log } = recordedErrors();
  const [free, premium] = PLANS.plans;
  const plans = { ...PLANS, plans: [free, { ...premium, discord: { skus: ['1088510058284990809'] } }] as never };
  const stripe = await openStripe();
  const runtime = { log };
  const server = await openPayingServer(database.url, { payments: stripe.payments, plans, runtime });
  const used = await runs(server, 'billing');
  expect(used.replies()[0]?.content).toContain('### Plan: Free');
  expect(partsOf(used.replies()[0]?.components).map(({ label }) => label)).toContain('Subscribe: Premium');
  expect(errors).toEqual(['Discord does not take the buttons of its own shop: see the plans']);
});

function recordedErrors() {
  const errors: unknown[] = [];
  const quiet = () => {};
  const error = (...said: unknown[]) => void errors.push(said.at(-1));
  const log = { debug: quiet, info: quiet, warn: quiet, error, child: () => log };
  return { errors, log };
}

test('where nothing is sold, one sentence says that everything is on', async () => {
  const server = await openDiscordServer(database.url);
  const mia = server.guild.addMember({ name: 'Mia', permissions: ADMIN });
  for (const command of ['billing', 'subscribe']) {
    const used = mia.runs(server.channel, `tutor-admin ${command}`);
    expect(await answerTo(used)).toContain('there is nothing to pay here, and everything is switched on');
    expect(used.replies()[0]?.isEphemeral).toBe(true);
  }
  expect(await mia.completes(server.channel, 'tutor-admin subscribe', 'plan', '')).toEqual([]);
});

test('in direct messages, where nobody manages anything, the limit is told without a way out that there is not', async () => {
  const server = await openPayingServer(database.url);
  const { ada, twin } = server;
  const lesson = lessonIn(server, ada.dm().id, ada);
  await lesson.says('hello');
  const said = () => twin.messages(ada.dm().id).map(({ content }) => content);
  await until(() => said().includes('Lessons left here this month: 0.'));
  await lesson.says('end');
  ada.says(ada.dm(), 'hello again');
  await until(() => said().some((content) => content.startsWith('Free allows 1 lessons a month here')));
  expect(said().join()).not.toContain('/tutor-admin');
});
