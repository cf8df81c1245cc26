import {
  type API,
  GatewayDispatchEvents,
  InteractionResponseType,
  InteractionType,
  type RESTPostAPIApplicationCommandsJSONBody,
} from '@discordjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PlainBot, plainBot, refusalOf } from './discord/client.ts';
import type { Person } from './discord/people.ts';
import { type ChannelHandle, type DiscordTwin, type GuildHandle, startDiscordTwin } from './discord/twin.ts';
import type { Used } from './discord/used.ts';

/** What a person does with the app, and how a bot may answer it. */

const NOBODY = { allowed_mentions: { parse: [] } };
const EPHEMERAL = 64;

interface Known {
  id: string;
  token: string;
}

const COMMANDS: RESTPostAPIApplicationCommandsJSONBody[] = [
  {
    name: 'tutor',
    description: 'Learn',
    options: [
      {
        type: 1,
        name: 'start',
        description: 'Begin',
        options: [
          { type: 3, name: 'topic', description: 'What', required: true, autocomplete: true },
          { type: 3, name: 'level', description: 'How hard', choices: [{ name: 'Easy', value: 'easy' }] },
        ],
      },
    ],
  },
  { name: 'Ask about this', type: 3 },
  { name: 'admin', description: 'For admins', default_member_permissions: '32' },
];

let twin: DiscordTwin;
let bot: PlainBot;
let api: API;
let guild: GuildHandle;
let channel: ChannelHandle;
let ada: Person;

beforeAll(async () => {
  twin = await startDiscordTwin();
  bot = plainBot(twin);
  api = bot.api;
  await bot.gateway.connect();
  await api.applicationCommands.bulkOverwriteGlobalCommands(twin.applicationId, COMMANDS);
});
afterAll(async () => {
  await bot.gateway.destroy();
  await twin.close();
});
beforeEach(() => {
  guild = twin.addGuild({ name: 'School' });
  channel = guild.addChannel({ name: 'maths' });
  ada = guild.addMember({ name: 'Ada' });
});

const start = () => ada.runs(channel, 'tutor start', { topic: 'fractions' });
const reply = (used: Used, form: object) => api.interactions.reply(used.id, used.token, { ...NOBODY, ...form });
const defer = (used: Used, form: object = {}) => api.interactions.defer(used.id, used.token, form);
const follow = (used: Used, form: object) =>
  api.interactions.followUp(twin.applicationId, used.token, { ...NOBODY, ...form });
const edit = (used: Used, content: string, id?: string) =>
  api.interactions.editReply(twin.applicationId, used.token, { ...NOBODY, content }, id);

/** The code of a refusal; of a form, the first field that is wrong. */
async function codeOf(sent: Promise<unknown>): Promise<unknown> {
  const { code, field } = await refusalOf(sent);
  return code === 50035 ? field : code;
}

async function buttonOf(custom_id = 'hint', more: object = {}) {
  const components = [{ type: 1, components: [{ type: 2, style: 1, label: 'Hint', custom_id, ...more }] }];
  return api.channels.createMessage(channel.id, { ...NOBODY, content: 'Question 1', components });
}

const modal = (component: object = { type: 4, custom_id: 'text', style: 1, min_length: 2 }) => ({
  title: 'Your answer',
  custom_id: 'answer',
  components: [{ type: 18, label: 'Answer', component }],
});
const openModal = (used: Used, data: object = modal()) =>
  api.interactions.createModal(used.id, used.token, data as ReturnType<typeof modal> & { components: never });

describe('an acknowledgement', () => {
  test('is a message that everybody sees, or one for this person', async () => {
    const used = start();
    await reply(used, { content: 'for all' });
    expect(await used.acknowledged).toMatchObject({
      type: InteractionResponseType.ChannelMessageWithSource,
      late: false,
    });
    const secret = start();
    await reply(secret, { content: 'for you', flags: EPHEMERAL });
    expect(twin.messages(channel.id).map(({ content }) => content)).toEqual(['for all']);
    expect(secret.replies()).toMatchObject([{ content: 'for you', isEphemeral: true }]);
    const [shown] = secret.replies();
    expect(await codeOf(api.channels.getMessage(channel.id, shown?.id ?? ''))).toBe(10008);
  });

  test('comes in three seconds, and once', async () => {
    const late = start();
    twin.advance(3_001);
    expect(await codeOf(defer(late))).toBe(10062);
    expect(await late.acknowledged).toMatchObject({ late: true });
    const used = start();
    await defer(used);
    expect(await codeOf(defer(used))).toBe(40060);
    expect(await codeOf(defer({ ...used, id: late.id }))).toBe(10062);
  });

  test('stays open when the answer was not well formed', async () => {
    const used = start();
    expect(await codeOf(reply(used, { content: 'x'.repeat(2001) }))).toBe('data.content');
    await reply(used, { content: 'x' });
  });

  test('says which message came of it', async () => {
    const used = start();
    const answered = await api.interactions.defer(used.id, used.token, { flags: EPHEMERAL, with_response: true });
    expect(answered.interaction).toMatchObject({ response_message_ephemeral: true, response_message_loading: true });
  });

  test('updates a message only where there is one', async () => {
    const used = start();
    expect(await codeOf(api.interactions.deferMessageUpdate(used.id, used.token))).toBe('type');
    const message = await buttonOf();
    const pressed = ada.presses(message, 'Hint');
    await api.interactions.updateMessage(pressed.id, pressed.token, {
      ...NOBODY,
      content: 'Question 2',
      components: [],
    });
    expect(twin.messages(channel.id)).toMatchObject([{ id: message.id, content: 'Question 2', components: [] }]);
    expect(pressed.replies()).toEqual([]);
  });
});

describe('what follows', () => {
  test('needs an acknowledgement, and ends after a quarter of an hour', async () => {
    const used = start();
    expect(await codeOf(follow(used, { content: 'x' }))).toBe(10015);
    await reply(used, { content: 'one' });
    await follow(used, { content: 'two', flags: EPHEMERAL });
    await edit(used, 'ONE');
    expect(used.replies().map(({ content }) => content)).toEqual(['ONE', 'two']);
    twin.advance(15 * 60_000 + 1);
    expect(await codeOf(follow(used, { content: 'x' }))).toBe(50027);
  });

  test('is the deferred answer first, as visible as that was', async () => {
    const used = start();
    await defer(used, { flags: EPHEMERAL });
    expect(used.replies()).toEqual([]);
    await follow(used, { content: 'one' });
    await follow(used, { content: 'two' });
    expect(used.replies()).toMatchObject([
      { content: 'one', isEphemeral: true },
      { content: 'two', isEphemeral: false },
    ]);
  });

  test('is found, edited and deleted with its token only', async () => {
    const used = start();
    await reply(used, { content: 'one' });
    const { id } = await follow(used, { content: 'two', flags: EPHEMERAL });
    const other = start();
    await reply(other, { content: 'x' });
    expect(await codeOf(edit(other, 'stolen', id))).toBe(10008);
    await edit(used, 'TWO', id);
    expect(await api.interactions.getOriginalReply(twin.applicationId, used.token)).toMatchObject({ content: 'one' });
    await api.interactions.deleteReply(twin.applicationId, used.token);
    expect(used.replies()).toMatchObject([{ content: 'TWO' }]);
  });
});

describe('a modal', () => {
  test('is filled in, and brings the message of its button along', async () => {
    const pressed = ada.presses(await buttonOf(), 'hint');
    await openModal(pressed);
    expect(pressed.modal()).toMatchObject({ title: 'Your answer' });
    expect(() => pressed.submits({ text: 'x' })).toThrow('2 to 4000 characters');
    expect(() => pressed.submits({})).toThrow('has to be filled in');
    expect(() => pressed.submits({ other: 'x' })).toThrow('no field other');
    const submitted = pressed.submits({ text: 'three quarters' });
    expect(await codeOf(openModal(submitted))).toBe('type');
    await api.interactions.deferMessageUpdate(submitted.id, submitted.token);
  });

  test.each<[string, object, string]>([
    ['a title', { ...modal(), title: 'x'.repeat(46) }, 'data.title'],
    ['up to five components', { ...modal(), components: Array(6).fill(modal().components[0]) }, 'data.components'],
    ['a custom id', { ...modal(), custom_id: '' }, 'data.custom_id'],
    [
      'texts of up to 4000 characters',
      modal({ type: 4, custom_id: 'text', style: 1, max_length: 4001 }),
      'data.components.0.component.max_length',
    ],
    [
      'labels around its components',
      { ...modal(), components: [{ type: 4, custom_id: 'text', style: 1 }] },
      'data.components.0.type',
    ],
  ])('has %s', async (_, data, field) => {
    expect(await codeOf(openModal(start(), data))).toBe(field);
  });
});

describe('choices', () => {
  const complete = (typing: Known, choices: { name: string; value: string }[]) =>
    api.interactions.createAutocompleteResponse(typing.id, typing.token, { choices });
  /** Only the gateway tells a bot what is being typed. */
  const typed = async () => {
    const seen = bot.hears(GatewayDispatchEvents.InteractionCreate, ({ type, channel: place }) => {
      return type === InteractionType.ApplicationCommandAutocomplete && place?.id === channel.id;
    });
    return (await seen).data;
  };

  test('are offered while an option is typed', async () => {
    const offered = ada.completes(channel, 'tutor start', 'topic', 'frac');
    const typing = await typed();
    await complete(typing, [{ name: 'Fractions', value: 'fractions' }]);
    expect(await offered).toEqual([{ name: 'Fractions', value: 'fractions' }]);
  });

  test('are up to 25, and no message', async () => {
    const offered = ada.completes(channel, 'tutor start', 'topic', 'frac');
    const typing = await typed();
    expect(await codeOf(complete(typing, Array(26).fill({ name: 'x', value: 'x' })))).toBe('data.choices');
    expect(await codeOf(api.interactions.reply(typing.id, typing.token, { ...NOBODY, content: 'x' }))).toBe('type');
    await complete(typing, []);
    expect(await offered).toEqual([]);
  });
});

describe('a person', () => {
  test('is offered only what is registered, and what they may use', () => {
    expect(() => ada.runs(channel, 'other')).toThrow('the picker does not show "other", only: tutor');
    expect(() => ada.runs(channel, 'tutor stop')).toThrow('does not show "stop", only: start');
    expect(() => ada.runs(channel, 'admin')).toThrow('does not show "admin"');
    const boss = guild.addMember({ name: 'Boss', permissions: 8n });
    boss.runs(channel, 'admin');
    guild.kickBot();
    expect(() => start()).toThrow('does not show');
  });

  test('gives options as the command describes them', () => {
    expect(() => ada.runs(channel, 'tutor start')).toThrow('"topic" is required');
    expect(() => ada.runs(channel, 'tutor start', { topic: 'x', level: 'hard' })).toThrow('it is no choice');
    expect(() => ada.runs(channel, 'tutor start', { topic: 'x', more: 'x' })).toThrow('no option "more"');
    expect(() => ada.runs(channel, 'tutor start', { topic: 3 })).toThrow('it is a text');
  });

  test('uses what they see, as long as it can be used', async () => {
    const message = await buttonOf('hint', { disabled: true });
    expect(() => ada.presses(message, 'Hint')).toThrow('is disabled');
    expect(() => ada.presses(message, 'Skip')).toThrow('only: Hint');
    const ben = guild.addMember({ name: 'Ben' });
    const used = start();
    await reply(used, { content: 'for Ada', flags: EPHEMERAL });
    expect(() => ben.presses({ id: used.replies()[0]?.id ?? '' }, 'Hint')).toThrow('sees no message');
    expect(() => ben.edits(ada.says(channel, 'mine'), 'stolen')).toThrow('is not by Ben');
  });

  test('selects and uses menus of messages', async () => {
    const options = ['a', 'b'].map((value) => ({ label: value, value }));
    const components = [{ type: 1, components: [{ type: 3, custom_id: 'pick', options }] }];
    const message = await api.channels.createMessage(channel.id, { ...NOBODY, content: 'x', components });
    expect(() => ada.selects(message, 'pick', ['c'])).toThrow('no option "c"');
    expect(() => ada.selects(message, 'pick', ['a', 'b'])).toThrow('takes 1 to 1');
    await reply(ada.selects(message, 'pick', ['a']), { content: 'a it is' });
    await reply(ada.usesOnMessage('Ask about this', message), { content: 'about it' });
    expect(twin.messages(channel.id).map(({ content }) => content)).toEqual(['x', 'a it is', 'about it']);
    expect(twin.violations).toEqual([]);
  });
});
