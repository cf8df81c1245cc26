import { ChannelType, PermissionFlagsBits, RESTJSONErrorCodes } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { changeSettings, type WorkspaceSettings } from '../../../src/core/settings.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { stateOf } from '../../support/discord.ts';
import {
  answered,
  answerTo,
  asSeen,
  type DiscordServer,
  lessonIn,
  openDiscordServer,
  shownLines,
  startLesson,
} from '../../support/discord-lesson.ts';
import { BOT_PERMISSIONS } from '../../twins/discord/permissions.ts';

/** Where lessons are opened, for whom, and whom they answer. */

const database = useDatabase();

/** Whatever was refused: no card, no thread, no lesson. */
async function nothingOpened({ twin, channel, runtime, guild }: DiscordServer): Promise<void> {
  expect(twin.messages(channel.id)).toEqual([]);
  expect(twin.threads(channel.id)).toEqual([]);
  const query = runtime.db
    .selectFrom('lessons')
    .innerJoin('workspaces', 'workspaces.id', 'workspace_id')
    .select('phase');
  expect(await query.where('external_id', '=', guild.id).execute()).toEqual([]);
}

const allow = ({ runtime, guild }: DiscordServer, change: Partial<WorkspaceSettings>) =>
  changeSettings(runtime.db, 'discord', { id: guild.id, name: 'School' }, change);

test('a private lesson has its thread and its card where only its learner sees them', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, twin } = server;
  const lesson = await startLesson(server, channel, ada, { topic: 'fractions', private: true });
  const thread = twin.channel(lesson.id);
  expect(thread.isPrivate()).toBe(true);
  expect(thread.memberIds().toSorted()).toEqual([ada.id, twin.botId].toSorted());
  expect(twin.messages(channel.id)).toEqual([]);
  await lesson.presses('Start');
  await until(() => asSeen(twin, lesson.id).includes('*Under way* · Step 1 of 4'));
  const [, plan, question] = lesson.messages();
  expect(plan?.embeds).toMatchObject([{ title: 'Your plan' }]);
  expect(question?.content).toContain('### What a fraction means');
  expect(() => guild.addMember({ name: 'Ben' }).says(lesson, 'hello')).toThrow('sees no channel');
});

test('a learner has two lessons side by side, and each goes its own way', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, runtime, twin } = server;
  const fractions = await startLesson(server, channel, ada, { topic: 'fractions' });
  const chance = await startLesson(server, channel, ada, { topic: 'probability' });
  await Promise.all([fractions.presses('Start'), chance.presses('Start')]);
  await Promise.all([fractions.presses('C · 1/6'), chance.presses('Hint')]);
  expect(await stateOf(runtime, fractions.id)).toMatchObject({
    packId: 'fractions',
    steps: [{ right: 1 }, {}, {}, {}],
  });
  expect(await stateOf(runtime, chance.id)).toMatchObject({ packId: 'probability', pending: { hintsUsed: 1 } });
  const titles = () => twin.messages(channel.id).map(({ embeds }) => embeds[0]?.title);
  const wanted = ['Fractions for beginners', 'Probability: how likely is it?'];
  await until(() => wanted.every((title) => titles().includes(title)));
  expect(titles()).toEqual(wanted);
});

test('a lesson that is started in a thread is opened beside it', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, twin } = server;
  const thread = ada.startsThread(ada.says(channel, 'homework?'), 'homework');
  const lesson = await startLesson(server, thread, ada);
  expect(twin.threads(channel.id).map(({ id }) => id)).toEqual([thread.id, lesson.id]);
  expect(twin.messages(thread.id)).toEqual([]);
  expect(twin.messages(channel.id).at(-1)?.id).toBe(lesson.id);
  // And so from the thread of another lesson.
  const next = await startLesson(server, lesson, ada, { topic: 'probability' });
  expect(twin.messages(channel.id).at(-1)?.id).toBe(next.id);
});

test('strangers read whose lesson it is, in their own language, and change nothing', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, runtime, twin } = server;
  const lesson = await startLesson(server, channel, ada);
  await lesson.presses('Start');
  await until(() => asSeen(twin, channel.id).includes('*Under way*'));
  const ben = guild.addMember({ name: 'Ben', locale: 'de' });
  const before = {
    seen: asSeen(twin, lesson.id),
    card: asSeen(twin, channel.id),
    state: await stateOf(runtime, lesson.id),
  };
  const sentence = 'Diese Lektion gehört Ada. Beginne deine eigene mit /tutor start.';
  for (const button of ['C · 1/6', 'Hint', 'Skip']) {
    const pressed = ben.presses(lesson.last(), button);
    expect(await answerTo(pressed)).toBe(sentence);
    expect(pressed.replies()[0]?.isEphemeral).toBe(true);
  }
  const [card] = twin.messages(channel.id);
  expect(await answerTo(ben.presses(card ?? channel, 'Stop'))).toBe(sentence);
  const [plan] = lesson.messages();
  expect(await answerTo(ben.presses(plan ?? channel, 'Change…'))).toBe(sentence);
  expect(await answerTo(ben.runs(lesson, 'tutor hint'))).toBe(sentence);
  expect(asSeen(twin, channel.id)).toBe(before.card);

  // What they write is not read; the learner's message after it is.
  ben.says(lesson, '1/6');
  await lesson.says('what is a numerator?');
  expect(await stateOf(runtime, lesson.id)).toMatchObject({ pending: before.state.pending });
  expect(asSeen(twin, lesson.id).slice(before.seen.length)).toMatch(/^\n\nBen:\n {4}1\/6\n\nAda:\n/);
  expect(twin.messages(lesson.id).filter(({ author }) => author.isBot)).toHaveLength(3);
});

test('everything around a lesson is in the language of the learner’s client', async () => {
  const server = await openDiscordServer(database.url);
  const { channel, guild, twin } = server;
  const lena = guild.addMember({ name: 'Lena', locale: 'de' });
  const lesson = await startLesson(server, channel, lena);
  expect(twin.threads(channel.id)[0]?.name()).toBe('fractions mit Lena');
  await lesson.presses('Anfangen');
  await until(() => asSeen(twin, channel.id).includes('*Läuft*'));
  await lessonIn(server, channel.id, lena).presses('Fortschritt');
  expect(asSeen(twin, channel.id)).toMatchInlineSnapshot(`
    "Threadtutor:
        | # Fractions for beginners
        | ▱▱▱▱ 0/4
        | ▶️ **1. What a fraction means**
        | ▫️ **2. Which fraction is bigger?**
        | ▫️ **3. Equivalent fractions**
        | ▫️ **4. Adding and taking away**
        | *Läuft* · Schritt 1 von 4
        [Fortschritt] [Pause]"
  `);
  expect(shownLines(lesson.last())).toMatchInlineSnapshot(`
    "Threadtutor:
        | # Dein Fortschritt
        | ▱▱▱▱ 0/4
        | ▶️ **1. What a fraction means**
        | noch nicht geprüft
        | ▫️ **2. Which fraction is bigger?**
        | noch nicht geprüft
        | ▫️ **3. Equivalent fractions**
        | noch nicht geprüft
        | ▫️ **4. Adding and taking away**
        | noch nicht geprüft
        [Tipp] [Leichter] [Schwerer] [Überspringen] [Pause]"
  `);
});

test('where a lesson may not be opened, one sentence says why and where', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild, twin } = server;
  const start = (place = channel, options = {}) =>
    answerTo(ada.runs(place, 'tutor start', { topic: 'fractions', ...options }));

  const other = guild.addChannel({ name: 'lessons' });
  await allow(server, { channels: [other.id] });
  expect(await start()).toBe(`Lessons do not start in this channel. Try again in <#${other.id}>.`);
  expect(await start(other)).toContain('Your lesson is here');
  await allow(server, { channels: [] });

  const voice = guild.addChannel({ name: 'talk', type: ChannelType.GuildVoice });
  const news = guild.addChannel({ name: 'news', type: ChannelType.GuildAnnouncement });
  const wrongPlace = 'Lessons need a text channel: I cannot open a thread here. Try again in a text channel.';
  expect(await start(voice)).toBe(wrongPlace);
  expect(await start(news, { private: true })).toBe(wrongPlace);
  for (const { id } of [voice, news]) expect(twin.messages(id)).toEqual([]);
});

test('in a post of a forum, where no lesson can stand beside it, a sentence says so', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, guild, twin } = server;
  const forum = guild.addChannel({ name: 'questions', type: ChannelType.GuildForum });
  const post = ada.startsThread(forum, 'how do fractions work?');
  twin.faults.failNext((method, path) => method === 'POST' && path === `/channels/${forum.id}/messages`, 1, {
    status: 400,
    body: { code: RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel, message: 'not a text channel' },
  });
  expect(await answerTo(ada.runs(post, 'tutor start', { topic: 'fractions' }))).toBe(
    'Lessons need a text channel: I cannot open a thread here. Try again in a text channel.',
  );
  await nothingOpened(server);
});

test('a private lesson cannot be opened beside a thread of an announcement channel', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, guild, twin } = server;
  const news = guild.addChannel({ name: 'news', type: ChannelType.GuildAnnouncement });
  const thread = ada.startsThread(news, 'about this');
  expect(await answerTo(ada.runs(thread, 'tutor start', { topic: 'fractions', private: true }))).toBe(
    'Lessons need a text channel: I cannot open a thread here. Try again in a text channel.',
  );
  expect(twin.messages(news.id)).toEqual([]);
});

test('a lesson that is announced is one like any other', async () => {
  const server = await openDiscordServer(database.url);
  const news = server.guild.addChannel({ name: 'news', type: ChannelType.GuildAnnouncement });
  const lesson = await startLesson(server, news, server.ada);
  await lesson.presses('Start');
  expect(lesson.last().content).toContain('### What a fraction means');
});

/** As many messages as that come in; the next ones are too fast. */
function doorOf(points: number) {
  let left = points;
  const nothing = async () => {};
  return {
    learner: { take: async () => (left-- > 0 ? 0 : 5_000), block: nothing },
    workspace: { take: async () => 0, block: nothing },
  };
}

test('who is faster than the tutor reads so before anything is opened', async () => {
  const server = await openDiscordServer(database.url, { runtime: { doorLimits: doorOf(0) } });
  const { ada, channel } = server;
  const start = { topic: 'fractions' };
  expect(await answerTo(ada.runs(channel, 'tutor start', start))).toContain('That was faster than I can follow');
  expect(await answerTo(ada.runs(channel, 'tutor ask', { question: 'why?' }))).toContain('Send it again in 5 seconds');
  await nothingOpened(server);
});

test('who was let in is not stopped again while the lesson is opened', async () => {
  const { ada, channel, runtime } = await openDiscordServer(database.url, { runtime: { doorLimits: doorOf(1) } });
  const used = ada.runs(channel, 'tutor ask', { question: 'What is a numerator?' });
  expect(await answerTo(used)).toContain('Your lesson is here');
  await answered(runtime, `${used.id}-question`);
});

test('where only some roles may start lessons, others read which; who manages the server may', async () => {
  const server = await openDiscordServer(database.url);
  const { ada, channel, guild } = server;
  const role = '900000000000000001';
  await allow(server, { starters: [role] });
  expect(await answerTo(ada.runs(channel, 'tutor start', { topic: 'fractions' }))).toBe(
    `Here, lessons are for people with one of these roles: <@&${role}>. An admin can give you one.`,
  );
  await nothingOpened(server);
  const permissions = BOT_PERMISSIONS | PermissionFlagsBits.UseApplicationCommands;
  const pupil = guild.addMember({ name: 'Ben', roles: [role] });
  const admin = guild.addMember({ name: 'Mia', permissions: permissions | PermissionFlagsBits.ManageGuild });
  for (const person of [pupil, admin]) await startLesson(server, channel, person);
});

test.each([
  ['Create Public Threads', PermissionFlagsBits.CreatePublicThreads, {}],
  ['Create Private Threads', PermissionFlagsBits.CreatePrivateThreads, { private: true }],
  ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads, {}],
  ['Embed Links', PermissionFlagsBits.EmbedLinks, {}],
])('without the permission "%s" a sentence names it, and nothing is left half open', async (name, bit, options) => {
  const server = await openDiscordServer(database.url);
  const { ada, channel } = server;
  channel.setBotPermissions(BOT_PERMISSIONS & ~bit);
  expect(await answerTo(ada.runs(channel, 'tutor start', { topic: 'fractions', ...options }))).toBe(
    `I need these permissions in <#${channel.id}>: ${name}. An admin can switch them on.`,
  );
  await nothingOpened(server);
  channel.setBotPermissions(BOT_PERMISSIONS);
  await startLesson(server, channel, ada, { topic: 'fractions', ...options });
});

test('a call outside of lessons is answered once, and other talk is left alone', async () => {
  const { ada, channel, twin } = await openDiscordServer(database.url);
  ada.says(channel, 'what is a fraction?');
  const call = ada.says(channel, 'what is a fraction?', { mentionsBot: true });
  await until(() => twin.messages(channel.id).length === 3);
  expect(twin.messages(channel.id).at(-1)).toMatchObject({
    content: 'Start a lesson with /tutor start, or ask me something with /tutor ask.',
    answers: call.id,
  });
});
