import { expect, test } from 'vitest';
import { openAccess } from '../../../src/bots/slack/connection/access.ts';
import { openCipher } from '../../../src/bots/slack/connection/encryption.ts';
import { installationStore } from '../../../src/bots/slack/connection/installations.ts';
import type { tellAdmins } from '../../../src/bots/slack/replies/notices.ts';
import type { AdminNotice } from '../../../src/core/ports.ts';
import type { Database } from '../../../src/db/database.ts';
import { silentLog, until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { recordedLog } from '../../support/log.ts';
import { linkIn, openPayingSchool, opensHome, windowOf } from '../../support/slack-billing.ts';
import { heardAll } from '../../support/slack-lesson.ts';
import { type OpenedSlackSurface, openSlackSurface, type SurfaceOptions } from '../../support/slack-surface.ts';

/** What admins are to know of their subscription, and where they read it. */

const database = useDatabase();

interface Stage extends OpenedSlackSurface {
  tell(more?: Partial<AdminNotice>): ReturnType<typeof tellAdmins>;
  /** Ada has paid, in a workspace whose admins have chosen a channel. */
  inChannel(): string[];
  toPayer(): string[];
}

let notices = 0;

async function openStage(options: SurfaceOptions = {}): Promise<Stage> {
  const opened = await openSlackSurface(options);
  const { twin, team, channel, ada, surface } = opened;
  notices += 1;
  const notice: AdminNotice = {
    ...{ id: `00000000-0000-4000-8000-${String(notices).padStart(12, '0')}`, kind: 'past_due', plan: 'Premium' },
    ...{ until: new Date('2026-03-10T12:00:00Z'), workspace: team.id, place: 'School', payer: ada.id },
    channel: channel.id,
  };
  const said = (id: string) =>
    twin
      .channel(id)
      .messages()
      .map(({ text }) => text)
      .filter((text) => text !== 'A lesson');
  return {
    ...opened,
    tell: async (more = {}) => surface.tellAdmins?.({ ...notice, ...more }) ?? expect.fail('nobody tells'),
    inChannel: () => said(channel.id),
    toPayer: () => said(ada.dm()),
  };
}

const PAST_DUE =
  'A payment for Premium failed. It is tried again, and everything goes on until March 10, 2026; please check the card. /tutor billing shows how things stand, and what can be done.';

test('a notice is told where admins want it, once, with a button to see more', async () => {
  const { tell, inChannel, toPayer, channel, twin } = await openStage();
  const told = await tell();
  expect(told).toEqual({ ok: true, platformMessageIds: [channel.messages().at(-1)?.ts] });
  expect(await tell()).toEqual(told);
  expect(inChannel()).toEqual([PAST_DUE]);
  expect(toPayer()).toEqual([]);
  expect(JSON.stringify(channel.messages().at(-1)?.blocks)).toContain('"billing:open"');
  expect(twin.violations).toEqual([]);
});

test('whether or not Slack says that it was posted, it is there once', async () => {
  const { tell, inChannel, twin } = await openStage();
  twin.faults.loseNext((method) => method === 'chat.postMessage', 1);
  expect(await tell()).toMatchObject({ ok: false, reason: 'retry' });
  expect(await tell()).toMatchObject({ ok: true });
  expect(inChannel()).toEqual([PAST_DUE]);
});

test('where nobody has chosen a channel, whoever paid is told, in their language', async () => {
  const { tell, inChannel, twin, team } = await openStage();
  const bea = team.addMember({ name: 'Bea', locale: 'de-DE' });
  expect(await tell({ channel: null, payer: bea.id })).toMatchObject({ ok: true });
  expect(inChannel()).toEqual([]);
  const [message] = twin.channel(bea.dm()).messages();
  expect(message?.text).toMatch(/10\. März 2026/);
});

test.each<[string, (stage: Stage) => void]>([
  ['was archived', ({ channel }) => channel.archive()],
  ['was deleted', ({ channel }) => channel.remove()],
])('a channel that %s is passed over', async (_, happens) => {
  const stage = await openStage();
  happens(stage);
  expect(await stage.tell()).toMatchObject({ ok: true });
  expect(stage.toPayer()).toEqual([PAST_DUE]);
});

test('a channel that the app is not in any more is passed over where it is private', async () => {
  const { tell, team, toPayer } = await openStage();
  const hidden = team.addChannel({ name: 'hidden', isPrivate: true, botIsMember: false });
  expect(await tell({ channel: hidden.id })).toMatchObject({ ok: true });
  expect(toPayer()).toEqual([PAST_DUE]);
});

test('then comes whoever installed the app, and then nobody', async () => {
  let installer: string | null = null;
  const { tell, toPayer, ada } = await openStage({ installerOf: async () => installer });
  const unknown = { channel: 'C0GONE', payer: 'U0GONE' };
  expect(await tell(unknown)).toMatchObject({ ok: false, reason: 'gone' });
  installer = ada.id;
  expect(await tell(unknown)).toMatchObject({ ok: true });
  expect(toPayer()).toEqual([PAST_DUE]);
});

test('who installed the app is known where many workspaces may', async () => {
  const oauth = {
    ...{ clientId: 'client', clientSecret: 'secret', publicUrl: 'https://tutor.example' },
    encryptionKeys: ['a-key-of-at-least-thirty-two-characters'],
  };
  await installationStore(database.db, openCipher(oauth.encryptionKeys)).storeInstallation({
    ...{ team: { id: 'T0SCHOOL', name: 'School' }, enterprise: undefined, isEnterpriseInstall: false, appId: 'A1' },
    user: { id: 'U0EVE', token: undefined, scopes: undefined },
    bot: { id: 'B1', userId: 'U0BOT', token: 'xoxb-1', scopes: [] },
  });
  const config = { oauth, botToken: null, appToken: null, signingSecret: null, apiUrl: null };
  const { installerOf } = openAccess(database.db, { config, only: null, log: silentLog, now: Date.now });
  expect([await installerOf('T0SCHOOL'), await installerOf('T0NOWHERE')]).toEqual(['U0EVE', null]);
});

test('as long as nobody is known who could be told, it is tried again', async () => {
  const { tell, toPayer, ada } = await openStage();
  expect(await tell({ channel: null, payer: null })).toMatchObject({ ok: false, reason: 'retry' });
  expect(await tell({ channel: null, payer: ada.id })).toMatchObject({ ok: true });
  expect(toPayer()).toEqual([PAST_DUE]);
});

test('where Slack is away or busy, nobody else is told, and it is tried again', async () => {
  const { tell, inChannel, toPayer, twin } = await openStage();
  twin.faults.failNext((method) => method === 'chat.postMessage', 1, { status: 503 });
  expect(await tell()).toMatchObject({ ok: false, reason: 'retry' });
  const busy = { status: 429, headers: { 'retry-after': '7' }, body: { ok: false, error: 'ratelimited' } };
  twin.faults.failNext((method) => method === 'conversations.history', 1, busy);
  expect(await tell()).toMatchObject({ ok: false, reason: 'retry', retryAfterMs: 7_000 });
  expect([...inChannel(), ...toPayer()]).toEqual([]);
  expect(await tell()).toMatchObject({ ok: true });
  expect(inChannel()).toEqual([PAST_DUE]);
});

test('that the app was removed is told to nobody where it is again, and cannot be told where it is not', async () => {
  const { tell, inChannel, team } = await openStage();
  expect(await tell({ kind: 'kicked' })).toEqual({ ok: true, platformMessageIds: [] });
  team.uninstall();
  expect(await tell({ kind: 'kicked' })).toMatchObject({ ok: false, reason: 'gone' });
  expect(await tell()).toMatchObject({ ok: false, reason: 'gone' });
  expect(inChannel()).toEqual([]);
});

test('of an app that is removed while it is paid for, the operator reads, and it is kept', async () => {
  const { log, lines } = recordedLog();
  const school = await openPayingSchool(database.url, { runtime: { log } });
  const { eve, stripe, team, runtime } = school;
  const window = await windowOf(eve.presses(await opensHome(eve), 'Subscribe: Premium'), (text) =>
    text.includes('[Subscribe at Stripe]'),
  );
  expect(stripe.twin.complete(linkIn(window).split('/').at(-1) ?? '')).toMatchObject({ ok: true });
  await school.settle();
  team.uninstall();
  const untold = () => lines().filter(({ msg }) => msg === 'admins were not told');
  await until(() => untold().length > 0);
  expect(untold()).toMatchObject([{ kind: 'kicked', workspace: team.id }]);
  await until(async () => (await removals(runtime.db, team.id)).some(({ status }) => status === 'failed'));
  // What is paid goes on until somebody cancels it.
  expect([...stripe.twin.objects.subscriptions.values()].map(({ status }) => status)).toEqual(['active']);
});

test('of one for which nothing is paid, nothing is kept', async () => {
  const { twin, team, runtime } = await openPayingSchool(database.url);
  team.uninstall();
  await heardAll(twin);
  expect(await removals(runtime.db, team.id)).toEqual([]);
});

function removals(db: Database, workspace: string) {
  return db
    .selectFrom('billing_notices')
    .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
    .select('status')
    .where('kind', '=', 'kicked')
    .where('external_id', '=', workspace)
    .execute();
}
