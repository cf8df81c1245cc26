import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { describe, expect, test } from 'vitest';
import { NO_BUDGETS } from '../../../src/core/budget.ts';
import type { SpeechFailure } from '../../../src/core/ports.ts';
import { NEWS_CHANNEL } from '../../../src/db/narrations.ts';
import { hearNews } from '../../../src/db/news.ts';
import { recorder } from '../../../src/external/speech/recorder.ts';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { answerTo, openDiscordServer } from '../../support/discord-lesson.ts';
import { begunLesson, joinedLesson, type NarratedServer, openNarratedServer, QUICK } from '../../support/narration.ts';
import { toneSpeech } from '../../support/tones.ts';
import { BOT_PERMISSIONS } from '../../twins/discord/permissions.ts';

/** Whatever keeps the tutor from being heard is said in a line, and what it writes comes as always. */

const database = useDatabase();

const isIn = ({ twin, room }: NarratedServer) => twin.voice.memberIds(room).includes(twin.botId);
const isNarrated = async ({ runtime, guild }: NarratedServer) =>
  (await runtime.db.selectFrom('narrations').selectAll().where('server', '=', guild.id).execute()).length > 0;

describe('the tutor does not come', () => {
  const { Connect, Speak } = PermissionFlagsBits;
  const mention = ({ room }: NarratedServer) => `<#${room.id}>`;
  test.each<[string, (server: NarratedServer) => void, (server: NarratedServer) => string]>([
    ['to who is in no channel', () => {}, () => 'Join a voice channel of this server first; then I come to you.'],
    [
      'into a full channel',
      (server) => {
        server.room = server.guild.addChannel({ name: 'Booth', type: ChannelType.GuildVoice, userLimit: 1 });
        server.ada.joinsVoice(server.room);
      },
      (server) =>
        `${mention(server)} is full, so I could not come. Try another channel, or ask an admin for more room.`,
    ],
    [
      'where it may not connect',
      ({ ada, room }) => {
        room.setBotPermissions(BOT_PERMISSIONS & ~Connect);
        ada.joinsVoice(room);
      },
      (server) => `I need these permissions in ${mention(server)}: Connect. An admin can switch them on.`,
    ],
    [
      'where it may not speak',
      ({ ada, room, guild }) => {
        guild.setBotPermissions(BOT_PERMISSIONS & ~Speak);
        ada.joinsVoice(room);
      },
      (server) => `I need these permissions in ${mention(server)}: Speak. An admin can switch them on.`,
    ],
    [
      'onto a stage',
      (server) => {
        server.room = server.guild.addChannel({ name: 'Stage', type: ChannelType.GuildStageVoice });
        server.ada.joinsVoice(server.room);
      },
      (server) => `I need these permissions in ${mention(server)}: Speak. An admin can switch them on.`,
    ],
    [
      'where its encryption is not good enough',
      ({ ada, room, twin }) => {
        twin.voice.refuse(VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired);
        ada.joinsVoice(room);
      },
      (server) => `${mention(server)} wants an encryption that I could not agree on, so I could not come.`,
    ],
    [
      'where it is turned away again and again',
      ({ ada, room, twin }) => {
        twin.voice.refuse(VoiceCloseCodes.SessionNoLongerValid);
        ada.joinsVoice(room);
      },
      (server) => `I could not connect to ${mention(server)}. Try again in a moment`,
    ],
  ])('%s', async (_, prepare, line) => {
    const server = await openNarratedServer(database.url, { timing: { firstMs: 4_000 } });
    const lesson = await begunLesson(server);
    prepare(server);
    const answer = await answerTo(server.ada.runs(lesson, 'tutor voice', { speak: 'join' }));
    expect(answer).toContain(line(server));
    expect(isIn(server)).toBe(false);
    expect(await isNarrated(server)).toBe(false);
    await lesson.says('why is that?');
    expect(lesson.last().content).toContain('This is so. Yes.');
  });
});

test('a voice server that does not come back is waited for, but not for ever', async () => {
  const server = await openNarratedServer(database.url, { timing: { againMs: 1_000 } });
  const lesson = await joinedLesson(server);
  server.twin.voice.loseServer(server.guild);
  await until(() => lesson.last().content.startsWith(`I could not connect to <#${server.room.id}>.`));
  expect(isIn(server)).toBe(false);
  await until(async () => !(await isNarrated(server)));
  await lesson.says('why is that?');
  expect(lesson.last().content).toContain('This is so. Yes.');
});

test('nobody comes where speech is switched off', async () => {
  const server = await openDiscordServer(database.url);
  const used = server.ada.runs(server.channel, 'tutor voice', { speak: 'join' });
  expect(await answerTo(used)).toBe('I cannot speak yet; everything works in text.');
});

describe('its voice fails', () => {
  const GOES_ON = 'so I go on in writing';
  test.each<[SpeechFailure['reason'], string]>([
    ['quota', `My voice has used up what its service allows for now, ${GOES_ON}.`],
    ['unknown_voice', `The voice that is set for me is not known to its service, ${GOES_ON}.`],
  ])('for good: %s', async (reason, line) => {
    const server = await openNarratedServer(database.url);
    const lesson = await joinedLesson(server);
    server.tones.before = () => reason;
    await lesson.says('why is that?');
    await until(() => lesson.messages().some(({ content }) => content.startsWith(line)));
    await until(() => !isIn(server));
    expect(lesson.messages().filter(({ content }) => content.includes(GOES_ON))).toHaveLength(1);
    expect(lesson.messages().some(({ content }) => content.includes('This is so. Yes.'))).toBe(true);
    await until(async () => !(await isNarrated(server)));
  });

  test('for a while: the text is there, and the next reply is heard again', async () => {
    const server = await openNarratedServer(database.url);
    const lesson = await joinedLesson(server);
    server.tones.before = () => 'unavailable';
    await lesson.says('why is that?');
    const line = 'My voice does not work just now, so read this one here. I try again with the next message.';
    await until(() => lesson.last().content === line);
    await lesson.says('why is it so?');
    await until(() => server.tones.asked.filter((text) => text === 'This is so.').length >= 4);
    server.tones.before = () => null;
    server.answers.message = 'Now you hear me again.';
    await lesson.says('why is that, then?');
    await server.hears(server.ada, 'Now you hear me again.');
    expect(lesson.messages().filter(({ content }) => content === line)).toHaveLength(1);
    expect(lesson.messages().filter(({ content }) => content.includes('This is so. Yes.'))).toHaveLength(2);
  });

  test('it has none for the language', async () => {
    const server = await openNarratedServer(database.url);
    server.tones.voiceFor = async () => null;
    const lesson = await joinedLesson(server);
    await until(() => lesson.last().content === `I have no voice for the language of this lesson, ${GOES_ON}.`);
    await until(() => !isIn(server));
  });

  test('the month’s budget is used up', async () => {
    const tones = toneSpeech();
    const narration = {
      ...{ speech: tones, budgets: { ...NO_BUDGETS, workspaceMonth: 0.0005 }, loadRecorder: async () => recorder },
      ...{ timing: QUICK, hear: (onNews: (id: string) => void) => hearNews(database.url, NEWS_CHANNEL, onNews) },
    };
    const server = await openNarratedServer(database.url, { connect: { narration } });
    const lesson = await joinedLesson(server);
    await until(() =>
      lesson.last().content.startsWith('The budget of this place for the month is used up, so I go on'),
    );
    expect(tones.asked).toEqual([]);
  });
});

test('what is said is on record, with its characters, seconds and cost', async () => {
  const server = await openNarratedServer(database.url);
  const lesson = await joinedLesson(server);
  server.answers.message = 'Nobody has said exactly this.';
  await lesson.says('why is that?');
  await server.hears(server.ada, 'Nobody has said exactly this.');
  const rows = await server.runtime.db
    .selectFrom('usage')
    .innerJoin('lessons', 'lessons.id', 'usage.lesson_id')
    .select(['agent', 'model', 'characters', 'seconds', 'cost'])
    .where('thread_id', '=', lesson.id)
    .where('characters', '=', 'Nobody has said exactly this.'.length)
    .where('agent', '=', 'speech')
    .execute();
  expect(rows).toEqual([{ agent: 'speech', model: 'en-US-tone', characters: 29, seconds: 0.5, cost: 0.001 }]);
});
