import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { answerTo } from '../../support/discord-lesson.ts';
import { gate } from '../../support/models.ts';
import { begunLesson, joinedLesson, type NarratedServer, openNarratedServer } from '../../support/narration.ts';
import { MEMBER_PERMISSIONS } from '../../twins/discord/permissions.ts';

/** The tutor in voice channels while people and connections come and go. */

const database = useDatabase();

const THREE = ['This is the first thing to know.', 'This is the second thing to know.', 'And this is all of it.'];

const FOUR = ['This comes later.', 'And so does this.', 'There is more of it.', 'Now it is over.'];

const isIn = ({ twin }: NarratedServer, room: { id: string }) => twin.voice.memberIds(room).includes(twin.botId);

const narrationsIn = ({ runtime, guild }: NarratedServer) =>
  runtime.db.selectFrom('narrations').selectAll().where('server', '=', guild.id).execute();

/** A lesson in which something is being said that takes a while. */
async function speaking(server: NarratedServer) {
  const lesson = await joinedLesson(server);
  server.tones.seconds = 1;
  server.answers.message = THREE.join(' ');
  await lesson.says('why is that?');
  await until(() => server.heardBy(server.ada).includes(THREE[0] ?? ''));
  return lesson;
}

test('it leaves when nobody is left, whoever else is a program', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, guild, room } = server;
  await joinedLesson(server);
  const ben = guild.addMember({ name: 'Ben' });
  ben.joinsVoice(room);
  ada.leavesVoice();
  await until(() => server.isQuiet());
  expect(isIn(server, room)).toBe(true);
  ben.leavesVoice();
  await until(() => !isIn(server, room));
});

test('it follows its learner, and stays where a moderator puts it', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, guild, twin } = server;
  await speaking(server);
  const [hall, attic] = ['Hall', 'Attic'].map((name) => guild.addChannel({ name, type: ChannelType.GuildVoice }));
  if (!hall || !attic) throw new Error('no channels');
  ada.joinsVoice(hall);
  await until(() => isIn(server, hall));
  await server.hears(ada, THREE[1] ?? '');
  const ben = guild.addMember({ name: 'Ben' });
  ben.joinsVoice(attic);
  twin.voice.moveBot(guild, attic);
  await server.hears(ben, THREE[2] ?? '');
  expect(isIn(server, attic)).toBe(true);
  await until(async () => (await narrationsIn(server))[0]?.channel === attic.id);
  // To mute oneself is no move.
  ada.joinsVoice(hall, { selfMute: true });
  const cleo = guild.addMember({ name: 'Cleo' });
  cleo.joinsVoice(attic);
  await until(() => twin.voice.group(attic).memberIds.includes(cleo.id) && twin.voice.group(attic).settled);
  expect(isIn(server, attic)).toBe(true);
});

test('it goes after its learner however long Discord takes to say whether it may', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, guild, room, twin } = server;
  await joinedLesson(server);
  const hall = guild.addChannel({ name: 'Hall', type: ChannelType.GuildVoice });
  const slowly = gate();
  twin.faults.onRequest(async ({ path, moment }) => {
    if (moment === 'arrived' && path.endsWith(`/channels/${hall.id}`)) await slowly.opened;
    return null;
  });
  ada.joinsVoice(hall);
  // As long as it takes to see that a channel is empty, several times.
  const since = twin.now();
  await until(() => twin.now() - since > 500);
  slowly.open();
  await until(() => isIn(server, hall));
  expect(isIn(server, room)).toBe(false);
});

test('it goes after whoever has moved while nobody told', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, guild, twin } = server;
  await joinedLesson(server);
  const hall = guild.addChannel({ name: 'Hall', type: ChannelType.GuildVoice });
  twin.gateway.invalidate(false);
  ada.joinsVoice(hall);
  await until(() => isIn(server, hall));
});

test('whoever takes it out of voice has taken it out', async () => {
  const server = await openNarratedServer(database.url);
  const { guild, twin, room } = server;
  const lesson = await speaking(server);
  twin.voice.moveBot(guild, null);
  await until(() => lesson.last().content === 'I was taken out of the voice channel, so I go on in writing.');
  expect(isIn(server, room)).toBe(false);
  expect(await narrationsIn(server)).toEqual([]);
});

const MUTED = 'I have been muted in';

/** The tutor speaks to Ada, and a moderator is there. */
async function moderated() {
  const server = await openNarratedServer(database.url);
  const { guild, twin } = server;
  const moderator = guild.addMember({ name: 'Mo', permissions: MEMBER_PERMISSIONS | PermissionFlagsBits.MuteMembers });
  return { ...server, mute: (isMuted: boolean) => moderator.mutesVoice({ id: twin.botId }, isMuted) };
}

/** Whoever is muted sends nothing that anybody hears: only what the tutor believes tells whether it waits. */
const said = async (server: NarratedServer) => (await narrationsIn(server))[0]?.said ?? [];

test('while a moderator lets nobody hear it, it waits, and says so once', async () => {
  const server = await moderated();
  const { ada, guild, room, twin, tones } = server;
  const lesson = await speaking(server);
  server.mute(true);
  await until(() => lesson.last().content.startsWith(`${MUTED} <#${room.id}>.`));
  // Another channel, and another connection, give it no voice.
  const hall = guild.addChannel({ name: 'Hall', type: ChannelType.GuildVoice });
  ada.joinsVoice(hall);
  await until(() => isIn(server, hall));
  twin.gateway.invalidate(false);
  await until(() => twin.gateway.sessions().some(({ connected }) => connected) && isIn(server, hall));
  await until(() => twin.voice.connections().some(({ ready, connected }) => ready && connected));
  // What it is asked meanwhile is not made either.
  server.answers.message = FOUR.join(' ');
  await lesson.says('why is it so?');
  const since = twin.now();
  await until(() => twin.now() - since > 2 * tones.seconds * 1_000);
  expect((await said(server)).filter((text) => FOUR.includes(text))).toEqual([]);
  expect(tones.asked.filter((text) => FOUR.includes(text))).toEqual([]);
  server.mute(false);
  for (const text of FOUR) await server.hears(ada, text);
  expect(twin.messages(lesson.id).filter(({ content }) => content.startsWith(MUTED))).toHaveLength(1);
});

test('where it is muted when it comes, it begins when it may', async () => {
  const server = await moderated();
  const { ada, room, twin, tones } = server;
  const lesson = await joinedLesson(server);
  server.mute(true);
  await answerTo(ada.runs(lesson, 'tutor voice', { speak: 'leave' }));
  await until(() => !isIn(server, room));
  ada.runs(lesson, 'tutor voice', { speak: 'join' });
  await until(() => twin.voice.connections().some(({ ready }) => ready));
  await until(() => twin.messages(lesson.id).filter(({ content }) => content.startsWith(MUTED)).length === 2);
  server.answers.message = 'This is said in the end.';
  await lesson.says('why is that?');
  const since = twin.now();
  await until(() => twin.now() - since > 2 * tones.seconds * 1_000);
  expect(await said(server)).toEqual([]);
  server.mute(false);
  await server.hears(ada, 'This is said in the end.');
});

test('a sentence during which it is muted was not heard', async () => {
  const server = await moderated();
  const { ada, twin, tones } = server;
  const lesson = await joinedLesson(server);
  tones.seconds = 3;
  server.answers.message = 'It takes long to say this.';
  await lesson.says('why is that?');
  await until(() => server.heardBy(ada).includes('It takes long to say this.'));
  server.mute(true);
  const since = twin.now();
  await until(() => twin.now() - since > 1.5 * tones.seconds * 1_000);
  expect(await said(server)).not.toContain('It takes long to say this.');
  server.mute(false);
  await until(async () => (await said(server)).includes('It takes long to say this.'));
});

test('where nobody may hear it, it does not wait with the last words of a lesson', async () => {
  const server = await moderated();
  const { ada, tones } = server;
  const lesson = await joinedLesson(server);
  tones.seconds = 3;
  await lesson.runs('tutor end');
  await until(() => server.heardBy(ada).includes('We stop here.'));
  server.mute(true);
  await until(() => !isIn(server, server.room));
  await until(async () => (await narrationsIn(server)).length === 0);
});

test.each<[string, (server: NarratedServer) => void]>([
  ['a broken connection', ({ twin }) => twin.voice.drop()],
  ['a connection that cannot be resumed', ({ twin }) => twin.voice.forget()],
  ['a new voice server', ({ twin, guild }) => twin.voice.changeServer(guild)],
  ['a voice server that crashed', ({ twin }) => twin.voice.close(4015)],
  [
    'a voice server that was away',
    ({ twin, guild }) => {
      twin.voice.loseServer(guild);
      twin.voice.changeServer(guild);
    },
  ],
])('after %s it goes on with what was not heard yet, and only its listeners understand it', async (_, harm) => {
  const server = await openNarratedServer(database.url);
  await speaking(server);
  harm(server);
  await server.hears(server.ada, THREE[1] ?? '');
  await server.hears(server.ada, THREE[2] ?? '');
  const inClear = server.twin.voice.frames().filter(({ isPrivate, isSilence }) => !isPrivate && !isSilence);
  expect(inClear).toEqual([]);
});

test('after a new session of the gateway it is there again', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, twin, room } = server;
  const lesson = await speaking(server);
  twin.gateway.invalidate(false);
  await until(() => twin.gateway.sessions().some(({ connected }) => connected));
  await until(() => isIn(server, room));
  server.tones.seconds = 0.4;
  server.answers.message = 'This is said after all of that.';
  await lesson.says('why is it so?');
  await server.hears(ada, 'This is said after all of that.');
});

test('one learner is spoken to at a time, and the next one when it is over', async () => {
  const server = await openNarratedServer(database.url);
  const { ada, guild, twin, room, channel } = server;
  const ben = guild.addMember({ name: 'Ben' });
  const cleo = guild.addMember({ name: 'Cleo' });
  const other = guild.addChannel({ name: 'Hall', type: ChannelType.GuildVoice });
  const lesson = await joinedLesson(server);
  const theirs = await begunLesson(server, ben);
  await begunLesson(server, cleo);
  ben.joinsVoice(other);
  cleo.joinsVoice(other);
  const join = (who: typeof ben) => answerTo(who.runs(channel, 'tutor voice', { speak: 'join' }));
  expect(await join(ben)).toBe(`I am speaking in <#${room.id}>. You are next: I come when it is free.`);
  expect(await join(cleo)).toContain('Before you wait: 1.');
  expect(await join(ben)).toContain('You are next');
  cleo.leavesVoice();
  await answerTo(ada.runs(lesson, 'tutor voice', { speak: 'leave' }));
  await until(() => isIn(server, other));
  await until(() => theirs.last().content.startsWith(`I am with you in <#${other.id}>`));
  await until(() => server.heardBy(ben).length > 0);
  ben.leavesVoice();
  await until(() => !isIn(server, other));
  // Whoever has gone in the meantime is told, and nobody is spoken to.
  await until(() => twin.threads(channel.id).some(({ id }) => /but you were in no/.test(lastIn(server, id))));
  expect(await narrationsIn(server)).toEqual([]);
});

const lastIn = ({ twin }: NarratedServer, id: string) => twin.messages(id).at(-1)?.content ?? '';

test('in two servers two are spoken to at once', async () => {
  const server = await openNarratedServer(database.url);
  const guild = server.twin.addGuild({ name: 'Other school' });
  const channel = guild.addChannel({ name: 'maths' });
  const ben = guild.addMember({ name: 'Ben' });
  const room = guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice });
  const second = { ...server, guild, channel, room, ada: ben };
  const [one, two] = await Promise.all([joinedLesson(server), joinedLesson(second, ben, room)]);
  server.answers.message = THREE.join(' ');
  await Promise.all([one.says('why is that?'), two.says('why is that?')]);
  await Promise.all([server.hears(server.ada, THREE[2] ?? ''), server.hears(ben, THREE[2] ?? '')]);
});
