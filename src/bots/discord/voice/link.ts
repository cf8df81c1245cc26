import type {
  DiscordGatewayAdapterCreator,
  VoiceConnection,
  VoiceConnectionReadyState,
  VoiceConnectionState,
} from '@discordjs/voice';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { type Logger, seldom } from '../../../log.ts';
import { keysAgreed } from './keys.ts';
import { library, openPlaying, type Playing } from './playing.ts';

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
  /** How long it may take until it is connected, at first and when it broke, and until there are keys. */
  patience: { firstMs: number; againMs: number; keysMs: number };
  /** It cannot be had back. Not called after `close`. */
  onGone(failure: LinkFailure): void;
}

export interface Link extends Pick<Playing, 'play' | 'pause'> {
  goTo(channelId: string): void;
  /** Leaves the channel. Safe to call twice. */
  close(): void;
}

/** To come back would not help, or is not wanted. */
const FINAL: Readonly<Record<number, LinkFailure>> = {
  [VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired]: 'encryption',
  [VoiceCloseCodes.RateLimited]: 'unreachable',
};
/**
 * After each break the client tries again at once. What breaks more often than this in a minute will go on to, and would
 * use up what the gateway takes.
 */
const MOST_BREAKS = 8;
const BREAKS_WITHIN_MS = 60_000;
/** An answer that does not come is asked for again. */
const AGAIN_MS = 5_000;
const LOOK_MS = 250;
/** With these we hang up. */
const UNREADABLE = 1_007;
const STALLED = 1_001;

type Networking = VoiceConnectionReadyState['networking'];

/** Resolves when it is connected, and the members of the channel have agreed on keys; or with why not. */
export async function openLink(options: LinkOptions): Promise<Link | LinkFailure> {
  const voice = await library();
  const { guildId, channelId, group, adapter: adapterCreator, log, patience } = options;
  const connection = voice.joinVoiceChannel({ guildId, channelId, group, adapterCreator, selfDeaf: true });
  const complain = seldom(log, 'a voice connection broke', { everyMs: 5_000 });
  connection.on('error', complain);
  const ready = Promise.withResolvers<void>();
  let isOpen = false;
  let gone: LinkFailure | null = null;
  const give = (failure: LinkFailure) => {
    if (gone) return;
    gone = failure;
    close();
    ready.resolve();
    if (isOpen) options.onGone(failure);
  };
  const { keysMs } = patience;
  const playing = openPlaying(voice, connection, { keysMs, onKeyless: () => give('encryption'), complain });
  const watch = watchConnection(connection, options, { complain, give, isOpen: () => isOpen, onReady: ready.resolve });
  const close = () => {
    gone ??= 'unreachable';
    watch.stop();
    playing.close();
    if (connection.state.status !== voice.VoiceConnectionStatus.Destroyed) connection.destroy();
  };
  await ready.promise;
  if (!(await keysAgreed(connection, keysMs))) give('encryption');
  if (gone) return gone;
  isOpen = true;
  const goTo = (id: string) => void connection.rejoin({ ...connection.joinConfig, channelId: id });
  return { play: playing.play, pause: playing.pause, goTo, close };
}

interface Watching {
  complain(error: unknown): void;
  give(failure: LinkFailure): void;
  isOpen(): boolean;
  onReady(): void;
}

/** Gives the connection up when it is not ready for too long, or breaks too often; and asks again meanwhile. */
function watchConnection(
  connection: VoiceConnection,
  { guildId, log, patience }: LinkOptions,
  { complain, give, isOpen, onReady }: Watching,
): { stop(): void } {
  const watched = new WeakSet<object>();
  const breaks: number[] = [];
  let since: number | null = performance.now();
  let changed = since;
  const broke = () => {
    const now = performance.now();
    breaks.push(now);
    if (breaks.filter((at) => now - at < BREAKS_WITHIN_MS).length > MOST_BREAKS) give('unreachable');
  };
  const onState = (before: VoiceConnectionState, now: VoiceConnectionState) => {
    changed = performance.now();
    if ('networking' in now && now.networking && !watched.has(now.networking)) {
      watched.add(now.networking);
      survive(now.networking, complain);
      now.networking.once('close', (code: number) => {
        log.info({ guildId, code }, 'a voice connection was closed');
        const final = FINAL[code];
        if (final) give(final);
        else broke();
      });
    }
    if (now.status === 'ready') {
      since = null;
      onReady();
    } else since ??= changed;
    // It is being resumed, or was sent to another server.
    if (before.status === 'ready' && now.status === 'connecting') broke();
  };
  const ask = setInterval(() => {
    const now = performance.now();
    if (since === null) return;
    if (now - since > (isOpen() ? patience.againMs : patience.firstMs)) give('unreachable');
    else if (now - changed >= AGAIN_MS) {
      changed = now;
      askAgain(connection);
    }
  }, LOOK_MS).unref();
  connection.on('stateChange', onState);
  return {
    stop() {
      clearInterval(ask);
      connection.off('stateChange', onState);
    },
  };
}

/** The client would miss that a connection is there which was under way when it asked for another: that one has to go. */
function askAgain(connection: VoiceConnection): void {
  const { state } = connection;
  if (state.status === 'connecting') hangUp(state.networking, STALLED);
  else connection.rejoin();
}

/** As if the other side had: then the client begins anew. */
function hangUp(networking: Networking, code: number): void {
  networking.destroy();
  networking.emit('close', code);
}

/** What the client cannot read, or its encryption cannot, would end the process: it throws where nobody can catch it. */
function survive(networking: Networking, complain: (error: unknown) => void): void {
  const known = new WeakSet<object>();
  const onSocket = () => {
    const { state } = networking;
    if (!('ws' in state) || known.has(state.ws)) return;
    const { ws } = state;
    known.add(ws);
    const read = ws.onMessage.bind(ws);
    ws.onMessage = (event) => {
      try {
        read(event);
      } catch (error) {
        complain(error);
        // What it has missed of the keys is not said again.
        hangUp(networking, UNREADABLE);
      }
    };
  };
  onSocket();
  networking.on('stateChange', onSocket);
}
