/** A person's client in a voice channel: a member of the encrypted group, that keeps what it hears. */
import { DAVESession } from '@snazzah/davey';
import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { DaveGroup, DaveMember } from './dave.ts';

/** 20 ms of sound, as it came from its sender. */
export interface VoiceFrame {
  /** Who said it. */
  userId: string;
  channelId: string;
  /** When it arrived, by the twin's clock. */
  at: number;
  sequence: number;
  timestamp: number;
  /** An Opus packet; for the voice server itself, what of it can be read on the way. */
  opus: Buffer;
  /** One of those that say that nothing is said. */
  isSilence: boolean;
  /** It was encrypted from end to end. */
  isPrivate: boolean;
}

export interface RoomMember extends DaveMember {
  hears(frame: VoiceFrame): void;
}

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const MARKER = 0xfafa;
const AUDIO = 0;
const PROTOCOL = 1;

export function isSilence(opus: Buffer): boolean {
  return opus.equals(SILENCE);
}

/** Whether this looks like a frame of DAVE. */
export function isPrivate(payload: Buffer): boolean {
  return payload.length > 2 && payload.readUInt16BE(payload.length - 2) === MARKER;
}

export interface Listening {
  userId: string;
  channelId: string;
  group: DaveGroup;
  /** Whom the voice server has told of. */
  others(): string[];
  keep(frame: VoiceFrame): void;
  /** It could not be decrypted, as with what was on its way when somebody came. */
  miss(frame: VoiceFrame): void;
  isDeaf(): boolean;
}

export function createListener(listening: Listening): RoomMember {
  const { userId, channelId, group } = listening;
  const session = new DAVESession(PROTOCOL, userId, channelId);
  // Answers come after what is being said, as over a network.
  const answer = (reply: () => void) => queueMicrotask(reply);
  const sendKeyPackage = () => {
    const keyPackage = session.getSerializedKeyPackage();
    answer(() => group.takeKeyPackage(userId, keyPackage));
  };
  const follow = (payload: Buffer, read: (message: Buffer) => void) => {
    read(payload.subarray(2));
    answer(() => group.ready(userId, payload.readUInt16BE(0)));
  };
  return {
    ...{ userId, isBot: false },
    tell(op, data) {
      if (op !== VoiceOpcodes.DavePrepareEpoch || (data as { epoch: number }).epoch !== 1) return;
      session.reinit(PROTOCOL, userId, channelId);
      sendKeyPackage();
    },
    tellBytes(op, payload) {
      if (op === VoiceOpcodes.DaveMlsExternalSender) {
        session.setExternalSender(payload);
        sendKeyPackage();
      } else if (op === VoiceOpcodes.DaveMlsProposals) {
        const recognized = [userId, ...listening.others()];
        const { commit, welcome } = session.processProposals(payload.readUInt8(0), payload.subarray(1), recognized);
        if (commit) answer(() => group.takeCommit(userId, Buffer.concat([commit, ...(welcome ? [welcome] : [])])));
      } else if (op === VoiceOpcodes.DaveMlsAnnounceCommitTransition) {
        follow(payload, (commit) => session.processCommit(commit));
      } else if (op === VoiceOpcodes.DaveMlsWelcome) {
        follow(payload, (welcome) => session.processWelcome(welcome));
      }
    },
    hears(frame) {
      if (listening.isDeaf()) return;
      if (!frame.isPrivate) return listening.keep(frame);
      try {
        listening.keep({ ...frame, opus: session.decrypt(frame.userId, AUDIO, frame.opus) });
      } catch {
        listening.miss(frame);
      }
    },
  };
}
