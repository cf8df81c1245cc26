/** Voice as a test sees it, and as the rest of the twin needs it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import { known, type State, type VoiceService, type VoiceState } from '../state.ts';
import { loopbackCertificate, trustLoopback } from './certificate.ts';
import { endClient, hangUp, type VoiceClient, type VoiceServers } from './clients.ts';
import { createListener, type VoiceFrame } from './listener.ts';
import { type RunningVoice, startVoiceServers, type VoiceOptions } from './server.ts';
import { loseServer, moveVoice, sendServer } from './states.ts';

/** A guild, channel or person of the twin: anything with its id. */
interface Known {
  id: string;
}

interface Hearing {
  /** Oldest first. */
  frames: readonly VoiceFrame[];
  /** What could not be decrypted: what was on its way when they came. */
  missed: readonly VoiceFrame[];
}

export interface VoiceHandle {
  /** Host and port of the voice servers. */
  endpoint: string;
  /** Connections of this process trust the voice servers from now on. */
  trust(): void;
  /** The certificate as a file, for NODE_EXTRA_CA_CERTS of another process; gone when the twin is closed. */
  certificateFile(): string;
  /** Who is in a channel, in the order they came. */
  memberIds(channel: Known): string[];
  /** Bots that have connected, also those that are away and may resume. */
  connections(): {
    guildId: string;
    channelId: string;
    connected: boolean;
    /** It can send and receive sound. */
    ready: boolean;
    speaking: boolean;
    /** How often it came back. */
    resumed: number;
  }[];
  /** With which codes connections were closed by Discord, oldest first. */
  closed(): readonly number[];
  /** Who shares the keys of a channel, the number of their epoch, and whether no change of it is under way. */
  group(channel: Known): { memberIds: string[]; epoch: number; settled: boolean };
  /** What bots sent, as it went through the voice server. */
  frames(channel?: Known): VoiceFrame[];
  /** What somebody heard, in whatever channel they were. */
  heardBy(person: Known): Hearing;
  /** Somebody who may moves the bot to another channel, or with null out of voice. */
  moveBot(guild: Known, channel: Known | null): void;
  /** Closes connections; with 4014 and 4022 they are over, after others they can be resumed. */
  close(code: number): void;
  /** Breaks all connections; they can be resumed. */
  drop(): void;
  /** Forgets all connections: whoever tries to resume is closed with 4006. */
  forget(): void;
  /** Closes whoever identifies with this code; null: no longer. */
  refuse(code: number | null): void;
  /** Does not answer bots that ask for a channel, or does so again. */
  ignore(isIgnored: boolean): void;
  /** Bots that connect from now on never get the keys of their channel. */
  withholdKeys(): void;
  /** Lets nobody begin to send sound, or those who wait for it and all others again. */
  hold(isHeld: boolean): void;
  /** Says something about keys that nobody can read. */
  babble(): void;
  muteHeartbeats(muted: boolean): void;
  /** The guild gets another voice server, as when its region changes. */
  changeServer(guild: Known): void;
  /** The guild's voice server is gone, and there is no other before `changeServer`. */
  loseServer(guild: Known): void;
}

export interface Voice {
  handle: VoiceHandle;
  close(): Promise<void>;
}

const FINAL: readonly number[] = [VoiceCloseCodes.Disconnected, VoiceCloseCodes.CallTerminated];

/** Starts the voice servers, and tells the state where they are. */
export async function startVoice(state: State, options: VoiceOptions): Promise<Voice> {
  const running = await startVoiceServers(state, options);
  const heard = new Map<string, { frames: VoiceFrame[]; missed: VoiceFrame[] }>();
  state.voice = serviceOf(state, running.servers, (id) => {
    const hearing = heard.get(id) ?? { frames: [], missed: [] };
    heard.set(id, hearing);
    return hearing;
  });
  const folders: string[] = [];
  return {
    handle: {
      ...viewOf(state, running),
      ...trouble(state, running.servers),
      heardBy: ({ id }) => heard.get(id) ?? { frames: [], missed: [] },
      endpoint: running.servers.endpoint,
      trust: trustLoopback,
      certificateFile() {
        const folder = mkdtempSync(join(tmpdir(), 'discord-voice-'));
        folders.push(folder);
        const file = join(folder, 'certificate.pem');
        writeFileSync(file, loopbackCertificate().certificate);
        return file;
      },
    },
    async close() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
      await running.close();
    },
  };
}

function serviceOf(
  state: State,
  servers: VoiceServers,
  hearingOf: (id: string) => { frames: VoiceFrame[]; missed: VoiceFrame[] },
): VoiceService {
  const clientsOf = (at: VoiceState) =>
    [...servers.clients.values()].filter(({ grant }) => grant.guildId === at.guildId && grant.userId === at.user.id);
  return {
    endpoint: servers.endpoint,
    grant(at) {
      const token = randomUUID();
      for (const { token: old, guildId, userId } of [...servers.grants.values()]) {
        // Who is connected stays so until they come with the new one.
        if (guildId === at.guildId && userId === at.user.id && !servers.clients.has(old)) servers.grants.delete(old);
      }
      const { guildId, channelId, sessionId } = at;
      servers.grants.set(token, { token, guildId, channelId, userId: at.user.id, sessionId });
      return token;
    },
    isConnected: (at) => clientsOf(at).some(({ grant, socket }) => socket !== null && grant.channelId === at.channelId),
    entered(at) {
      if (!at.user.isBot) listen(state, servers, at, hearingOf(at.user.id));
    },
    left(at, code) {
      if (!at.user.isBot) servers.rooms.leave(at.channelId, at.user.id);
      for (const client of clientsOf(at)) endClient(servers, client, code);
      for (const { token, guildId, userId } of [...servers.grants.values()]) {
        if (guildId === at.guildId && userId === at.user.id) servers.grants.delete(token);
      }
    },
  };
}

function listen(
  state: State,
  { rooms }: VoiceServers,
  { guildId, channelId, user }: VoiceState,
  { frames, missed }: { frames: VoiceFrame[]; missed: VoiceFrame[] },
): void {
  rooms.enter(channelId, (group) =>
    createListener({
      ...{ userId: user.id, channelId, group },
      others: () => rooms.memberIds(channelId),
      keep: (frame) => void frames.push(frame),
      miss: (frame) => void missed.push(frame),
      isDeaf: () => Boolean(state.guilds.get(guildId)?.voice.get(user.id)?.selfDeaf),
    }),
  );
}

type View = 'memberIds' | 'connections' | 'closed' | 'group' | 'frames';

function viewOf(state: State, { servers, frames }: RunningVoice): Pick<VoiceHandle, View> {
  return {
    memberIds: ({ id }) =>
      [...state.guilds.values()].flatMap(({ voice }) =>
        [...voice.values()].filter(({ channelId }) => channelId === id).map(({ user }) => user.id),
      ),
    connections: () =>
      [...servers.clients.values()].map(({ grant, socket, isReady, isSpeaking, resumed }) => ({
        ...{ guildId: grant.guildId, channelId: grant.channelId, connected: socket !== null },
        ...{ ready: isReady, speaking: isSpeaking, resumed },
      })),
    closed: () => servers.closed,
    group({ id }) {
      const group = servers.rooms.group(id);
      return { memberIds: group?.memberIds() ?? [], epoch: group?.epoch() ?? 0, settled: group?.isSettled() ?? true };
    },
    frames: (channel) => frames.filter(({ channelId }) => !channel || channelId === channel.id),
  };
}

type Trouble =
  | ('moveBot' | 'close' | 'drop' | 'forget' | 'refuse' | 'ignore')
  | ('hold' | 'withholdKeys' | 'babble' | 'muteHeartbeats' | 'changeServer' | 'loseServer');

function trouble(state: State, servers: VoiceServers): Pick<VoiceHandle, Trouble> {
  const botIn = ({ id }: Known) => known(known(state.guilds, id).voice, state.bot.id);
  const detach = (client: VoiceClient, end: (socket: NonNullable<VoiceClient['socket']>) => void) => {
    const { socket } = client;
    client.socket = null;
    if (socket) end(socket);
  };
  return {
    moveBot(guild, channel) {
      moveVoice(state, known(state.guilds, guild.id), state.bot.id, channel && known(state.channels, channel.id));
    },
    close(code) {
      for (const client of [...servers.clients.values()]) {
        if (FINAL.includes(code)) endClient(servers, client, code);
        else detach(client, (socket) => hangUp(servers, socket, code));
      }
    },
    drop() {
      for (const client of servers.clients.values()) detach(client, (socket) => socket.terminate());
    },
    forget() {
      for (const client of [...servers.clients.values()])
        endClient(servers, client, VoiceCloseCodes.VoiceServerCrashed);
    },
    refuse(code) {
      servers.refusal = code;
    },
    ignore(isIgnored) {
      state.ignoresVoice = isIgnored;
    },
    withholdKeys() {
      servers.withholdsKeys = true;
    },
    hold(isHeld) {
      for (const begin of servers.waiting ?? []) begin();
      servers.waiting = isHeld ? [] : null;
    },
    babble() {
      const nonsense = Buffer.from([0, 1, VoiceOpcodes.DaveMlsProposals, 0, 1, 2, 3]);
      for (const { socket } of servers.clients.values()) socket?.send(nonsense);
    },
    muteHeartbeats(muted) {
      servers.muted = muted;
    },
    changeServer: (guild) => sendServer(state, botIn(guild)),
    loseServer: (guild) => loseServer(state, botIn(guild)),
  };
}
