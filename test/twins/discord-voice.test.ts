import { ChannelType, GatewayDispatchEvents, GatewayIntentBits, GatewayOpcodes } from '@discordjs/core';
import { AudioPlayerStatus, entersState, type VoiceConnection, VoiceConnectionStatus } from '@discordjs/voice';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/classroom.ts';
import { ALL_INTENTS, plainApi, plainBot, refusalOf } from './discord/client.ts';
import { BOT_PERMISSIONS } from './discord/permissions.ts';
import { type DiscordTwin, type DiscordTwinOptions, startDiscordTwin } from './discord/twin.ts';
import { joins, playsTone } from './discord/voice/bot.ts';
import { soundOf } from './discord/voice/sound.ts';

/** The twin's voice channels, as the real voice client lives with them. */

const { VoiceStateUpdate, VoiceServerUpdate, TypingStart } = GatewayDispatchEvents;
const { Ready, Signalling, Disconnected, Destroyed } = VoiceConnectionStatus;
const INTENTS =
  ALL_INTENTS |
  GatewayIntentBits.GuildVoiceStates |
  GatewayIntentBits.GuildMessageTyping |
  GatewayIntentBits.DirectMessageTyping;
const CONNECT = 1n << 20n;
const SPEAK = 1n << 21n;
const MUTE_MEMBERS = 1n << 22n;
const MOVE_MEMBERS = 1n << 24n;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function openSchool(options: DiscordTwinOptions & { userLimit?: number } = {}) {
  const twin = await startDiscordTwin(options);
  endings.push(() => twin.close());
  twin.voice.trust();
  const guild = twin.addGuild({ name: 'School' });
  const { userLimit = 0 } = options;
  const channel = guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice, userLimit });
  const [ada, ben] = [guild.addMember({ name: 'Ada' }), guild.addMember({ name: 'Ben' })];
  const bot = plainBot(twin, { intents: INTENTS });
  endings.push(() => bot.gateway.destroy());
  await bot.gateway.connect();
  await bot.hears(GatewayDispatchEvents.GuildCreate);
  const closed: number[] = [];
  const join = (more: Parameters<typeof joins>[4] = {}) => {
    const connection = joins(bot, twin.botId, guild, channel, more);
    connection.on('stateChange', (_, now) => {
      if (now.status === Disconnected && 'closeCode' in now) closed.push(Number(now.closeCode));
    });
    endings.push(() => connection.state.status !== Destroyed && connection.destroy());
    return connection;
  };
  return { twin, guild, channel, ada, ben, bot, join, closed };
}

/** So many share the keys of a channel. */
async function agree(twin: DiscordTwin, channel: { id: string }, count: number): Promise<void> {
  await until(() => twin.voice.group(channel).settled && twin.voice.group(channel).memberIds.length === count);
}

async function isReady(connection: VoiceConnection): Promise<void> {
  await entersState(connection, Ready, 5_000);
}

async function says(connection: VoiceConnection, seconds: number): Promise<void> {
  const player = playsTone(connection, seconds);
  await entersState(player, AudioPlayerStatus.Playing, 5_000);
  await entersState(player, AudioPlayerStatus.Idle, 10_000);
}

describe('a bot in a voice channel', () => {
  test('is heard by who is there, and by nobody on the way', async () => {
    const { twin, channel, ada, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    await agree(twin, channel, 2);
    await says(connection, 2);
    await until(() => twin.voice.heardBy(ada).frames.some(({ isSilence }) => isSilence));
    const { frames, missed } = twin.voice.heardBy(ada);
    const { seconds, rms } = soundOf(frames);
    expect(seconds).toBeGreaterThan(1.9);
    expect(seconds).toBeLessThan(2.1);
    expect(rms).toBeCloseTo(0.21, 1);
    const numbers = frames.filter(({ isSilence }) => !isSilence).map(({ sequence }) => sequence);
    expect(numbers.map((each) => (each - (numbers[0] ?? 0)) & 0xffff)).toEqual([...numbers.keys()]);
    expect(missed).toEqual([]);
    const onTheWay = twin.voice.frames(channel).filter(({ isSilence }) => !isSilence);
    expect(onTheWay.every(({ isPrivate }) => isPrivate)).toBe(true);
    expect(onTheWay.map(({ opus }) => opus)).not.toContainEqual(frames[0]?.opus);
    expect(twin.violations).toEqual([]);
  });

  test('speaks unencrypted for as long as it is alone', async () => {
    const { twin, channel, join } = await openSchool();
    const connection = join();
    await isReady(connection);
    await says(connection, 0.2);
    const spoken = () => twin.voice.frames(channel).filter(({ isSilence }) => !isSilence);
    await until(() => spoken().length === 10);
    expect(spoken().some(({ isPrivate }) => isPrivate)).toBe(false);
    expect(soundOf(spoken()).seconds).toBeCloseTo(0.2);
    expect(twin.voice.group(channel)).toMatchObject({ memberIds: [], epoch: 0 });
  });

  test('shares keys with those who are there, whoever comes and goes', async () => {
    const { twin, channel, ada, ben, join } = await openSchool();
    const members = () => twin.voice.group(channel).memberIds.toSorted();
    ada.joinsVoice(channel);
    ben.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    await agree(twin, channel, 3);
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ben).frames).seconds > 0.15);
    ada.leavesVoice();
    await agree(twin, channel, 2);
    expect(members()).toEqual([twin.botId, ben.id].toSorted());
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ben).frames).seconds > 0.35);
    ben.leavesVoice();
    expect(twin.voice.group(channel)).toMatchObject({ memberIds: [], epoch: 0 });
    ada.joinsVoice(channel);
    await agree(twin, channel, 2);
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ada).frames).seconds > 0.35);
    expect(soundOf(twin.voice.heardBy(ben).frames).seconds).toBeCloseTo(0.4);
    expect(twin.voice.heardBy(ada).frames.every(({ isPrivate, isSilence }) => isPrivate || isSilence)).toBe(true);
    expect(twin.violations).toEqual([]);
  });

  test('is not heard where it may not speak, nor by who does not listen', async () => {
    const { twin, channel, ada, ben, bot, join } = await openSchool();
    ada.joinsVoice(channel, { selfDeaf: true });
    ben.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    await agree(twin, channel, 3);
    await says(connection, 0.2);
    await until(() => twin.voice.heardBy(ben).frames.length > 10);
    expect(twin.voice.heardBy(ada).frames).toEqual([]);
    channel.setBotPermissions(BOT_PERMISSIONS & ~SPEAK);
    const before = twin.voice.frames(channel).length;
    await says(connection, 0.2);
    await until(() => !twin.voice.connections()[0]?.speaking);
    expect(twin.voice.frames(channel)).toHaveLength(before);
    connection.rejoin({ ...connection.joinConfig, selfMute: true });
    await bot.hears(VoiceStateUpdate, ({ user_id, suppress }) => user_id === twin.botId && suppress);
  });
});

describe('a bot is muted', () => {
  test('by a moderator, in the whole guild, until they give it its voice back', async () => {
    const { twin, guild, channel, ada, bot, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    await agree(twin, channel, 2);
    expect(() => ada.mutesVoice({ id: twin.botId }, true)).toThrow('may not');
    const moderator = guild.addMember({ name: 'Max', permissions: BOT_PERMISSIONS | MUTE_MEMBERS });
    moderator.mutesVoice({ id: twin.botId }, true);
    await bot.hears(VoiceStateUpdate, ({ user_id, mute }) => user_id === twin.botId && mute);
    await says(connection, 0.2);
    await until(() => !twin.voice.connections()[0]?.speaking);
    expect(twin.voice.heardBy(ada).frames).toEqual([]);
    moderator.mutesVoice({ id: twin.botId }, false);
    await bot.hears(VoiceStateUpdate, ({ user_id, mute }) => user_id === twin.botId && !mute);
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ada).frames).seconds > 0.15);
  });
});

describe('a voice channel does not take a bot', () => {
  test.each([
    ['when it is full', { userLimit: 1, permissions: BOT_PERMISSIONS }],
    ['that may not connect', { userLimit: 0, permissions: BOT_PERMISSIONS & ~CONNECT }],
  ])('%s, and says nothing about it', async (_, { userLimit, permissions }) => {
    const { twin, channel, ada, bot, join } = await openSchool({ userLimit });
    channel.setBotPermissions(permissions);
    ada.joinsVoice(channel);
    const connection = join();
    // Whatever came before this has been heard by then.
    await bot.gateway.send(0, {
      op: GatewayOpcodes.VoiceStateUpdate,
      d: { guild_id: connection.joinConfig.guildId, channel_id: channel.id, self_mute: false, self_deaf: true },
    });
    ada.says({ id: ada.dm().id }, 'later');
    await bot.hears(GatewayDispatchEvents.MessageCreate, ({ content }) => content === 'later');
    expect(connection.state.status).toBe(Signalling);
    expect(bot.heard.some(({ name }) => name === VoiceServerUpdate)).toBe(false);
    expect(twin.voice.memberIds(channel)).toEqual([ada.id]);
  });

  test('that cannot encrypt from end to end', async () => {
    const { twin, join } = await openSchool();
    const connection = join({ daveEncryption: false });
    // The client takes it for something that another attempt could mend.
    await until(() => twin.voice.closed().length > 0);
    connection.destroy();
    expect(twin.voice.closed()[0]).toBe(VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired);
    expect(twin.voice.connections()).toEqual([]);
  });

  test('that a test wants to be refused', async () => {
    const { twin, join } = await openSchool();
    twin.voice.refuse(VoiceCloseCodes.ServerNotFound);
    const connection = join();
    await until(() => connection.rejoinAttempts > 0);
    twin.voice.refuse(null);
    await isReady(connection);
  });
});

describe('a bot is taken out of a voice channel', () => {
  test('by a moderator, and is told so', async () => {
    const { twin, guild, channel, ada, join, closed } = await openSchool();
    const connection = join();
    await isReady(connection);
    expect(() => ada.movesVoice({ id: twin.botId }, null)).toThrow('may not');
    const moderator = guild.addMember({ name: 'Max', permissions: BOT_PERMISSIONS | MOVE_MEMBERS });
    moderator.movesVoice({ id: twin.botId }, null);
    await entersState(connection, Disconnected, 5_000);
    expect(closed).toEqual([VoiceCloseCodes.Disconnected]);
    expect(twin.voice.memberIds(channel)).toEqual([]);
    expect(await refusalOf(plainApi(twin).voice.getVoiceState(guild.id))).toMatchObject({ status: 404, code: 10065 });
  });

  test('into another, where it is connected again', async () => {
    const { twin, guild, channel, ada, bot, join } = await openSchool();
    const other = guild.addChannel({ name: 'Other', type: ChannelType.GuildVoice });
    const connection = join();
    await isReady(connection);
    ada.joinsVoice(other);
    twin.voice.moveBot(guild, other);
    await bot.hears(VoiceStateUpdate, ({ channel_id, user_id }) => channel_id === other.id && user_id === twin.botId);
    await agree(twin, other, 2);
    await isReady(connection);
    expect(connection.joinConfig.channelId).toBe(other.id);
    expect(twin.voice.connections()).toMatchObject([{ channelId: other.id }]);
    expect(twin.voice.memberIds(channel)).toEqual([]);
  });

  test('when it is deleted, and asks for it in vain', async () => {
    const { twin, channel, ada, bot, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    channel.remove();
    await bot.hears(VoiceStateUpdate, ({ channel_id, user_id }) => channel_id === null && user_id === twin.botId);
    await entersState(connection, Signalling, 5_000);
    expect(twin.voice.closed()).toEqual([VoiceCloseCodes.CallTerminated]);
    expect(twin.voice.connections()).toEqual([]);
  });

  test('when it goes itself, or when its session ends', async () => {
    const { twin, channel, bot, join } = await openSchool();
    const first = join();
    await isReady(first);
    first.destroy();
    await until(() => twin.voice.memberIds(channel).length === 0);
    const second = join();
    await isReady(second);
    await bot.gateway.destroy();
    await until(() => twin.voice.memberIds(channel).length === 0);
    await entersState(second, Disconnected, 5_000);
  });
});

describe('a voice connection', () => {
  test.each<[string, (twin: DiscordTwin) => void]>([
    ['when its server has crashed', (twin) => twin.voice.close(VoiceCloseCodes.VoiceServerCrashed)],
    ['when it was cut', (twin) => twin.voice.drop()],
  ])('is resumed %s, with what was missed', async (_, harm) => {
    const { twin, channel, ada, ben, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    await agree(twin, channel, 2);
    harm(twin);
    ben.joinsVoice(channel);
    await agree(twin, channel, 3);
    await isReady(connection);
    expect(twin.voice.connections()).toMatchObject([{ resumed: 1 }]);
    // Who had missed something would have been removed and added once more.
    expect(twin.voice.group(channel).epoch).toBe(2);
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ben).frames).seconds > 0.15);
    expect(twin.violations).toEqual([]);
  });

  test('that cannot be resumed begins anew', async () => {
    const { twin, channel, ada, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    twin.voice.forget();
    await agree(twin, channel, 2);
    await isReady(connection);
    expect(twin.voice.connections()).toMatchObject([{ resumed: 0, connected: true }]);
    const { VoiceServerCrashed, SessionNoLongerValid } = VoiceCloseCodes;
    expect(twin.voice.closed()).toEqual([VoiceServerCrashed, SessionNoLongerValid]);
  });

  test('goes to another server when there is one', async () => {
    const { twin, guild, channel, ada, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await isReady(connection);
    twin.voice.loseServer(guild);
    await entersState(connection, Disconnected, 5_000);
    twin.voice.changeServer(guild);
    await isReady(connection);
    await agree(twin, channel, 2);
    twin.voice.changeServer(guild);
    await until(() => twin.voice.connections().every(({ ready }) => ready) && connection.state.status === Ready);
    await says(connection, 0.2);
    await until(() => soundOf(twin.voice.heardBy(ada).frames).seconds > 0.15);
  });

  test('lives on heartbeats, and begins anew without them', async () => {
    const { twin, join } = await openSchool({ voiceHeartbeatMs: 60, silentIntervals: 100 });
    const connection = join();
    await isReady(connection);
    await until(() => connection.ping.ws !== undefined);
    twin.voice.muteHeartbeats(true);
    await until(() => twin.voice.connections().some(({ resumed }) => resumed > 0));
    twin.voice.muteHeartbeats(false);
    await isReady(connection);
  });
});

describe('a bot is told', () => {
  test('who is in which voice channel, as far as it sees it', async () => {
    const { twin, guild, channel, ada, bot } = await openSchool();
    const hidden = guild.addChannel({ name: 'Staff', type: ChannelType.GuildVoice });
    hidden.setBotPermissions(0n);
    ada.joinsVoice(channel, { selfMute: true });
    const { data } = await bot.hears(VoiceStateUpdate);
    expect(data).toMatchObject({ guild_id: guild.id, channel_id: channel.id, user_id: ada.id, self_mute: true });
    const api = plainApi(twin);
    expect(await api.voice.getUserVoiceState(guild.id, ada.id)).toMatchObject({ channel_id: channel.id });
    guild.inviteBot();
    const { data: whole } = await bot.hears(GatewayDispatchEvents.GuildCreate, (each) => each.voice_states.length > 0);
    expect(whole).toMatchObject({ voice_states: [{ user_id: ada.id, channel_id: channel.id }] });
    expect(whole.channels.find(({ id }) => id === hidden.id)).toBeUndefined();
    ada.joinsVoice(hidden);
    await bot.hears(VoiceStateUpdate, ({ channel_id }) => channel_id === null);
    expect(await refusalOf(api.voice.getUserVoiceState(guild.id, ada.id))).toMatchObject({ code: 50013 });
    expect(await refusalOf(api.voice.getVoiceState(guild.id))).toMatchObject({ status: 404, code: 10065 });
  });

  test('who writes', async () => {
    const { guild, ada, bot } = await openSchool();
    const text = guild.addChannel({ name: 'maths' });
    ada.types(text);
    const { data } = await bot.hears(TypingStart);
    expect(data).toMatchObject({ channel_id: text.id, guild_id: guild.id, user_id: ada.id });
    ada.types(ada.dm());
    await bot.hears(TypingStart, ({ channel_id, guild_id }) => channel_id === ada.dm().id && guild_id === undefined);
  });
});
