import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Installation, InstallProvider } from '@slack/oauth';
import type { OAuthV2AccessArguments } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, plainClient } from './slack/client.ts';
import type { ConsentOptions, SlackTwin } from './slack/twin.ts';
import { startSlackTwin } from './slack/twin.ts';

/** How an app comes into workspaces and organisations, and leaves them, as the real client sees it. */

let twin: SlackTwin;
let client: { client_id: string; client_secret: string };

beforeAll(async () => {
  twin = await startSlackTwin();
});
afterAll(() => twin.close());
beforeEach(() => {
  client = { client_id: twin.clientId, client_secret: twin.clientSecret };
});

const BACK = 'https://tutor.example/slack/oauth_redirect';

function link(): string {
  const query = { client_id: twin.clientId, scope: 'chat:write,im:history', state: 's', redirect_uri: BACK };
  return `https://slack.com/oauth/v2/authorize?${new URLSearchParams(query)}`;
}

/** Follows the link, and turns the code into tokens. */
async function install(consent: ConsentOptions) {
  const { code } = twin.authorize(link(), consent);
  return access({ code, redirect_uri: BACK });
}

function access(more: Record<string, string>) {
  return plainClient(twin).oauth.v2.access({ ...client, ...more } as OAuthV2AccessArguments);
}

describe('a workspace', () => {
  test('gets the app by a link that an admin follows', async () => {
    const team = twin.addTeam({ name: 'School', installed: false });
    const admin = { id: 'U0ADMIN' };
    const { redirect, code, state } = twin.authorize(link(), { team, by: admin });
    expect(redirect).toBe(`${BACK}?code=${code}&state=s`);
    expect(state).toBe('s');
    expect(await errorOf(access({ code, redirect_uri: 'https://other.example' }))).toBe('bad_redirect_uri');
    expect(await errorOf(access({ code, redirect_uri: BACK, client_secret: 'x' }))).toBe('bad_client_secret');
    const granted = await access({ code, redirect_uri: BACK });
    expect(granted).toMatchObject({
      ...{ app_id: twin.appId, scope: 'chat:write,im:history', token_type: 'bot', bot_user_id: team.botUserId() },
      ...{ team: { id: team.id, name: 'School' }, enterprise: null, is_enterprise_install: false },
      authed_user: { id: admin.id },
    });
    expect(granted).not.toHaveProperty('refresh_token');
    expect(await errorOf(access({ code, redirect_uri: BACK }))).toBe('invalid_code');
    expect(await plainClient(twin, granted.access_token).auth.test()).toMatchObject({ team_id: team.id });
  });

  test('has only ten minutes for it', async () => {
    const team = twin.addTeam({ name: 'School', installed: false });
    const { code } = twin.authorize(link(), { team });
    twin.advance(10 * 60_000 + 1);
    expect(await errorOf(access({ code, redirect_uri: BACK }))).toBe('invalid_code');
  });

  test('has tokens that wear off and are refreshed once, where they rotate', async () => {
    const team = twin.addTeam({ name: 'School', installed: false });
    const { access_token: first, refresh_token = '', expires_in } = await install({ team, rotating: true });
    expect(expires_in).toBe(43_200);
    const grant = { grant_type: 'refresh_token', refresh_token };
    const { access_token: second, refresh_token: next } = await access(grant);
    expect(next).not.toBe(refresh_token);
    expect(await errorOf(access(grant))).toBe('invalid_refresh_token');
    await plainClient(twin, first).auth.test();
    twin.advance(43_200_000);
    expect(await errorOf(plainClient(twin, second).auth.test())).toBe('token_expired');
    expect(team.botToken()).toBe(second);
  });

  test('that takes the app away and has it again knows the same bot', async () => {
    const team = twin.addTeam({ name: 'School' });
    const bot = team.botUserId();
    const { access_token: token } = await install({ team });
    expect((await install({ team })).access_token).toBe(token);
    await plainClient(twin, token).apps.uninstall(client);
    expect(team.isInstalled()).toBe(false);
    expect(await errorOf(plainClient(twin, token).auth.test())).toBe('account_inactive');
    await install({ team });
    expect(await plainClient(twin, team.botToken()).auth.test()).toMatchObject({ user_id: bot });
    expect(await errorOf(plainClient(twin, token).auth.test())).toBe('token_revoked');
  });
});

describe("Slack's own library", () => {
  /** Serves its two pages, with a memory for one installation. */
  async function serve() {
    const kept: { installation?: Installation } = {};
    const provider = new InstallProvider({
      ...{ clientId: twin.clientId, clientSecret: twin.clientSecret, stateSecret: 'secret' },
      clientOptions: { slackApiUrl: twin.url },
      installationStore: {
        async storeInstallation(installation) {
          kept.installation = installation as Installation;
        },
        fetchInstallation: async () => kept.installation as Installation<'v2', boolean>,
      },
    });
    const server = createServer((request, response) => {
      const isStart = request.url === '/install';
      if (isStart)
        void provider.handleInstallPath(request, response, {}, { scopes: ['chat:write'], redirectUri: BACK });
      else void provider.handleCallback(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { kept, provider, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test('installs, and refreshes what wears off', async () => {
    const team = twin.addTeam({ name: 'School', installed: false });
    const { kept, provider, server, url } = await serve();
    const page = await fetch(`${url}/install`);
    const [, href = ''] = /href="(https:[^"]+authorize[^"]+)"/.exec(await page.text()) ?? [];
    const { redirect } = twin.authorize(href.replaceAll('&amp;', '&'), { team, rotating: true });
    const headers = {
      cookie: page.headers
        .getSetCookie()
        .map((each) => each.split(';')[0])
        .join('; '),
    };
    const back = await fetch(`${url}${new URL(redirect).pathname}${new URL(redirect).search}`, { headers });
    expect(back.status).toBe(200);
    expect(kept.installation).toMatchObject({ team: { id: team.id }, bot: { token: team.botToken() } });
    const first = team.botToken();
    // The library looks at the real clock: for it the token is at its end.
    const { bot } = kept.installation ?? {};
    if (bot) bot.expiresAt = Math.floor(Date.now() / 1000);
    const source = { teamId: team.id, enterpriseId: undefined, isEnterpriseInstall: false };
    expect((await provider.authorize(source)).botToken).toBe(team.botToken());
    expect(team.botToken()).not.toBe(first);
    server.close();
  });
});

describe('an organisation', () => {
  test('has the app in all of its workspaces, with one token and one bot', async () => {
    const enterprise = twin.addEnterprise({ name: 'Schools', installed: false });
    const teams = ['North', 'South'].map((name) => twin.addTeam({ name, enterprise, installed: false }));
    const granted = await install({ enterprise });
    expect(granted).toMatchObject({
      ...{ team: null, enterprise: { id: enterprise.id, name: 'Schools' }, is_enterprise_install: true },
    });
    const web = plainClient(twin, granted.access_token);
    expect(await web.auth.test()).toMatchObject({ enterprise_id: enterprise.id, is_enterprise_install: true });
    expect((await web.auth.teams.list()).teams?.map(({ id }) => id)).toEqual(teams.map(({ id }) => id));
    for (const team of teams) {
      expect(team.botUserId()).toBe(enterprise.botUserId());
      const channel = team.addChannel({ name: 'hall' });
      await web.chat.postMessage({ channel: channel.id, text: 'hello' });
      expect(channel.messages()).toHaveLength(1);
    }
    enterprise.revokeTokens();
    expect(await errorOf(web.auth.test())).toBe('token_revoked');
  });

  test('asks about a workspace by its id', async () => {
    const enterprise = twin.addEnterprise({ name: 'Schools' });
    const team = twin.addTeam({ name: 'North', enterprise });
    const web = plainClient(twin, enterprise.botToken());
    expect(await errorOf(web.team.info())).toBe('missing_argument');
    expect(await web.team.info({ team: team.id })).toMatchObject({
      team: { name: 'North', enterprise_id: enterprise.id, enterprise_name: 'Schools' },
    });
  });
});
