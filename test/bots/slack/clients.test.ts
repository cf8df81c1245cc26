import { WebClient } from '@slack/web-api';
import { afterEach, expect, test } from 'vitest';
import { clientOptions, openClients, quietLogger } from '../../../src/bots/slack/connection/clients.ts';
import type { Access, Tokens } from '../../../src/bots/slack/connection/tokens.ts';
import { NotInstalled } from '../../../src/bots/slack/failures.ts';
import { recordedLog } from '../../support/log.ts';
import { type SlackTwin, startSlackTwin } from '../../twins/slack/twin.ts';

let twin: SlackTwin | null = null;
afterEach(async () => {
  await twin?.close();
  twin = null;
});

async function openSlack() {
  const slack = await startSlackTwin();
  twin = slack;
  return slack;
}

/** By workspace; what a test puts in is there. */
function tokensIn(known: Record<string, string>): Tokens {
  const access = (token: string): Access => ({ token, name: 'School', botUserId: 'UBOT', botId: 'B1' });
  return {
    of: async (workspace) => (known[workspace] === undefined ? null : access(known[workspace])),
    forget() {},
  };
}

test('there is one client for a token, and another one for the next', async () => {
  const known: Record<string, string> = { T1: 'xoxb-1' };
  const { log } = recordedLog();
  const clients = openClients({ apiUrl: 'http://127.0.0.1:1/api/' }, tokensIn(known), log);
  const client = await clients.of('T1');
  expect([client.token, client.slackApiUrl]).toEqual(['xoxb-1', 'http://127.0.0.1:1/api/']);
  expect(await clients.of('T1')).toBe(client);
  known.T1 = 'xoxb-2';
  expect((await clients.of('T1')).token).toBe('xoxb-2');
});

test('without an address of one’s own, it is Slack’s', async () => {
  const { log } = recordedLog();
  const clients = openClients({ apiUrl: null }, tokensIn({ T1: 'xoxb-1' }), log);
  expect((await clients.of('T1')).slackApiUrl).toBe('https://slack.com/api/');
});

test('what was not used for longest is let go first', async () => {
  const known = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`T${index}`, `xoxb-${index}`]));
  const { log } = recordedLog();
  const clients = openClients({ apiUrl: null }, tokensIn(known), log);
  const [first, second] = [await clients.of('T0'), await clients.of('T1')];
  for (let index = 2; index < 500; index += 1) await clients.of(`T${index}`);
  expect(await clients.of('T0')).toBe(first);
  await clients.of('T500');
  expect(await clients.of('T0')).toBe(first);
  expect(await clients.of('T1')).not.toBe(second);
});

test('there is none where the app is not installed', async () => {
  const { log } = recordedLog();
  const clients = openClients({ apiUrl: null }, tokensIn({}), log);
  await expect(clients.of('TNOWHERE')).rejects.toThrow(new NotInstalled('TNOWHERE'));
});

test('a call says what it was, and neither its token nor anybody’s words', async () => {
  const slack = await openSlack();
  const team = slack.addTeam({ name: 'School' });
  const channel = team.addChannel({ name: 'maths', botIsMember: true });
  const { log, text } = recordedLog();
  const clients = openClients({ apiUrl: slack.url }, tokensIn({ [team.id]: team.botToken() }), log);
  const client = await clients.of(team.id);
  await client.chat.postMessage({ channel: channel.id, text: 'a very private question' });
  await expect(client.chat.postMessage({ channel: 'C0', text: 'another private one' })).rejects.toThrow(
    'channel_not_found',
  );
  expect(text()).toContain("apiCall('chat.postMessage') start");
  expect(text()).not.toMatch(/private/);
  expect(text()).not.toContain(team.botToken());
});

test.each<[string, Parameters<SlackTwin['faults']['failNext']>[2], object]>([
  [
    'a rate limit',
    { status: 429, headers: { 'retry-after': '30' } },
    { code: 'slack_webapi_rate_limited_error', retryAfter: 30 },
  ],
  ['a failing server', { status: 500 }, { code: 'slack_webapi_http_error', statusCode: 500 }],
  ['a broken connection', 'reset', { code: 'slack_webapi_request_error' }],
])('%s is told at once, and nothing is tried again', async (_, fault, error) => {
  const slack = await openSlack();
  const team = slack.addTeam({ name: 'School' });
  const { log } = recordedLog();
  const client = new WebClient(team.botToken(), clientOptions({ apiUrl: slack.url }, log));
  slack.faults.failNext((method) => method === 'auth.test', 1, fault);
  await expect(client.auth.test()).rejects.toMatchObject(error);
  expect(slack.requests).toHaveLength(1);
  await expect(client.auth.test()).resolves.toMatchObject({ ok: true });
});

test('what the libraries complain about is cut short', () => {
  const { log, lines } = recordedLog();
  const logger = quietLogger(log, 'warn');
  logger.error(new Error('x'.repeat(10_000)));
  logger.warn('careful', 'there');
  logger.debug('http request body: {"text":"a private question"}');
  expect(lines()).toMatchObject([
    { level: 40, msg: 'x'.repeat(200) },
    { level: 20, msg: 'careful there' },
  ]);
  expect(lines()).toHaveLength(2);
});
