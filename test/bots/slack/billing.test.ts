import { expect, test } from 'vitest';
import { subscribe } from '../../../src/core/billing/desk.ts';
import { readSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { recordedLog } from '../../support/log.ts';
import { openSlackSchool } from '../../support/slack.ts';
import {
  linkIn,
  openPayingSchool,
  opensHome,
  type PayingSchool,
  seenIn,
  windowOf,
} from '../../support/slack-billing.ts';
import { acknowledged, answerTo, startLesson, toldTo } from '../../support/slack-lesson.ts';
import { shownLines, withButton } from '../../support/slack-use.ts';
import { valueIn } from '../../support/stripe.ts';
import type { Person } from '../../twins/slack/people.ts';
import { SERVER_ERROR } from '../../twins/stripe/faults.ts';

/** What a workspace has and pays, where its admins see to it. */

const database = useDatabase();
const NOT_ADMIN = 'Only admins and owners of this workspace can change that. Ask one of them.';

const inDirect = ({ twin }: PayingSchool, person: Person) => twin.channel(person.dm()).messages();
const sessionIn = (url: string) => url.split('/').at(-1) ?? '';
const asksStripe = ({ stripe }: PayingSchool) => stripe.twin.requests.filter(({ method }) => method === 'POST').length;

/** Slack says that they are no admin any more. */
function demote({ twin, team }: PayingSchool, { id }: Person): void {
  const user = { id, team_id: team.id, name: 'eve', is_admin: false, is_owner: false };
  twin.faults.onRequest(({ method, moment }) =>
    method === 'users.info' && moment === 'arrived' ? { status: 200, body: { ok: true, user } } : null,
  );
}

/** From the home, until it is paid for and Stripe has told of it. */
async function subscribes(school: PayingSchool, plan = 'Premium'): Promise<void> {
  const { eve, stripe, settle } = school;
  const used = eve.presses(await opensHome(eve), `Subscribe: ${plan}`);
  const url = linkIn(await windowOf(used, (text) => text.includes('[Subscribe at Stripe]')));
  expect(stripe.twin.complete(sessionIn(url))).toMatchObject({ ok: true });
  await settle();
}

test('an admin subscribes from the home, reads that it is on, and changes it in the portal', async () => {
  const school = await openPayingSchool(database.url);
  const { eve, stripe, team, runtime } = school;
  expect(seenIn(await opensHome(eve))).toContain(
    [
      ...['Subscription', '*Plan: Free*', 'Nothing is paid for here.', 'Lessons this month: ▱▱▱▱▱▱▱▱▱▱ 0 of 1'],
      ...['Minutes of voice this month: 0, without a limit', 'Lessons under way: ▱▱▱▱▱▱▱▱▱▱ 0 of 1'],
    ].join('\n    '),
  );
  const used = eve.presses(eve.home() as { id: string }, 'Subscribe: Premium');
  const shown = await windowOf(used, (text) => text.includes('[Subscribe at Stripe]'));
  expect(seenIn(shown)).toContain('The link is for you alone.');
  await acknowledged(eve.presses(shown, 'Subscribe at Stripe'));
  const completion = stripe.twin.complete(sessionIn(linkIn(shown)));
  if (!completion.ok) throw new Error('the card was not taken');
  expect(stripe.twin.objects.subscriptions.get(completion.subscription)?.metadata).toEqual({
    ...{ platform: 'slack', workspace: team.id },
  });
  await school.settle();
  const home = await opensHome(eve, (text) => text.includes('*Plan: Premium*'));
  expect(seenIn(home)).toMatch(/Paid for by card\. It renews by itself on /);
  expect(seenIn(home)).toContain('Minutes of voice this month: not part of this plan');
  expect(seenIn(home)).not.toContain('[Subscribe: ');
  // Whoever has paid is told, and whoever is told can look.
  const [notice] = inDirect(school, eve);
  expect(notice?.text).toMatch(
    /^Premium is on from now\. Thank you! It renews by itself on .*\. `?\/tutor billing`? shows/,
  );
  const managed = await windowOf(eve.presses(home, 'Cards, bills, canceling…'), (text) => text.includes('[Open at'));
  stripe.twin.enterPortal(linkIn(managed)).cancel(completion.subscription);
  await school.settle();
  expect(seenIn(await opensHome(eve, (text) => text.includes('It was canceled')))).toContain('*Plan: Premium*');
  expect(await runtime.db.selectFrom('billing_accounts').select('payer').where('payer', '=', eve.id).execute()).toEqual(
    [{ payer: eve.id }],
  );
});

test('nobody else sees it, nor gets a page of it, also from a window that was opened when they still could', async () => {
  const school = await openPayingSchool(database.url);
  const { ada, eve, channel } = school;
  channel.invite(eve);
  expect(seenIn(await opensHome(ada))).not.toContain('Subscription');
  const refused = ada.runs(channel.id, '/tutor billing');
  expect(await answerTo(refused)).toBe(NOT_ADMIN);
  expect(refused.view()).toBeNull();
  const opened = await windowOf(eve.runs(channel.id, '/tutor billing'));
  expect(seenIn(opened)).toContain('*Plan: Free*');
  const home = await opensHome(eve);
  demote(school, eve);
  const told = (count: number) => until(() => inDirect(school, eve).length === count);
  for (const [index, [place, name]] of (
    [
      [opened, 'Subscribe: Premium'],
      [home, 'Subscribe: Premium'],
    ] as const
  ).entries()) {
    await acknowledged(eve.presses(place, name));
    await told(index + 1);
  }
  await acknowledged(eve.presses(opened, 'billing:notices', channel.id));
  await told(3);
  expect(inDirect(school, eve).map(({ text }) => text)).toEqual([NOT_ADMIN, NOT_ADMIN, NOT_ADMIN]);
  expect(await readSettings(school.runtime.db, 'slack', school.team.id)).toMatchObject({ notices: null });
  expect(asksStripe(school)).toBe(0);
});

test('a page that Stripe takes long to make comes into the window all the same', async () => {
  const school = await openPayingSchool(database.url);
  const { eve, channel, stripe, twin } = school;
  channel.invite(eve);
  const window = await windowOf(eve.runs(channel.id, '/tutor billing'));
  const going = Promise.withResolvers<void>();
  stripe.twin.faults.onRequest(async ({ moment }) => {
    if (moment === 'arrived') await going.promise;
    return null;
  });
  const used = eve.presses(window, 'Subscribe: Premium with voice');
  await windowOf(used, (text) => text.includes('I am asking Stripe'));
  expect(twin.violations).toEqual([]);
  going.resolve();
  const shown = await windowOf(used, (text) => text.includes('[Subscribe at Stripe]'));
  expect(shown.id).toBe(window.id);
  // What is tried first costs nothing yet.
  expect(stripe.twin.complete(sessionIn(linkIn(shown)), { card: null })).toMatchObject({ ok: true });
  await school.settle();
  expect(seenIn(await opensHome(eve, (text) => text.includes('with voice')))).toContain('The trial lasts until');
});

test('where Stripe is away, the window says so, and nothing is bought', async () => {
  const school = await openPayingSchool(database.url);
  const { eve, stripe } = school;
  stripe.twin.faults.onRequest(({ method, moment }) =>
    method === 'POST' && moment === 'arrived' ? SERVER_ERROR : null,
  );
  const used = eve.presses(await opensHome(eve), 'Subscribe: Premium');
  const shown = await windowOf(used, (text) => text.includes('I could not reach Stripe'));
  expect(linkIn(shown)).toBe('');
  expect(stripe.twin.objects.sessions.size).toBe(0);
});

test('a workspace whose plan is full says so to the person alone, and to an admin what to press', async () => {
  const school = await openPayingSchool(database.url);
  const { ada, eve, channel } = school;
  channel.invite(eve);
  await startLesson(school, channel, ada);
  const sentence =
    'Free allows 1 lessons a month here, and they are used up until the month is over. Whoever manages this place can change that: /tutor billing.';
  const refused = ada.runs(channel.id, '/tutor start probability');
  expect(await answerTo(refused)).toBe(sentence);
  expect(shownLines(refused.replies().at(-1) ?? { text: '', blocks: [] })).toBe(`    ${sentence}`);
  const used = eve.runs(channel.id, '/tutor start probability');
  expect(await answerTo(used)).toBe(sentence);
  const reply = used.replies().at(-1) ?? expect.fail('nothing was said');
  expect(seenIn(await windowOf(eve.presses(reply, 'Subscription')))).toContain('*Plan: Free*');
  // Also where no command was used.
  eve.says(channel.id, '<@BOT> teach me probability');
  expect((await toldTo(eve, channel, 2)).at(-1)).toBe(sentence);
  expect(shownLines(eve.ephemerals(channel.id).at(-1) ?? { text: '', blocks: [] })).toContain('[Subscription]');
  ada.says(channel.id, '<@BOT> teach me probability');
  expect((await toldTo(ada, channel, 3)).at(-1)).toBe(sentence);
  expect(shownLines(ada.ephemerals(channel.id).at(-1) ?? { text: '', blocks: [] })).toBe(`    ${sentence}`);
  await subscribes(school);
  await startLesson(school, channel, ada, 'probability');
});

test('admins choose where they are told, and take it back', async () => {
  const school = await openPayingSchool(database.url);
  const { eve, team } = school;
  const office = team.addChannel({ name: 'office', botIsMember: false });
  office.invite(eve);
  const hidden = team.addChannel({ name: 'hidden', isPrivate: true, botIsMember: false });
  hidden.invite(eve);
  const chosen = async () => (await readSettings(school.runtime.db, 'slack', team.id)).notices;
  await acknowledged(eve.presses(await opensHome(eve), 'billing:notices', hidden.id));
  await until(() => inDirect(school, eve).length === 1);
  expect(inDirect(school, eve).at(-1)?.text).toMatch(/^I am not in that private channel\. Type \/invite <@U\w+> in it/);
  expect(await chosen()).toBeNull();
  await acknowledged(eve.presses(await opensHome(eve), 'billing:notices', office.id));
  await until(() => seenIn(eve.home()).includes('[Tell whoever pays instead]'));
  expect(await chosen()).toBe(office.id);
  await subscribes(school);
  const posted = withButton(office.messages(), 'Subscription');
  expect(posted.text).toMatch(/^Premium is on from now\./);
  expect(inDirect(school, eve)).toHaveLength(1);
  // The button there asks who presses it.
  const { ada } = school;
  office.invite(ada);
  await acknowledged(ada.presses(posted, 'Subscription'));
  expect((await toldTo(ada, office)).at(-1)).toBe(NOT_ADMIN);
  await acknowledged(eve.presses(await opensHome(eve), 'Tell whoever pays instead'));
  await until(() => !seenIn(eve.home()).includes('[Tell whoever pays instead]'));
  expect(await chosen()).toBeNull();
});

test('a home that takes long to be shown does not hide what was changed meanwhile', async () => {
  const school = await openPayingSchool(database.url);
  const { ada, eve, team, twin } = school;
  const office = team.addChannel({ name: 'office', botIsMember: true });
  const home = await opensHome(eve);
  const going = Promise.withResolvers<void>();
  const published = { arrived: 0, done: 0 };
  twin.faults.onRequest(async ({ method, moment, body }) => {
    if (method !== 'views.publish' || body.user_id !== eve.id) return null;
    published[moment] += 1;
    if (moment === 'arrived' && published.arrived === 1) await going.promise;
    return null;
  });
  eve.opensHome();
  await until(() => published.arrived === 1);
  await acknowledged(eve.presses(home, 'billing:notices', office.id));
  await until(async () => (await readSettings(school.runtime.db, 'slack', team.id)).notices === office.id);
  // By then eve's next one would be there too, if it did not wait for the first.
  await opensHome(ada);
  going.resolve();
  await until(() => published.done === 2);
  expect(seenIn(eve.home())).toContain('[Tell whoever pays instead]');
});

test('what somebody pays for elsewhere is used here with one press', async () => {
  const { log, lines } = recordedLog();
  const school = await openPayingSchool(database.url, { runtime: { log } });
  const { eve, stripe, team, runtime } = school;
  const other = { platform: 'slack' as const, workspace: { id: 'T0OTHER', name: 'Old school' }, person: eve.id };
  if (!runtime.billing) throw new Error('nothing is sold');
  const page = valueIn(await subscribe(runtime.billing, { ...other, locale: null }, 'premium'));
  expect(stripe.twin.complete(sessionIn(page.url))).toMatchObject({ ok: true });
  await school.settle();
  const home = await opensHome(eve, (text) => text.includes('[Use it here: Old school]'));
  await acknowledged(eve.presses(home, 'Use it here: Old school'));
  await until(() => seenIn(eve.home()).includes('*Plan: Premium*'));
  expect([...stripe.twin.objects.subscriptions.values()].map(({ metadata }) => metadata)).toEqual([
    { platform: 'slack', workspace: team.id },
  ]);
  await until(() => inDirect(school, eve).some(({ text }) => text.startsWith('Done: what you pay for counts here')));
  // Nobody can be told where the app is not installed, and the operator reads that.
  const untold = () => lines().filter(({ msg }) => msg === 'admins were not told');
  await until(() => untold().length === 2);
  expect(untold()).toMatchObject([
    { kind: 'begun', workspace: 'T0OTHER', detail: 'the app is not installed in T0OTHER' },
    { kind: 'moved', workspace: 'T0OTHER' },
  ]);
});

test('where nothing is sold, one sentence says so, and there is nothing to press', async () => {
  const { team, channel } = await openSlackSchool(database.url);
  const eve = team.addMember({ name: 'Eve', isAdmin: true });
  channel.invite(eve);
  const sentence = 'Whoever runs this tutor pays for it: there is nothing to pay here, and everything is switched on.';
  const used = eve.runs(channel.id, '/tutor billing');
  expect(await answerTo(used)).toBe(sentence);
  expect(used.view()).toBeNull();
  const home = seenIn(await opensHome(eve));
  expect(home).toContain(sentence);
  expect(home).not.toContain('Subscription');
});
