import { ChannelType, GatewayDispatchEvents, GatewayIntentBits } from '@discordjs/core';
import { AudioPlayerStatus, entersState, VoiceConnectionStatus } from '@discordjs/voice';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/classroom.ts';
import { ALL_INTENTS, plainBot } from './discord/client.ts';
import { type DiscordTwinOptions, startDiscordTwin } from './discord/twin.ts';
import { joins, playsTone } from './discord/voice/bot.ts';
import { soundOf } from './discord/voice/sound.ts';

/** The twin's voice channels, as the real voice client lives with them. */

const INTENTS =
  ALL_INTENTS |
  GatewayIntentBits.GuildVoiceStates |
  GatewayIntentBits.GuildMessageTyping |
  GatewayIntentBits.DirectMessageTyping;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

async function openSchool(options: DiscordTwinOptions = {}) {
  const twin = await startDiscordTwin(options);
  endings.push(() => twin.close());
  twin.voice.trust();
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice, userLimit: 2 });
  const ada = guild.addMember({ name: 'Ada' });
  const bot = plainBot(twin, { intents: INTENTS });
  endings.push(() => bot.gateway.destroy());
  await bot.gateway.connect();
  await bot.hears(GatewayDispatchEvents.GuildCreate);
  const join = (more = {}) => {
    const connection = joins(bot, twin.botId, guild, channel, more);
    endings.push(() => connection.state.status !== VoiceConnectionStatus.Destroyed && connection.destroy());
    return connection;
  };
  return { twin, guild, channel, ada, bot, join };
}

describe('a bot in a voice channel', () => {
  test('connects, and a person hears what it says', async () => {
    const { twin, channel, ada, join } = await openSchool();
    ada.joinsVoice(channel);
    const connection = join();
    await entersState(connection, VoiceConnectionStatus.Ready, 5_000);
    await until(() => twin.voice.group(channel).memberIds.length === 2);
    const player = playsTone(connection, 2);
    await entersState(player, AudioPlayerStatus.Playing, 5_000);
    await entersState(player, AudioPlayerStatus.Idle, 10_000);
    const { frames, missed } = twin.voice.heardBy(ada);
    const { seconds, rms } = soundOf(frames);
    expect(seconds).toBeCloseTo(2, 1);
    expect(rms).toBeCloseTo(0.21, 1);
    expect(missed).toEqual([]);
    expect(twin.violations).toEqual([]);
  });
});
