import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/classroom.ts';
import { type HttpApp, httpApp, type PlainApp, socketApp } from './slack/bolt.ts';
import { PATIENT_MS } from './slack/delivery.ts';
import type { Person } from './slack/people.ts';
import type { ChannelHandle, TeamHandle } from './slack/teams.ts';
import { type SlackTwin, startSlackTwin } from './slack/twin.ts';

/** How an app hears of what happens, by socket and by request. */

/** Of a Slack whose app does not answer. */
const IMPATIENT_MS = 500;

let twin: SlackTwin;
let app: PlainApp;
let team: TeamHandle;
let channel: ChannelHandle;
let ada: Person;

beforeAll(async () => {
  twin = await startSlackTwin({ delivery: { ackMs: PATIENT_MS, pingMs: 200 } });
});
afterAll(() => twin.close());

function newSchool(): void {
  team = twin.addTeam({ name: 'School' });
  channel = team.addChannel({ name: 'maths' });
  ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
}

async function call(method: string, form: object, token = team.botToken()): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${twin.url}${method}`, { method: 'POST', headers, body: JSON.stringify(form) });
  return (await response.json()) as Record<string, unknown>;
}

interface SharedFile {
  url_private_download: string;
}

const connections = () => twin.delivery.sockets.connections().length;
/** What the app heard of this channel. */
const heardIn = (from: PlainApp, id: string, type = 'message') =>
  from.heard.filter(({ body }) => body.event.channel === id && body.event.type === type);

/** Each time that a message in this channel was sent to the app. */
const tried = () =>
  twin.delivery.deliveries.filter(({ body, type }) => {
    return type === 'message' && (body.event as { channel?: string }).channel === channel.id;
  });

function holds(held: PlainApp): void {
  held.hold(true);
  twin.delivery.patience(IMPATIENT_MS);
}

function answers(held: PlainApp): void {
  held.hold(false);
  twin.delivery.patience(PATIENT_MS);
}

describe('a socket', () => {
  beforeAll(async () => {
    app = await socketApp(twin);
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    newSchool();
    answers(app);
  });

  test('brings an event in its envelope', async () => {
    const said = ada.says(channel, 'a < b & c, see https://example.com/x');
    await until(() => heardIn(app, channel.id).length === 1);
    const [heard] = heardIn(app, channel.id);
    expect(heard?.body).toMatchObject({
      ...{ type: 'event_callback', team_id: team.id, context_team_id: team.id, context_enterprise_id: null },
      ...{ api_app_id: twin.appId, event_id: expect.stringMatching(/^Ev0/), is_ext_shared_channel: false },
      authorizations: [
        {
          ...{ enterprise_id: null, team_id: team.id, user_id: team.botUserId(), is_bot: true },
          is_enterprise_install: false,
        },
      ],
      event: {
        ...{ type: 'message', user: ada.id, channel: channel.id, channel_type: 'channel', ts: said.ts },
        ...{ text: 'a &lt; b &amp; c, see <https://example.com/x>', event_ts: said.ts, team: team.id },
      },
    });
    expect(heard?.body).not.toHaveProperty('enterprise_id');
    await until(() => twin.delivery.deliveries.at(-1)?.acked === true);
    expect(twin.delivery.deliveries.at(-1)).toMatchObject({ via: 'socket', kind: 'event', retry: 0, reason: null });
  });

  test('tells of a mention beside the message, with the same ts', async () => {
    const { ts } = ada.says(channel, '<@BOT> hello');
    await until(() => heardIn(app, channel.id, 'app_mention').length === 1);
    await until(() => heardIn(app, channel.id).length === 1);
    const [mention] = heardIn(app, channel.id, 'app_mention');
    const text = `<@${team.botUserId()}> hello`;
    expect(mention?.body.event).toMatchObject({ ts, text, user: ada.id });
    expect(heardIn(app, channel.id)[0]?.body.event).toMatchObject({ ts, text });
    expect(mention?.body.event_id).not.toBe(heardIn(app, channel.id)[0]?.body.event_id);
  });

  test('tells nothing of channels that the bot is not in', async () => {
    const elsewhere = team.addChannel({ name: 'staff', botIsMember: false });
    elsewhere.invite(ada);
    ada.says(elsewhere, '<@BOT> hello');
    ada.says(channel, 'and now here');
    await until(() => heardIn(app, channel.id).length === 1);
    expect(app.heard.filter(({ body }) => body.event.channel === elsewhere.id)).toEqual([]);
  });

  test('tells of direct messages, of edits and of what is deleted', async () => {
    const said = ada.writes('helo');
    ada.edits(said, 'hello');
    ada.deletes(said);
    await until(() => heardIn(app, ada.dm()).length === 3);
    expect(heardIn(app, ada.dm()).map(({ body }) => body.event)).toMatchObject([
      { text: 'helo', channel_type: 'im' },
      {
        ...{ subtype: 'message_changed', hidden: true },
        ...{ message: { text: 'hello', ts: said.ts }, previous_message: { text: 'helo' } },
      },
      { subtype: 'message_deleted', deleted_ts: said.ts, previous_message: { text: 'hello' } },
    ]);
  });

  test("tells the bot of its own messages, and of files with people's", async () => {
    await call('chat.postMessage', { channel: channel.id, text: 'Question 1' });
    const bytes = Buffer.from('a picture');
    ada.says(channel, 'look', { files: [{ name: 'sum.png', mimetype: 'image/png', bytes }] });
    await until(() => heardIn(app, channel.id).length === 2);
    const [own, shared] = heardIn(app, channel.id).map(({ body }) => body.event);
    expect(own).toMatchObject({ user: team.botUserId(), bot_id: expect.stringMatching(/^B0/), text: 'Question 1' });
    const file = { name: 'sum.png', mimetype: 'image/png', size: bytes.length, thumb_1024: expect.any(String) };
    expect(shared).toMatchObject({ subtype: 'file_share', text: 'look', files: [file] });
    const [{ url_private_download: url } = { url_private_download: '' }] = (shared?.files ?? []) as SharedFile[];
    const fetched = await fetch(url, { headers: { authorization: `Bearer ${team.botToken()}` } });
    expect(await fetched.text()).toBe('a picture');
  });

  test('tells once of a channel shared by workspaces that both have the app, and little of its files', async () => {
    const partner = twin.addTeam({ name: 'Partner' });
    const shared = team.addChannel({ name: 'shared', sharedWith: [partner] });
    shared.inviteBot(partner);
    const eve = partner.addMember({ name: 'Eve' });
    shared.invite(eve);
    eve.says(shared, 'hi', { files: [{ name: 'a.txt', mimetype: 'text/plain', bytes: Buffer.from('a') }] });
    ada.says(channel, 'marker');
    await until(() => heardIn(app, channel.id).length === 1);
    expect(heardIn(app, shared.id).map(({ body }) => body)).toMatchObject([
      {
        ...{ team_id: team.id, is_ext_shared_channel: true, authorizations: [{ team_id: team.id }] },
        event: { user: eve.id, team: partner.id, files: [{ file_access: 'check_file_info', id: expect.any(String) }] },
      },
    ]);
    expect(heardIn(app, shared.id)[0]?.body.event.files).toEqual([expect.not.objectContaining({ name: 'a.txt' })]);
  });

  test('says of an installation for a whole organisation that it is one', async () => {
    const enterprise = twin.addEnterprise({ name: 'Schools' });
    const member = twin.addTeam({ name: 'One school', enterprise });
    const hall = member.addChannel({ name: 'hall' });
    const bob = member.addMember({ name: 'Bob' });
    hall.invite(bob);
    bob.says(hall, 'hello');
    await until(() => heardIn(app, hall.id).length === 1);
    expect(heardIn(app, hall.id)[0]?.body).toMatchObject({
      ...{ team_id: member.id, enterprise_id: enterprise.id },
      authorizations: [{ enterprise_id: enterprise.id, is_enterprise_install: true }],
    });
  });

  test('tells of channels that end, of the bot that has to leave, and of the app that goes', async () => {
    const room = team.addChannel({ name: 'room', isPrivate: true });
    channel.archive();
    channel.unarchive();
    room.kickBot();
    channel.remove();
    team.uninstall();
    const told = () => app.heard.filter(({ body }) => body.team_id === team.id).map(({ type }) => type);
    await until(() => told().includes('app_uninstalled'));
    // Bolt looks for no token when the app is gone, and so is quicker then.
    expect(told().toSorted()).toEqual([
      ...['app_uninstalled', 'channel_archive', 'channel_deleted', 'channel_unarchive', 'group_left'],
      ...['member_joined_channel', 'member_left_channel', 'tokens_revoked'],
    ]);
  });

  test('tells who opens the app, and beside what', async () => {
    const view = { type: 'home', blocks: [{ type: 'divider' }] };
    expect(ada.opensHome()).toBeNull();
    await call('views.publish', { user_id: ada.id, view });
    expect(ada.opensHome('home')).toMatchObject({ type: 'home', blocks: view.blocks });
    ada.opensHome('messages', { besides: channel });
    ada.looksAt(channel);
    await until(() => heardIn(app, ada.dm(), 'app_context_changed').length === 1);
    const events = app.heard.filter(({ body }) => body.event.channel === ada.dm()).map(({ body }) => body.event);
    const context = { entities: [{ type: 'slack#/types/channel_id', value: channel.id, team_id: team.id }] };
    expect(events).toMatchObject([
      { type: 'app_home_opened', tab: 'home', user: ada.id },
      { tab: 'home', view: { type: 'home', app_id: twin.appId, blocks: view.blocks } },
      { tab: 'messages', context },
      { type: 'app_context_changed', context },
    ]);
    expect(events[0]).not.toHaveProperty('view');
  });

  test('brings again what was not acknowledged, and not for ever', async () => {
    holds(app);
    ada.says(channel, 'hello');
    // The first retry comes by itself.
    await until(() => tried().filter(({ reason }) => reason === 'timeout').length === 2);
    await twin.delivery.retryNow();
    answers(app);
    await twin.delivery.retryNow();
    expect(tried().map(({ retry, acked }) => ({ retry, acked }))).toEqual([
      ...[0, 1, 2].map((retry) => ({ retry, acked: false })),
      { retry: 3, acked: true },
    ]);
    expect(new Set(tried().map(({ eventId }) => eventId)).size).toBe(1);
    expect(heardIn(app, channel.id)).toMatchObject([{ retryNum: 3, retryReason: 'timeout' }]);
    const again = await twin.delivery.redeliver(tried()[0]?.eventId ?? '');
    expect(again).toMatchObject({ acked: true, retry: 4 });
    expect(heardIn(app, channel.id)).toHaveLength(2);
    expect(twin.delivery.undelivered).toEqual([]);
  });

  test('gives up after the third retry', async () => {
    holds(app);
    ada.says(channel, 'hello');
    await until(() => tried().filter(({ reason }) => reason).length === 2);
    await twin.delivery.retryNow();
    await twin.delivery.retryNow();
    expect(
      twin.delivery.undelivered.filter(({ event }) => event.channel === channel.id && event.type === 'message'),
    ).toHaveLength(1);
    await twin.delivery.retryNow();
    expect(tried()).toHaveLength(4);
  });

  test('is one of several, which take turns', async () => {
    const other = await socketApp(twin);
    expect(connections()).toBe(2);
    for (const text of ['1', '2', '3', '4']) ada.says(channel, text);
    await until(() => heardIn(app, channel.id).length + heardIn(other, channel.id).length === 4);
    expect(heardIn(app, channel.id)).toHaveLength(2);
    await other.stop();
    await until(() => connections() === 1);
  });

  test('ends, and the client comes back', async () => {
    for (const end of [
      () => twin.delivery.sockets.disconnect({ reason: 'refresh_requested' }),
      () => twin.delivery.sockets.drop(),
    ]) {
      end();
      await until(() => connections() === 0);
      ada.says(channel, 'is anybody there?');
      await until(() => connections() === 1);
      await twin.delivery.retryNow();
    }
    await until(() => heardIn(app, channel.id).length === 2);
    expect(heardIn(app, channel.id).every(({ retryNum = 0 }) => retryNum > 0)).toBe(true);
  });

  test('lets nobody in while it is refused', async () => {
    twin.delivery.sockets.refuse(true);
    twin.delivery.sockets.drop();
    const asked = () => twin.requests.filter(({ method }) => method === 'apps.connections.open').length;
    const before = asked();
    await until(() => asked() > before);
    expect(connections()).toBe(0);
    twin.delivery.sockets.refuse(false);
    await until(() => connections() === 1);
  });
});

describe('a ticket', () => {
  beforeEach(newSchool);

  const opened = async () => String((await call('apps.connections.open', {}, twin.appToken)).url);
  const first = (url: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.on('message', (data) => resolve([JSON.parse(String(data)), socket]));
      socket.on('error', (error) => resolve([error, socket]));
    }) as Promise<[Record<string, unknown> | Error, WebSocket]>;

  test('lets one connection in, for half a minute, if Slack lets anybody in', async () => {
    const url = await opened();
    const [hello, socket] = await first(url);
    expect(hello).toEqual({
      ...{ type: 'hello', num_connections: 1, connection_info: { app_id: twin.appId } },
      debug_info: { host: expect.any(String), approximate_connection_time: expect.any(Number) },
    });
    expect((await first(url))[0]).toBeInstanceOf(Error);
    const late = await opened();
    twin.advance(30_001);
    expect((await first(late))[0]).toBeInstanceOf(Error);
    const unlucky = await opened();
    twin.delivery.sockets.refuse(true);
    expect((await first(unlucky))[0]).toBeInstanceOf(Error);
    twin.delivery.sockets.refuse(false);
    socket.close();
    await until(() => connections() === 0);
  });

  test('is worth nothing to the eleventh connection', async () => {
    const sockets: WebSocket[] = [];
    for (let count = 0; count < 10; count += 1) sockets.push((await first(await opened()))[1]);
    expect((await first(await opened()))[0]).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
    twin.delivery.sockets.drop();
    await until(() => connections() === 0);
  });

  test('needs the token of the app', async () => {
    expect(await call('apps.connections.open', {})).toMatchObject({ ok: false });
  });
});

test('a client that hears no pings leaves', async () => {
  const impatient = await socketApp(twin, { serverPingTimeout: 600 });
  const [before] = twin.delivery.sockets.connections();
  // The client begins to count with the first ping.
  await until(() => (twin.delivery.sockets.connections()[0]?.pings ?? 0) > 0);
  twin.delivery.sockets.silent(true);
  await until(() => twin.delivery.sockets.connections().every(({ id }) => id !== before?.id));
  twin.delivery.sockets.silent(false);
  await until(() => connections() === 1);
  await impatient.stop();
});

test('an app hears only of what it is subscribed to', async () => {
  const picky = await startSlackTwin({ delivery: { events: ['app_mention'] } });
  const reader = await socketApp(picky);
  const school = picky.addTeam({ name: 'School' });
  const maths = school.addChannel({ name: 'maths' });
  const bob = school.addMember({ name: 'Bob' });
  maths.invite(bob);
  bob.says(maths, 'hello');
  bob.says(maths, 'hello <@BOT>');
  await until(() => reader.heard.length > 0);
  expect(picky.delivery.deliveries.map(({ type }) => type)).toEqual(['app_mention']);
  await reader.stop();
  await picky.close();
});

describe('a request URL', () => {
  let http: HttpApp;

  beforeAll(async () => {
    await twin.close();
    twin = await startSlackTwin({ delivery: { ackMs: PATIENT_MS } });
    http = await httpApp(twin);
  });
  afterAll(() => http.stop());
  beforeEach(async () => {
    newSchool();
    answers(http);
    twin.violations.length = 0;
    expect(await twin.delivery.setRequestUrl(http.url)).toBe(true);
  });

  test('has to answer the challenge', async () => {
    expect(await twin.delivery.setRequestUrl(`${http.url}/nowhere`)).toBe(false);
    expect(twin.violations).toEqual([expect.stringContaining('did not answer the challenge')]);
    ada.says(channel, 'hello');
    expect(tried()).toEqual([]);
  });

  test('gets events, signed', async () => {
    ada.says(channel, 'hello');
    await until(() => heardIn(http, channel.id).length === 1);
    const [sent] = tried();
    await until(() => sent?.acked === true);
    expect(sent).toMatchObject({ via: 'http', retry: 0 });
    expect(heardIn(http, channel.id)[0]?.retryNum).toBeUndefined();
  });

  test('takes nothing that is signed with another secret', async () => {
    const stranger = await httpApp(twin, { signingSecret: 'another' });
    expect(await twin.delivery.setRequestUrl(stranger.url)).toBe(false);
    await stranger.stop();
  });

  test('gets again what it did not answer in time', async () => {
    holds(http);
    ada.says(channel, 'hello');
    await until(() => tried().filter(({ reason }) => reason === 'http_timeout').length === 2);
    answers(http);
    await twin.delivery.retryNow();
    expect(heardIn(http, channel.id)).toMatchObject([{ retryNum: 2, retryReason: 'http_timeout' }]);
    expect(tried().map(({ acked }) => acked)).toEqual([false, false, true]);
  });

  test('gets again what found nobody there', async () => {
    const gone = await httpApp(twin);
    await twin.delivery.setRequestUrl(gone.url);
    await gone.stop();
    ada.says(channel, 'hello');
    await until(() => tried().filter(({ reason }) => reason === 'connection_failed').length === 2);
    await twin.delivery.setRequestUrl(http.url);
    await twin.delivery.retryNow();
    expect(heardIn(http, channel.id)).toMatchObject([{ retryNum: 2, retryReason: 'connection_failed' }]);
  });

  test('gets commands and interactions as forms', async () => {
    http.answers.command = ({ ack, command }) => ack(`you said ${command.text}`);
    const used = ada.runs(channel, '/tutor start fractions & more');
    expect(await used.acknowledged).toMatchObject({ ok: true, response: 'you said start fractions & more' });
    expect(used.replies()).toMatchObject([{ text: 'you said start fractions & more', isEphemeral: true }]);
    const shortcut = ada.usesShortcut('start');
    expect(await shortcut.acknowledged).toMatchObject({ ok: true, error: null });
    expect(shortcut.payload).toMatchObject({ type: 'shortcut', callback_id: 'start', user: { id: ada.id } });
  });
});
