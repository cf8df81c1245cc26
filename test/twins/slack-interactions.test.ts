import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PlainApp, socketApp } from './slack/bolt.ts';
import { PATIENT_MS } from './slack/delivery.ts';
import type { Person } from './slack/people.ts';
import type { ShownMessage } from './slack/shown.ts';
import type { Json } from './slack/state.ts';
import type { ChannelHandle, TeamHandle } from './slack/teams.ts';
import { type SlackTwin, startSlackTwin } from './slack/twin.ts';
import type { Used } from './slack/used.ts';

/** What a person does with the app, and how an app may answer it. */

/** Of a Slack whose app does not answer. */
const IMPATIENT_MS = 400;

let twin: SlackTwin;
let app: PlainApp;
let team: TeamHandle;
let channel: ChannelHandle;
let ada: Person;

beforeAll(async () => {
  twin = await startSlackTwin();
  app = await socketApp(twin);
});
afterAll(async () => {
  await app.stop();
  await twin.close();
});
beforeEach(() => {
  app.hold(false);
  twin.delivery.patience(PATIENT_MS);
  Object.assign(app.answers, {
    command: ({ ack }) => ack(),
    action: ({ ack }) => ack(),
    shortcut: ({ ack }) => ack(),
    view: ({ ack }) => ack(),
  } satisfies PlainApp['answers']);
  twin.violations.length = 0;
  team = twin.addTeam({ name: 'School' });
  channel = team.addChannel({ name: 'maths' });
  ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
});

async function call(method: string, form: object): Promise<Json> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${team.botToken()}` };
  const response = await fetch(`${twin.url}${method}`, { method: 'POST', headers, body: JSON.stringify(form) });
  return (await response.json()) as Json;
}

async function respond(used: Used, form: object): Promise<number> {
  const { response_url: url } = used.payload;
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(String(url), { method: 'POST', headers, body: JSON.stringify(form) });
  return status;
}

const plain = (text: string) => ({ type: 'plain_text', text });
const option = (text: string) => ({ text: plain(text), value: text.toLowerCase() });
const button = (text: string, more: object = {}) => ({
  ...{ type: 'button', text: plain(text), action_id: text.toLowerCase(), value: '{"lesson":1}' },
  ...more,
});
const select = {
  ...{ type: 'static_select', action_id: 'choice', placeholder: plain('Choose') },
  options: [option('One'), option('Two')],
};
const feedback = {
  ...{ type: 'feedback_buttons', action_id: 'feedback' },
  positive_button: { text: plain('Good'), value: 'up' },
  negative_button: { text: plain('Bad'), value: 'down' },
};
const actions = (...elements: object[]) => ({ type: 'actions', block_id: 'controls', elements });

async function posted(...blocks: object[]): Promise<ShownMessage> {
  const { ts } = await call('chat.postMessage', { channel: channel.id, text: 'Question 1', blocks });
  const message = channel.messages().find((each) => each.ts === ts);
  if (!message) throw new Error('nothing was posted');
  return message;
}

const actionOf = ({ payload }: Used) => (payload.actions as Json[])[0];

describe('a slash command', () => {
  test('says who typed what where, and may be answered at once', async () => {
    app.answers.command = ({ ack }) => ack({ text: 'for you', response_type: 'ephemeral' });
    const used = ada.runs(channel, '/tutor start fractions');
    expect(used.payload).toMatchObject({
      ...{ command: '/tutor', text: 'start fractions', user_id: ada.id, user_name: 'ada', team_id: team.id },
      ...{ channel_id: channel.id, channel_name: 'maths', api_app_id: twin.appId, is_enterprise_install: 'false' },
    });
    expect(await used.acknowledged).toMatchObject({ ok: true, error: null });
    expect(used.replies()).toMatchObject([{ text: 'for you', isEphemeral: true, channelId: channel.id }]);
    expect(ada.ephemerals(channel)).toEqual(used.replies());
    expect(channel.messages()).toEqual([]);
  });

  test('cannot be run in a thread', () => {
    const { ts } = ada.says(channel, 'a thread');
    expect(() => ada.runs(channel, '/tutor', { threadTs: ts })).toThrow('/tutor is not supported in threads. Sorry!');
  });

  test('shows an error to who gets no answer, and is not sent again', async () => {
    app.hold(true);
    twin.delivery.patience(IMPATIENT_MS);
    const used = ada.runs(ada.dm(), '/tutor');
    expect(await used.acknowledged).toEqual({ ok: false, response: null, error: 'operation_timeout' });
    await twin.delivery.retryNow();
    expect(twin.delivery.deliveries.filter(({ body }) => body === used.payload)).toHaveLength(1);
  });

  test('may be answered five times in half an hour', async () => {
    const used = ada.runs(channel, '/tutor');
    await used.acknowledged;
    expect(await respond(used, { text: 'only you' })).toBe(200);
    expect(await respond(used, { text: 'all of you', response_type: 'in_channel' })).toBe(200);
    for (let more = 0; more < 3; more += 1) expect(await respond(used, { text: 'more' })).toBe(200);
    expect(await respond(used, { text: 'too much' })).toBe(404);
    expect(used.replies().map(({ text }) => text)).toEqual(['only you', 'more', 'more', 'more']);
    expect(channel.messages()).toMatchObject([{ text: 'all of you', author: { id: team.botUserId() } }]);
    const other = ada.runs(channel, '/tutor');
    twin.advance(30 * 60_000 + 1);
    expect(await respond(other, { text: 'late' })).toBe(404);
  });

  test('takes no answer that is no message', async () => {
    const used = ada.runs(channel, '/tutor');
    expect(await respond(used, { blocks: [{ type: 'nonsense' }] })).toBe(500);
    expect(twin.violations).toHaveLength(1);
    expect(used.replies()).toEqual([]);
  });
});

describe('a message', () => {
  test('has buttons that are pressed by label or action id, as long as they are there', async () => {
    const message = await posted(actions(button('Hint'), button('Skip', { value: 'skip' })));
    const used = ada.presses(message, 'Hint');
    expect(await used.acknowledged).toMatchObject({ ok: true });
    expect(used.payload).toMatchObject({
      ...{ type: 'block_actions', user: { id: ada.id, username: 'ada', team_id: team.id }, team: { id: team.id } },
      ...{ enterprise: null, is_enterprise_install: false, channel: { id: channel.id, name: 'maths' } },
      container: { type: 'message', message_ts: message.ts, channel_id: channel.id, is_ephemeral: false },
      ...{ message: { ts: message.ts, text: 'Question 1' }, state: { values: {} } },
      ...{ response_url: expect.any(String), trigger_id: expect.any(String) },
    });
    expect(actionOf(used)).toMatchObject({
      ...{ type: 'button', action_id: 'hint', block_id: 'controls', value: '{"lesson":1}', text: plain('Hint') },
      action_ts: expect.stringMatching(/^\d+\.\d{6}$/),
    });
    expect(actionOf(ada.presses(message, 'skip'))).toMatchObject({ value: 'skip' });
    expect(actionOf(ada.presses(message, 'skip'))?.action_ts).not.toBe(actionOf(used)?.action_ts);
    await call('chat.update', { channel: channel.id, ts: message.ts, text: 'done', blocks: [] });
    expect(() => ada.presses(message, 'Hint')).toThrow('there is nothing "Hint" to press, only: nothing');
  });

  test('has menus and feedback, and remembers what was chosen', async () => {
    const message = await posted(actions(select), { type: 'context_actions', elements: [feedback] });
    const chosen = ada.presses(message, 'Two');
    expect(actionOf(chosen)).toMatchObject({
      type: 'static_select',
      action_id: 'choice',
      selected_option: option('Two'),
    });
    const again = ada.presses(message, 'choice', 'One');
    expect(again.payload.state).toMatchObject({ values: { controls: { choice: { selected_option: option('One') } } } });
    expect(actionOf(ada.presses(message, 'Bad'))).toMatchObject({ type: 'feedback_buttons', value: 'down' });
    expect(() => ada.presses(message, 'choice', 'Three')).toThrow('has no option "Three", only: One,Two');
    expect(() => ada.presses(message, 'choice')).toThrow('something has to be chosen: One,Two');
  });

  test('is pressed only by those who see it', async () => {
    const room = team.addChannel({ name: 'room', isPrivate: true });
    const { ts } = await call('chat.postMessage', { channel: room.id, text: '?', blocks: [actions(button('Hint'))] });
    expect(() => ada.presses({ channelId: room.id, ts: String(ts) }, 'Hint')).toThrow('sees no message');
  });

  test('is replaced or taken away through the response URL', async () => {
    const message = await posted(actions(button('Hint')));
    const used = ada.presses(message, 'Hint');
    await respond(used, { text: 'answered', replace_original: true });
    expect(channel.messages()).toMatchObject([{ ts: message.ts, text: 'answered', blocks: [] }]);
    await respond(used, { delete_original: true });
    expect(channel.messages()).toEqual([]);
  });

  test('may be for one person, who presses what nobody else sees', async () => {
    const blocks = [actions(button('Yes'))];
    await call('chat.postEphemeral', { channel: channel.id, user: ada.id, text: 'Sure?', blocks });
    const [shown] = ada.ephemerals(channel);
    const message = shown ?? { ts: '', channelId: '' };
    const used = ada.presses(message, 'Yes');
    expect(used.payload).toMatchObject({ container: { is_ephemeral: true, message_ts: message.ts } });
    expect(used.payload).not.toHaveProperty('message');
    await respond(used, { delete_original: true });
    expect(ada.ephemerals(channel)).toEqual([]);
    expect(() => ada.presses(message, 'Yes')).toThrow('sees no message');
    const bob = team.addMember({ name: 'Bob' });
    channel.invite(bob);
    expect(() => bob.presses(message, 'Yes')).toThrow('sees no message');
  });

  test('has a menu of shortcuts', async () => {
    const said = ada.says(channel, 'What is a half?');
    const used = ada.usesShortcut('ask', said);
    expect(await used.acknowledged).toMatchObject({ ok: true });
    expect(used.payload).toMatchObject({
      ...{ type: 'message_action', callback_id: 'ask', message_ts: said.ts, channel: { id: channel.id } },
      ...{ message: { text: 'What is a half?', user: ada.id }, response_url: expect.any(String) },
    });
  });
});

const input = (label: string, element: object, more: object = {}) => ({
  ...{ type: 'input', block_id: label.toLowerCase(), label: plain(label), element },
  ...more,
});
const text = (more: object = {}) => ({ type: 'plain_text_input', action_id: 'words', ...more });
const modal = (...blocks: object[]) => ({
  ...{ type: 'modal', callback_id: 'answer', private_metadata: 'lesson 1', title: plain('Your answer') },
  ...{ submit: plain('Send'), blocks },
});

describe('a modal', () => {
  const fields = [
    input('Answer', text({ min_length: 2, max_length: 10 })),
    input('Level', { ...select, action_id: 'level', initial_option: option('One') }, { optional: true }),
  ];

  /** Ada uses a shortcut, and the app opens this. */
  async function opens(view: object = modal(...fields)): Promise<Used> {
    const used = ada.usesShortcut('start');
    await used.acknowledged;
    expect(await call('views.open', { trigger_id: used.triggerId, view })).toMatchObject({ ok: true });
    return used;
  }

  test('is filled in by labels, and submitted with all that is in it', async () => {
    const used = await opens();
    expect(used.view()).toMatchObject({ title: 'Your answer', callbackId: 'answer', submit: 'Send', errors: {} });
    const sent = used.submits({ Answer: 'a half', level: 'Two' });
    expect(sent.payload).toMatchObject({
      type: 'view_submission',
      view: { id: used.view()?.id, callback_id: 'answer', private_metadata: 'lesson 1', hash: expect.any(String) },
    });
    expect((sent.payload.view as Json).state).toEqual({
      values: {
        answer: { words: { type: 'plain_text_input', value: 'a half' } },
        level: { level: { type: 'static_select', selected_option: option('Two') } },
      },
    });
    expect(await sent.acknowledged).toMatchObject({ ok: true });
    expect(sent.view()).toBeNull();
    expect(() => sent.submits()).toThrow('no modal is open');
  });

  test('takes only what the window takes', async () => {
    const used = await opens();
    expect(() => used.submits({})).toThrow('"Answer" has to be filled in');
    expect(() => used.submits({ Answer: 'a' })).toThrow('"Answer" takes 2 to 10 characters');
    expect(() => used.submits({ Answer: 'a half', Level: 'Nine' })).toThrow('"Level" has no option "Nine"');
    expect(() => used.submits({ Question: '?' })).toThrow('no field "Question", only: Answer,Level');
    expect(await used.submits({ Answer: 'a half', Level: null }).acknowledged).toMatchObject({ ok: true });
  });

  test('shows errors at its inputs, and keeps what was typed', async () => {
    const used = await opens();
    app.answers.view = ({ ack }) => ack({ response_action: 'errors', errors: { answer: 'Not quite' } });
    await used.submits({ Answer: 'a third' }).acknowledged;
    expect(used.view()).toMatchObject({
      errors: { answer: 'Not quite' },
      values: { answer: { words: { value: 'a third' } } },
    });
    app.answers.view = ({ ack }) => ack({ response_action: 'errors', errors: { nowhere: 'Not quite' } });
    expect(await used.submits().acknowledged).toMatchObject({ ok: false, error: 'invalid_response' });
    expect(twin.violations).toHaveLength(1);
  });

  test('is updated, covered by another one, or cleared with all', async () => {
    const used = await opens();
    const second = { ...modal(...fields), title: plain('Second') } as never;
    app.answers.view = ({ ack }) => ack({ response_action: 'update', view: second });
    await used.submits({ Answer: 'a half' }).acknowledged;
    expect(used.view()).toMatchObject({ title: 'Second', values: { answer: { words: { value: 'a half' } } } });
    const third = { ...modal(input('More', text())), title: plain('Third') } as never;
    app.answers.view = ({ ack }) => ack({ response_action: 'push', view: third });
    const below = used.view()?.id;
    await used.submits().acknowledged;
    expect(used.view()).toMatchObject({ title: 'Third' });
    expect(used.closes()).toBeNull();
    expect(used.view()?.id).toBe(below);
    await used.submits().acknowledged;
    app.answers.view = ({ ack }) => ack({ response_action: 'clear' });
    await used.submits({ More: 'no' }).acknowledged;
    expect(used.view()).toBeNull();
  });

  test('stays when nobody acknowledges it', async () => {
    const used = await opens();
    app.hold(true);
    twin.delivery.patience(IMPATIENT_MS);
    expect(await used.submits({ Answer: 'a half' }).acknowledged).toMatchObject({ ok: false });
    expect(used.view()).not.toBeNull();
  });

  test('tells of its closing where the app wants to know', async () => {
    const used = await opens({ ...modal(...fields), notify_on_close: true });
    const closed = used.closes();
    expect(closed?.payload).toMatchObject({ type: 'view_closed', is_cleared: false, view: { callback_id: 'answer' } });
    expect(await closed?.acknowledged).toMatchObject({ ok: true });
    expect(used.view()).toBeNull();
  });

  test('has buttons of its own, which open another one on top', async () => {
    const used = await opens(modal(actions(button('More')), ...fields));
    const shown = used.view() ?? { id: '' };
    const pressed = ada.presses(shown, 'More');
    expect(pressed.payload).toMatchObject({ container: { type: 'view', view_id: shown.id }, view: { id: shown.id } });
    expect(pressed.payload).not.toHaveProperty('response_url');
    const pushed = await call('views.push', { trigger_id: pressed.triggerId, view: modal(input('More', text())) });
    expect(pushed).toMatchObject({ ok: true, view: { previous_view_id: shown.id } });
    expect(pressed.view()?.id).not.toBe(shown.id);
    expect(await call('views.push', { trigger_id: pressed.triggerId, view: modal() })).toMatchObject({ ok: false });
  });
});

test('the App Home has buttons too', async () => {
  await call('views.publish', { user_id: ada.id, view: { type: 'home', blocks: [actions(button('Begin'), select)] } });
  const home = ada.home() ?? { id: '' };
  ada.presses(home, 'Two');
  const used = ada.presses(home, 'Begin');
  expect(await used.acknowledged).toMatchObject({ ok: true });
  expect(used.payload).toMatchObject({
    container: { type: 'view' },
    view: { type: 'home', state: { values: { controls: { choice: { selected_option: option('Two') } } } } },
  });
});

test('an installation for a whole organisation belongs to none of its workspaces', async () => {
  const enterprise = twin.addEnterprise({ name: 'Schools' });
  const member = twin.addTeam({ name: 'One school', enterprise });
  const bob = member.addMember({ name: 'Bob' });
  const used = bob.usesShortcut('start');
  expect(used.payload).toMatchObject({
    ...{ team: null, enterprise: { id: enterprise.id, name: 'Schools' }, is_enterprise_install: true },
    user: { team_id: member.id },
  });
  const ran = bob.runs(bob.dm(), '/tutor');
  expect(ran.payload).toMatchObject({ enterprise_id: enterprise.id, is_enterprise_install: 'true' });
});

test('people do only what the client lets them', async () => {
  const closed = team.addChannel({ name: 'closed' });
  closed.invite(ada);
  closed.archive();
  expect(() => ada.says(closed, 'hello')).toThrow('it is archived');
  const room = team.addChannel({ name: 'room', isPrivate: true });
  expect(() => ada.says(room, 'hello')).toThrow('sees no channel');
  expect(() => ada.joins(room)).toThrow('needs an invitation');
  const open = team.addChannel({ name: 'open' });
  expect(() => ada.says(open, 'hello')).toThrow('is not in');
  ada.joins(open);
  const root = ada.says(open, 'hello');
  const reply = ada.says(open, 'and this?', { threadTs: root.ts, broadcast: true });
  expect(() => ada.says(open, 'deeper', { threadTs: reply.ts })).toThrow('no thread');
  expect(open.messages().map(({ ts }) => ts)).toContain(reply.ts);
  const bob = team.addMember({ name: 'Bob' });
  bob.joins(open);
  expect(() => bob.edits(root, 'bye')).toThrow('is not by bob');
  bob.leaves(open);
  expect(() => bob.says(open, 'hello')).toThrow('is not in');
});
