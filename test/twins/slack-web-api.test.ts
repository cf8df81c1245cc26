import type { ChatPostMessageResponse, WebClient } from '@slack/web-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf, plainClient, refused } from './slack/client.ts';
import type { Person } from './slack/people.ts';
import type { ChannelHandle, TeamHandle } from './slack/teams.ts';
import { type SlackTwin, startSlackTwin } from './slack/twin.ts';

/** The twin's Web API, as the real client sees it. */

let twin: SlackTwin;
let team: TeamHandle;
let channel: ChannelHandle;
let ada: Person;
let web: WebClient;

beforeAll(async () => {
  twin = await startSlackTwin();
});
afterAll(() => twin.close());
beforeEach(() => {
  twin.violations.length = 0;
  team = twin.addTeam({ name: 'School' });
  channel = team.addChannel({ name: 'maths' });
  ada = team.addMember({ name: 'Ada', locale: 'de-DE' });
  channel.invite(ada);
  web = plainClient(twin, team.botToken());
});

async function post(form: Record<string, unknown> = {}, place: { id: string } = channel): Promise<string> {
  const answer = await web.apiCall('chat.postMessage', { channel: place.id, text: 'hello', ...form });
  return String((answer as ChatPostMessageResponse).ts);
}

async function dmOf(person: Person): Promise<ChannelHandle> {
  const { channel: dm } = await web.conversations.open({ users: person.id });
  return twin.channel(dm?.id ?? '');
}

const markdown = (text: string) => ({ type: 'markdown', text });
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const metadata = { event_type: 'threadtutor_message', event_payload: { key: 'd1-0' } };

describe('a token', () => {
  test('says whose it is', async () => {
    expect(await web.auth.test()).toMatchObject({
      ...{ ok: true, team: 'School', team_id: team.id, user_id: team.botUserId(), is_enterprise_install: false },
      response_metadata: { scopes: expect.arrayContaining(['chat:write']) },
    });
  });

  test('is refused when it is missing, wrong, of another kind, revoked, or of an app that left', async () => {
    expect(await errorOf(plainClient(twin).auth.test())).toBe('not_authed');
    expect(await errorOf(plainClient(twin, 'xoxb-1').auth.test())).toBe('invalid_auth');
    expect(await errorOf(plainClient(twin, twin.appToken).auth.test())).toBe('not_allowed_token_type');
    expect(await errorOf(web.apps.connections.open({}))).toBe('not_allowed_token_type');
    await web.auth.revoke();
    expect(await errorOf(web.auth.test())).toBe('token_revoked');
    team.uninstall();
    expect(await errorOf(web.auth.test())).toBe('account_inactive');
  });

  test('may do what its scopes allow', async () => {
    const shy = twin.addTeam({ name: 'Shy', scopes: ['chat:write', 'im:history'] });
    const hall = shy.addChannel({ name: 'hall' });
    const other = plainClient(twin, shy.botToken());
    expect(await refused(other.users.info({ user: shy.botUserId() }))).toMatchObject({
      ...{ error: 'missing_scope', needed: 'users:read', provided: 'chat:write,im:history' },
    });
    const { ts = '' } = await other.chat.postMessage({ channel: hall.id, text: 'hello' });
    const thread = { channel: hall.id, ts };
    expect(await refused(other.conversations.replies(thread))).toMatchObject({ needed: 'channels:history' });
    expect(await refused(other.conversations.info({ channel: hall.id }))).toMatchObject({ needed: 'channels:read' });
  });

  test('is taken from a body too, and every request is written down', async () => {
    const response = await fetch(`${twin.url}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ token: team.botToken(), channel: channel.id, blocks: [section('hello')] }),
    });
    expect(await response.json()).toMatchObject({ ok: true, channel: channel.id });
    expect(twin.requests.at(-1)).toMatchObject({
      ...{ method: 'chat.postMessage', status: 200, error: null, token: team.botToken() },
      body: { channel: channel.id },
    });
  });

  test('opens no method that there is not, and that is a violation', async () => {
    expect(await errorOf(web.apiCall('chat.shout'))).toBe('unknown_method');
    expect(twin.violations).toEqual(['unknown method chat.shout']);
  });
});

describe('a message', () => {
  test('is posted, answered, changed and taken away', async () => {
    const ts = await post({ text: 'one', metadata, blocks: [section('one')] });
    const reply = await post({ text: 'two', thread_ts: ts });
    await web.chat.update({ channel: channel.id, ts, text: 'three', blocks: [] });
    expect(channel.messages()).toMatchObject([
      { ts, threadTs: ts, text: 'three', blocks: [], isEdited: true, metadata, author: { name: 'Threadtutor' } },
    ]);
    expect(channel.thread(ts)).toMatchObject([{ ts }, { ts: reply, threadTs: ts, text: 'two', isEdited: false }]);
    await web.chat.delete({ channel: channel.id, ts });
    expect(channel.messages()).toMatchObject([{ ts, isTombstone: true }]);
    await web.chat.delete({ channel: channel.id, ts: reply });
    expect(channel.thread(ts)).toMatchObject([{ ts }]);
    expect(await errorOf(web.chat.update({ channel: channel.id, ts: reply, text: 'x' }))).toBe('message_not_found');
    expect(twin.violations).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['has nothing to read', { text: ' ' }, 'no_text'],
    ['is too long', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['has text twice', { markdown_text: 'x' }, 'markdown_text_conflict'],
    ['has long markdown', { text: undefined, markdown_text: 'x'.repeat(12_001) }, 'msg_too_long'],
    ['has a block that is none', { blocks: [{ type: 'poem' }] }, 'invalid_blocks'],
    ['has blocks that are no list', { blocks: '{' }, 'invalid_blocks_format'],
    ['has long blocks', { blocks: Array(5).fill(section('x'.repeat(2_900))) }, 'msg_blocks_too_long'],
    ['answers nothing', { thread_ts: '1.000001' }, 'thread_not_found'],
    ['has odd metadata', { metadata: { event_type: 'a b', event_payload: {} } }, 'invalid_metadata_schema'],
    ['has deep metadata', { metadata: { event_type: 'a', event_payload: { a: {} } } }, 'invalid_metadata_schema'],
    ['has no metadata at all', { metadata: '[]' }, 'invalid_metadata_format'],
    [
      'has large metadata',
      { metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(8_001) } } },
      'metadata_too_large',
    ],
  ])('that %s is refused', async (_name, form, error) => {
    expect(await errorOf(post(form))).toBe(error);
    expect(channel.messages()).toEqual([]);
  });

  test('that is refused for its blocks says which', async () => {
    const { response_metadata: told } = await refused(post({ blocks: [section('a'), section('')] }));
    expect(told).toMatchObject({ messages: [expect.stringMatching(/^\[ERROR\] .*\/blocks\/1\/text/)] });
  });

  test('that was changed may hold less text, and keeps what is not spoken of', async () => {
    const ts = await post({ blocks: [section('one')], metadata });
    const place = { channel: channel.id, ts };
    expect(await errorOf(web.chat.update({ ...place, text: 'x'.repeat(4_001) }))).toBe('msg_too_long');
    expect(await errorOf(web.chat.update({ ...place, text: '' }))).toBe('no_text');
    await web.chat.update({ ...place, text: 'two' });
    expect(channel.messages()).toMatchObject([{ text: 'two', blocks: [section('one')], metadata }]);
    await web.apiCall('chat.update', { ...place, text: 'two', metadata: {} });
    expect(channel.messages()).toMatchObject([{ metadata: null }]);
  });

  test.each([
    [{ text: 'hello <!channel>' }],
    [{ text: 'hello <@U123>' }],
    [{ blocks: [section('<!subteam^S1>')] }],
    [{ text: undefined, markdown_text: '<!here> hello' }],
    [{ blocks: [markdown('hello <!everyone>')] }],
    [{ blocks: [{ type: 'rich_text', elements: [mentioning({ type: 'user', user_id: 'U123' })] }] }],
    [{ text: '@here', link_names: true }],
  ])('that calls people is a violation: %j', async (form) => {
    await post(form);
    expect(twin.violations).toHaveLength(1);
  });

  test('that names people without calling them is none', async () => {
    const text = '&lt;!channel&gt; &lt;@U123&gt; <https://a.example|a> @here';
    const button = { type: 'button', text: { type: 'plain_text', text: '<!here>' }, action_id: 'a', value: '<@U123>' };
    await post({ text, blocks: [markdown('<\u200b!here>'), { type: 'actions', elements: [button] }] });
    expect(twin.violations).toEqual([]);
  });

  test('of somebody else may not be changed or taken away', async () => {
    const { ts } = ada.says(channel.id, 'mine');
    expect(await errorOf(web.chat.update({ channel: channel.id, ts, text: 'x' }))).toBe('cant_update_message');
    expect(await errorOf(web.chat.delete({ channel: channel.id, ts }))).toBe('cant_delete_message');
  });

  test('has a permanent link', async () => {
    const ts = await post();
    const { permalink } = await web.chat.getPermalink({ channel: channel.id, message_ts: ts });
    expect(permalink).toBe(`https://school.slack.com/archives/${channel.id}/p${ts.replace('.', '')}`);
  });

  test('for one person is seen by nobody else', async () => {
    const place = { channel: channel.id, text: 'psst' };
    await web.chat.postEphemeral({ ...place, user: ada.id });
    expect(twin.ephemerals(channel, ada.id)).toMatchObject([{ text: 'psst', isEphemeral: true }]);
    expect(channel.messages()).toEqual([]);
    const stranger = team.addMember({ name: 'Bob' });
    expect(await errorOf(web.chat.postEphemeral({ ...place, user: stranger.id }))).toBe('user_not_in_channel');
  });
});

function mentioning(element: object) {
  return { type: 'rich_text_section', elements: [element] };
}

describe('a channel', () => {
  test('is seen from inside, and from outside if it is public', async () => {
    const hall = team.addChannel({ name: 'hall', botIsMember: false });
    const room = team.addChannel({ name: 'room', isPrivate: true, botIsMember: false });
    const far = twin.addTeam({ name: 'Elsewhere' }).addChannel({ name: 'hall' });
    expect(await web.conversations.info({ channel: hall.id })).toMatchObject({ channel: { is_member: false } });
    for (const { id } of [room, far, { id: 'C0' }]) {
      expect(await errorOf(web.conversations.info({ channel: id }))).toBe('channel_not_found');
      expect(await errorOf(post({}, { id }))).toBe('channel_not_found');
    }
    expect(await errorOf(web.conversations.history({ channel: hall.id }))).toBe('not_in_channel');
    await post({}, hall);
    expect(hall.messages()).toHaveLength(1);
    await web.conversations.join({ channel: hall.id });
    expect(hall.isBotMember()).toBe(true);
    expect(await web.conversations.info({ channel: hall.id })).toMatchObject({ channel: { is_member: true } });
  });

  test('is written to from outside only with a scope of its own', async () => {
    const shy = twin.addTeam({ name: 'Shy', scopes: ['chat:write'] });
    const hall = shy.addChannel({ name: 'hall', botIsMember: false });
    web = plainClient(twin, shy.botToken());
    expect(await errorOf(post({}, hall))).toBe('not_in_channel');
  });

  test('that is archived takes nothing', async () => {
    const ts = await post();
    channel.archive();
    expect(await errorOf(post())).toBe('is_archived');
    expect(await errorOf(web.chat.update({ channel: channel.id, ts, text: 'x' }))).toBe('is_inactive');
    channel.unarchive();
    await post();
  });

  test('that is shared is seen by both workspaces, each with its own bot', async () => {
    const partner = twin.addTeam({ name: 'Partner' });
    const shared = team.addChannel({ name: 'both', sharedWith: [partner] });
    shared.inviteBot(partner);
    web = plainClient(twin, partner.botToken());
    const ts = await post({}, shared);
    expect(await web.conversations.info({ channel: shared.id })).toMatchObject({
      channel: { is_ext_shared: true, shared_team_ids: [team.id, partner.id] },
    });
    const home = plainClient(twin, team.botToken());
    expect(await errorOf(home.chat.update({ channel: shared.id, ts, text: 'x' }))).toBe('cant_update_message');
    shared.invite(ada);
    expect(await web.users.info({ user: ada.id })).toMatchObject({ user: { team_id: team.id } });
  });

  test('with one person is always the same', async () => {
    const dm = await dmOf(ada);
    expect((await dmOf(ada)).id).toBe(dm.id);
    const ts = await post({}, { id: ada.id });
    expect(dm.messages()).toMatchObject([{ ts, channelId: dm.id }]);
    expect(await web.conversations.open({ users: ada.id, return_im: true })).toMatchObject({
      channel: { is_im: true, user: ada.id },
    });
    const stranger = twin.addTeam({ name: 'Elsewhere' }).addMember({ name: 'Eve' });
    expect(await errorOf(web.conversations.open({ users: stranger.id }))).toBe('user_not_found');
  });
});

describe('a thread', () => {
  test('is read in pages, with metadata for who asks', async () => {
    const root = await post();
    const replies = [];
    for (const text of ['1', '2', '3']) replies.push(await post({ thread_ts: root, text, metadata }));
    const read = (more = {}) => web.conversations.replies({ channel: channel.id, ts: root, ...more });
    const first = await read({ limit: 2, include_all_metadata: true });
    expect(first).toMatchObject({
      has_more: true,
      messages: [
        { ts: root, reply_count: 3 },
        { text: '1', metadata },
      ],
    });
    const cursor = first.response_metadata?.next_cursor;
    const second = await read({ limit: 2, cursor });
    expect(second).toMatchObject({ has_more: false, messages: [{ ts: root }, { text: '2' }, { text: '3' }] });
    expect(second.messages?.[1]).not.toHaveProperty('metadata');
    expect((await read({ oldest: replies[1] })).messages).toMatchObject([{ ts: root }, { text: '3' }]);
    expect((await read({ oldest: replies[1], inclusive: true })).messages).toHaveLength(3);
    expect((await read({ latest: replies[1] })).messages).toMatchObject([{ ts: root }, { text: '1' }]);
    expect(await errorOf(web.conversations.replies({ channel: channel.id, ts: '1.1' }))).toBe('thread_not_found');
    expect((await web.conversations.history({ channel: channel.id })).messages).toMatchObject([{ ts: root }]);
  });

  test('may show an answer in the channel too', async () => {
    const ts = await post();
    const reply = await post({ thread_ts: ts, reply_broadcast: true });
    expect(channel.messages()).toMatchObject([{ ts }, { ts: reply, threadTs: ts }]);
  });

  test('is not begun on a reply', async () => {
    const reply = await post({ thread_ts: await post() });
    expect(await errorOf(post({ thread_ts: reply }))).toBe('cannot_reply_to_message');
  });

  test('shows that the bot is at work until it answers, or for two minutes', async () => {
    const ts = await post();
    const place = { channel_id: channel.id, thread_ts: ts };
    await web.assistant.threads.setStatus({ ...place, status: 'is thinking' });
    expect(twin.status(channel, ts)).toBe('is thinking');
    await post({ thread_ts: ts });
    expect(twin.status(channel, ts)).toBe('');
    await web.assistant.threads.setStatus({ ...place, status: 'is thinking' });
    twin.advance(2 * 60_000);
    expect(twin.status(channel, ts)).toBe('');
    const nowhere = { ...place, thread_ts: '1.1', status: '' };
    expect(await errorOf(web.assistant.threads.setStatus(nowhere))).toBe('invalid_thread_ts');
  });

  test('has a title and prompts in a direct channel', async () => {
    const dm = await dmOf(ada);
    const ts = await post({}, dm);
    const place = { channel_id: dm.id, thread_ts: ts };
    await web.assistant.threads.setTitle({ ...place, title: 'Fractions' });
    const prompt = { title: 'Start', message: 'Teach me' };
    await web.assistant.threads.setSuggestedPrompts({ ...place, prompts: [prompt] });
    expect(twin.title(dm, ts)).toBe('Fractions');
    expect(twin.prompts(dm, ts)).toEqual({ title: null, prompts: [prompt] });
    const five = web.assistant.threads.setSuggestedPrompts({ ...place, prompts: Array(5).fill(prompt) as never });
    expect(await errorOf(five)).toBe('invalid_arguments');
    const inChannel = { channel_id: channel.id, thread_ts: await post(), title: 'Fractions' };
    expect(await errorOf(web.assistant.threads.setTitle(inChannel))).toBe('channel_not_found');
  });
});

describe('a stream', () => {
  let root: string;
  const forAda = () => ({ recipient_user_id: ada.id, recipient_team_id: team.id });
  beforeEach(async () => {
    root = ada.says(channel.id, 'teach me').ts;
  });
  const start = async (more: Record<string, unknown> = {}, place: { id: string } = channel) => {
    const form = { channel: place.id, thread_ts: root, ...forAda(), ...more };
    const answer = await web.apiCall('chat.startStream', form);
    return { channel: place.id, ts: String((answer as ChatPostMessageResponse).ts) };
  };

  test('grows until it is stopped, and is a message then', async () => {
    const stream = await start({ markdown_text: 'one' });
    await web.chat.appendStream({ ...stream, markdown_text: ', two' });
    expect(channel.thread(root)[1]).toMatchObject({ text: 'one, two', isStreaming: true, metadata: null });
    expect(await errorOf(web.chat.update({ ...stream, text: 'x' }))).toBe('streaming_state_conflict');
    await web.chat.stopStream({ ...stream, markdown_text: '.', blocks: [section('three')], metadata });
    expect(channel.thread(root)[1]).toMatchObject({
      ...{ text: 'one, two.', isStreaming: false, metadata },
      blocks: [markdown('one, two.'), section('three')],
    });
    const more = web.chat.appendStream({ ...stream, markdown_text: 'x' });
    expect(await errorOf(more)).toBe('message_not_in_streaming_state');
    await web.chat.update({ ...stream, text: 'four' });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['for nobody', { recipient_user_id: undefined }, 'missing_recipient_user_id'],
    ['for no workspace', { recipient_team_id: undefined }, 'missing_recipient_team_id'],
    ['for somebody unknown', { recipient_user_id: 'U0' }, 'user_not_found'],
    ['for somebody of another workspace', { recipient_team_id: 'T0' }, 'team_not_found'],
    ['in no thread', { thread_ts: undefined }, 'invalid_arguments'],
    ['with odd pieces', { chunks: [{ type: 'poem' }] }, 'invalid_chunks'],
    ['with text twice', { markdown_text: 'x', chunks: [] }, 'invalid_arguments'],
    ['with long text', { markdown_text: 'x'.repeat(12_001) }, 'msg_too_long'],
  ])('%s is refused', async (_name, form, error) => {
    expect(await errorOf(start(form))).toBe(error);
    expect(channel.thread(root)).toHaveLength(1);
  });

  test('in a direct channel knows for whom it is', async () => {
    const dm = await dmOf(ada);
    root = await post({}, dm);
    await start({ recipient_user_id: undefined, recipient_team_id: undefined, chunks: [chunk('one')] }, dm);
    expect(dm.thread(root)[1]).toMatchObject({ text: 'one', isStreaming: true });
  });

  test('ends by itself after five minutes', async () => {
    const stream = await start();
    twin.advance(4 * 60_000);
    await web.chat.appendStream({ ...stream, markdown_text: 'one' });
    twin.advance(60_000);
    expect(await errorOf(web.chat.stopStream(stream))).toBe('message_not_in_streaming_state');
    expect(channel.thread(root)[1]).toMatchObject({ text: 'one', isStreaming: false });
    await web.chat.update({ ...stream, text: 'two' });
  });

  test('holds no more than a message does', async () => {
    const stream = await start({ markdown_text: 'x'.repeat(12_000) });
    expect(await errorOf(web.chat.appendStream({ ...stream, markdown_text: 'x' }))).toBe('msg_too_long');
  });

  test('may not be possible, in a channel or anywhere', async () => {
    channel.setStreams(false);
    expect(await errorOf(start())).toBe('channel_type_not_supported');
    const still = await startSlackTwin({ streams: false });
    const school = still.addTeam({ name: 'School' });
    const hall = school.addChannel({ name: 'hall' });
    web = plainClient(still, school.botToken());
    root = await post({}, hall);
    expect(await errorOf(start({}, hall))).toBe('channel_type_not_supported');
    await still.close();
  });

  test('that calls people in pieces is a violation', async () => {
    const stream = await start({ markdown_text: '<!chan' });
    expect(twin.violations).toEqual([]);
    await web.chat.appendStream({ ...stream, markdown_text: 'nel>' });
    expect(twin.violations).toHaveLength(1);
  });
});

function chunk(text: string) {
  return { type: 'markdown_text', text };
}
