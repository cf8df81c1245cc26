import type { Installation, InstallationStore } from '@slack/oauth';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openCipher } from '../../../src/bots/slack/connection/encryption.ts';
import { installRoutes } from '../../../src/bots/slack/connection/install-routes.ts';
import { installationStore, queryFor } from '../../../src/bots/slack/connection/installations.ts';
import { openTokens } from '../../../src/bots/slack/connection/tokens.ts';
import { openHttpServer } from '../../../src/http/server.ts';
import { useDatabase } from '../../support/database.ts';
import { recordedLog } from '../../support/log.ts';
import { type SlackTwin, startSlackTwin } from '../../twins/slack/twin.ts';

/** A person installs the app: our page, Slack's, and ours again, on the server that runs in production. */

const database = useDatabase();
const encryptionKeys = ['a-key-of-at-least-thirty-two-characters'];
const PUBLIC_URL = 'https://tutor.example';
const SCOPES = ['app_mentions:read', 'chat:write', 'commands'];

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((each) => each.close()));
});
beforeEach(async () => {
  await database.db.deleteFrom('installations').execute();
});

interface Tutor {
  installed: Installation[];
  /** As a browser does it that reaches our server under its public address. */
  visit(address: string, cookie?: string): Promise<{ status: number; text: string; link: string; cookie: string }>;
  log: ReturnType<typeof recordedLog>;
}

async function openTutor(
  slack: SlackTwin,
  more: { store?: InstallationStore; onInstalled?(installation: Installation): unknown } = {},
): Promise<Tutor> {
  const log = recordedLog();
  const installed: Installation[] = [];
  const routes = installRoutes({
    oauth: { clientId: slack.clientId, clientSecret: slack.clientSecret, publicUrl: PUBLIC_URL },
    apiUrl: slack.url,
    log: log.log,
    store: installationStore(database.db, openCipher(encryptionKeys)),
    scopes: SCOPES,
    onInstalled: (installation) => installed.push(installation),
    ...more,
  });
  const metrics = { contentType: 'text/plain', metrics: async () => '' };
  const options = { host: '127.0.0.1', port: 0, log: log.log, checks: {}, metrics, board: null };
  const server = await openHttpServer({ ...options, routes: [['/', routes]] });
  closing.push({ close: () => server.close(0) });
  return {
    installed,
    log,
    async visit(address, cookie = '') {
      const { pathname, search } = new URL(address);
      const response = await fetch(`${server.url}${pathname}${search}`, { headers: { cookie } });
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      const text = await response.text();
      const link = (/<a href="([^"]*)"/.exec(text)?.[1] ?? '').replaceAll('&amp;', '&');
      return { status: response.status, text, link, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
    },
  };
}

async function openSlack(): Promise<SlackTwin> {
  const slack = await startSlackTwin();
  closing.push(slack);
  return slack;
}

const INSTALL = `${PUBLIC_URL}/slack/install`;
const rows = () => database.db.selectFrom('installations').selectAll().execute();

describe('whoever agrees', () => {
  test('has the app in their workspace', async () => {
    const slack = await openSlack();
    const team = slack.addTeam({ name: 'Tom & Jerry <School>', installed: false });
    const tutor = await openTutor(slack);
    const page = await tutor.visit(INSTALL);
    const asked = new URL(page.link);
    expect([page.status, asked.origin, asked.pathname]).toEqual([
      200,
      new URL(slack.url).origin,
      '/oauth/v2/authorize',
    ]);
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      client_id: slack.clientId,
      scope: SCOPES.join(','),
      state: page.cookie.split('=')[1],
      redirect_uri: `${PUBLIC_URL}/slack/oauth_redirect`,
    });
    const { redirect } = slack.authorize(page.link, { team });
    const done = await tutor.visit(redirect, page.cookie);
    expect(done.status).toBe(200);
    expect(done.text).toContain('Threadtutor is installed in Tom &amp; Jerry &lt;School&gt;.');
    expect(done.link).toBe(`https://slack.com/app_redirect?app=${slack.appId}&team=${team.id}`);
    expect(tutor.installed).toMatchObject([{ team: { id: team.id } }]);
    expect(await rows()).toMatchObject([
      { workspace: team.id, app_id: slack.appId, scopes: SCOPES, token_expires_at: null },
    ]);
    expect(await tokenOf(slack, team.id)).toBe(team.botToken());
    for (const secret of [team.botToken(), slack.clientSecret, new URL(redirect).searchParams.get('code') ?? '-']) {
      expect(tutor.log.text()).not.toContain(secret);
    }
    expect(slack.violations).toEqual([]);
  });

  test('may do so for a whole organisation', async () => {
    const slack = await openSlack();
    const enterprise = slack.addEnterprise({ name: 'School District', installed: false });
    const tutor = await openTutor(slack);
    const page = await tutor.visit(INSTALL);
    const { redirect } = slack.authorize(page.link, { enterprise });
    const done = await tutor.visit(redirect, page.cookie);
    expect(done.text).toContain('Threadtutor is installed for School District.');
    expect(done.link).toMatch(
      new RegExp(`^https://.*/manage/organization/apps/profile/${slack.appId}/workspaces/add$`),
    );
    expect(await rows()).toMatchObject([{ workspace: enterprise.id, enterprise: enterprise.id }]);
    expect(await tokenOf(slack, enterprise.id)).toBe(enterprise.botToken());
  });

  test('with tokens that expire has them renewed later', async () => {
    const slack = await openSlack();
    const team = slack.addTeam({ name: 'School', installed: false });
    const tutor = await openTutor(slack);
    const page = await tutor.visit(INSTALL);
    await tutor.visit(slack.authorize(page.link, { team, rotating: true }).redirect, page.cookie);
    const first = await tokenOf(slack, team.id);
    expect(first).toBe(team.botToken());
    const store = installationStore(database.db, openCipher(encryptionKeys));
    const installation = await store.fetchInstallation(queryFor(team.id));
    const soon = Math.floor(Date.now() / 1000) + 3_600;
    Object.assign(installation.bot ?? {}, { expiresAt: soon });
    await store.storeInstallation(installation);
    const second = await tokenOf(slack, team.id);
    expect(second).not.toBe(first);
    expect(second).toBe(team.botToken());
  });

  test('has it also when what follows fails', async () => {
    const slack = await openSlack();
    const team = slack.addTeam({ name: 'School', installed: false });
    const tutor = await openTutor(slack, {
      async onInstalled() {
        throw new Error('nobody to greet');
      },
    });
    const page = await tutor.visit(INSTALL);
    const done = await tutor.visit(slack.authorize(page.link, { team }).redirect, page.cookie);
    expect(done.text).toContain('Threadtutor is installed in School.');
    expect(await rows()).toHaveLength(1);
    expect(tutor.log.text()).toContain('nobody to greet');
  });
});

async function tokenOf(slack: SlackTwin, workspace: string): Promise<string | undefined> {
  const { log } = recordedLog();
  const oauth = { clientId: slack.clientId, clientSecret: slack.clientSecret, encryptionKeys };
  return (await openTokens({ db: database.db, oauth, apiUrl: slack.url, log }).of(workspace))?.token;
}

/** Signed by somebody who does not have our secret. */
const FORGED =
  'eyJhbGciOiJIUzI1NiJ9.eyJpbnN0YWxsT3B0aW9ucyI6eyJzY29wZXMiOltdfSwibm93IjoiMjA5OS0wMS0wMVQwMDowMDowMFoifQ.AAAA';

describe('nothing is installed', () => {
  /** Somebody has agreed, and is on their way back. */
  async function consented() {
    const slack = await openSlack();
    const team = slack.addTeam({ name: 'School', installed: false });
    const tutor = await openTutor(slack);
    const page = await tutor.visit(INSTALL);
    const back = new URL(slack.authorize(page.link, { team }).redirect);
    return { slack, tutor, page, back };
  }

  async function expectNothing({ slack, tutor }: { slack: SlackTwin; tutor: Tutor }) {
    expect(await rows()).toEqual([]);
    expect(tutor.installed).toEqual([]);
    expect(slack.requests.filter(({ error }) => error === null)).toEqual([]);
  }

  const ELSEWHERE = 'this was begun in another browser, or more than ten minutes ago';

  test.each<[string, (state: string) => { state: string | null; cookie: string | null }]>([
    ['in another browser', (state) => ({ state, cookie: null })],
    ['with the state of somebody else', (state) => ({ state: `${state}x`, cookie: state })],
    ['without a state', (state) => ({ state: null, cookie: state })],
    ['with a state that we did not write', () => ({ state: FORGED, cookie: FORGED })],
  ])('%s', async (_, change) => {
    const all = await consented();
    const [name, own = ''] = all.page.cookie.split('=');
    const { state, cookie } = change(own);
    if (state === null) all.back.searchParams.delete('state');
    else all.back.searchParams.set('state', state);
    const done = await all.tutor.visit(all.back.href, cookie === null ? '' : `${name}=${cookie}`);
    expect([done.status, done.link]).toEqual([400, INSTALL]);
    expect(done.text).toContain(ELSEWHERE);
    await expectNothing(all);
  });

  test.each<[string, Record<string, string>, string]>([
    ['by who cancels it', { error: 'access_denied' }, 'it was cancelled in Slack'],
    ['without a code', {}, 'this page is only for the way back from Slack'],
  ])('%s', async (_, parameters, sentence) => {
    const all = await consented();
    const state = all.back.searchParams.get('state') ?? '';
    const back = `${PUBLIC_URL}/slack/oauth_redirect?${new URLSearchParams({ ...parameters, state })}`;
    const done = await all.tutor.visit(back, all.page.cookie);
    expect([done.status, done.link]).toEqual([400, INSTALL]);
    expect(done.text).toContain(sentence);
    await expectNothing(all);
  });

  test('with a code that Slack does not know', async () => {
    const all = await consented();
    all.back.searchParams.set('code', 'made-up');
    const done = await all.tutor.visit(all.back.href, all.page.cookie);
    expect([done.status, done.link]).toEqual([502, INSTALL]);
    expect(done.text).toContain('it could not be completed with Slack');
    expect(all.tutor.log.lines().find(({ level }) => level === 40)).toMatchObject({
      reason: expect.stringContaining('invalid_code'),
    });
    await expectNothing(all);
  });

  test('when it cannot be stored', async () => {
    const slack = await openSlack();
    const team = slack.addTeam({ name: 'School', installed: false });
    const store = installationStore(database.db, openCipher(encryptionKeys));
    const away = { ...store, storeInstallation: () => Promise.reject(new Error('the database is away')) };
    const tutor = await openTutor(slack, { store: away });
    const page = await tutor.visit(INSTALL);
    const done = await tutor.visit(slack.authorize(page.link, { team }).redirect, page.cookie);
    expect(done.status).toBe(502);
    expect(tutor.installed).toEqual([]);
    expect(await rows()).toEqual([]);
  });
});

test('a code is good for one installation', async () => {
  const slack = await openSlack();
  const team = slack.addTeam({ name: 'School', installed: false });
  const tutor = await openTutor(slack);
  const page = await tutor.visit(INSTALL);
  const { redirect } = slack.authorize(page.link, { team });
  await tutor.visit(redirect, page.cookie);
  expect((await tutor.visit(redirect, page.cookie)).status).toBe(502);
  expect(await rows()).toHaveLength(1);
});

test('a state of one process is known to another one', async () => {
  const slack = await openSlack();
  const team = slack.addTeam({ name: 'School', installed: false });
  const [one, other] = [await openTutor(slack), await openTutor(slack)];
  const page = await one.visit(INSTALL);
  const done = await other.visit(slack.authorize(page.link, { team }).redirect, page.cookie);
  expect(done.status).toBe(200);
  expect(await rows()).toHaveLength(1);
});
