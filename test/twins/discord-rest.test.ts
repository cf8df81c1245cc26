import type { API, MessageFlags, RESTPostAPIChatInputApplicationCommandsJSONBody } from '@discordjs/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { plainApi, refusalOf } from './discord/client.ts';
import type { Person } from './discord/people.ts';
import { BOT_PERMISSIONS } from './discord/permissions.ts';
import { type ChannelHandle, type DiscordTwin, type GuildHandle, startDiscordTwin } from './discord/twin.ts';

/** The twin's REST side, as the real client sees it. */

const NOBODY = { allowed_mentions: { parse: [] } };
const VIEW = 1n << 10n;

let twin: DiscordTwin;
let api: API;
let guild: GuildHandle;
let channel: ChannelHandle;
let ada: Person;

beforeAll(async () => {
  twin = await startDiscordTwin();
  api = plainApi(twin);
});
afterAll(() => twin.close());
beforeEach(() => {
  guild = twin.addGuild({ name: 'School' });
  channel = guild.addChannel({ name: 'maths' });
  ada = guild.addMember({ name: 'Ada', locale: 'de' });
});

type Form = Record<string, unknown>;

function post(form: Form, place: { id: string } = channel) {
  return api.channels.createMessage(place.id, { ...NOBODY, ...form });
}

const button = (custom_id: string) => ({ type: 2, style: 1, label: 'A', custom_id });
const row = (...components: object[]) => ({ type: 1, components });
const select = (custom_id: string, options = 1) => ({
  ...{ type: 3, custom_id },
  options: Array.from({ length: options }, (_, index) => ({ label: 'a', value: `${index}` })),
});
const V2 = 1 << 15;

describe('a message', () => {
  test('is stored, shown and found as it was posted', async () => {
    const { id } = await post({ content: ' one ', embeds: [{ title: 'two' }], components: [row(button('hint'))] });
    expect(twin.messages(channel.id)).toMatchObject([
      { id, content: 'one', author: { name: 'Threadtutor', isBot: true }, embeds: [{ title: 'two' }], editedAt: null },
    ]);
    expect(await api.channels.getMessage(channel.id, id)).toMatchObject({ content: 'one', author: { bot: true } });
    await api.channels.editMessage(channel.id, id, { ...NOBODY, content: 'three' });
    expect(twin.messages(channel.id)).toMatchObject([{ content: 'three', editedAt: expect.any(Number) }]);
    await api.channels.deleteMessage(channel.id, id);
    expect(twin.messages(channel.id)).toEqual([]);
  });

  test.each<[string, Form, string, string]>([
    ['is too long', { content: 'x'.repeat(2001) }, 'content', 'BASE_TYPE_MAX_LENGTH'],
    ['has a long nonce', { content: 'x', nonce: 'n'.repeat(26) }, 'nonce', 'BASE_TYPE_MAX_LENGTH'],
    ['has 11 embeds', { embeds: Array(11).fill({ title: 'x' }) }, 'embeds', 'BASE_TYPE_BAD_LENGTH'],
    ['has a long title', { embeds: [{ title: 'x'.repeat(257) }] }, 'embeds.0.title', 'BASE_TYPE_MAX_LENGTH'],
    [
      'has long embeds',
      { embeds: Array(2).fill({ description: 'x'.repeat(3001) }) },
      'embeds',
      'MAX_EMBED_SIZE_EXCEEDED',
    ],
    [
      'has 6 rows',
      { content: 'x', components: Array.from('123456', (id) => row(button(id))) },
      'components',
      'BASE_TYPE_BAD_LENGTH',
    ],
    [
      'has 6 buttons in a row',
      { content: 'x', components: [row(...Array.from('123456', button))] },
      'components.0.components',
      'BASE_TYPE_BAD_LENGTH',
    ],
    [
      'has a long label',
      { content: 'x', components: [row({ ...button('a'), label: 'x'.repeat(81) })] },
      'components.0.components.0.label',
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      'has a long custom id',
      { content: 'x', components: [row(button('x'.repeat(101)))] },
      'components.0.components.0.custom_id',
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      'has a custom id twice',
      { content: 'x', components: [row(button('a'), button('a'))] },
      'components.0.components.1.custom_id',
      'COMPONENT_CUSTOM_ID_DUPLICATED',
    ],
    [
      'has a button without custom id',
      { content: 'x', components: [row({ type: 2, style: 1, label: 'A' })] },
      'components.0.components.0.custom_id',
      'BASE_TYPE_REQUIRED',
    ],
    [
      'has a link without url',
      { content: 'x', components: [row({ type: 2, style: 5, label: 'A' })] },
      'components.0.components.0.url',
      'BASE_TYPE_REQUIRED',
    ],
    [
      'has a select beside a button',
      { content: 'x', components: [row(button('a'), select('b'))] },
      'components.0.components.1',
      'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
    ],
    [
      'has 26 options',
      { content: 'x', components: [row(select('a', 26))] },
      'components.0.components.0.options',
      'BASE_TYPE_BAD_LENGTH',
    ],
    [
      'has content beside components V2',
      { content: 'x', flags: V2, components: [{ type: 10, content: 'y' }] },
      'content',
      'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
    ],
    [
      'has text displays without the flag',
      { content: 'x', components: [{ type: 10, content: 'y' }] },
      'components.0.type',
      'UNION_TYPE_CHOICES',
    ],
    [
      'has 41 components',
      { flags: V2, components: Array(41).fill({ type: 14 }) },
      'components',
      'BASE_TYPE_BAD_LENGTH',
    ],
    [
      'has 4001 characters in components',
      { flags: V2, components: Array(2).fill({ type: 10, content: 'x'.repeat(2001) }) },
      'components',
      'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
    ],
    [
      'answers nothing',
      { content: 'x', message_reference: { message_id: '100000000000000000' } },
      'message_reference',
      'REPLIES_UNKNOWN_MESSAGE',
    ],
  ])('is refused when it %s', async (_, form, field, reason) => {
    expect(await refusalOf(post(form))).toEqual({ status: 400, code: 50035, field, reason });
    expect(twin.messages(channel.id)).toEqual([]);
  });

  test.each<[string, Form]>([
    ['2000 characters outside the basic plane', { content: '𝔸'.repeat(2000) }],
    [
      'everything that fits',
      { content: 'x', embeds: Array(10).fill({ title: 'x' }), components: [row(...Array.from('12345', button))] },
    ],
    [
      'components V2',
      { flags: V2, components: [{ type: 17, components: [{ type: 10, content: 'x' }, row(button('a'))] }] },
    ],
  ])('may have %s', async (_, form) => {
    await post(form);
    expect(twin.messages(channel.id)).toHaveLength(1);
  });

  test('may not be empty, nor lose its components V2', async () => {
    expect(await refusalOf(post({ content: '  ' }))).toMatchObject({ status: 400, code: 50006 });
    expect(await refusalOf(post({ components: [row(button('a'))] }))).toMatchObject({ code: 50006 });
    const { id } = await post({ flags: V2, components: [{ type: 10, content: 'x' }] });
    expect(
      await refusalOf(api.channels.editMessage(channel.id, id, { ...NOBODY, flags: 0 as MessageFlags })),
    ).toMatchObject({
      code: 50035,
    });
  });

  test('comes once for an enforced nonce, for five minutes', async () => {
    const again = () => post({ content: 'x', nonce: 'delivery-1', enforce_nonce: true });
    const first = await again();
    expect((await again()).id).toBe(first.id);
    expect((await post({ content: 'x', nonce: 'delivery-1' })).id).not.toBe(first.id);
    twin.advance(5 * 60_000 + 1_000);
    expect((await again()).id).not.toBe(first.id);
  });

  test('of somebody else cannot be edited, and one that is not there cannot be found', async () => {
    const { id } = ada.says(channel, 'mine');
    expect(await refusalOf(api.channels.editMessage(channel.id, id, { ...NOBODY, content: 'x' }))).toMatchObject({
      status: 403,
      code: 50005,
    });
    expect(await refusalOf(api.channels.deleteMessage(channel.id, id))).toMatchObject({ code: 50013 });
    expect(await refusalOf(api.channels.getMessage(channel.id, channel.id))).toMatchObject({
      status: 404,
      code: 10008,
    });
  });

  test('that may ping is a violation of ours, and pings', async () => {
    const { mentions } = await api.channels.createMessage(channel.id, { content: `hello <@${ada.id}>` });
    expect(mentions.map(({ id }) => id)).toEqual([ada.id]);
    expect(twin.violations.splice(0)).toEqual([expect.stringContaining('allowed_mentions')]);
    expect((await post({ content: `hello <@${ada.id}>` })).mentions).toEqual([]);
    expect(twin.violations).toEqual([]);
  });

  test('is found among its neighbours, newest first', async () => {
    const ids = ['1', '2', '3', '4', '5'].map((text) => ada.says(channel, text).id);
    const [first, second, third, fourth, fifth] = ids;
    const read = async (query: object) => (await api.channels.getMessages(channel.id, query)).map(({ id }) => id);
    expect(await read({})).toEqual(ids.toReversed());
    expect(await read({ limit: 2 })).toEqual([fifth, fourth]);
    expect(await read({ before: third })).toEqual([second, first]);
    expect(await read({ after: second, limit: 2 })).toEqual([fourth, third]);
    expect(await read({ around: third, limit: 3 })).toEqual([fourth, third, second]);
    expect(await refusalOf(read({ limit: 101 }))).toMatchObject({ code: 50035 });
  });

  test('is pinned, which Discord says in the channel', async () => {
    guild.setBotPermissions(BOT_PERMISSIONS | (1n << 51n));
    const { id } = await post({ content: 'x' });
    await api.channels.pinMessage(channel.id, id);
    expect(twin.messages(channel.id)).toMatchObject([{ id, isPinned: true }]);
    expect(await api.channels.getPins(channel.id)).toMatchObject([{ id }]);
    expect(await api.channels.getMessages(channel.id, { limit: 1 })).toMatchObject([{ type: 6 }]);
  });
});

describe('a file', () => {
  const audio = { name: 'voice.ogg', data: Buffer.from('sound'), contentType: 'audio/ogg' };
  const voice = (form: Form, ...files: object[]) => post({ flags: 1 << 13, files, ...form });
  const metadata = { attachments: [{ id: '0', filename: 'voice.ogg', duration_secs: 1.5, waveform: 'AAAA' }] };

  test('is uploaded, and downloaded as it was', async () => {
    const { attachments } = await post({
      files: [{ name: 'a.txt', data: Buffer.from('abc'), contentType: 'text/plain' }],
    });
    expect(attachments).toMatchObject([{ filename: 'a.txt', size: 3, content_type: 'text/plain' }]);
    expect(await (await fetch(attachments[0]?.url ?? '')).text()).toBe('abc');
  });

  test('may have 10 MiB', async () => {
    const big = { name: 'a.bin', data: Buffer.alloc(10 * 1024 * 1024 + 1) };
    expect(await refusalOf(post({ files: [big] }))).toMatchObject({ status: 413, code: 40005 });
  });

  test('is kept or left out by an edit', async () => {
    const files = ['a', 'b'].map((name) => ({ name, data: Buffer.from(name) }));
    const { id, attachments } = await post({ files });
    const kept = attachments.filter(({ filename }) => filename === 'b').map((each) => ({ id: each.id }));
    const edited = await api.channels.editMessage(channel.id, id, { ...NOBODY, content: 'x', attachments: kept });
    expect(edited.attachments.map(({ filename }) => filename)).toEqual(['b']);
  });

  test('is a voice message when it is alone and described', async () => {
    const { attachments, id } = await voice(metadata, audio);
    expect(attachments).toMatchObject([{ duration_secs: 1.5, waveform: 'AAAA' }]);
    expect(await refusalOf(voice({ ...metadata, content: 'x' }, audio))).toMatchObject({ code: 50159 });
    expect(await refusalOf(voice(metadata, audio, audio))).toMatchObject({ code: 50160 });
    expect(await refusalOf(voice({}, audio))).toMatchObject({ code: 50161 });
    expect(await refusalOf(api.channels.editMessage(channel.id, id, NOBODY))).toMatchObject({ code: 50162 });
  });
});

describe('a thread', () => {
  const begin = (form: object = {}, messageId?: string) =>
    api.channels.createThread(channel.id, { name: 'fractions', type: 11, ...form }, messageId);

  test('of a message has its id, and there is one', async () => {
    const message = ada.says(channel, 'help');
    const thread = await begin({ auto_archive_duration: 60 }, message.id);
    expect(thread).toMatchObject({ id: message.id, type: 11, parent_id: channel.id, name: 'fractions' });
    expect(await refusalOf(begin({}, message.id))).toMatchObject({ code: 160004 });
    expect(twin.threads(channel.id).map((each) => each.name())).toEqual(['fractions']);
    expect(twin.messages(thread.id)).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['a name', { name: '' }, 'name'],
    ['a name of up to 100 characters', { name: 'x'.repeat(101) }, 'name'],
    ['one of four times to archive it', { auto_archive_duration: 61 }, 'auto_archive_duration'],
  ])('needs %s', async (_, form, field) => {
    expect(await refusalOf(begin(form))).toMatchObject({ code: 50035, field });
  });

  test('can be private only in a text channel, and then only its members see it', async () => {
    const ben = guild.addMember({ name: 'Ben' });
    const thread = await begin({ type: 12 });
    await api.threads.addMember(thread.id, ada.id);
    ada.says(thread, 'here');
    expect(() => ben.says(thread, 'here')).toThrow('sees no channel');
    const news = guild.addChannel({ name: 'news', type: 5 });
    const inNews = api.channels.createThread(news.id, { name: 'x', type: 12 });
    expect(await refusalOf(inNews)).toMatchObject({ code: 50024 });
  });

  test('comes back with a message, unless it is locked', async () => {
    const thread = twin.channel((await begin()).id);
    const { id } = await post({ content: 'x' }, thread);
    thread.archive();
    expect(await refusalOf(api.channels.editMessage(thread.id, id, { ...NOBODY, content: 'y' }))).toMatchObject({
      code: 50083,
    });
    await post({ content: 'x' }, thread);
    expect(thread.isArchived()).toBe(false);
    thread.lock();
    expect(await refusalOf(api.channels.editMessage(thread.id, id, { ...NOBODY, content: 'y' }))).toMatchObject({
      code: 160005,
    });
    expect(await refusalOf(post({ content: 'x' }, thread))).toMatchObject({ status: 400, code: 160005 });
    thread.archive({ locked: true });
    expect(await refusalOf(post({ content: 'x' }, thread))).toMatchObject({ status: 400, code: 50083 });
    guild.setBotPermissions(BOT_PERMISSIONS | (1n << 34n));
    await post({ content: 'x' }, thread);
    expect(thread.isArchived()).toBe(false);
  });

  test('of the bot is renamed and archived by it, locked by those who manage threads', async () => {
    const { id } = await begin();
    await api.channels.edit(id, { name: 'sums', archived: true });
    expect([twin.channel(id).name(), twin.channel(id).isArchived()]).toEqual(['sums', true]);
    expect(await refusalOf(api.channels.edit(id, { name: 'x' }))).toMatchObject({ code: 50083 });
    expect(await refusalOf(api.channels.edit(id, { locked: true }))).toMatchObject({ code: 50013 });
    expect(await api.guilds.getActiveThreads(guild.id)).toMatchObject({ threads: [] });
  });
});

describe('permissions', () => {
  const reply = () => post({ content: 'x', message_reference: { message_id: ada.says(channel, 'x').id } });
  const thread = () => api.channels.createThread(channel.id, { name: 'x', type: 11 });
  const without = (...bits: bigint[]) => bits.reduce((all, bit) => all & ~bit, BOT_PERMISSIONS);

  test.each<[string, bigint, number, () => Promise<unknown>]>([
    ['see', VIEW, 50001, () => post({ content: 'x' })],
    ['write', 1n << 11n, 50013, () => post({ content: 'x' })],
    ['send files', 1n << 15n, 50013, () => post({ files: [{ name: 'a', data: Buffer.from('a') }] })],
    ['send embeds', 1n << 14n, 50013, () => post({ embeds: [{ title: 'x' }] })],
    ['read what was said', 1n << 16n, 50013, () => api.channels.getMessage(channel.id, ada.says(channel, 'x').id)],
    ['start threads', 1n << 35n, 50013, thread],
    ['start private threads', 1n << 36n, 50013, () => api.channels.createThread(channel.id, { name: 'x', type: 12 })],
    ['write in threads', 1n << 38n, 50013, async () => post({ content: 'x' }, await thread())],
    ['type', 1n << 11n, 50013, () => api.channels.showTyping(channel.id)],
    ['answer a message', 1n << 16n, 160002, () => reply()],
    ['delete a channel', 0n, 50013, () => api.channels.delete(channel.id)],
  ])('are needed to %s', async (_, bit, code, ask) => {
    channel.setBotPermissions(without(bit));
    expect(await refusalOf(ask())).toMatchObject({ code });
  });

  test('end with the bot in the guild', async () => {
    guild.kickBot();
    expect(await refusalOf(post({ content: 'x' }))).toMatchObject({ code: 50001 });
    expect(await refusalOf(api.guilds.get(guild.id))).toMatchObject({ status: 404, code: 10004 });
    guild.inviteBot();
    await post({ content: 'x' });
  });

  test('of a person decide about direct messages', async () => {
    const { id } = await api.users.createDM(ada.id);
    await post({ content: 'x' }, { id });
    ada.closesDms();
    expect(await refusalOf(post({ content: 'x' }, { id }))).toMatchObject({ status: 403, code: 50007 });
    expect(id).toBe(ada.dm().id);
  });

  test('of a stranger are none', async () => {
    expect(await refusalOf(plainApi(twin, 'wrong').users.getCurrent())).toMatchObject({ status: 401, code: 0 });
    expect(twin.invalidRequests()).toBeGreaterThan(0);
    channel.remove();
    expect(await refusalOf(post({ content: 'x' }))).toMatchObject({ status: 404, code: 10003 });
  });
});

describe('commands', () => {
  const app = () => twin.applicationId;
  const command = (more: object = {}) =>
    ({ name: 'tutor', description: 'Learn', ...more }) as RESTPostAPIChatInputApplicationCommandsJSONBody;
  const option = (name: string, more: object = {}) => ({ type: 3, name, description: 'd', ...more });

  test('keep their id and version until they change', async () => {
    const put = (...commands: RESTPostAPIChatInputApplicationCommandsJSONBody[]) =>
      api.applicationCommands.bulkOverwriteGlobalCommands(app(), commands);
    const writes = twin.commandWrites();
    const [before] = await put(command());
    expect(await put(command())).toEqual([before]);
    const [after] = await put(command({ description: 'Other' }));
    expect(after?.id).toBe(before?.id);
    expect(after?.version).not.toBe(before?.version);
    await put(command({ name: 'other' }));
    expect(twin.commands().map(({ name }) => name)).toEqual(['other']);
    expect(twin.commandWrites()).toBe(writes + 4);
  });

  test('of one guild are apart', async () => {
    await api.applicationCommands.createGuildCommand(app(), guild.id, command({ name: 'here' }));
    expect(twin.commands(guild.id).map(({ name }) => name)).toEqual(['here']);
    expect(await refusalOf(api.applicationCommands.getGlobalCommands('100000000000000000'))).toMatchObject({
      code: 20012,
    });
  });

  test.each<[string, object, string]>([
    ['a name without capitals', { name: 'Tutor' }, 'name'],
    ['a description', { description: '' }, 'description'],
    ['locales that exist', { name_localizations: { xx: 'lehrer' } }, 'name_localizations'],
    [
      'translations as long as the text',
      { description_localizations: { de: 'x'.repeat(101) } },
      'description_localizations.de',
    ],
    ['25 options', { options: Array.from({ length: 26 }, (_, index) => option(`o${index}`)) }, 'options'],
    ['required options first', { options: [option('a'), option('b', { required: true })] }, 'options.1'],
    [
      '25 choices',
      { options: [option('a', { choices: Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` })) })] },
      'options.0.choices',
    ],
    ['subcommands or values', { options: [option('a'), { type: 1, name: 'b', description: 'd' }] }, 'options.1.type'],
    [
      '8000 characters',
      {
        options: Array.from({ length: 25 }, (_, i) =>
          option(`o${i}`, {
            choices: Array.from({ length: 4 }, (_, j) => ({ name: `${j}${'x'.repeat(90)}`, value: `${j}` })),
          }),
        ),
      },
      '',
    ],
  ])('may have %s only', async (_, more, field) => {
    expect(await refusalOf(api.applicationCommands.createGlobalCommand(app(), command(more)))).toMatchObject({
      code: 50035,
      field,
    });
  });
});

describe('the application', () => {
  test('says who it is and what it may ask for', async () => {
    expect(await api.users.getCurrent()).toMatchObject({ id: twin.botId, bot: true });
    expect(await api.applications.getCurrent()).toMatchObject({ id: twin.applicationId, flags: 1 << 19 });
    expect(await api.guilds.getMember(guild.id, ada.id)).toMatchObject({ user: { global_name: 'Ada' } });
    expect((await api.guilds.getChannels(guild.id)).map(({ id }) => id)).toEqual([channel.id]);
    expect((await api.users.getGuilds()).map(({ id }) => id)).toContain(guild.id);
  });
});

test('a route that the twin does not know is a violation', async () => {
  expect(await refusalOf(api.channels.getWebhooks(channel.id))).toMatchObject({ status: 404, code: 0 });
  expect(twin.violations.splice(0)).toEqual([`unknown route GET /api/v10/channels/${channel.id}/webhooks`]);
});
