import { ChannelType } from 'discord-api-types/v10';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NO_BUDGETS } from '../../../src/core/budget.ts';
import { NEWS_CHANNEL } from '../../../src/db/narrations.ts';
import { hearNews } from '../../../src/db/news.ts';
import { recorder } from '../../../src/external/speech/recorder.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { answerTo } from '../../support/discord-lesson.ts';
import { begunLesson, joinedLesson, type NarratedServer, openNarratedServer, QUICK } from '../../support/narration.ts';
import { toneSpeech } from '../../support/tones.ts';

/** What a connection to a voice channel may do to the tutor: it ends, with one line, and the lesson goes on. */

const database = useDatabase();

const isIn = ({ twin, room }: NarratedServer) => twin.voice.memberIds(room).includes(twin.botId);
const isNarrated = async ({ runtime, guild }: NarratedServer) =>
  (await runtime.db.selectFrom('narrations').selectAll().where('server', '=', guild.id).execute()).length > 0;
const join = ({ ada }: NarratedServer, lesson: { id: string }) =>
  answerTo(ada.runs(lesson, 'tutor voice', { speak: 'join' }));
const unreachable = ({ id }: { id: string }) => `I could not connect to <#${id}>.`;
const encryption = ({ id }: { id: string }) => `<#${id}> wants an encryption that I could not agree on`;

test('where Discord does not answer at all, it is not waited for for ever', async () => {
  const server = await openNarratedServer(database.url, { timing: { firstMs: 4_000 } });
  const lesson = await begunLesson(server);
  server.ada.joinsVoice(server.room);
  server.twin.voice.ignore(true);
  expect(await join(server, lesson)).toContain(unreachable(server.room));
  expect(await isNarrated(server)).toBe(false);
  server.twin.voice.ignore(false);
  expect(await join(server, lesson)).toContain('I am with you');
});

test('where Discord cannot be asked whether it may come, it says so, and does not come later', async () => {
  const server = await openNarratedServer(database.url);
  const lesson = await begunLesson(server);
  server.ada.joinsVoice(server.room);
  server.twin.faults.failNext((_, path) => path.endsWith(`/channels/${server.room.id}`), 10, { status: 502 });
  expect(await join(server, lesson)).toContain(unreachable(server.room));
  expect(await isNarrated(server)).toBe(false);
});

test('where Discord does not let it follow its learner, it does not go on in the channel that they have left', async () => {
  const server = await openNarratedServer(database.url, { timing: { firstMs: 4_000, emptyMs: 15_000 } });
  const lesson = await joinedLesson(server);
  const hall = server.guild.addChannel({ name: 'Hall', type: ChannelType.GuildVoice });
  server.twin.voice.ignore(true);
  server.ada.joinsVoice(hall);
  await until(() => lesson.last().content.startsWith(unreachable(hall)));
  await until(() => !isIn(server));
  await until(async () => !(await isNarrated(server)));
});

test('a voice server that takes its time is asked again, and then it works', async () => {
  const server = await openNarratedServer(database.url, { timing: { firstMs: 15_000 } });
  const { ada, room, twin } = server;
  const lesson = await begunLesson(server);
  ada.joinsVoice(room);
  twin.voice.hold(true);
  const answer = join(server, lesson);
  await until(() => twin.voice.connections().length > 0);
  const since = twin.now();
  await until(() => twin.now() - since > 5_600);
  twin.voice.hold(false);
  expect(await answer).toContain('I am with you');
  await until(() => server.heardBy(ada).length > 0);
});

describe('a connection that breaks each time as soon as it is there', () => {
  test.each<[string, (server: NarratedServer) => void]>([
    ['and can be resumed', ({ twin }) => twin.voice.close(VoiceCloseCodes.VoiceServerCrashed)],
    ['and begins anew', ({ twin }) => twin.voice.forget()],
  ])('%s, is given up', async (_, harm) => {
    const server = await openNarratedServer(database.url);
    const lesson = await joinedLesson(server);
    const { voice } = server.twin;
    const harming = setInterval(() => {
      if (voice.connections().some(({ connected, ready }) => connected && ready)) harm(server);
    }, 15);
    onTestFinished(() => clearInterval(harming));
    await until(() => lesson.last().content.startsWith(unreachable(server.room)));
    expect(isIn(server)).toBe(false);
    clearInterval(harming);
    expect(voice.closed().length).toBeLessThan(20);
    await lesson.says('why is that?');
    expect(lesson.last().content).toContain('This is so. Yes.');
  });
});

test('whom Discord has turned away for asking too often does not ask again', async () => {
  const server = await openNarratedServer(database.url);
  const lesson = await begunLesson(server);
  server.ada.joinsVoice(server.room);
  server.twin.voice.refuse(VoiceCloseCodes.RateLimited);
  expect(await join(server, lesson)).toContain(unreachable(server.room));
  expect(server.twin.voice.closed()).toEqual([VoiceCloseCodes.RateLimited]);
});

test('close code 4017 in the middle: one line, and no further try', async () => {
  const server = await openNarratedServer(database.url);
  const lesson = await joinedLesson(server);
  const required = VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired;
  server.twin.voice.refuse(required);
  server.twin.voice.close(required);
  await until(() => lesson.last().content.startsWith(encryption(server.room)));
  expect(isIn(server)).toBe(false);
  expect(lesson.messages().filter(({ content }) => content.startsWith(encryption(server.room)))).toHaveLength(1);
});

test('without keys nothing is said, neither aloud nor in clear', async () => {
  const server = await openNarratedServer(database.url, { timing: { keysMs: 700 } });
  const lesson = await begunLesson(server);
  server.ada.joinsVoice(server.room);
  server.twin.voice.withholdKeys();
  expect(await join(server, lesson)).toContain(encryption(server.room));
  expect(server.twin.voice.frames().filter(({ isSilence }) => !isSilence)).toEqual([]);
  expect(isIn(server)).toBe(false);
});

test('when everybody but the tutor has left for a moment, it says nothing in clear, and nothing is lost', async () => {
  const server = await openNarratedServer(database.url, { timing: { emptyMs: 4_000 } });
  const { ada, room, tones, twin } = server;
  const lesson = await joinedLesson(server);
  tones.seconds = 1;
  server.answers.message = 'This is the first thing to know. This is the second thing to know. And this is all of it.';
  await lesson.says('why is that?');
  await until(() => server.heardBy(ada).includes('This is the first thing to know.'));
  ada.leavesVoice();
  await until(() => twin.voice.memberIds(room).length === 1);
  await until(() => server.isQuiet());
  ada.joinsVoice(room);
  await server.hears(ada, 'And this is all of it.');
  expect(server.heardBy(ada)).toContain('This is the second thing to know.');
  expect(twin.voice.frames().filter(({ isPrivate, isSilence }) => !isPrivate && !isSilence)).toEqual([]);
});

test('what nobody can read costs the connection, not the process', async () => {
  const server = await openNarratedServer(database.url);
  await joinedLesson(server);
  server.tones.seconds = 1;
  await until(() => server.heardBy(server.ada).length > 0);
  server.twin.voice.babble();
  await until(
    () => server.twin.voice.connections().some(({ ready }) => !ready) || server.twin.voice.connections().length === 0,
  );
  await until(() => server.twin.voice.connections().some(({ connected, ready }) => connected && ready));
  const heard = server.heardBy(server.ada).length;
  await until(() => server.heardBy(server.ada).length > heard + 1);
});

test('a recorder that breaks is said in one line, and not tried for ever', async () => {
  const tones = toneSpeech();
  let tries = 0;
  const broken: typeof recorder = {
    ...recorder,
    async *packets(pcm) {
      tries += 1;
      for await (const packet of recorder.packets(pcm)) {
        yield packet;
        throw new Error('the recorder is broken, as the test wants it');
      }
    },
  };
  const narration = {
    ...{ speech: tones, budgets: NO_BUDGETS, loadRecorder: async () => broken, timing: QUICK },
    hear: (onNews: (id: string) => void) => hearNews(database.url, NEWS_CHANNEL, onNews),
  };
  const server = await openNarratedServer(database.url, { connect: { narration } });
  const lesson = await joinedLesson(server);
  await until(() => lesson.last().content.startsWith('My voice does not work just now'));
  expect(tries).toBe(2);
  expect(isIn(server)).toBe(true);
});
