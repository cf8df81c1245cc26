import { Readable } from 'node:stream';
import type { AudioPlayer, VoiceConnection } from '@discordjs/voice';
import { hasKeys, keysAgreed } from './keys.ts';

/** What is played on a connection to a voice channel. */

/** Loaded when the first voice channel is joined: it costs time and memory. */
export const library = () => import('@discordjs/voice');
export type Library = Awaited<ReturnType<typeof library>>;

export interface Playing {
  /** True when all was heard. False when the signal cut it, when its sound broke off, or when this is closed. One at a time. */
  play(packets: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean>;
  /** What is being played waits for as long as one of the reasons lasts. */
  pause(reason: 'typing' | 'muted', isPaused: boolean): void;
  close(): void;
}

interface PlayingOptions {
  /** How long its members may take to agree on keys, again. */
  keysMs: number;
  onKeyless(): void;
  complain(error: unknown): void;
}

/** While an engine takes its time within a sentence: half a minute of silence. */
const MISSED_FRAMES = 1_500;

export function openPlaying(
  { createAudioPlayer, NoSubscriberBehavior, ...voice }: Library,
  connection: VoiceConnection,
  { keysMs, onKeyless, complain }: PlayingOptions,
): Playing {
  const player = createAudioPlayer({
    behaviors: { noSubscriber: NoSubscriberBehavior.Pause, maxMissedFrames: MISSED_FRAMES },
  });
  player.on('error', complain);
  connection.subscribe(player);
  const closing = new AbortController();
  const holds = new Set<'typing' | 'muted' | 'keys'>();
  const hold = (reason: 'typing' | 'muted' | 'keys', isHeld: boolean) => {
    if (isHeld) holds.add(reason);
    else holds.delete(reason);
    obey(player, holds.size > 0);
  };
  const waitForKeys = () => {
    if (holds.has('keys')) return;
    hold('keys', true);
    void keysAgreed(connection, keysMs).then((agreed) => (agreed ? hold('keys', false) : onKeyless()));
  };
  player.on('stateChange', () => obey(player, holds.size > 0));
  connection.on('stateChange', (_, now) => {
    if (now.status === 'ready' && !hasKeys(connection)) waitForKeys();
  });
  privately(connection, { waitForKeys, complain });
  /** False: it was not sent, and is to be played like the others. */
  const sendNow = (packet: Buffer) =>
    holds.size === 0 && connection.prepareAudioPacket(packet) !== undefined && connection.dispatchAudio() === true;
  return {
    play: (packets, signal) => play({ voice, player, sendNow, packets, signal, closing: closing.signal }),
    pause: hold,
    close() {
      closing.abort();
      player.stop(true);
    },
  };
}

/**
 * Without keys, which may be gone at any time, a packet would go out in clear and be heard by nobody; and one that cannot
 * be encrypted would end the process, thrown where nobody can catch it.
 */
function privately(
  connection: VoiceConnection,
  { waitForKeys, complain }: { waitForKeys(): void; complain(error: unknown): void },
): void {
  const prepare = connection.prepareAudioPacket.bind(connection);
  connection.prepareAudioPacket = (packet) => {
    try {
      if (hasKeys(connection)) return prepare(packet);
      if (connection.state.status === 'ready') waitForKeys();
    } catch (error) {
      complain(error);
    }
    return undefined;
  };
}

function obey(player: AudioPlayer, isHeld: boolean): void {
  if (isHeld && player.state.status === 'playing') player.pause();
  else if (!isHeld && player.state.status === 'paused') player.unpause();
}

interface Play {
  voice: Pick<Library, 'AudioPlayerStatus' | 'StreamType' | 'createAudioResource'>;
  player: AudioPlayer;
  sendNow(packet: Buffer): boolean;
  packets: AsyncIterable<Uint8Array>;
  signal: AbortSignal;
  closing: AbortSignal;
}

async function play({ voice, player, sendNow, packets, signal, closing }: Play): Promise<boolean> {
  if (signal.aborted || closing.aborted) return false;
  let isWhole = false;
  const stream = Readable.from(
    (async function* () {
      // The player sends what it is given a cycle of 20 ms later: the first packet would be late by that.
      let isSent = false;
      for await (const bytes of packets) {
        const packet = Buffer.from(bytes);
        if (isSent || !sendNow(packet)) yield packet;
        isSent = true;
      }
      isWhole = true;
    })(),
    { objectMode: true },
  );
  const idle = new Promise<void>((resolve) => player.once(voice.AudioPlayerStatus.Idle, () => resolve()));
  // Some frames of silence follow what is cut, or what hears it would make up how it goes on.
  const cut = () => player.stop(player.state.status !== 'playing');
  signal.addEventListener('abort', cut);
  player.play(voice.createAudioResource(stream, { inputType: voice.StreamType.Opus }));
  await idle;
  signal.removeEventListener('abort', cut);
  return isWhole && !signal.aborted && !closing.aborted;
}
