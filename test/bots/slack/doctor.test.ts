import { expect, onTestFinished, test } from 'vitest';
import { examine } from '../../../src/bots/slack/connection/doctor.ts';
import type { SlackConfig } from '../../../src/config/slack.ts';
import { silentLog } from '../../support/classroom.ts';
import { freePort } from '../../support/free-port.ts';
import { type SlackTwinOptions, startSlackTwin } from '../../twins/slack/twin.ts';

/** What stands between learners and the app, as Slack tells it. */

async function open(options: SlackTwinOptions = {}, more: Partial<SlackConfig> = {}) {
  const twin = await startSlackTwin(options);
  onTestFinished(() => twin.close());
  twin.addTeam({ name: 'School' });
  const config: SlackConfig = {
    ...{ botToken: twin.botToken(), appToken: twin.appToken, signingSecret: null, oauth: null, apiUrl: twin.url },
    ...more,
  };
  return {
    twin,
    async findings() {
      const found = await examine(config, silentLog);
      expect(JSON.stringify(found)).not.toMatch(/xox[a-z]-|xapp-/);
      const say = (isOk: boolean) =>
        found.filter(({ ok }) => ok === isOk).map(({ what, fix }) => `${what} ${fix ?? ''}`);
      return { right: say(true).join('\n'), wrong: say(false).join('\n') };
    },
  };
}

test('all is well: who it is, what it may do, how it hears', async () => {
  const { twin, findings } = await open();
  const { right, wrong } = await findings();
  expect(wrong).toBe('');
  expect(right).toContain('It is "threadtutor" in "School".');
  expect(right).toContain('It has the scopes that lessons need.');
  expect(right).toContain('Socket Mode is open to it');
  expect(twin.violations).toEqual([]);
});

test('scopes that are missing are named', async () => {
  const { findings } = await open({ scopes: ['chat:write', 'commands'] });
  const { wrong } = await findings();
  expect(wrong).toMatch(/It lacks the scopes: .*channels:history.*groups:read/);
  expect(wrong).toContain('slack-manifest.yaml');
});

test.each<[string, Partial<SlackConfig>, string]>([
  ['a bot token', { botToken: 'xoxb-somebody-else' }, 'SLACK_BOT_TOKEN is not accepted (invalid_auth).'],
  ['an app token', { appToken: 'xapp-1-somebody-else' }, 'SLACK_APP_TOKEN is not accepted (invalid_auth).'],
])('%s that is not accepted', async (_, more, sentence) => {
  const { findings } = await open({}, more);
  expect((await findings()).wrong).toContain(sentence);
});

test('an app for many workspaces over HTTP tells where it is installed', async () => {
  const oauth = { clientId: '1.2', clientSecret: 's', encryptionKeys: [], publicUrl: 'https://tutor.example' };
  const { findings } = await open({}, { botToken: null, appToken: null, signingSecret: 'f'.repeat(32), oauth });
  const { right, wrong } = await findings();
  expect(wrong).toBe('');
  expect(right).toContain('https://tutor.example/slack/install');
  expect(right).toContain('/slack/events');
});

test('a Slack that is not there', async () => {
  const { findings } = await open({}, { apiUrl: `http://127.0.0.1:${await freePort()}/api/` });
  const { wrong } = await findings();
  expect(wrong).toContain('Slack was not reached: ECONNREFUSED. Start what SLACK_API_URL leads to');
});
