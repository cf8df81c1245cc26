/** The real voice client for a plain bot, and something for it to say. */
import { Readable } from 'node:stream';
import { GatewayDispatchEvents, type GatewaySendPayload } from '@discordjs/core';
import {
  type AudioPlayer,
  type CreateVoiceConnectionOptions,
  createAudioPlayer,
  createAudioResource,
  type JoinVoiceChannelOptions,
  joinVoiceChannel,
  StreamType,
  type VoiceConnection,
} from '@discordjs/voice';
import { WebSocketShardEvents } from '@discordjs/ws';
import { Encoder } from '@evan/opus/wasm/index.mjs';
import type { PlainBot } from '../client.ts';

const SAMPLE_RATE = 48_000;
const FRAME = SAMPLE_RATE / 50;
const LOUDNESS = 0.3;

/** Asks for a voice channel as a bot does; whether it gets in shows later. */
export function joins(
  bot: PlainBot,
  botId: string,
  guild: { id: string },
  channel: { id: string },
  more: Partial<CreateVoiceConnectionOptions & JoinVoiceChannelOptions> = {},
): VoiceConnection {
  return joinVoiceChannel({
    ...{ guildId: guild.id, channelId: channel.id, group: guild.id, selfDeaf: true },
    adapterCreator(methods) {
      bot.gateway.on(WebSocketShardEvents.Dispatch, (payload) => {
        if (payload.t === GatewayDispatchEvents.VoiceServerUpdate) methods.onVoiceServerUpdate(payload.d);
        const isOwn = payload.t === GatewayDispatchEvents.VoiceStateUpdate && payload.d.user_id === botId;
        if (isOwn) methods.onVoiceStateUpdate(payload.d);
      });
      return {
        sendPayload(payload: GatewaySendPayload) {
          // Op 4, as the client makes it; when the gateway is away it gets nowhere, and the client is told so.
          void Promise.resolve(bot.gateway.send(0, payload)).catch(() => {});
          return true;
        },
        destroy() {},
      };
    },
    ...more,
  });
}

/** Begins to play a tone of so many seconds. */
export function playsTone(connection: VoiceConnection, seconds: number): AudioPlayer {
  const player = createAudioPlayer();
  connection.subscribe(player);
  player.play(createAudioResource(Readable.from(tone(seconds)), { inputType: StreamType.Opus }));
  return player;
}

/** 440 Hz as packets of Opus. */
function tone(seconds: number): Buffer[] {
  const encoder = new Encoder({ channels: 1, sample_rate: SAMPLE_RATE, application: 'voip' });
  const frames = Array.from({ length: Math.round(seconds * 50) }, (_, index) =>
    Buffer.from(encoder.encode(Int16Array.from({ length: FRAME }, (_, at) => wave(index * FRAME + at)))),
  );
  encoder.drop();
  return frames;
}

function wave(sample: number): number {
  return Math.round(LOUDNESS * 32_767 * Math.sin((2 * Math.PI * 440 * sample) / SAMPLE_RATE));
}
