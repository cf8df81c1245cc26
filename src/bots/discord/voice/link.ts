import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  AudioPlayer,
  DiscordGatewayAdapterCreator,
  VoiceConnection,
  VoiceConnectionState,
} from '@discordjs/voice';
import { type Logger, seldom } from '../../../log.ts';

/** The connection to a voice channel. Discord's own client keeps it, resumes it, and encrypts from end to end. */

/** encryption: Discord takes nobody there who cannot do it · unreachable: however often it was tried. */
export type LinkFailure = 'encryption' | 'unreachable';

export interface LinkOptions {
  guildId: string;
  channelId: string;
  /** Connections of one bot; each has one in a server. */
  group: string;
  adapter: DiscordGatewayAdapterCreator;
  log: Logger;
  /** How long it may take until it is connected: at first, and when it broke. */
  patience: { firstMs: number; againMs: number };
  /** It cannot be had back. Not called after `close`. */
  onGone(failure: LinkFailure): void;
}

export interface Link {
  /** True when all was heard. False when the signal cut it, or the link is gone. One at a time. */
  play(packets: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean>;
  /** What is being played waits. */
  pause(isPaused: boolean): void;
  goTo(channelId: string): void;
  /** Leaves the channel. Safe to call twice. */
  close(): void;
}

const ENCRYPTION_REQUIRED = 4017;
/** Each is followed by another try at once: more of them would only use up what the gateway takes in a minute. */
const MOST_CLOSES = 5;
/** An answer that does not come is asked for again. */
const AGAIN_MS = 5_000;
/** Members agree on keys within a second; who cannot is no reason to be silent for ever. */
const KEYS_MS = 5_000;
/** While an engine takes its time within a sentence: half a minute of silence. */
const MISSED_FRAMES = 1_500;

/** Loaded when the first voice channel is joined: it costs time and memory. */
const library = () => import('@discordjs/voice');
type Library = Awaited<ReturnType<typeof library>>;

/** Resolves when it is connected, and the members of the channel have agreed on keys; or with why not. */
export async function openLink(options: LinkOptions): Promise<Link | LinkFailure> {
  const voice = await library();
  const { guildId, channelId, group, adapter: adapterCreator, log } = options;
  const connection = voice.joinVoiceChannel({ guildId, channelId, group, adapterCreator, selfDeaf: true });
  const complain = seldom(log, 'a voice connection broke', { everyMs: 5_000 });
  connection.on('error', complain);
  const player = openPlayer(voice, connection, complain);
  const ready = Promise.withResolvers<LinkFailure | null>();
  const watch = watchConnection(connection, options, {
    onReady: () => ready.resolve(null),
    onGone(failure) {
      close();
      ready.resolve(failure);
    },
  });
  const close = () => {
    watch.stop();
    player.close();
    if (connection.state.status !== voice.VoiceConnectionStatus.Destroyed) connection.destroy();
  };
  const failure = await ready.promise;
  if (failure) return failure;
  await keysAgreed(connection);
  watch.isOpen = true;
  return { play: player.play, pause: player.pause, goTo: watch.goTo, close };
}

interface Watch {
  /** From now on `onGone` of the options hears of it. */
  isOpen: boolean;
  goTo(channelId: string): void;
  stop(): void;
}

/** Gives the connection up when it is not ready for too long, and asks again meanwhile. */
function watchConnection(
  connection: VoiceConnection,
  { guildId, log, patience, onGone }: LinkOptions,
  told: { onReady(): void; onGone(failure: LinkFailure): void },
): Watch {
  const watched = new WeakSet<object>();
  let since: number | null = performance.now();
  let closes = 0;
  const give = (failure: LinkFailure) => {
    const { isOpen } = watch;
    told.onGone(failure);
    if (isOpen) onGone(failure);
  };
  const onState = (_: unknown, now: VoiceConnectionState) => {
    if ('networking' in now && now.networking && !watched.has(now.networking)) {
      watched.add(now.networking);
      now.networking.once('close', (code: number) => {
        log.info({ guildId, code }, 'a voice connection was closed');
        closes += 1;
        if (code === ENCRYPTION_REQUIRED) give('encryption');
        else if (closes > MOST_CLOSES) give('unreachable');
      });
    }
    if (now.status === 'ready') {
      since = null;
      closes = 0;
      told.onReady();
    } else since ??= performance.now();
  };
  const ask = setInterval(
    () => {
      if (since === null) return;
      const waited = performance.now() - since;
      if (waited > (watch.isOpen ? patience.againMs : patience.firstMs)) give('unreachable');
      else if (waited >= AGAIN_MS) connection.rejoin();
    },
    Math.min(AGAIN_MS, patience.firstMs),
  ).unref();
  const watch: Watch = {
    isOpen: false,
    goTo: (channelId) => void connection.rejoin({ ...connection.joinConfig, channelId }),
    stop() {
      clearInterval(ask);
      connection.off('stateChange', onState);
    },
  };
  connection.on('stateChange', onState);
  return watch;
}

interface Playing extends Pick<Link, 'play' | 'pause'> {
  close(): void;
}

function openPlayer(voice: Library, connection: VoiceConnection, complain: (error: unknown) => void): Playing {
  const { createAudioPlayer, NoSubscriberBehavior } = voice;
  const player = createAudioPlayer({
    behaviors: { noSubscriber: NoSubscriberBehavior.Pause, maxMissedFrames: MISSED_FRAMES },
  });
  player.on('error', complain);
  connection.subscribe(player);
  const closing = new AbortController();
  const holds = new Set<'asked' | 'keys'>();
  const hold = (reason: 'asked' | 'keys', isHeld: boolean) => {
    if (isHeld) holds.add(reason);
    else holds.delete(reason);
    obey(player, holds.size > 0);
  };
  player.on('stateChange', () => obey(player, holds.size > 0));
  // What is said before the keys are there reaches nobody, and is not encrypted for them.
  connection.on('stateChange', (before, now) => {
    if (now.status !== 'ready' || before.status === 'ready' || hasKeys(connection)) return;
    hold('keys', true);
    void keysAgreed(connection).then(() => hold('keys', false));
  });
  /** False: it was not sent, and is to be played like the others. */
  const sendNow = (packet: Buffer) =>
    holds.size === 0 && connection.prepareAudioPacket(packet) !== undefined && connection.dispatchAudio() === true;
  return {
    play: (packets, signal) => play(voice, { player, sendNow }, packets, AbortSignal.any([signal, closing.signal])),
    pause: (isPaused) => hold('asked', isPaused),
    close() {
      closing.abort();
      player.stop(true);
    },
  };
}

function obey(player: AudioPlayer, isHeld: boolean): void {
  if (isHeld && player.state.status === 'playing') player.pause();
  else if (!isHeld && player.state.status === 'paused') player.unpause();
}

async function play(
  voice: Library,
  { player, sendNow }: { player: AudioPlayer; sendNow(packet: Buffer): boolean },
  packets: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
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
  const cut = () => player.stop(true);
  signal.addEventListener('abort', cut);
  player.play(voice.createAudioResource(stream, { inputType: voice.StreamType.Opus }));
  await idle;
  signal.removeEventListener('abort', cut);
  return isWhole && !signal.aborted;
}

/** Whether what is sent now can be read by the members of the channel, and by nobody else. */
function hasKeys({ state }: VoiceConnection): boolean {
  if (state.status !== 'ready') return false;
  const inside = state.networking.state;
  if (!('dave' in inside) || !inside.dave) return true;
  return inside.dave.protocolVersion === 0 || inside.dave.session?.ready === true;
}

async function keysAgreed(connection: VoiceConnection): Promise<void> {
  const since = performance.now();
  while (!hasKeys(connection) && performance.now() - since < KEYS_MS) {
    if (connection.state.status === 'destroyed') return;
    await delay(20);
  }
}
