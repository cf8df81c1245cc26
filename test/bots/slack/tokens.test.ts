import { randomUUID } from 'node:crypto';
import type { Installation } from '@slack/oauth';
import { WebClient } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import { openCipher } from '../../../src/bots/slack/connection/encryption.ts';
import { installationStore } from '../../../src/bots/slack/connection/installations.ts';
import { openTokens, tokensOfOne } from '../../../src/bots/slack/connection/tokens.ts';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import { readInstallation, removeInstallation } from '../../../src/db/installations.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { recordedLog } from '../../support/log.ts';
import { gate } from '../../support/models.ts';
import { type SlackTwin, startSlackTwin } from '../../twins/slack/twin.ts';

const database = useDatabase();
const encryptionKeys = ['a-key-of-at-least-thirty-two-characters'];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FAILED = { status: 200, body: { ok: false, error: 'internal_error' } };

interface Bot {
  token: string;
  refreshToken?: string;
  expiresAt?: number;
}

async function install(bot: Bot, workspace = `T${randomUUID().slice(0, 8).toUpperCase()}`): Promise<string> {
  const installation: Installation<'v2', false> = {
    team: { id: workspace, name: 'School' },
    enterprise: undefined,
    user: { token: undefined, scopes: undefined, id: 'U1' },
    bot: { ...bot, scopes: ['chat:write'], id: 'B1', userId: 'UBOT' },
    appId: 'A1',
    isEnterpriseInstall: false,
    authVersion: 'v2',
  };
  await installationStore(database.db, openCipher(encryptionKeys)).storeInstallation(installation);
  return workspace;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** Slack, a clock, a log, and as many processes as a test wants. */
async function openSlack() {
  const slack = await startSlackTwin();
  opened.push(slack);
  const recorded = recordedLog();
  const clock = { ahead: 0 };
  const oauth = { clientId: slack.clientId, clientSecret: slack.clientSecret, encryptionKeys };
  const process = (db: Database = database.db) =>
    openTokens({ db, oauth, apiUrl: slack.url, log: recorded.log, now: () => Date.now() + clock.ahead });
  return {
    ...{ slack, clock, process, ...recorded },
    renewals: () => slack.requests.filter(({ body }) => body.grant_type === 'refresh_token'),
    installExpiring: (inMs: number) => installExpiring(slack, inMs),
    /** Slack answers no call for a token before the gate is open. */
    holdRenewals() {
      const answer = gate();
      slack.faults.onRequest(({ method }) => (method === 'oauth.v2.access' ? answer.opened.then(() => null) : null));
      return answer;
    },
  };
}

/** Installed, with a token of which we think that it expires so soon. */
async function installExpiring(slack: SlackTwin, inMs: number): Promise<{ workspace: string; token: string }> {
  const team = slack.addTeam({ name: 'School', rotating: true });
  const token = team.botToken();
  const expiresAt = Math.floor((Date.now() + inMs) / 1000);
  const workspace = await install({ token, refreshToken: team.refreshToken(), expiresAt }, team.id);
  return { workspace, token };
}

/** What Slack says to it; null: it is good. */
async function refusalOf(slack: SlackTwin, token: string | undefined): Promise<string | null> {
  const client = new WebClient(token, { slackApiUrl: slack.url, retryConfig: { retries: 0 } });
  return client.auth.test().then(
    () => null,
    (error) => error.data.error,
  );
}

describe('what does not expire', () => {
  test('the one token of a configuration is good for its own workspace', async () => {
    const access = { token: 'xoxb-1', name: 'School', botUserId: 'UBOT', botId: 'B1' };
    let only: Parameters<typeof tokensOfOne>[0] = () => null;
    const tokens = tokensOfOne(() => only());
    await expect(tokens.of('T1')).rejects.toThrow('Slack has not answered yet');
    only = () => ({ workspace: 'T1', access });
    tokens.forget('T1');
    expect([await tokens.of('T1'), await tokens.of('T2')]).toEqual([access, null]);
  });

  test('a stored token is given without asking Slack', async () => {
    const { process, renewals } = await openSlack();
    const workspace = await install({ token: 'xoxb-1' });
    expect(await process().of(workspace)).toEqual({
      ...{ token: 'xoxb-1', name: 'School', botUserId: 'UBOT', botId: 'B1' },
    });
    expect(renewals()).toEqual([]);
  });

  test('where the app is not, there is none until it is installed', async () => {
    const { process } = await openSlack();
    const tokens = process();
    const workspace = `T${randomUUID()}`;
    expect(await tokens.of(workspace)).toBeNull();
    await install({ token: 'xoxb-1' }, workspace);
    expect(await tokens.of(workspace)).toMatchObject({ token: 'xoxb-1' });
  });

  test('it is remembered for two minutes, and looked for again when it is forgotten', async () => {
    const { process, clock } = await openSlack();
    const [patient, told] = [process(), process()];
    const workspace = await install({ token: 'xoxb-1' });
    for (const tokens of [patient, told]) await tokens.of(workspace);
    await removeInstallation(database.db, workspace);
    told.forget(workspace);
    clock.ahead = 1.9 * MINUTE;
    expect([await told.of(workspace), await patient.of(workspace)]).toEqual([null, expect.any(Object)]);
    clock.ahead = 2.1 * MINUTE;
    expect(await patient.of(workspace)).toBeNull();
  });

  test('what no key decrypts is an error, and not a missing installation', async () => {
    const { process } = await openSlack();
    const workspace = await install({ token: 'xoxb-1' });
    await database.db
      .updateTable('installations')
      .set({ installation: openCipher(['another-key-of-thirty-two-characters']).encrypt(workspace, '{}') })
      .where('workspace', '=', workspace)
      .execute();
    const tokens = process();
    await expect(tokens.of(workspace)).rejects.toThrow('no key decrypts');
    await install({ token: 'xoxb-2' }, workspace);
    expect(await tokens.of(workspace)).toMatchObject({ token: 'xoxb-2' });
  });
});

describe('a token that expires', () => {
  test('is used as it is while there is time', async () => {
    const { process, installExpiring, renewals } = await openSlack();
    const { workspace, token } = await installExpiring(3 * HOUR);
    expect(await process().of(workspace)).toMatchObject({ token });
    expect(renewals()).toEqual([]);
  });

  test('is renewed in time, once for all who ask at the same moment, and kept', async () => {
    const { slack, process, installExpiring, renewals } = await openSlack();
    const { workspace, token } = await installExpiring(HOUR);
    const tokens = process();
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.of(workspace)));
    const [access] = all;
    expect(new Set(all.map((each) => each?.token)).size).toBe(1);
    expect(access).toMatchObject({ botUserId: 'UBOT', botId: 'B1' });
    expect(access?.token).not.toBe(token);
    expect(await refusalOf(slack, access?.token)).toBeNull();
    expect(await process().of(workspace)).toEqual(access);
    expect(renewals()).toHaveLength(1);
    const left = ((await readInstallation(database.db, workspace))?.token_expires_at?.getTime() ?? 0) - Date.now();
    expect(Math.round(left / HOUR)).toBe(12);
  });

  test('is renewed by one process; another one uses it for as long as it is good', async () => {
    const { process, installExpiring, renewals, holdRenewals } = await openSlack();
    const { workspace, token } = await installExpiring(HOUR);
    const answer = holdRenewals();
    const first = process().of(workspace);
    await until(() => renewals().length === 1);
    expect(await process().of(workspace)).toMatchObject({ token });
    answer.open();
    const renewed = await first;
    expect(renewed?.token).not.toBe(token);
    expect(await process().of(workspace)).toEqual(renewed);
    expect(renewals()).toHaveLength(1);
  });

  test('once expired is renewed by one process, and the other one waits for it', async () => {
    const { process, installExpiring, renewals } = await openSlack();
    const { workspace, token } = await installExpiring(-HOUR);
    const [one, other] = await Promise.all([process().of(workspace), process().of(workspace)]);
    expect(one).toEqual(other);
    expect(one?.token).not.toBe(token);
    expect(renewals()).toHaveLength(1);
  });

  test('is used on when Slack gives no new one, but not up to its end', async () => {
    const { slack, clock, process, installExpiring, renewals, lines, text } = await openSlack();
    const { workspace, token } = await installExpiring(1.5 * MINUTE);
    slack.faults.failNext((method) => method === 'oauth.v2.access', 2, FAILED);
    const tokens = process();
    expect(await tokens.of(workspace)).toMatchObject({ token });
    clock.ahead = 40_000;
    await expect(tokens.of(workspace)).rejects.toThrow(
      `the token of ${workspace} has expired, and Slack gave no new one`,
    );
    expect(renewals()).toHaveLength(2);
    expect(lines().filter(({ level }) => level === 40)).toHaveLength(2);
    expect(text()).toContain('internal_error');
    expect(text()).not.toContain(token.slice(-20));
    expect(text()).not.toContain(slack.clientSecret);
  });

  test('is renewed with those of two workspaces at a time; the others go on with theirs', async () => {
    const { process, installExpiring, renewals, holdRenewals } = await openSlack();
    const all = await Promise.all(Array.from({ length: 5 }, () => installExpiring(HOUR)));
    const answer = holdRenewals();
    const tokens = process();
    const unchanged: string[] = [];
    const asking = all.map(async ({ workspace, token }) => {
      if ((await tokens.of(workspace))?.token === token) unchanged.push(workspace);
    });
    await until(() => renewals().length === 2 && unchanged.length === 3);
    answer.open();
    await Promise.all(asking);
    expect(unchanged).toHaveLength(3);
    expect(renewals()).toHaveLength(2);
  });

  test('once expired is renewed, however many there are', async () => {
    const { process, installExpiring, renewals } = await openSlack();
    const all = await Promise.all(Array.from({ length: 5 }, () => installExpiring(-HOUR)));
    const tokens = process();
    const found = await Promise.all(all.map(({ workspace }) => tokens.of(workspace)));
    expect(new Set(found.map((access) => access?.token)).size).toBe(5);
    expect(renewals()).toHaveLength(5);
  });

  test('that is removed while it is renewed does not come back', async () => {
    const { process, installExpiring, renewals, holdRenewals } = await openSlack();
    const { workspace } = await installExpiring(HOUR);
    const answer = holdRenewals();
    const renewing = process().of(workspace);
    await until(() => renewals().length === 1);
    const removing = removeInstallation(database.db, workspace);
    answer.open();
    await Promise.all([renewing, removing]);
    expect(await readInstallation(database.db, workspace)).toBeNull();
  });

  test('is renewed also when Slack takes longer than a transaction may rest', async () => {
    const { slack, process, installExpiring, renewals, holdRenewals } = await openSlack();
    const { workspace } = await installExpiring(HOUR);
    const impatient = openDatabase(`${database.url}?options=-c%20idle_in_transaction_session_timeout%3D1000`, () => {});
    opened.push(impatient);
    const answer = holdRenewals();
    const renewing = process(impatient.db).of(workspace);
    await until(() => renewals().length === 1);
    const asked = performance.now();
    await until(() => performance.now() - asked > 2_000);
    answer.open();
    const renewed = await renewing;
    expect(await refusalOf(slack, renewed?.token)).toBeNull();
    expect(await process().of(workspace)).toEqual(renewed);
  });
});
